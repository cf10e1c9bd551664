//! Every certificate that a CA has issued, in the order of issuance and in little memory.
//!
//! Only the DER is kept, once: whatever else a certificate says is read from it when it is wanted.
//! With a data directory not even that: there the DER stays on disk.

mod arena;

use std::{collections::HashMap, hash::BuildHasher as _, hash::RandomState};

use aws_sdk_acmpca::types::RevocationReason;
use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::OffsetDateTime;

use self::arena::Arena;
use crate::{
    model::{
        crl::Binding,
        values::{base64, hex, word},
    },
    x509::crl::Reason,
};

/// A certificate as it is added.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct IssuedCertificate {
    #[serde(with = "base64")]
    pub(crate) der: Vec<u8>,
    #[serde(with = "hex")]
    pub(crate) serial: [u8; 16],
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) not_before: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) not_after: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) issued_at: OffsetDateTime,
    pub(crate) template_arn: String,
    /// The account that asked for it.
    pub(crate) account: String,
    /// The CA's own certificate, issued by itself.
    pub(crate) is_self_signed: bool,
    /// The CRL that would list it.
    pub(crate) crl: Binding,
}

/// A certificate as it is listed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateEntry<'a> {
    /// `None` if it stays on disk.
    pub(crate) der: Option<&'a [u8]>,
    /// How many were issued before.
    pub(crate) place: u32,
    pub(crate) serial: [u8; 16],
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    pub(crate) issued_at: OffsetDateTime,
    pub(crate) template_arn: &'a str,
    pub(crate) account: &'a str,
    pub(crate) is_self_signed: bool,
    pub(crate) crl: Binding,
    pub(crate) revocation: Option<Revocation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revocation {
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    #[serde(serialize_with = "write_reason", deserialize_with = "read_reason")]
    pub(crate) reason: Reason,
}

/// As the API names it.
fn write_reason<S: Serializer>(reason: &Reason, to: S) -> Result<S::Ok, S::Error> {
    word::serialize(&reason.to_api(), to)
}

fn read_reason<'de, D: Deserializer<'de>>(from: D) -> Result<Reason, D::Error> {
    let reason: RevocationReason = word::deserialize(from)?;
    Reason::from_api(&reason).ok_or_else(|| D::Error::custom("a CRL cannot give this reason"))
}

/// At most 2^32 certificates: the service's own quota is 100 million a CA.
pub(crate) struct IssuedCertificates {
    records: Vec<CertificateFacts>,
    /// Places, found by the serials of their records.
    by_serial: HashTable<u32>,
    hasher: RandomState,
    /// `None` if they stay on disk.
    bodies: Option<Arena>,
    revocations: HashMap<u32, Revocation>,
    /// Template ARNs and accounts: few different ones, however many certificates.
    names: Names,
}

/// Times are milliseconds since 1970, which is the service's resolution.
struct CertificateFacts {
    serial: [u8; 16],
    not_before: i64,
    not_after: i64,
    issued_at: i64,
    template_arn: u32,
    account: u32,
    crl: Binding,
    is_self_signed: bool,
}

impl Default for IssuedCertificates {
    fn default() -> Self {
        Self { bodies: Some(Arena::default()), ..Self::without_bodies() }
    }
}

impl IssuedCertificates {
    /// For certificates that stay on disk.
    pub(crate) fn without_bodies() -> Self {
        Self {
            records: Vec::new(),
            by_serial: HashTable::new(),
            hasher: RandomState::new(),
            bodies: None,
            revocations: HashMap::new(),
            names: Names::default(),
        }
    }

    /// Returns its place.
    pub(crate) fn insert(&mut self, issued: &IssuedCertificate) -> u32 {
        let place = u32::try_from(self.records.len()).expect("a CA issues fewer than 2^32");
        if let Some(bodies) = &mut self.bodies {
            bodies.push(&issued.der);
        }
        self.records.push(CertificateFacts {
            serial: issued.serial,
            not_before: millis(issued.not_before),
            not_after: millis(issued.not_after),
            issued_at: millis(issued.issued_at),
            template_arn: self.names.intern(&issued.template_arn),
            account: self.names.intern(&issued.account),
            crl: issued.crl,
            is_self_signed: issued.is_self_signed,
        });
        let Self { records, by_serial, hasher, .. } = self;
        let hash = |place: &u32| hasher.hash_one(records[*place as usize].serial);
        by_serial.insert_unique(hash(&place), place, hash);
        place
    }

    pub(crate) fn get(&self, serial: &[u8; 16]) -> Option<CertificateEntry<'_>> {
        self.at(self.place(serial)?)
    }

    fn place(&self, serial: &[u8; 16]) -> Option<u32> {
        let is_its = |place: &u32| self.records[*place as usize].serial == *serial;
        self.by_serial.find(self.hasher.hash_one(serial), is_its).copied()
    }

    /// Does nothing for a certificate that is not there.
    pub(crate) fn revoke(&mut self, serial: &[u8; 16], revocation: Revocation) {
        if let Some(place) = self.place(serial) {
            self.revocations.insert(place, revocation);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Some of the certificates in the order of issuance. Later certificates come after them,
    /// so a long list can be read piece by piece.
    pub(crate) fn range(
        &self,
        places: std::ops::Range<usize>,
    ) -> impl Iterator<Item = CertificateEntry<'_>> {
        let end = places.end.min(self.records.len());
        (places.start..end).filter_map(|place| self.at(u32::try_from(place).ok()?))
    }

    /// Those that are revoked, in the order of issuance.
    pub(crate) fn revoked(&self) -> Vec<(CertificateEntry<'_>, Revocation)> {
        let mut places: Vec<u32> = self.revocations.keys().copied().collect();
        places.sort_unstable();
        let entries = places.into_iter().filter_map(|place| self.at(place));
        entries.filter_map(|entry| Some((entry, entry.revocation?))).collect()
    }

    pub(crate) fn at(&self, place: u32) -> Option<CertificateEntry<'_>> {
        let record = self.records.get(place as usize)?;
        Some(CertificateEntry {
            der: self.bodies.as_ref().map(|bodies| bodies.read(place)),
            place,
            serial: record.serial,
            not_before: instant(record.not_before),
            not_after: instant(record.not_after),
            issued_at: instant(record.issued_at),
            template_arn: self.names.read(record.template_arn),
            account: self.names.read(record.account),
            is_self_signed: record.is_self_signed,
            crl: record.crl,
            revocation: self.revocations.get(&place).copied(),
        })
    }
}

#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn intern(&mut self, name: &str) -> u32 {
        let place = self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        u32::try_from(place).expect("there are fewer names than certificates")
    }

    fn read(&self, place: u32) -> &str {
        &self.0[place as usize]
    }
}

fn millis(at: OffsetDateTime) -> i64 {
    // The years that `time` has, 9999 at the latest, fit many times over.
    (at.unix_timestamp_nanos() / 1_000_000) as i64
}

fn instant(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .expect("it was an instant before it was counted in milliseconds")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn issued(number: u8, template_arn: &str) -> IssuedCertificate {
        IssuedCertificate {
            der: vec![number; 10_000],
            serial: [number; 16],
            not_before: datetime!(2026-01-01 00:00 UTC),
            not_after: datetime!(9999-12-31 23:59:59 UTC),
            issued_at: datetime!(2026-01-01 01:00:00.123 UTC),
            template_arn: template_arn.to_owned(),
            account: "111122223333".to_owned(),
            is_self_signed: number == 0,
            crl: Binding::Partition(u32::from(number)),
        }
    }

    #[test]
    fn what_goes_in_comes_out_in_the_order_of_issuance() {
        let mut certificates = IssuedCertificates::default();
        for number in 0..200 {
            certificates.insert(&issued(number, if number % 2 == 0 { "even" } else { "odd" }));
        }
        let revocation =
            Revocation { at: datetime!(2026-02-01 0:00 UTC), reason: Reason::KeyCompromise };
        certificates.revoke(&[77; 16], revocation);
        certificates.revoke(&[222; 16], revocation);

        assert_eq!((certificates.len(), certificates.names.0.len()), (200, 3));
        let entry = certificates.get(&[77; 16]).unwrap();
        assert_eq!((entry.der, entry.place), (Some(&[77; 10_000][..]), 77));
        assert_eq!((entry.template_arn, entry.account), ("odd", "111122223333"));
        assert_eq!(entry.not_after, datetime!(9999-12-31 23:59:59 UTC));
        assert_eq!(entry.issued_at, datetime!(2026-01-01 01:00:00.123 UTC));
        assert_eq!((entry.crl, entry.revocation), (Binding::Partition(77), Some(revocation)));
        assert!(certificates.get(&[222; 16]).is_none());

        let serials: Vec<u8> = certificates.range(198..1000).map(|entry| entry.serial[0]).collect();
        assert_eq!(serials, [198, 199]);
        assert!(certificates.range(0..1).all(|entry| entry.is_self_signed && entry.place == 0));
        assert_eq!(certificates.range(300..400).count(), 0);
    }
}
