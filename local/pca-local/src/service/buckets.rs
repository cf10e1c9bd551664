//! Writes to customers' buckets, as the service principal `acm-pca.amazonaws.com` does.

mod answers;
mod upload;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
    types::ObjectCannedAcl,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};

use self::answers::ShortAnswers;
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
/// The one attempt of a call after one that S3 accepted and did not answer, until it answers again.
const ATTEMPT_AFTER_SILENCE: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub(crate) struct Buckets {
    clients: Option<Clients>,
}

#[derive(Clone)]
struct Clients {
    patient: Client,
    hasty: Client,
    /// S3 accepted the last call and did not answer it.
    is_silent: Arc<AtomicBool>,
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

impl Clients {
    fn new(client: &Client) -> Self {
        let config = client.config();
        let own = config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        let attempt = own.operation_attempt_timeout().unwrap_or(ATTEMPT);
        let operation = own.operation_timeout().unwrap_or(OPERATION);
        let limited = |attempt, operation| {
            let limits = own.clone().into_builder();
            let limits = limits.operation_attempt_timeout(attempt).operation_timeout(operation);
            config.to_builder().timeout_config(limits.build()).interceptor(ShortAnswers)
        };
        let hasty = attempt.min(ATTEMPT_AFTER_SILENCE);
        let once = RetryConfig::disabled();
        Self {
            patient: Client::from_conf(limited(attempt, operation).build()),
            hasty: Client::from_conf(limited(hasty, hasty).retry_config(once).build()),
            is_silent: Arc::default(),
        }
    }
}

impl Buckets {
    /// Limits that the client has keep.
    pub(crate) fn new(client: Option<Client>) -> Self {
        Self { clients: client.map(|client| Clients::new(&client)) }
    }

    pub(crate) async fn put(
        &self,
        object: &Object<'_>,
        body: ByteStream,
    ) -> Result<(), WriteError> {
        let Object { ca, bucket, key, content_type, acl } = object;
        let put = self.client(object)?.put_object().bucket(*bucket).key(*key).body(body);
        let written = put
            .content_type(*content_type)
            .acl(acl.clone())
            .customize()
            .mutate_request(as_service(ca))
            .send()
            .await;
        self.outcome(bucket, written).map(|_| ())
    }

    fn client(&self, object: &Object<'_>) -> Result<&Client, WriteError> {
        let bucket = || object.bucket.to_owned();
        let clients = self.clients.as_ref();
        let Clients { patient, hasty, is_silent } =
            clients.ok_or_else(|| WriteError::NoEndpoint { bucket: bucket() })?;
        Ok(if is_silent.load(Ordering::Relaxed) { hasty } else { patient })
    }

    /// What S3 has answered, and that it has.
    fn outcome<O, E, R>(
        &self,
        bucket: &str,
        outcome: Result<O, SdkError<E, R>>,
    ) -> Result<O, WriteError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        if let Some(Clients { is_silent, .. }) = &self.clients {
            is_silent.store(matches!(outcome, Err(SdkError::TimeoutError(_))), Ordering::Relaxed);
        }
        outcome.map_err(|error| failed(bucket, error))
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
    use std::io::{Read as _, Write as _};

    use super::*;

    /// What accepts, and answers with these octets and spaces without end, or with nothing at all.
    fn peer(answer: Option<&'static [u8]>) -> Buckets {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                // What comes before a request is no answer to it.
                let begun = answer.is_some_and(|answer| {
                    stream.read(&mut [0; 4096]).is_ok() && stream.write_all(answer).is_ok()
                });
                while begun && stream.write_all(&[b' '; 1 << 16]).is_ok() {}
                open.push(stream);
            }
        });
        let client = testkit::s3::client_at(&endpoint, "key", "secret", "us-east-1");
        if answer.is_some() {
            return Buckets::new(Some(client));
        }
        let limits = TimeoutConfig::builder().operation_timeout(Duration::from_millis(200));
        let config = client.config().to_builder().timeout_config(limits.build());
        Buckets::new(Some(Client::from_conf(config.build())))
    }

    async fn put(buckets: &Buckets) -> WriteError {
        let ca = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/id";
        let ca = CaArn::parse(ca).unwrap();
        let acl = ObjectCannedAcl::BucketOwnerFullControl;
        let object =
            Object { ca: &ca, bucket: "bucket", key: "key", content_type: "text/plain", acl };
        buckets.put(&object, ByteStream::from_static(b"1")).await.unwrap_err()
    }

    #[tokio::test]
    async fn an_s3_that_never_answers_is_waited_for_once() {
        let buckets = peer(None);
        let is_silent = || buckets.clients.as_ref().unwrap().is_silent.load(Ordering::Relaxed);
        assert!(!is_silent());
        for _ in 0..2 {
            let error = put(&buckets).await;
            assert!(matches!(error, WriteError::Unavailable { .. }), "{error}");
            assert!(is_silent());
        }
        let hasty = &buckets.clients.as_ref().unwrap().hasty;
        assert_eq!(hasty.config().retry_config().unwrap().max_attempts(), 1);
        let limits = hasty.config().timeout_config().unwrap();
        assert!(limits.operation_timeout().unwrap() <= ATTEMPT_AFTER_SILENCE);
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_not_taken_into_memory() {
        let buckets = peer(Some(b"HTTP/1.1 200 OK\r\n\r\n"));
        let error = put(&buckets).await.to_string();
        assert!(error.contains("length limit exceeded"), "{error}");
    }
}
