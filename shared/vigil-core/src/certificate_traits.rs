//! What certificates have and no audit report says: keys, signature algorithms, kinds of names.
//!
//! crl-audit reads certificates for their distribution points, each once. It counts these on the way, so
//! the counts are of the certificates that were read, which `read` gives, and not of all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;

/// Different labels that are counted of each; the others are one.
const MAX_LABELS: usize = 24;
const OTHER: &str = "other";

/// Counts over the certificates of a CA that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CertificateTraits {
    /// How many certificates were read: those that the other numbers speak of.
    pub read: u64,
    /// Their keys, as `RSA 2048` or `P-256`.
    pub keys: BTreeMap<String, u64>,
    /// The algorithms of their signatures, as ACM PCA names them, such as `SHA256WITHRSA`.
    pub signatures: BTreeMap<String, u64>,
    /// Their subjectAltNames by kind: `dns`, `wildcard`, `ip`, `email`, `uri`, `other`, `none`. A certificate
    /// counts once for each kind that it has.
    pub names: BTreeMap<String, u64>,
}

impl CertificateTraits {
    /// Counts a certificate.
    pub fn add(&mut self, certificate: &Certificate) {
        self.read += 1;
        count(&mut self.keys, &certificate.key, 1);
        count(&mut self.signatures, &certificate.signature_algorithm, 1);
        if certificate.names.is_empty() {
            count(&mut self.names, "none", 1);
        }
        for kind in &certificate.names {
            count(&mut self.names, kind, 1);
        }
    }

    /// Adds the counts of other certificates.
    pub fn join(&mut self, other: &Self) {
        self.read += other.read;
        for (own, others) in [
            (&mut self.keys, &other.keys),
            (&mut self.signatures, &other.signatures),
            (&mut self.names, &other.names),
        ] {
            for (label, number) in others {
                count(own, label, *number);
            }
        }
    }

    /// Whether no certificate was read.
    pub fn is_empty(&self) -> bool {
        self.read == 0
    }
}

fn count(counts: &mut BTreeMap<String, u64>, label: &str, number: u64) {
    let is_known = counts.contains_key(label) || counts.len() < MAX_LABELS;
    *counts.entry(if is_known { label } else { OTHER }.to_owned()).or_default() += number;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crl::fixture::Issuer;

    /// A GeneralName, by its context tag.
    fn leaf(issuer: &Issuer, names: &[(u8, &[u8])]) -> Certificate {
        Certificate::from_der(&issuer.named_der(names)).unwrap()
    }

    #[test]
    fn keys_signatures_and_kinds_of_names_are_counted() {
        let issuer = Issuer::new("Root");
        let mut traits = CertificateTraits::default();
        traits.add(&leaf(&issuer, &[]));
        traits.add(&leaf(&issuer, &[(2, b"www.example.com"), (2, b"*.example.com")]));
        traits.add(&leaf(&issuer, &[(7, &[192, 0, 2, 1]), (1, b"a@example.com"), (6, b"urn:a")]));
        assert_eq!(traits.read, 3);
        assert_eq!(traits.keys, BTreeMap::from([("P-256".to_owned(), 3)]));
        assert_eq!(traits.signatures, BTreeMap::from([("SHA256WITHECDSA".to_owned(), 3)]));
        let names = ["dns", "email", "ip", "none", "uri", "wildcard"];
        assert_eq!(traits.names, names.map(|kind| (kind.to_owned(), 1)).into());
        let mut twice = traits.clone();
        twice.join(&traits);
        assert_eq!((twice.read, twice.keys["P-256"], twice.names["ip"]), (6, 6, 2));
    }

    #[test]
    fn many_labels_do_not_grow_the_counts() {
        let mut counts = BTreeMap::new();
        for label in 0..100 {
            count(&mut counts, &label.to_string(), 1);
        }
        count(&mut counts, "5", 1);
        assert_eq!((counts.len(), counts[OTHER], counts["5"]), (MAX_LABELS + 1, 76, 2));
    }
}
