//! Entries for certificates of other issuers: which issuer each is of, and which of them are repeated.

use std::hash::{BuildHasher, RandomState};

use super::Entry;
use crate::{
    der::{DerError, Element, tag},
    extension,
    general_name::{self, GeneralName},
    name,
};

/// Eight octets are kept of each such entry, and nothing of the others.
#[derive(Debug, Default)]
pub(super) struct Indirect {
    by: RandomState,
    /// The names in the certificateIssuer that holds until the next one (RFC 5280 §5.3.3).
    names: Option<Vec<u8>>,
    /// The CRL's own issuer is one of them.
    is_own: bool,
    /// Hashes of the others: the same of names that differ in case, white space or the types of strings alone
    /// (§7.1).
    others: Vec<u64>,
    /// Hashes of issuers and serials. That two are the same by chance is not to be expected.
    seen: Vec<u64>,
    too_many: bool,
}

/// 8 MB. An indirect CRL is for a few CAs, and its writer must not fill our memory.
const MAX_SEEN: usize = 1_000_000;

impl Indirect {
    /// Takes the certificateIssuer of an entry that can be read. `own` is the CRL's issuer.
    pub(super) fn begin(&mut self, entry: Element<'_>, own: &[u8]) -> Result<(), DerError> {
        let mut parts = entry.open()?;
        parts.expect(tag::INTEGER)?;
        parts.element()?;
        let Some(extensions) = parts.optional(tag::SEQUENCE)? else { return Ok(()) };
        extension::visit(extensions, |extension| {
            if extension.oid == extension::CERTIFICATE_ISSUER {
                self.take(extension.single()?, own)?;
            }
            Ok(())
        })
    }

    fn take(&mut self, names: Element<'_>, own: &[u8]) -> Result<(), DerError> {
        // Some CAs write the same one in each entry.
        if self.names.as_deref() == Some(names.content) {
            return Ok(());
        }
        let (own, mut hashes) = (name::hash(own, &self.by), Vec::new());
        general_name::visit(names, |name| {
            if let GeneralName::Directory(name) = name {
                hashes.push(name::hash(name, &self.by));
            }
        })?;
        // Without a distinguished name it is another issuer, whichever that is.
        if hashes.is_empty() {
            hashes.push(self.by.hash_one(names.content));
        }
        hashes.sort_unstable();
        hashes.dedup();
        self.is_own = hashes.contains(&own);
        hashes.retain(|hash| *hash != own);
        self.others = hashes;
        self.names = Some(names.content.to_vec());
        Ok(())
    }

    /// Whether entries without a certificateIssuer have one of an entry before.
    #[inline]
    pub(super) fn is_begun(&self) -> bool {
        self.names.is_some()
    }

    /// Whether it names the CRL's own issuer.
    pub(super) fn is_own(&self) -> bool {
        self.is_own
    }

    /// Takes an entry for its other issuers: those of the CRL's own are counted with the entries that have no
    /// certificateIssuer.
    pub(super) fn see(&mut self, entry: &Entry<'_>) {
        for issuer in &self.others {
            if self.seen.len() == MAX_SEEN {
                self.too_many = true;
                return;
            }
            self.seen.push(self.by.hash_one((issuer, entry.serial)));
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
        Crl, EntryFacts,
        fixture::{self, Draft, Issuer, tlv},
    };

    const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    /// Each a serial, and the names in its certificateIssuer if it has one.
    type Entries<'a> = &'a [(u8, &'a [&'a str])];

    fn facts(entries: Entries<'_>) -> EntryFacts {
        let issuer = Issuer::new("Root");
        let entry = |(serial, names): &(u8, &[&str])| {
            let mut parts = vec![tlv(tag::INTEGER, &[*serial]), fixture::utc(AT)];
            if !names.is_empty() {
                let names: Vec<_> = names.iter().map(|of| tlv(0xa4, &fixture::name(of))).collect();
                let names = fixture::seq(&names);
                parts.push(fixture::seq(&[fixture::extension(&[0x55, 0x1d, 29], true, &names)]));
            }
            fixture::seq(&parts)
        };
        let entries = Some(entries.iter().map(entry).collect());
        let crl = Draft { entries, ..Draft::good(&issuer, AT) }.sign(&issuer);
        Crl::read(&crl).unwrap().facts.entries
    }

    #[test]
    fn a_certificate_issuer_holds_until_the_next_one() {
        let (a, b): (&[&str], &[&str]) = (&["A"], &["B"]);
        let table: &[(Entries<'_>, (u64, Option<u64>))] = &[
            (&[(5, &[]), (6, &[])], (0, Some(0))),
            (&[(5, a), (5, b)], (2, Some(0))),
            (&[(5, a), (5, a)], (2, Some(1))),
            (&[(5, a), (5, &[])], (2, Some(1))),
            (&[(5, &[]), (5, a)], (1, Some(0))),
            (&[(5, a), (6, b), (5, &[]), (5, a)], (4, Some(1))),
            (&[(5, a), (5, &["a "])], (2, Some(1))),
            (&[(5, &["A", "B"]), (5, b)], (2, Some(1))),
            (&[(5, &["A", "a"])], (1, Some(0))),
        ];
        for (entries, want) in table {
            let facts = facts(entries);
            assert_eq!((facts.indirect, facts.repeated_indirect), *want, "{entries:?}");
            assert_eq!((facts.duplicate_serials, facts.named_own), (Some(0), 0), "{entries:?}");
        }
    }

    #[test]
    fn an_entry_of_the_crl_s_issuer_is_its_own_named_or_not() {
        let (own, other): (&[&str], &[&str]) = (&["Root"], &["A"]);
        let table: &[(Entries<'_>, (u64, u64, u64))] = &[
            (&[(5, &[]), (5, own)], (0, 1, 1)),
            (&[(5, &[]), (6, other), (5, own)], (1, 1, 1)),
            (&[(5, &[]), (6, other), (5, &["ROOT"])], (1, 1, 1)),
            (&[(5, own), (5, &[])], (0, 2, 1)),
            (&[(5, own), (6, &[]), (7, other), (5, &[])], (2, 2, 0)),
            (&[(5, &[]), (5, &["A", "Root"]), (5, other)], (1, 1, 1)),
        ];
        for (entries, want) in table {
            let facts = facts(entries);
            let found = (facts.indirect, facts.named_own, facts.duplicate_serials.unwrap());
            assert_eq!(found, *want, "{entries:?}");
        }
    }
}
