//! ACM PCA's events on EventBridge: a CRL or an audit report was written, or could not be.

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::arn::{ArnError, CaArn};

/// The source of ACM PCA's events.
pub const SOURCE: &str = "aws.acm-pca";
/// The detail-type about audit reports.
pub const AUDIT_REPORT_GENERATION: &str = "ACM Private CA Audit Report Generation";
/// The detail-type about CRLs.
pub const CRL_GENERATION: &str = "ACM Private CA CRL Generation";

/// The members that all these events have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEvent {
    /// The id of the event: the same in every delivery.
    pub id: String,
    /// The CA.
    pub ca: CaArn,
    /// What `resources` names after the CA: an audit report's id, a certificate's ARN.
    pub about: Option<String>,
    /// When it happened, to the second.
    pub at: OffsetDateTime,
    /// Whether it succeeded.
    pub result: EventResult,
}

/// Whether ACM PCA succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventResult {
    /// It failed, with the reason that AWS gives, if any.
    Failure {
        /// Why.
        reason: Option<String>,
    },
    /// The CRL or report was written.
    Success,
}

/// The payload is not the event that was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The first resource is not a CA.
    #[error("the event's resources do not begin with a CA")]
    Arn(#[source] ArnError),
    /// It is about something else.
    #[error("the event is {found:?}, where {expected:?} is handled")]
    DetailType {
        /// The detail-type that was expected.
        expected: &'static str,
        /// The detail-type of the event.
        found: String,
    },
    /// It names no CA.
    #[error("the event names no resources, hence no CA")]
    NoResources,
    /// The result is neither success nor failure.
    #[error("the event's result is {0:?}, neither success nor failure")]
    Result(String),
    /// It is not the JSON of an event.
    #[error("the event does not have the form of an EventBridge event")]
    Shape(#[source] serde_json::Error),
    /// Another service sent it.
    #[error("the event comes from {0:?}, not from aws.acm-pca")]
    Source(String),
}

/// AWS adds members to events. Members that are not named here are ignored.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(with = "crate::instant::text")]
    time: OffsetDateTime,
    resources: Vec<String>,
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    result: String,
    reason: Option<String>,
}

/// Whether the payload comes from a schedule: an event of EventBridge Scheduler or of a scheduled
/// rule, or the `{}` that the Input of a schedule can be.
pub fn is_schedule(payload: &Value) -> bool {
    let Some(members) = payload.as_object() else { return false };
    let named = |member| members.get(member).and_then(Value::as_str);
    members.is_empty()
        || matches!(named("source"), Some("aws.events" | "aws.scheduler"))
            && named("detail-type") == Some("Scheduled Event")
}

impl ServiceEvent {
    /// Reads an event of ACM PCA with this detail-type.
    ///
    /// # Errors
    ///
    /// [`EventError`] says how the payload differs from such an event.
    pub fn read(payload: &Value, detail_type: &'static str) -> Result<Self, EventError> {
        // The kind of the event is checked before its content.
        let named = |member: &str| payload.get(member).and_then(Value::as_str);
        match (named("source"), named("detail-type")) {
            (Some(SOURCE), Some(found)) if found == detail_type => {}
            (Some(SOURCE), found) => {
                let found = shown(found.unwrap_or_default());
                return Err(EventError::DetailType { expected: detail_type, found });
            }
            (source, _) => return Err(EventError::Source(shown(source.unwrap_or_default()))),
        }
        let event = Envelope::deserialize(payload).map_err(EventError::Shape)?;
        let mut resources = event.resources.into_iter();
        let ca = resources.next().ok_or(EventError::NoResources)?;
        let result = match event.detail.result.as_str() {
            "success" => EventResult::Success,
            "failure" => EventResult::Failure { reason: event.detail.reason },
            other => return Err(EventError::Result(shown(other))),
        };
        Ok(Self {
            id: event.id,
            ca: ca.parse().map_err(EventError::Arn)?,
            about: resources.next(),
            at: event.time,
            result,
        })
    }
}

/// What is echoed in an error stays short, whatever was sent.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

    fn event() -> Value {
        json!({
            "version": "0", "id": "e-1", "detail-type": CRL_GENERATION, "source": "aws.acm-pca",
            "account": "111122223333", "time": "2019-11-07T23:01:25Z", "region": "us-east-1",
            "resources": [CA],
            "detail": {"result": "failure", "reason": "Failed to write CRL to S3."},
        })
    }

    fn changed(pointer: &str, value: Value) -> String {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        let error = ServiceEvent::read(&event, CRL_GENERATION).unwrap_err();
        crate::failure::chain(&error)
    }

    #[test]
    fn an_event_tells_which_ca_and_how_it_went() {
        let read = ServiceEvent::read(&event(), CRL_GENERATION).unwrap();
        assert_eq!(read.ca.as_str(), CA);
        assert_eq!(read.at, datetime!(2019-11-07 23:01:25 UTC));
        let reason = Some("Failed to write CRL to S3.".to_owned());
        assert_eq!(read.result, EventResult::Failure { reason });
    }

    #[test]
    fn every_event_that_is_not_ours_is_refused_by_name() {
        for (pointer, value, words) in [
            ("/source", json!("aws.s3"), "comes from \"aws.s3\""),
            ("/detail-type", json!("ACM Private CA Creation"), "\"ACM Private CA Creation\""),
            ("/resources", json!([]), "no resources"),
            ("/resources", json!(["arn:aws:s3:::bucket"]), "do not begin with a CA: "),
            ("/resources", json!("x"), "form of an EventBridge event: "),
            ("/detail/result", json!("maybe"), "\"maybe\""),
            ("/detail", json!({}), "missing field `result`"),
            ("/time", json!("yesterday"), "form of an EventBridge event: "),
        ] {
            let text = changed(pointer, value);
            assert!(text.contains(words), "{pointer}: {text}");
        }
        for payload in [json!(null), json!([]), json!("x"), json!({"a": 1})] {
            assert!(ServiceEvent::read(&payload, CRL_GENERATION).is_err(), "{payload}");
        }
    }

    #[test]
    fn only_an_empty_input_or_a_scheduled_event_is_a_schedule() {
        let scheduled =
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        assert!(is_schedule(&json!({})) && is_schedule(&scheduled));
        for payload in [json!(null), json!([]), json!({"act": true}), event()] {
            assert!(!is_schedule(&payload), "{payload}");
        }
    }
}
