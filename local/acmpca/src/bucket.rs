//! Writes to customers' buckets, as the service principal `acm-pca.amazonaws.com` does.

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
    types::ObjectCannedAcl,
};

use crate::{ApiError, arn::CaArn};

/// The access key id under which pca-local signs its writes. An S3 endpoint that evaluates bucket
/// policies takes it for the service principal.
pub const SERVICE_ACCESS_KEY_ID: &str = "PCALOCALSERVICE";

/// What the service writes when a CRL configuration is set, to see whether it may.
const PROBE_KEY: &str = "acm-pca-permission-test-key";

#[derive(Clone, Default)]
pub(crate) struct Buckets(Option<Client>);

/// A CA's write to a bucket, or its refusal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("pca-local was started without an S3 endpoint, so nothing can be written to {bucket}")]
    NoEndpoint { bucket: String },
    #[error("S3 refused the write to {bucket}: {code}")]
    Refused { bucket: String, code: String },
    #[error("S3 could not take the write to {bucket}: {reason}")]
    Unavailable { bucket: String, reason: String },
}

impl Buckets {
    pub(crate) fn new(client: Option<Client>) -> Self {
        Self(client)
    }

    /// Puts one object. The two headers are what bucket policies know as `aws:SourceAccount` and
    /// `aws:SourceArn`.
    pub(crate) async fn put(
        &self,
        ca: &CaArn,
        bucket: &str,
        key: &str,
        body: ByteStream,
        content_type: &str,
        acl: ObjectCannedAcl,
    ) -> Result<(), WriteError> {
        let Some(client) = &self.0 else {
            return Err(WriteError::NoEndpoint { bucket: bucket.to_owned() });
        };
        let (account, arn) = (ca.account.clone(), ca.to_string());
        let sent = client
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(body)
            .content_type(content_type)
            .acl(acl)
            .customize()
            .mutate_request(move |request| {
                request.headers_mut().insert("x-amz-source-account", account.clone());
                request.headers_mut().insert("x-amz-source-arn", arn.clone());
            })
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(refusal)) => Err(WriteError::Refused {
                bucket: bucket.to_owned(),
                code: refusal.err().code().unwrap_or("unknown error").to_owned(),
            }),
            Err(error) => Err(WriteError::Unavailable {
                bucket: bucket.to_owned(),
                reason: aws_smithy_types::error::display::DisplayErrorContext(&error).to_string(),
            }),
        }
    }

    /// The write that CreateCertificateAuthority and UpdateCertificateAuthority try first.
    pub(crate) async fn probe(
        &self,
        ca: &CaArn,
        bucket: &str,
        acl: ObjectCannedAcl,
    ) -> Result<(), ApiError> {
        let body = ByteStream::from_static(b"");
        self.put(ca, bucket, PROBE_KEY, body, "application/octet-stream", acl)
            .await
            .map_err(|error| permission_error(bucket, &error))
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
