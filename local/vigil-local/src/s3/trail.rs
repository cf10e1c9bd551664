//! CloudTrail for S3: management calls that change a bucket are recorded once they have succeeded.

use std::cell::RefCell;

use s3s::HttpError;

use super::events::Requester;
use super::{Service, messages};

struct Call {
    name: &'static str,
    bucket: String,
    requester: Requester,
}

tokio::task_local! {
    /// The call that is being answered: the access check knows it, before anything is done.
    static CALL: RefCell<Option<Call>>;
}

impl Service {
    pub(crate) async fn call(
        &self,
        request: http::Request<s3s::Body>,
    ) -> Result<http::Response<s3s::Body>, HttpError> {
        let answer = async {
            let response = self.s3.call(request).await;
            (response, CALL.with(RefCell::take))
        };
        let (response, call) = CALL.scope(RefCell::default(), answer).await;
        if let (Ok(response), Some(call)) = (&response, call)
            && response.status().is_success()
        {
            self.shared.record_call(&call.requester, call.name, &call.bucket);
        }
        Ok(messages::complete(response?).await)
    }
}

/// Remembers the call if it is one that CloudTrail records as changing a bucket.
pub(super) fn note(operation: &str, bucket: &str, requester: &Requester) {
    let Some(name) = event_name(operation) else { return };
    let call = Call { name, bucket: bucket.to_owned(), requester: requester.clone() };
    // There is nothing to record outside of a call.
    let _ = CALL.try_with(|noted| noted.replace(Some(call)));
}

/// Amazon S3 User Guide, "Amazon S3 CloudTrail events": some have other names than the operations.
/// The page does not list the two calls about ownership controls, so they are not recorded here.
fn event_name(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "CreateBucket" => "CreateBucket",
        "DeleteBucket" => "DeleteBucket",
        "DeleteBucketEncryption" => "DeleteBucketEncryption",
        "DeleteBucketLifecycle" => "DeleteBucketLifecycle",
        "DeleteBucketPolicy" => "DeleteBucketPolicy",
        "DeletePublicAccessBlock" => "DeleteBucketPublicAccessBlock",
        "PutBucketAcl" => "PutBucketAcl",
        "PutBucketEncryption" => "PutBucketEncryption",
        "PutBucketLifecycleConfiguration" => "PutBucketLifecycle",
        "PutBucketLogging" => "PutBucketLogging",
        "PutBucketNotificationConfiguration" => "PutBucketNotification",
        "PutBucketPolicy" => "PutBucketPolicy",
        "PutBucketVersioning" => "PutBucketVersioning",
        "PutObjectLockConfiguration" => "PutObjectLockConfiguration",
        "PutPublicAccessBlock" => "PutBucketPublicAccessBlock",
        _ => return None,
    })
}
