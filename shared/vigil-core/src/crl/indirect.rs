//! Entries for certificates of other issuers: which issuer each is of, and which of them are repeated.

use std::hash::{BuildHasher, RandomState};

use super::Entry;
use crate::{
    der::{DerError, Element, tag},
    extension,
};

/// Eight octets are kept of each such entry, and nothing of the others.
#[derive(Debug, Default)]
pub(super) struct Indirect {
    by: RandomState,
    /// The hash of the certificateIssuer that holds until the next one (RFC 5280 §5.3.3).
    issuer: Option<u64>,
    /// Hashes of issuers and serials. That two are the same by chance is not to be expected.
    seen: Vec<u64>,
    too_many: bool,
}

/// 8 MB. An indirect CRL is for a few CAs, and its writer must not fill our memory.
const MAX_SEEN: usize = 1_000_000;

impl Indirect {
    /// Takes the certificateIssuer of an entry that can be read.
    pub(super) fn begin(&mut self, entry: Element<'_>) -> Result<(), DerError> {
        let mut parts = entry.open()?;
        parts.expect(tag::INTEGER)?;
        parts.element()?;
        let Some(extensions) = parts.optional(tag::SEQUENCE)? else { return Ok(()) };
        extension::visit(extensions, |extension| {
            if extension.oid == extension::CERTIFICATE_ISSUER {
                self.issuer = Some(self.by.hash_one(extension.single()?.content));
            }
            Ok(())
        })
    }

    /// Whether entries without a certificateIssuer are of another issuer, too.
    #[inline]
    pub(super) fn is_begun(&self) -> bool {
        self.issuer.is_some()
    }

    pub(super) fn see(&mut self, entry: &Entry<'_>) {
        if self.seen.len() == MAX_SEEN {
            self.too_many = true;
        } else {
            self.seen.push(self.by.hash_one((self.issuer, entry.serial)));
        }
    }

    /// How many entries have the issuer and serial of another one; `None` if there were too many to tell.
    pub(super) fn repeated(mut self) -> Option<u64> {
        self.seen.sort_unstable();
        let repeated = self.seen.windows(2).filter(|two| two[0] == two[1]).count();
        (!self.too_many).then_some(repeated as u64)
    }
}

#[cfg(test)]
mod tests {
    use time::{OffsetDateTime, macros::datetime};

    use super::*;
    use crate::crl::{
        Crl,
        fixture::{self, Draft, Issuer, tlv},
    };

    const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    /// `(indirect, repeated)` of entries that are each a serial, and an issuer if it is written.
    fn indirect(entries: &[(u8, Option<&str>)]) -> (u64, Option<u64>) {
        let issuer = Issuer::new("Root");
        let entry = |(serial, name): &(u8, Option<&str>)| {
            let mut parts = vec![tlv(tag::INTEGER, &[*serial]), fixture::utc(AT)];
            if let Some(name) = name {
                let names = fixture::seq(&[tlv(0xa4, &fixture::name(name))]);
                parts.push(fixture::seq(&[fixture::extension(&[0x55, 0x1d, 29], true, &names)]));
            }
            fixture::seq(&parts)
        };
        let entries = Some(entries.iter().map(entry).collect());
        let crl = Draft { entries, ..Draft::good(&issuer, AT) }.sign(&issuer);
        let entries = Crl::read(&crl).unwrap().facts.entries;
        assert_eq!(entries.duplicate_serials.unwrap_or_default(), 0);
        (entries.indirect, entries.repeated_indirect)
    }

    #[test]
    fn a_certificate_issuer_holds_until_the_next_one() {
        for (entries, want) in [
            (&[(5, None), (6, None)][..], (0, Some(0))),
            (&[(5, Some("A")), (5, Some("B"))], (2, Some(0))),
            (&[(5, Some("A")), (5, Some("A"))], (2, Some(1))),
            (&[(5, Some("A")), (5, None)], (2, Some(1))),
            (&[(5, None), (5, Some("A"))], (1, Some(0))),
            (&[(5, Some("A")), (6, Some("B")), (5, None), (5, Some("A"))], (4, Some(1))),
        ] {
            assert_eq!(indirect(entries), want, "{entries:?}");
        }
    }
}
