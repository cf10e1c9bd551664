//! One revoked certificate, and what is counted over all of them.

use time::OffsetDateTime;

use crate::{
    der::{DerError, Element, tag, value},
    extension::{self, Extension},
};

/// One element of revokedCertificates (RFC 5280 §5.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The serial's octets as they are encoded.
    pub serial: &'a [u8],
    pub revoked_at: Option<OffsetDateTime>,
    /// reasonCode (§5.3.1), if there is one.
    pub reason: Option<u64>,
    /// invalidityDate (§5.3.2), if there is one.
    pub invalid_since: Option<OffsetDateTime>,
    /// The entry is for a certificate of another issuer (§5.3.3).
    pub indirect: bool,
    pub unknown_critical_extension: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn read(element: Element<'a>) -> Result<Self, DerError> {
        let mut reader = element.open()?;
        let serial = value::integer(reader.expect(tag::INTEGER)?)?;
        let revoked_at = value::time(reader.element()?).ok();
        let mut entry = Self {
            serial,
            revoked_at,
            reason: None,
            invalid_since: None,
            indirect: false,
            unknown_critical_extension: false,
        };
        if let Some(extensions) = reader.optional(tag::SEQUENCE)? {
            extension::visit(extensions, |extension| entry.extension(extension))?;
        }
        reader.finish()?;
        Ok(entry)
    }

    fn extension(&mut self, extension: &Extension<'a>) -> Result<(), DerError> {
        match extension.oid {
            extension::REASON_CODE => {
                let code = extension.single()?;
                match (code.tag, code.content) {
                    (tag::ENUMERATED, [code]) => self.reason = Some(u64::from(*code)),
                    _ => return Err(code.invalid("reason code")),
                }
            }
            extension::CERTIFICATE_ISSUER => self.indirect = true,
            extension::INVALIDITY_DATE => {
                let date = extension.single()?.tagged(tag::GENERALIZED_TIME)?;
                self.invalid_since = Some(value::time(date)?);
            }
            _ => self.unknown_critical_extension |= extension.critical,
        }
        Ok(())
    }
}

/// Counts over the entries of one CRL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFacts {
    pub count: u64,
    /// Entries that could not be read, and the first of them.
    pub malformed: u64,
    pub first_malformed: Option<DerError>,
    /// Entries whose serial another entry has as well. `None` until somebody counted them, by
    /// [`super::Repeats`] or [`super::Serials`]: the walk itself keeps nothing of an entry.
    pub duplicate_serials: Option<u64>,
    pub negative_serials: u64,
    pub zero_serials: u64,
    /// Serials over the 20 octets of RFC 5280 §4.1.2.2.
    pub long_serials: u64,
    pub undated: u64,
    /// Reasons by code; 0 to 10 have a name, the last bucket takes the rest.
    pub reasons: [u64; 12],
    pub indirect: u64,
    pub with_unknown_critical_extension: u64,
    pub first_revocation: Option<OffsetDateTime>,
    pub last_revocation: Option<OffsetDateTime>,
    /// Entries that say that the certificate became invalid only after it was revoked.
    pub invalid_after_revocation: u64,
}

/// Counts while the entries pass by.
#[derive(Default)]
pub(super) struct Counter {
    facts: EntryFacts,
}

impl Counter {
    pub(super) fn count(&mut self, entry: &Entry<'_>) {
        let facts = &mut self.facts;
        facts.count += 1;
        let magnitude = value::magnitude(entry.serial);
        facts.negative_serials += u64::from(entry.serial[0] & 0x80 != 0);
        facts.zero_serials += u64::from(magnitude == [0]);
        facts.long_serials += u64::from(entry.serial.len() > 20);
        facts.undated += u64::from(entry.revoked_at.is_none());
        facts.indirect += u64::from(entry.indirect);
        facts.with_unknown_critical_extension += u64::from(entry.unknown_critical_extension);
        if let Some(reason) = entry.reason {
            let bucket = usize::try_from(reason).unwrap_or(usize::MAX);
            facts.reasons[bucket.min(11)] += 1;
        }
        facts.last_revocation = facts.last_revocation.max(entry.revoked_at);
        if let Some(at) = entry.revoked_at {
            facts.first_revocation = Some(facts.first_revocation.map_or(at, |first| first.min(at)));
            let late = entry.invalid_since.is_some_and(|since| since > at);
            facts.invalid_after_revocation += u64::from(late);
        }
    }

    pub(super) fn malformed(&mut self, error: DerError) {
        self.facts.count += 1;
        self.facts.malformed += 1;
        self.facts.first_malformed.get_or_insert(error);
    }

    pub(super) fn finish(self) -> EntryFacts {
        self.facts
    }
}
