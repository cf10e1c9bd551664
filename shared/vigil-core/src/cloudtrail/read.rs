//! Reads the record: strict about what was deleted, lenient about the circumstances.
//!
//! Fields that we do not know are passed over: CloudTrail adds some with every version.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Deletion, Disabling, EventRejection, Principal};
use crate::{arn::CaArn, instant};

/// The longest text that is taken from an event.
const MAX_LENGTH: usize = 1024;

const DELETE: &str = "DeleteCertificateAuthority";
const UPDATE: &str = "UpdateCertificateAuthority";
/// The parameter that names the CA.
const OF_CA: &str = "certificateAuthorityArn";

/// Reads an EventBridge event as the record of a CA's deletion.
///
/// # Errors
///
/// [`EventRejection`] if the event is not the record of a DeleteCertificateAuthority that
/// succeeded.
pub fn deletion(event: &Value) -> Result<Deletion, EventRejection> {
    let CallTarget { ca, region, account } = succeeded(event, DELETE, OF_CA)?;
    Ok(Deletion {
        ca,
        at: event_time(event)?,
        window_days: window_days(event),
        by: principal(event),
        source_ip: published(event, "/detail/sourceIPAddress"),
        user_agent: published(event, "/detail/userAgent"),
        event_id: Some(event_id(event)?),
        region,
        account,
    })
}

/// Reads a record of CloudTrail's event history (`CloudTrailEvent`) in the same way.
///
/// # Errors
///
/// [`EventRejection`] if it is not the record of a DeleteCertificateAuthority that succeeded.
pub fn recorded_deletion(record: &Value) -> Result<Deletion, EventRejection> {
    deletion(&json!({
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.acm-pca",
        "detail": record,
    }))
}

/// The calls that change what is attached to a CA, and the parameter that names it.
const ATTACHMENTS: [(&str, &str); 6] = [
    ("CreatePermission", "certificateAuthorityArn"),
    ("DeletePermission", "certificateAuthorityArn"),
    ("DeletePolicy", "resourceArn"),
    ("PutPolicy", "resourceArn"),
    ("TagCertificateAuthority", "certificateAuthorityArn"),
    ("UntagCertificateAuthority", "certificateAuthorityArn"),
];

fn attachment_call(event: &Value) -> Option<(&'static str, &'static str)> {
    let name = event.pointer("/detail/eventName").and_then(Value::as_str)?;
    ATTACHMENTS.into_iter().find(|(call, _)| *call == name)
}

/// Whether an event is the record of a call that changes a CA's policy, permissions or tags.
pub fn is_attachment_change(event: &Value) -> bool {
    attachment_call(event).is_some()
}

/// Reads an EventBridge event as the record of such a call: the CA, and when.
///
/// # Errors
///
/// [`EventRejection`] if the event is not the record of such a call that succeeded.
pub fn attachment_change(event: &Value) -> Result<(CaArn, OffsetDateTime), EventRejection> {
    let (call, parameter) = attachment_call(event).unwrap_or(ATTACHMENTS[0]);
    let CallTarget { ca, .. } = succeeded(event, call, parameter)?;
    Ok((ca, event_time(event)?))
}

/// Whether an event is the record of an UpdateCertificateAuthority, for [`disabling`] to read.
pub fn is_update(event: &Value) -> bool {
    event.pointer("/detail/eventName").and_then(Value::as_str) == Some(UPDATE)
}

/// Reads an EventBridge event as the record of a CA having been disabled.
///
/// # Errors
///
/// [`EventRejection`] if the event is not the record of an UpdateCertificateAuthority that
/// succeeded and set DISABLED.
pub fn disabling(event: &Value) -> Result<Disabling, EventRejection> {
    let CallTarget { ca, .. } = succeeded(event, UPDATE, OF_CA)?;
    let field = "detail.requestParameters.status";
    let status = required(event, "/detail/requestParameters/status", field)?;
    if status != "DISABLED" {
        return Err(EventRejection::NotDisabled { status });
    }
    Ok(Disabling { ca, at: event_time(event)?, by: principal(event), event_id: event_id(event)? })
}

/// Which CA, and where the record says that it lies.
struct CallTarget {
    ca: CaArn,
    region: String,
    account: String,
}

/// What every record of a call that succeeded has.
fn succeeded(
    event: &Value,
    operation: &'static str,
    parameter: &'static str,
) -> Result<CallTarget, EventRejection> {
    if !event.is_object() {
        return Err(EventRejection::NotAnEvent);
    }
    let detail_type = required(event, "/detail-type", "detail-type")?;
    let source_name = required(event, "/source", "source")?;
    if detail_type != "AWS API Call via CloudTrail" || source_name != "aws.acm-pca" {
        return Err(EventRejection::NotCloudTrail { detail_type, source_name });
    }
    let event_source = required(event, "/detail/eventSource", "detail.eventSource")?;
    let name = required(event, "/detail/eventName", "detail.eventName")?;
    if event_source != "acm-pca.amazonaws.com" || name != operation {
        return Err(EventRejection::OtherCall { name, event_source });
    }
    // CloudTrail delivers refused calls as well.
    if let Some(code) = published(event, "/detail/errorCode") {
        let message = published(event, "/detail/errorMessage").unwrap_or_default();
        return Err(EventRejection::FailedCall { code, message });
    }
    let ca = ca(event, parameter)?;
    let account = required(event, "/detail/recipientAccountId", "detail.recipientAccountId")?;
    let region = required(event, "/detail/awsRegion", "detail.awsRegion")?;
    if ca.account() != account || ca.region() != region {
        return Err(EventRejection::Elsewhere { ca: ca.to_string(), account, region });
    }
    Ok(CallTarget { ca, region, account })
}

fn ca(event: &Value, parameter: &'static str) -> Result<CaArn, EventRejection> {
    let field = if parameter == OF_CA {
        "detail.requestParameters.certificateAuthorityArn"
    } else {
        "detail.requestParameters.resourceArn"
    };
    let text = required(event, &format!("/detail/requestParameters/{parameter}"), field)?;
    text.parse().map_err(EventRejection::NotACa)
}

fn event_time(event: &Value) -> Result<OffsetDateTime, EventRejection> {
    let field = "detail.eventTime";
    let text = required(event, "/detail/eventTime", field)?;
    let at = instant::parse(&text).map_err(|error| EventRejection::Malformed {
        field,
        found: format!("{text:?} ({error})"),
    })?;
    // Sums with a time near the last that can be written would leave what can be written.
    if !(1970..=2200).contains(&at.year()) {
        return Err(EventRejection::Malformed {
            field,
            found: format!("{text:?} (want a time of our age)"),
        });
    }
    Ok(at)
}

/// The id is compared and kept: it has to look like one.
fn event_id(event: &Value) -> Result<String, EventRejection> {
    let field = "detail.eventID";
    let id = required(event, "/detail/eventID", field)?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !plain || id.is_empty() || id.len() > 64 {
        return Err(EventRejection::Malformed { field, found: format!("{id:?} (want a UUID)") });
    }
    Ok(id)
}

/// The service takes 7 to 30; what it will take tomorrow is its own affair.
fn window_days(event: &Value) -> Option<i64> {
    let days = event.pointer("/detail/requestParameters/permanentDeletionTimeInDays")?.as_i64()?;
    (1..=3650).contains(&days).then_some(days)
}

fn principal(event: &Value) -> Principal {
    let of = |name: &str| published(event, &format!("/detail/userIdentity/{name}"));
    Principal {
        kind: of("type").unwrap_or_else(|| "Unknown".to_owned()),
        principal_id: of("principalId"),
        arn: of("arn"),
        account: of("accountId"),
        session_issuer: of("sessionContext/sessionIssuer/arn"),
        // CloudTrail writes the flag as text.
        mfa: of("sessionContext/attributes/mfaAuthenticated").and_then(|text| text.parse().ok()),
        invoked_by: of("invokedBy"),
    }
}

/// What the record says about the circumstances. They are the caller's to shape (a user agent can
/// be anything), so nothing in them may keep a deletion from being judged: what cannot be used is
/// unknown, and what is long is cut.
fn published(event: &Value, pointer: &str) -> Option<String> {
    let text = event.pointer(pointer)?.as_str()?;
    Some(text.chars().take(MAX_LENGTH).collect())
}

fn required(event: &Value, pointer: &str, field: &'static str) -> Result<String, EventRejection> {
    match event.pointer(pointer) {
        None | Some(Value::Null) => Err(EventRejection::Missing { field }),
        Some(Value::String(text)) if text.len() <= MAX_LENGTH => Ok(text.clone()),
        Some(other) => Err(EventRejection::Malformed { field, found: shown(other) }),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 80 { text } else { text.chars().take(80).chain(['…']).collect() }
}
