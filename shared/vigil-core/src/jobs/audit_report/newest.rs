//! Records the newest report of a CA, which crl-audit compares the CRL with.

use super::AuditReportError;
use crate::{
    arn::CaArn,
    audit_report::Newest,
    evidence::keys,
    ports::{Creation, EvidenceStore, Replacement},
};

/// Reports of one CA are 30 minutes apart, so two writers rarely meet and five never should.
const TRIES: usize = 5;

/// The newest report of a CA that was summarised; garbage counts as none.
pub(super) async fn of(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
) -> Result<Option<Newest>, AuditReportError> {
    let object = evidence.read(&keys::newest_report(ca.id())).await;
    let object = object.map_err(AuditReportError::EvidenceStore)?;
    Ok(object.and_then(|object| serde_json::from_slice(&object.body).ok()))
}

/// Replaces the recorded report only by a newer one, because events come in any order.
pub(super) async fn note(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    newest: &Newest,
) -> Result<(), AuditReportError> {
    let key = keys::newest_report(ca.id());
    for _ in 0..TRIES {
        let body = serde_json::to_vec_pretty(newest).map_err(AuditReportError::Write)?;
        let written = match evidence.read(&key).await.map_err(AuditReportError::EvidenceStore)? {
            None => {
                let created =
                    evidence.create(&key, body).await.map_err(AuditReportError::EvidenceStore)?;
                matches!(created, Creation::Created(_))
            }
            Some(entry) => {
                let noted = serde_json::from_slice::<Newest>(&entry.body).ok();
                if noted.is_some_and(|noted| noted.created_at >= newest.created_at) {
                    return Ok(());
                }
                let replaced = evidence.replace(&key, body, &entry.etag).await;
                matches!(
                    replaced.map_err(AuditReportError::EvidenceStore)?,
                    Replacement::Replaced(_)
                )
            }
        };
        if written {
            return Ok(());
        }
    }
    Err(AuditReportError::Contended { key })
}
