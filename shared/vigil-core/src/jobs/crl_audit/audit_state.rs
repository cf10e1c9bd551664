//! What one run records of a resource for the next: its open findings, and what was seen of its
//! CRL.
//!
//! One object each, `state/crl-audit/cas/<CA id>.json`, `state/crl-audit/buckets/<name>.json` and, of a
//! partition, `state/crl-audit/partitions/<CA id>/<bucket>/<digest of its key>.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{CheckError, scan_progress::ScanProgress};
use crate::{
    ca::Ca,
    ports::{Creation, Etag, EvidenceStore, Replacement},
    rules::crl::{CrlHistory, CrlState, CrlSubject},
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct AuditState {
    pub(super) resource: String,
    /// Findings that were published, or are about to be, and not yet resolved: id and rule.
    pub(super) open: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) crl: CrlHistory,
    /// GetCertificateAuthorityCertificate may be called 20 times a second: too seldom for hundreds
    /// of CAs every time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) certificate: Option<KnownCertificate>,
    /// Where certificates that were read say that the CRL is, and until when, in seconds since
    /// 1970, one that says so is valid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) points: BTreeMap<String, i64>,
    /// Which certificates were, of those of the audit reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) certificate_scan: Option<ScanProgress>,
    /// A partition that is gone, and that no certificate needs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_retired: bool,
}

/// A CA's certificate, for as long as the CA's description names the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownCertificate {
    serial: String,
    #[serde(with = "crate::instant::text")]
    not_after: OffsetDateTime,
    pub(super) pem: String,
}

impl KnownCertificate {
    /// `None` if the description does not say which certificate the CA has.
    pub(super) fn of(ca: &Ca, pem: &str) -> Option<Self> {
        Some(Self { serial: ca.serial.clone()?, not_after: ca.not_after?, pem: pem.to_owned() })
    }

    pub(super) fn is_of(&self, ca: &Ca) -> bool {
        ca.serial.as_ref() == Some(&self.serial) && ca.not_after == Some(self.not_after)
    }
}

/// RFC 5280 §5.2.3; a longer one is crl.crl-number's to find and nothing to compare with.
const MAX_NUMBER_OCTETS: usize = 20;

impl CrlHistory {
    /// Adds what this run saw.
    pub(super) fn learn(&mut self, subject: &CrlSubject) {
        if self.failure.as_ref().is_some_and(|failure| failure.is_overcome_by(&subject.crl)) {
            self.failure = None;
        }
        self.foreign_write.take_if(|write| write.is_overcome_by(&subject.crl));
        match &subject.crl {
            CrlState::Missing | CrlState::NotChecked(_) => return,
            CrlState::Read { .. } | CrlState::TooLarge { .. } | CrlState::Unreadable(_) => {}
        }
        // A day's precision spares an hourly write.
        if self.seen_at.is_none_or(|seen_at| subject.as_of - seen_at >= Duration::DAY) {
            self.seen_at = Some(subject.as_of);
        }
        // Only the CA itself can raise these, not who overwrites its CRL.
        let CrlState::Read { facts, signature: Some(Ok(())), .. } = &subject.crl else { return };
        self.this_update = self.this_update.max(facts.this_update);
        if let Some(number) = &facts.number
            && number.len() <= MAX_NUMBER_OCTETS
            && self.number.as_ref().is_none_or(|seen| (seen.len(), seen) < (number.len(), number))
        {
            self.number = Some(number.clone());
            self.digest.clone_from(&facts.signed_digest);
        }
    }
}

/// The state of a resource that is new is empty, and so is one that cannot be read.
pub(super) async fn read(
    evidence: &dyn EvidenceStore,
    key: &str,
) -> Result<(AuditState, Option<Etag>), CheckError> {
    let entry = evidence.read(key).await.map_err(CheckError::AuditState)?;
    Ok(match entry {
        None => (AuditState::default(), None),
        Some(entry) => (serde_json::from_slice(&entry.body).unwrap_or_default(), Some(entry.etag)),
    })
}

/// Another run may write at the same time; then the change is made to what that one wrote.
const TRIES: usize = 5;

/// Makes a change, and answers with the memory as it then is. No change, no write.
pub(super) async fn update(
    evidence: &dyn EvidenceStore,
    key: &str,
    change: impl Fn(&mut AuditState),
) -> Result<AuditState, CheckError> {
    for _ in 0..TRIES {
        let (before, etag) = read(evidence, key).await?;
        let mut after = before.clone();
        change(&mut after);
        if after == before && etag.is_some() {
            return Ok(after);
        }
        let body = serde_json::to_vec_pretty(&after).map_err(CheckError::Write)?;
        let written = match &etag {
            None => {
                let created = evidence.create(key, body).await.map_err(CheckError::AuditState)?;
                matches!(created, Creation::Created(_))
            }
            Some(etag) => {
                let replaced =
                    evidence.replace(key, body, etag).await.map_err(CheckError::AuditState)?;
                matches!(replaced, Replacement::Replaced(_))
            }
        };
        if written {
            return Ok(after);
        }
    }
    Err(CheckError::Contended { key: key.to_owned() })
}
