//! The events of S3: about objects, where the bucket has EventBridge on, and management calls as
//! CloudTrail records them.
//!
//! Shapes: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html>

use s3s::access::S3AccessContext;
use s3s::{S3Request, S3Result};
use serde_json::{Value, json};

use super::Shared;
use super::auth;
use crate::caller::Caller;
use crate::clock::to_the_second;

/// Who asks, as events name them.
#[derive(Clone, Debug)]
pub(super) struct Requester {
    caller: Caller,
    access_key: String,
    user_agent: String,
}

impl Requester {
    pub(super) fn of<T>(shared: &Shared, request: &S3Request<T>) -> Self {
        let credentials = request.credentials.as_ref();
        let user_agent = request.headers.get("user-agent").and_then(|text| text.to_str().ok());
        Self {
            caller: auth::caller(credentials, &shared.account),
            access_key: credentials.map(|one| one.access_key.clone()).unwrap_or_default(),
            user_agent: user_agent.unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn from_access(cx: &S3AccessContext<'_>, caller: Caller) -> Self {
        let user_agent = cx.headers().get("user-agent").and_then(|text| text.to_str().ok());
        Self {
            caller,
            access_key: cx.credentials().map(|one| one.access_key.clone()).unwrap_or_default(),
            user_agent: user_agent.unwrap_or_default().to_owned(),
        }
    }

    /// For what is not asked of S3 itself.
    pub(super) fn by_key(shared: &Shared, access_key: &str, headers: &http::HeaderMap) -> Self {
        let id = shared.account.of_access_key(access_key).id;
        let user_agent = headers.get("user-agent").and_then(|text| text.to_str().ok());
        Self {
            caller: Caller::Account { id, arn: shared.account.user_arn(access_key) },
            access_key: access_key.to_owned(),
            user_agent: user_agent.unwrap_or_default().to_owned(),
        }
    }

    /// The account's id or the service's principal.
    fn name(&self) -> &str {
        match &self.caller {
            Caller::Account { id, .. } => id,
            Caller::Anonymous => "",
            Caller::Service(principal) => principal,
        }
    }

    fn identity(&self) -> Value {
        match &self.caller {
            Caller::Account { id, arn } => json!({
                "type": "IAMUser",
                "principalId": self.access_key,
                "arn": arn,
                "accountId": id,
                "accessKeyId": self.access_key,
                "userName": self.access_key,
            }),
            Caller::Anonymous => {
                json!({"type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL"})
            }
            Caller::Service(principal) => json!({"type": "AWSService", "invokedBy": principal}),
        }
    }
}

/// What was done to an object.
pub(super) enum ObjectChange {
    /// By which operation.
    Created(&'static str),
    /// Permanently.
    Deleted,
    /// A delete marker stands before it.
    Marked,
}

impl Shared {
    pub(super) fn publish_object_event(
        &self,
        requester: &Requester,
        change: &ObjectChange,
        (bucket, key): (&str, &str),
        (e_tag, version): (Option<&str>, Option<&str>),
    ) -> S3Result<()> {
        let (Some(events), true) =
            (self.events.get(), self.configs.read(bucket).map_err(super::internal)?.event_bridge)
        else {
            return Ok(());
        };
        let now = self.clock.now();
        let nanos = now.unix_timestamp_nanos();
        let mut object = json!({"key": key, "sequencer": format!("{nanos:018X}")});
        let mut detail = json!({
            "version": "0",
            "bucket": {"name": bucket},
            "request-id": request_id(),
            "requester": requester.name(),
            "source-ip-address": "127.0.0.1",
        });
        let detail_type = match change {
            ObjectChange::Created(operation) => {
                let size = std::fs::metadata(self.root.join(bucket).join(key));
                object["size"] = json!(size.map_or(0, |metadata| metadata.len()));
                object["etag"] = json!(e_tag.unwrap_or_default());
                detail["reason"] = json!(operation);
                "Object Created"
            }
            ObjectChange::Deleted | ObjectChange::Marked => {
                let for_good = matches!(change, ObjectChange::Deleted);
                let kind = if for_good { "Permanently Deleted" } else { "Delete Marker Created" };
                detail["reason"] = json!("DeleteObject");
                detail["deletion-type"] = json!(kind);
                "Object Deleted"
            }
        };
        if let Some(version) = version {
            object["version-id"] = json!(version);
        }
        detail["object"] = object;
        let resources = json!([format!("arn:aws:s3:::{bucket}")]);
        events.deliver(self.envelope(detail_type, &resources, &detail));
        Ok(())
    }

    /// A management call that succeeded; CloudTrail records the others, too.
    pub(super) fn record_call(&self, requester: &Requester, name: &str, bucket: &str) {
        let request = json!({"bucketName": bucket, "Host": "s3.amazonaws.com"});
        let resources = json!([{"accountId": self.account.id, "type": "AWS::S3::Bucket",
                                "ARN": format!("arn:aws:s3:::{bucket}")}]);
        self.record(requester, name, &request, &resources);
    }

    /// One on the account's own settings.
    pub(super) fn record_account_call(&self, requester: &Requester, name: &str) {
        let id = &self.account.id;
        let host = format!("{id}.s3-control.{}.amazonaws.com", self.account.region);
        self.record(requester, name, &json!({"Host": host, "x-amz-account-id": id}), &Value::Null);
    }

    fn record(&self, requester: &Requester, name: &str, request: &Value, resources: &Value) {
        let Some(events) = self.events.get() else { return };
        let record = json!({
            "eventVersion": "1.11",
            "userIdentity": requester.identity(),
            "eventTime": to_the_second(self.clock.now()),
            "eventSource": "s3.amazonaws.com",
            "eventName": name,
            "awsRegion": self.account.region,
            "sourceIPAddress": "127.0.0.1",
            "userAgent": requester.user_agent,
            "requestParameters": request,
            "responseElements": Value::Null,
            "requestID": request_id(),
            "eventID": uuid::Uuid::new_v4().to_string(),
            "readOnly": false,
            "resources": resources,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": self.account.id,
            "eventCategory": "Management",
        });
        events.deliver(self.envelope("AWS API Call via CloudTrail", &json!([]), &record));
    }

    fn envelope(&self, detail_type: &str, resources: &Value, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": uuid::Uuid::new_v4().to_string(),
            "detail-type": detail_type,
            "source": "aws.s3",
            "account": self.account.id,
            "time": to_the_second(self.clock.now()),
            "region": self.account.region,
            "resources": resources,
            "detail": detail,
        })
    }
}

fn request_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..16].to_uppercase()
}
