//! CloudTrail records, wrapped as EventBridge delivers them: of API calls, and of what the service
//! does by itself.

mod acts;
mod details;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

pub(crate) use self::{acts::Act, details::Details};
use crate::{
    model::{error::ApiError, values::lower_camel},
    service::{caller::Caller, events},
};

/// EventBridge hands read-only calls only to rules in a state of their own, which nothing here
/// uses: they are not sent.
pub(crate) fn is_read_only(operation: &str) -> bool {
    ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb))
}

/// One call, successful or not.
pub(crate) struct ApiCall {
    pub(crate) operation: String,
    pub(crate) request: Value,
    /// The answer in AWS JSON; empty if there is none. It is read when the record is made.
    pub(crate) outcome: Result<Bytes, ApiError>,
    pub(crate) caller: Caller,
    pub(crate) at: OffsetDateTime,
    /// About what it takes to keep this.
    pub(crate) bytes: usize,
}

impl ApiCall {
    /// Its record, as EventBridge delivers it.
    pub(crate) fn event(&self) -> Value {
        let Self { operation, request, outcome, caller, at, .. } = self;
        let answer =
            outcome.as_ref().map(|json| serde_json::from_slice(json).unwrap_or(Value::Null));
        api_call(operation, request, answer, caller, *at)
    }
}

fn api_call(
    operation: &str,
    request: &Value,
    result: Result<Value, &ApiError>,
    caller: &Caller,
    now: OffsetDateTime,
) -> Value {
    let Caller { account, region, .. } = caller;
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": user_identity(caller),
        "eventTime": events::instant(now),
        "eventSource": "acm-pca.amazonaws.com",
        "eventName": operation,
        "awsRegion": region,
        "sourceIPAddress": caller.source_ip,
        "userAgent": caller.user_agent,
        "requestParameters": parameters(operation, request),
        "responseElements": Value::Null,
        "requestID": caller.request_id,
        "eventID": uuid::Uuid::new_v4().to_string(),
        "readOnly": is_read_only(operation),
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
    });
    match result {
        Ok(Value::Object(elements)) if !elements.is_empty() => {
            record["responseElements"] = lower_camel_keys(&Value::Object(elements));
        }
        Ok(_) => {}
        Err(error) => {
            record["errorCode"] = json!(error.code);
            record["errorMessage"] = json!(error.message);
        }
    }
    events::envelope("AWS API Call via CloudTrail", account, region, &[], record, now)
}

/// CloudTrail user guide, "CloudTrail userIdentity element".
fn user_identity(caller: &Caller) -> Value {
    let Caller { account, arn, access_key_id, .. } = caller;
    let name = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let mut identity = json!({
        "type": "IAMUser",
        "principalId": access_key_id,
        "arn": arn,
        "accountId": account,
        "accessKeyId": access_key_id,
    });
    if let Some(user) = name.strip_prefix("user/") {
        identity["userName"] = json!(user.rsplit('/').next());
    } else if let Some((role, session)) =
        name.strip_prefix("assumed-role/").and_then(|name| name.split_once('/'))
    {
        let partition = crate::model::arn::partition(&caller.region);
        identity["type"] = json!("AssumedRole");
        identity["principalId"] = json!(format!("{access_key_id}:{session}"));
        identity["sessionContext"] = json!({"sessionIssuer": {
            "type": "Role",
            "principalId": access_key_id,
            "arn": format!("arn:{partition}:iam::{account}:role/{role}"),
            "accountId": account,
            "userName": role,
        }});
    } else {
        identity["type"] = json!("Root");
    }
    identity
}

/// Blobs are recorded as the Java objects that they are inside the service.
fn parameters(operation: &str, request: &Value) -> Value {
    let mut parameters = lower_camel_keys(request);
    let blobs: &[&str] = match operation {
        "ImportCertificateAuthorityCertificate" => &["certificate", "certificateChain"],
        "IssueCertificate" => &["csr"],
        _ => &[],
    };
    for name in blobs {
        if let Some(Value::String(base64)) = parameters.get(name) {
            parameters[*name] = byte_buffer(base64);
        }
    }
    parameters
}

fn byte_buffer(base64: &str) -> Value {
    use base64::Engine as _;
    let bytes = base64::prelude::BASE64_STANDARD.decode(base64).unwrap_or_default();
    let length = bytes.len();
    json!({
        "hb": bytes, "offset": 0, "isReadOnly": false, "bigEndian": true,
        "nativeByteOrder": false, "mark": -1, "position": length, "limit": length,
        "capacity": length, "address": 0,
    })
}

fn lower_camel_keys(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(lower_camel_keys).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (lower_camel(name), lower_camel_keys(value)))
                .collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn caller() -> Caller {
        Caller::from_headers(&http::HeaderMap::new(), "111122223333", "us-east-1")
    }

    #[test]
    fn a_deletion_has_no_error_and_null_response_elements() {
        let request = json!({"CertificateAuthorityArn": "arn", "PermanentDeletionTimeInDays": 7});
        let now = datetime!(2026-11-20 10:00 UTC);
        let event =
            api_call("DeleteCertificateAuthority", &request, Ok(Value::Null), &caller(), now);
        assert_eq!(event["detail-type"], "AWS API Call via CloudTrail");
        assert_eq!(event["source"], "aws.acm-pca");
        assert_eq!(event["time"], "2026-11-20T10:00:00Z");
        assert_eq!(event["resources"], json!([]));
        let detail = &event["detail"];
        assert_eq!(
            detail["requestParameters"],
            json!({"certificateAuthorityArn": "arn", "permanentDeletionTimeInDays": 7})
        );
        assert!(detail["responseElements"].is_null());
        assert!(detail.get("errorCode").is_none());
    }

    #[test]
    fn a_session_of_a_role_is_recorded_with_the_role_that_it_is_of() {
        let mut caller = caller();
        caller.arn = "arn:aws:sts::111122223333:assumed-role/Admin/alice".to_owned();
        let identity = user_identity(&caller);
        assert_eq!(identity["type"], "AssumedRole");
        assert_eq!(identity["principalId"], "anonymous:alice");
        let role = &identity["sessionContext"]["sessionIssuer"]["arn"];
        assert_eq!(role, "arn:aws:iam::111122223333:role/Admin");
        caller.arn = "arn:aws:iam::111122223333:root".to_owned();
        assert_eq!(user_identity(&caller)["type"], "Root");
    }

    #[test]
    fn a_refused_call_carries_its_error_and_blobs_are_byte_buffers() {
        let error = ApiError::malformed_csr("no");
        let now = datetime!(2026-11-20 10:00 UTC);
        let event =
            api_call("IssueCertificate", &json!({"Csr": "LS0="}), Err(&error), &caller(), now);
        assert_eq!(event["detail"]["errorCode"], "MalformedCSRException");
        assert_eq!(event["detail"]["requestParameters"]["csr"]["hb"], json!([45, 45]));
    }
}
