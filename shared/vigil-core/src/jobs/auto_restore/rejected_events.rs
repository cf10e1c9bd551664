//! An event that cannot be acted on is kept, with the reason.

use serde_json::{Value, json};

use crate::{
    cloudtrail::EventRejection,
    evidence::keys,
    failure::{Failure as _, chain},
    jobs::case::AutoRestoreError,
    ports::EvidenceStore,
};

/// The error that an invocation ends with: the event's, whether it could be kept or not.
pub(super) async fn keep(
    evidence: &dyn EvidenceStore,
    event: &Value,
    refusal: EventRejection,
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
const MAX_EVENT_BYTES: usize = 256 * 1024;

async fn record(
    evidence: &dyn EvidenceStore,
    event: &Value,
    refusal: &EventRejection,
) -> Result<(), AutoRestoreError> {
    let text = event.to_string();
    let kept = if text.len() > MAX_EVENT_BYTES {
        Value::from("longer than 256 KiB")
    } else {
        event.clone()
    };
    let document = json!({"error": refusal.error_type(), "reason": chain(refusal), "event": kept});
    let body = serde_json::to_vec_pretty(&document).map_err(AutoRestoreError::Write)?;
    // A second delivery finds the record of the first.
    evidence
        .create(&keys::rejected_event(&text), body)
        .await
        .map_err(AutoRestoreError::EvidenceStore)?;
    Ok(())
}
