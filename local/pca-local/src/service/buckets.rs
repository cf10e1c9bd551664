//! Writes to customers' buckets, as the service principal `acm-pca.amazonaws.com` does.

mod upload;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
    types::ObjectCannedAcl,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::time::Instant;

pub(crate) use self::upload::PART_BYTES_MIN;
use crate::{
    model::{arn::CaArn, error::ApiError},
    state::data_dir::StorageError,
};

/// The access key id under which pca-local signs its writes. An S3 endpoint that evaluates bucket
/// policies takes it for the service principal.
pub const SERVICE_ACCESS_KEY_ID: &str = "PCALOCALSERVICE";

/// What the service writes when a CRL configuration is set, to see whether it may. The second one
/// is named by the key policy that the user guide gives for encrypted buckets; that it is the probe
/// of CRLs that are not public is a guess from its name.
const PROBE_KEY: &str = "acm-pca-permission-test-key";
const PRIVATE_PROBE_KEY: &str = "acm-pca-permission-test-key-private";

/// A part of 8 MiB goes over a loopback in a fraction of this.
const ATTEMPT: Duration = Duration::from_secs(10);
/// All attempts together.
const OPERATION: Duration = Duration::from_secs(12);
/// After an S3 that accepted a call and did not answer, how long it is not called again: a simulated
/// day with its retries would wait for each.
const PAUSE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Buckets {
    client: Option<Client>,
    /// Until when S3 is not called.
    paused: Arc<Mutex<Option<Instant>>>,
}

/// What a CA writes, and where.
pub(crate) struct Object<'a> {
    pub(crate) ca: &'a CaArn,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) acl: ObjectCannedAcl,
}

/// A CA's write to a bucket, or its refusal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("pca-local was started without an S3 endpoint, so nothing can be written to {bucket}")]
    NoEndpoint { bucket: String },
    #[error("S3 refused the write to {bucket}: {code}")]
    Refused { bucket: String, code: String },
    #[error("what was to be written could not be read")]
    Unreadable(#[from] StorageError),
    #[error("S3 could not take the write to {bucket}: {reason}")]
    Unavailable { bucket: String, reason: String },
}

impl Buckets {
    pub(crate) fn new(client: Option<Client>) -> Self {
        Self::limited(client, ATTEMPT, OPERATION)
    }

    fn limited(client: Option<Client>, attempt: Duration, operation: Duration) -> Self {
        let limits = TimeoutConfig::builder()
            .operation_attempt_timeout(attempt)
            .operation_timeout(operation)
            .build();
        let client = client.map(|client| {
            Client::from_conf(client.config().to_builder().timeout_config(limits).build())
        });
        Self { client, paused: Arc::default() }
    }

    pub(crate) async fn put(
        &self,
        object: &Object<'_>,
        body: ByteStream,
    ) -> Result<(), WriteError> {
        let Object { ca, bucket, key, content_type, acl } = object;
        let put = self.client(object)?.put_object().bucket(*bucket).key(*key).body(body);
        put.content_type(*content_type)
            .acl(acl.clone())
            .customize()
            .mutate_request(as_service(ca))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| self.failed(bucket, error))
    }

    fn client(&self, object: &Object<'_>) -> Result<&Client, WriteError> {
        let bucket = || object.bucket.to_owned();
        let is_paused = self.paused().is_some_and(|until| Instant::now() < until);
        if is_paused {
            let reason = "it did not answer the call before".to_owned();
            return Err(WriteError::Unavailable { bucket: bucket(), reason });
        }
        self.client.as_ref().ok_or_else(|| WriteError::NoEndpoint { bucket: bucket() })
    }

    fn paused(&self) -> MutexGuard<'_, Option<Instant>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed<E, R>(&self, bucket: &str, error: SdkError<E, R>) -> WriteError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        if matches!(error, SdkError::TimeoutError(_)) {
            *self.paused() = Some(Instant::now() + PAUSE);
        }
        failed(bucket, error)
    }

    /// The write that CreateCertificateAuthority and UpdateCertificateAuthority try first.
    pub(crate) async fn probe(
        &self,
        ca: &CaArn,
        bucket: &str,
        acl: ObjectCannedAcl,
    ) -> Result<(), ApiError> {
        let key = match acl {
            ObjectCannedAcl::PublicRead => PROBE_KEY,
            _ => PRIVATE_PROBE_KEY,
        };
        let object = Object { ca, bucket, key, content_type: "application/octet-stream", acl };
        self.put(&object, ByteStream::from_static(b""))
            .await
            .map_err(|error| permission_error(bucket, &error))
    }
}

/// The two headers are what bucket policies know as `aws:SourceAccount` and `aws:SourceArn`.
fn as_service(ca: &CaArn) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static + use<> {
    let (account, arn) = (ca.account.clone(), ca.to_string());
    move |request| {
        request.headers_mut().insert("x-amz-source-account", account.clone());
        request.headers_mut().insert("x-amz-source-arn", arn.clone());
    }
}

fn failed<E, R>(bucket: &str, error: SdkError<E, R>) -> WriteError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let bucket = bucket.to_owned();
    match error {
        SdkError::ServiceError(refusal) => WriteError::Refused {
            bucket,
            code: refusal.err().code().unwrap_or("unknown error").to_owned(),
        },
        error => WriteError::Unavailable {
            bucket,
            reason: aws_smithy_types::error::display::DisplayErrorContext(&error).to_string(),
        },
    }
}

/// The service's words for everything that can be wrong with a bucket.
pub(crate) fn permission_error(bucket: &str, error: &WriteError) -> ApiError {
    tracing::warn!(bucket, %error, "the bucket cannot be written to");
    ApiError::validation(format!(
        "Permission error with your S3 bucket '{bucket}'. Check that your bucket policy, \
         encryption settings, S3 Block Public Access settings, and global account permissions are \
         configured correctly. For more information, check the service documentation."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_s3_that_never_answers_is_unavailable_and_left_alone() {
        // The system accepts; nothing reads.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let client = testkit::s3::client_at(&endpoint, "key", "secret", "us-east-1");
        let limit = Duration::from_millis(50);
        let buckets = Buckets::limited(Some(client), limit, limit);
        let ca = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/id";
        let ca = CaArn::parse(ca).unwrap();
        let acl = ObjectCannedAcl::BucketOwnerFullControl;
        let object =
            Object { ca: &ca, bucket: "bucket", key: "key", content_type: "text/plain", acl };
        let put = async || buckets.put(&object, ByteStream::from_static(b"1")).await.unwrap_err();
        assert!(matches!(put().await, WriteError::Unavailable { .. }));
        let error = put().await.to_string();
        assert!(error.contains("it did not answer the call before"), "{error}");
    }
}
