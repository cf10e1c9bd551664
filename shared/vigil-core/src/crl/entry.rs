//! One revoked certificate, and what is counted over all of them.

use time::OffsetDateTime;

use super::faults::{self, EntryFaults, Fault, OF_ENTRIES};
use crate::{
    der::{DerError, Element, tag, value},
    distribution_point_name::uri_text,
    extension::{self, Extension, SeenOids},
    general_name::{self, GeneralName},
    uri,
};

/// One element of revokedCertificates (RFC 5280 §5.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The serial's octets as they are encoded.
    pub serial: &'a [u8],
    /// In seconds since 1970: a million dates are compared and few are shown.
    pub revoked_at: Option<i64>,
    /// reasonCode (§5.3.1), if there is one.
    pub reason: Option<u64>,
    /// invalidityDate (§5.3.2), if there is one.
    pub invalid_since: Option<i64>,
    /// The entry is for a certificate of another issuer (§5.3.3).
    pub indirect: bool,
    /// The entry has a critical extension that RFC 5280 does not define.
    pub unknown_critical_extension: bool,
    /// What DER or RFC 5280 forbids in its form.
    pub faults: EntryFaults,
}

impl<'a> Entry<'a> {
    pub(super) fn read(element: Element<'a>) -> Result<Self, DerError> {
        let mut reader = element.tagged(tag::SEQUENCE)?.open()?;
        let serial = value::integer(reader.expect(tag::INTEGER)?)?;
        let date = reader.element()?;
        let revoked_at = value::time(date).ok();
        let mut faults = EntryFaults::default();
        faults
            .set(EntryFaults::TIME_FORM, revoked_at.is_some_and(|at| value::is_odd_form(date, at)));
        let mut entry = Self {
            serial,
            revoked_at: revoked_at.map(OffsetDateTime::unix_timestamp),
            reason: None,
            invalid_since: None,
            indirect: false,
            unknown_critical_extension: false,
            faults,
        };
        if let Some(extensions) = reader.optional(tag::SEQUENCE)? {
            entry.faults.set(EntryFaults::NO_EXTENSION, extensions.content.is_empty());
            let mut seen = SeenOids::default();
            extension::visit(extensions, |extension| {
                entry.faults.set(EntryFaults::DUPLICATE, seen.see(extension.oid));
                entry.extension(extension)
            })?;
        }
        reader.finish()?;
        Ok(entry)
    }

    /// The content of an entry in the form in which nearly every CA writes it: a UTCTime, and no
    /// extension but a reasonCode. Whatever else it is, [`Self::read`] judges.
    #[inline]
    pub(super) fn common(content: &'a [u8]) -> Option<Self> {
        let [tag::INTEGER, length @ 1..0x80, rest @ ..] = content else { return None };
        let (serial, rest) = rest.split_at_checked(usize::from(*length))?;
        if matches!(serial, [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..]) {
            return None;
        }
        let [tag::UTC_TIME, 13, rest @ ..] = rest else { return None };
        let (date, rest) = rest.split_first_chunk()?;
        let reason = match rest {
            [] => None,
            [before @ .., code] if before == REASON_CODE => Some(u64::from(*code)),
            _ => return None,
        };
        Some(Self {
            serial,
            revoked_at: Some(value::utc_seconds(date)?),
            reason,
            invalid_since: None,
            indirect: false,
            unknown_critical_extension: false,
            faults: EntryFaults::default(),
        })
    }

    fn extension(&mut self, extension: &Extension<'a>) -> Result<(), DerError> {
        self.faults.set(EntryFaults::DEFAULT_ENCODED, extension.is_false_encoded);
        match extension.oid {
            extension::REASON_CODE => {
                self.faults.set(EntryFaults::CRITICAL_REASON, extension.critical);
                let code = extension.single()?;
                match (code.tag, code.content) {
                    (tag::ENUMERATED, [code]) => self.reason = Some(u64::from(*code)),
                    _ => return Err(code.invalid("reason code")),
                }
            }
            extension::CERTIFICATE_ISSUER => {
                self.indirect = true;
                self.faults.set(EntryFaults::ISSUER_NOT_CRITICAL, !extension.critical);
                let names = extension.single()?.tagged(tag::SEQUENCE)?;
                // RFC 5280 §5.3.3: the issuer's distinguished name must be one of them.
                let (mut is_named, mut is_odd) = (false, false);
                general_name::visit(names, |name| match name {
                    GeneralName::Directory(_) => is_named = true,
                    GeneralName::Uri(uri) => is_odd |= uri::is_name(&uri_text(uri)).is_err(),
                    GeneralName::Other => {}
                })?;
                self.faults.set(EntryFaults::NO_ISSUER, !is_named);
                self.faults.set(EntryFaults::ISSUER_URI, is_odd);
            }
            extension::INVALIDITY_DATE => {
                self.faults.set(EntryFaults::CRITICAL_INVALIDITY, extension.critical);
                let date = extension.single()?.tagged(tag::GENERALIZED_TIME)?;
                self.invalid_since = Some(value::time(date)?.unix_timestamp());
            }
            _ => {
                extension.check_oid()?;
                self.unknown_critical_extension |= extension.critical;
            }
        }
        Ok(())
    }
}

/// crlEntryExtensions with a reasonCode alone, up to the code itself:
/// SEQUENCE { SEQUENCE { OID 2.5.29.21, OCTET STRING { ENUMERATED } } }.
const REASON_CODE: &[u8] =
    &[0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01];

/// Counts over the entries of one CRL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFacts {
    /// Entries.
    pub count: u64,
    /// Entries that could not be read, and the first of them.
    pub malformed: u64,
    /// The first one's error.
    pub first_malformed: Option<DerError>,
    /// Entries whose serial another entry has as well. `None` until they are counted, by
    /// [`super::Repeats`] or [`super::Serials`]: the walk itself keeps nothing of an entry.
    pub duplicate_serials: Option<u64>,
    /// Serials below zero.
    pub negative_serials: u64,
    /// Serials that are zero.
    pub zero_serials: u64,
    /// Serials over the 20 octets of RFC 5280 §4.1.2.2.
    pub long_serials: u64,
    /// Entries whose revocationDate cannot be read.
    pub undated: u64,
    /// Reasons by code; 0 to 10 have a name, the last bucket takes the rest.
    pub reasons: [u64; 12],
    /// Entries for certificates of another issuer (§5.3.3).
    pub indirect: u64,
    /// Entries whose certificateIssuer is the CRL's own issuer: only an indirect CRL has such.
    pub named_own: u64,
    /// Those of another issuer whose issuer and serial another one has as well; `None` if they are too many to
    /// count.
    pub repeated_indirect: Option<u64>,
    /// Entries with a critical extension that RFC 5280 does not define.
    pub with_unknown_critical_extension: u64,
    /// The earliest revocationDate.
    pub first_revocation: Option<OffsetDateTime>,
    /// The latest revocationDate.
    pub last_revocation: Option<OffsetDateTime>,
    /// Entries that say that the certificate became invalid only after it was revoked.
    pub invalid_after_revocation: u64,
    /// Forms of entries that DER or RFC 5280 forbids.
    pub faults: Vec<Fault>,
}

/// Counts while the entries pass by.
#[derive(Default)]
pub(super) struct Counter {
    facts: EntryFacts,
    /// In seconds since 1970.
    first_revocation: Option<i64>,
    last_revocation: Option<i64>,
}

impl Counter {
    #[inline]
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
        if let Some(at) = entry.revoked_at {
            self.last_revocation = self.last_revocation.max(Some(at));
            self.first_revocation = Some(self.first_revocation.map_or(at, |first| first.min(at)));
            let late = entry.invalid_since.is_some_and(|since| since > at);
            facts.invalid_after_revocation += u64::from(late);
        }
        if !entry.faults.is_empty() {
            self.faults(entry.faults);
        }
    }

    pub(super) fn named_own(&mut self, is_own: bool) {
        self.facts.named_own += u64::from(is_own);
    }

    #[cold]
    fn faults(&mut self, of_entry: EntryFaults) {
        for (bit, (kind, part)) in OF_ENTRIES.into_iter().enumerate() {
            if of_entry.has(bit) {
                faults::add(&mut self.facts.faults, kind, part, 1);
            }
        }
    }

    pub(super) fn malformed(&mut self, error: DerError) {
        self.facts.count += 1;
        self.facts.malformed += 1;
        self.facts.first_malformed.get_or_insert(error);
    }

    pub(super) fn finish(self) -> EntryFacts {
        let time = |at: Option<i64>| OffsetDateTime::from_unix_timestamp(at?).ok();
        EntryFacts {
            first_revocation: time(self.first_revocation),
            last_revocation: time(self.last_revocation),
            ..self.facts
        }
    }
}
