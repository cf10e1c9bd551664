//! An event that cannot be acted on is kept, with the reason: `refused/<SHA-256 of the event>.json`.

use aws_lc_rs::digest;
use serde_json::{Value, json};

use super::AutoRestoreError;
use crate::{
    cloudtrail::Refusal,
    failure::{Failure as _, chain},
    ports::EvidenceStore,
};

/// The error that an invocation ends with: the event's, whether it could be kept or not.
pub(super) async fn keep(
    evidence: &dyn EvidenceStore,
    event: &Value,
    refusal: Refusal,
) -> AutoRestoreError {
    match record(evidence, event, &refusal).await {
        Ok(()) => AutoRestoreError::Event(refusal),
        Err(AutoRestoreError::EvidenceStore(cause)) => {
            AutoRestoreError::EventNotKept { refusal, unkept: Box::new(cause) }
        }
        Err(error) => error,
    }
}

/// EventBridge delivers no more than 256 KiB; what is longer came from elsewhere, and is cut.
const LONGEST: usize = 256 * 1024;

async fn record(
    evidence: &dyn EvidenceStore,
    event: &Value,
    refusal: &Refusal,
) -> Result<(), AutoRestoreError> {
    let text = event.to_string();
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let name: String = hash.as_ref()[..16].iter().map(|octet| format!("{octet:02x}")).collect();
    let kept =
        if text.len() > LONGEST { Value::from("longer than 256 KiB") } else { event.clone() };
    let document = json!({"error": refusal.error_type(), "reason": chain(refusal), "event": kept});
    let body = serde_json::to_vec_pretty(&document).map_err(AutoRestoreError::Write)?;
    // A second delivery finds the record of the first.
    evidence
        .create(&format!("rejected-events/{name}.json"), body)
        .await
        .map_err(AutoRestoreError::EvidenceStore)?;
    Ok(())
}
