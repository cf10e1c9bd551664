//! The CAs of a Region and their issuers. ACM PCA describes a deleted CA without its certificate; the
//! inventory still has its identity.
//!
//! One object for each Region, `state/inventory/<Region>.json`, which auto-restore's sweep keeps.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    certificate::Certificate,
};

/// The CAs of one Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// When they were listed, by the clock of ACM PCA.
    #[serde(with = "crate::instant::text")]
    pub as_of: OffsetDateTime,
    /// By ARN.
    pub cas: BTreeMap<CaArn, Known>,
}

/// A CA as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The status when it was last listed.
    pub status: CaStatus,
    /// The common name of the subject.
    pub common_name: Option<String>,
    /// The end of the CA's own certificate.
    #[serde(with = "crate::instant::text::option")]
    pub not_after: Option<OffsetDateTime>,
    /// Of the CA's own certificate, as ACM PCA writes it: whether it is another one by now.
    pub serial: Option<String>,
    /// `None`: the CA has no certificate, or none has been read yet.
    pub identity: Option<Identity>,
    /// When the last snapshot of the CA was taken.
    #[serde(with = "crate::instant::text::option")]
    pub snapshot_at: Option<OffsetDateTime>,
    /// Since when the service says that the CA is DISABLED.
    #[serde(default, with = "crate::instant::text::option")]
    pub disabled_since: Option<OffsetDateTime>,
}

/// The names and key identifiers by which certificates refer to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// SHA-256 of the encoded subject, in hexadecimal.
    pub subject: String,
    /// The issuer, in the same form.
    pub issuer: String,
    /// The subject key identifier, in hexadecimal.
    pub key: Option<String>,
    /// The authority key identifier.
    pub authority_key: Option<String>,
}

/// The usable CAs below a CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Subordinates {
    /// ACTIVE and DISABLED ones whose certificate has not run out, at any depth.
    pub living: u32,
    /// Of these, the ACTIVE ones.
    pub active: u32,
    /// The latest end of their certificates.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub last_not_after: Option<OffsetDateTime>,
    /// The first of them, to be shown.
    pub names: Vec<String>,
    /// When the oldest of the inventories was made.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
}

/// How many are named.
const NAMED: usize = 5;

impl Identity {
    /// The identity of a CA by its certificate.
    pub fn of(certificate: &Certificate) -> Self {
        let name = |name: &[u8]| hex::encode(digest::digest(&digest::SHA256, name));
        Self {
            subject: name(&certificate.subject),
            issuer: name(&certificate.issuer),
            key: certificate.subject_key_identifier.as_deref().map(hex::encode),
            authority_key: certificate.authority_key_identifier.as_deref().map(hex::encode),
        }
    }

    /// By the name, and by the key where both say which (RFC 5280 §4.2.1.1: names alone may be
    /// shared by several keys).
    fn signed(&self, other: &Self) -> bool {
        self.subject == other.issuer
            && match (&self.key, &other.authority_key) {
                (Some(key), Some(authority_key)) => key == authority_key,
                (None, _) | (_, None) => true,
            }
    }
}

impl Known {
    /// Updates what is known of a CA. Facts that a list does not contain stay as they were.
    pub fn seen(ca: &Ca, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.serial == ca.serial);
        Self {
            status: ca.status.clone(),
            common_name: ca.common_name.clone(),
            not_after: ca.not_after,
            serial: ca.serial.clone(),
            identity: same.and_then(|before| before.identity.clone()),
            snapshot_at: before.and_then(|before| before.snapshot_at),
            disabled_since: match ca.status {
                CaStatus::Disabled => ca.last_state_change_at,
                CaStatus::Deleted => before.and_then(|before| before.disabled_since),
                _ => None,
            },
        }
    }

    fn is_living(&self, now: OffsetDateTime) -> bool {
        matches!(self.status, CaStatus::Active | CaStatus::Disabled)
            && self.not_after.is_none_or(|not_after| now <= not_after)
    }
}

/// The CAs below `ca` at any depth, in all inventories. `None` if its certificate was never read, so
/// that its subordinates are unknown.
pub fn below(inventories: &[Inventory], ca: &CaArn, now: OffsetDateTime) -> Option<Subordinates> {
    let all: Vec<(&CaArn, &Known)> =
        inventories.iter().flat_map(|inventory| &inventory.cas).collect();
    let as_of = inventories.iter().map(|inventory| inventory.as_of).min()?;
    let top = all.iter().find(|(arn, _)| *arn == ca)?.1.identity.as_ref()?;
    let mut signers = vec![top];
    let mut seen = BTreeSet::from([ca]);
    let mut found =
        Subordinates { living: 0, active: 0, last_not_after: None, names: Vec::new(), as_of };
    while let Some(signer) = signers.pop() {
        for (arn, known) in &all {
            let Some(identity) = &known.identity else { continue };
            if !signer.signed(identity) || !seen.insert(arn) {
                continue;
            }
            // A DELETED CA in between can be restored, with all that is below it.
            signers.push(identity);
            if known.is_living(now) {
                found.add(arn, known);
            }
        }
    }
    Some(found)
}

/// The CA of the inventories that signed the certificate of `ca`. `None` for a root, and if the issuer
/// is in no inventory or its certificate was never read.
pub fn issuer_of<'a>(inventories: &'a [Inventory], ca: &CaArn) -> Option<&'a CaArn> {
    let all = || inventories.iter().flat_map(|inventory| &inventory.cas);
    let of_ca = all().find(|(arn, _)| *arn == ca)?.1.identity.as_ref()?;
    let signers = all().filter(|(arn, known)| {
        *arn != ca && known.identity.as_ref().is_some_and(|signer| signer.signed(of_ca))
    });
    // A root's own name and key fit itself; CAs that share both are no issuers of each other.
    if of_ca.signed(of_ca) { None } else { signers.map(|(arn, _)| arn).next() }
}

impl Subordinates {
    fn add(&mut self, arn: &CaArn, known: &Known) {
        self.living += 1;
        self.active += u32::from(known.status == CaStatus::Active);
        self.last_not_after = self.last_not_after.max(known.not_after);
        if self.names.len() < NAMED {
            self.names.push(known.common_name.clone().unwrap_or_else(|| arn.id().to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    fn arn(id: &str) -> CaArn {
        format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{id}")
            .parse()
            .unwrap()
    }

    fn known(subject: &str, issuer: &str, authority_key: Option<&str>, status: CaStatus) -> Known {
        Known {
            status,
            common_name: Some(subject.to_owned()),
            not_after: Some(NOW + Duration::DAY),
            serial: None,
            identity: Some(Identity {
                subject: subject.to_owned(),
                issuer: issuer.to_owned(),
                key: Some(format!("key of {subject}")),
                authority_key: authority_key.map(str::to_owned),
            }),
            snapshot_at: None,
            disabled_since: None,
        }
    }

    fn inventory(cas: Vec<(&str, Known)>) -> Inventory {
        Inventory { as_of: NOW, cas: cas.into_iter().map(|(id, known)| (arn(id), known)).collect() }
    }

    fn world(inner: CaStatus) -> Vec<Inventory> {
        let key = Some("key of root");
        let first = inventory(vec![
            ("root", known("root", "root", key, CaStatus::Deleted)),
            ("a", known("a", "root", key, CaStatus::Active)),
            ("old", known("old", "root", Some("key of an older root"), CaStatus::Active)),
        ]);
        let other_region = inventory(vec![
            ("inner", known("inner", "root", None, inner)),
            ("leaf", known("leaf", "inner", Some("key of inner"), CaStatus::Disabled)),
        ]);
        vec![first, other_region]
    }

    #[test]
    fn subordinates_are_found_at_any_depth_and_in_any_region() {
        let found = below(&world(CaStatus::Deleted), &arn("root"), NOW).unwrap();
        assert_eq!((found.living, found.active), (2, 1), "{found:?}");
        assert_eq!(found.names, ["a", "leaf"], "the DELETED one between can be had back");
        let found = below(&world(CaStatus::Active), &arn("root"), NOW).unwrap();
        assert_eq!(found.living, 3, "without an authority key the name decides");
        assert_eq!(below(&world(CaStatus::Active), &arn("leaf"), NOW).unwrap().living, 0);
    }

    #[test]
    fn the_issuer_is_found_in_any_region_and_a_root_has_none() {
        let world = world(CaStatus::Deleted);
        let issuer = |id: &str| issuer_of(&world, &arn(id)).map(|arn| arn.id().to_owned());
        assert_eq!(issuer("leaf").as_deref(), Some("inner"));
        assert_eq!(issuer("inner").as_deref(), Some("root"));
        assert_eq!(issuer("old"), None, "its root has another key");
        assert_eq!(issuer("root"), None);
    }

    #[test]
    fn a_certificate_lives_through_its_last_second_and_no_longer() {
        let at = |now| below(&world(CaStatus::Active), &arn("root"), now).unwrap().living;
        assert_eq!(at(NOW + Duration::DAY), 3);
        assert_eq!(at(NOW + Duration::DAY + Duration::SECOND), 0);
    }

    #[test]
    fn of_a_ca_whose_certificate_was_not_read_nothing_is_known() {
        assert_eq!(below(&world(CaStatus::Active), &arn("stranger"), NOW), None);
        let unread = Known { identity: None, ..known("root", "root", None, CaStatus::Deleted) };
        assert_eq!(below(&[inventory(vec![("root", unread)])], &arn("root"), NOW), None);
        assert_eq!(below(&[], &arn("root"), NOW), None);
    }

    #[test]
    fn a_certificate_that_was_renewed_is_read_again() {
        let ca = crate::fakes::deleted_ca(NOW);
        let read = Known {
            serial: ca.serial.clone(),
            snapshot_at: Some(NOW),
            ..known("x", "root", None, CaStatus::Active)
        };
        assert!(Known::seen(&ca, Some(&read)).identity.is_some());
        let renewed = Ca { serial: Some("02".to_owned()), ..ca };
        let seen = Known::seen(&renewed, Some(&read));
        assert_eq!((seen.identity, seen.snapshot_at), (None, Some(NOW)));
    }
}
