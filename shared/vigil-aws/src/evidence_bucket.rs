//! The evidence bucket through S3's conditional writes.
//!
//! A write whose answer is lost is sent again by the SDK, and then meets its own object: "exists
//! already" can mean "by us, a moment ago". The jobs bear that, because what they find is a case or
//! a claim like any other's, which is carried on with, or expires.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    config::http::HttpResponse,
    error::SdkError,
    operation::{
        get_object::GetObjectError,
        put_object::{PutObjectError, PutObjectOutput},
    },
    primitives::ByteStream,
};
use vigil_core::{
    evidence::keys,
    ports::{Cause, Creation, Etag, EvidenceStore, Pages, PortError, Replacement, StoredObject},
};

use crate::answer::port_error;

const MIB: i64 = 1024 * 1024;

/// S3 answers 409 while another conditional write of the key is under way, and asks for a new try:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.
const CONFLICT_TRIES: usize = 4;

/// Restorations wait for lists, and S3 takes long where there are many delete markers.
const TIME_TO_LIST: Duration = Duration::from_secs(10);

/// The evidence bucket, as [`EvidenceStore`].
#[derive(Clone, Debug)]
pub struct EvidenceBucket {
    client: Client,
    bucket: String,
}

/// On what a write depends.
enum Condition<'a> {
    Absent,
    Unchanged(&'a Etag),
    None,
}

enum Written {
    ConditionFailed,
    Done(Etag),
}

impl EvidenceBucket {
    /// The bucket, by its name.
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    fn resource(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    /// S3 takes keys of up to 1,024 bytes, and no URI is made of a longer one.
    fn is_usable(&self, operation: &'static str, key: &str) -> Result<(), PortError> {
        if key.len() <= 1024 {
            return Ok(());
        }
        let start: String = key.chars().take(80).collect();
        let (resource, cause) =
            (self.resource(&start), "the key is longer than 1,024 bytes".into());
        Err(PortError::InvalidState { operation, resource, cause })
    }

    /// What the object's state does not allow does not change by asking again.
    fn unreadable(&self, key: &str, error: SdkError<GetObjectError, HttpResponse>) -> PortError {
        use aws_sdk_s3::error::ProvideErrorMetadata;
        let code = error.code().unwrap_or_default();
        // Archived; encrypted with the caller's key; encrypted with a KMS key that is no use.
        let is_lasting =
            matches!(code, "InvalidObjectState" | "InvalidRequest") || code.starts_with("KMS.");
        if is_lasting {
            let (operation, resource) = ("GetObject", self.resource(key));
            return PortError::InvalidState { operation, resource, cause: Box::new(error) };
        }
        port_error("GetObject", &self.resource(key), error)
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition<'_>,
    ) -> Result<Written, PortError> {
        self.is_usable("PutObject", key)?;
        let mut tries = 1;
        loop {
            let error = match self.put_once(key, body.clone(), &condition).await {
                Ok(answer) => {
                    return match answer.e_tag {
                        Some(etag) => Ok(Written::Done(Etag(etag))),
                        None => Err(self.other("PutObject", key, "the answer has no ETag")),
                    };
                }
                Err(error) => error,
            };
            match (error.raw_response().map(|answer| answer.status().as_u16()), &condition) {
                (Some(412), _) | (Some(404), Condition::Unchanged(_)) if !no_bucket(&error) => {
                    return Ok(Written::ConditionFailed);
                }
                (Some(409), _) if tries < CONFLICT_TRIES => tries += 1,
                _ => return Err(port_error("PutObject", &self.resource(key), error)),
            }
        }
    }

    async fn put_once(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: &Condition<'_>,
    ) -> Result<PutObjectOutput, SdkError<PutObjectError, HttpResponse>> {
        let call = self.client.put_object().bucket(&self.bucket).key(key);
        let call = call.content_type(media_type(key)).body(ByteStream::from(body));
        let call = match condition {
            Condition::Absent => call.if_none_match("*"),
            Condition::Unchanged(etag) => call.if_match(&etag.0),
            Condition::None => call,
        };
        call.send().await
    }

    async fn pages(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let max = keys::max_listed(prefix);
        let call = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = call.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| port_error("ListObjectsV2", &self.resource(prefix), error))?;
            let is_last = !page.is_truncated.unwrap_or_default();
            found.extend(
                page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key),
            );
            // The next page would have one more.
            if found.len() > max || (found.len() == max && !is_last) {
                let cause = format!("there are more than {max} keys").into();
                return Err(self.unlistable(prefix, cause));
            }
        }
        Ok(found)
    }

    async fn in_time(
        &self,
        prefix: &str,
        limit: Duration,
        list: impl Future<Output = Result<Vec<String>, PortError>>,
    ) -> Result<Vec<String>, PortError> {
        match tokio::time::timeout(limit, list).await {
            Ok(listed) => listed,
            Err(late) => Err(self.unlistable(prefix, late.into())),
        }
    }

    /// What was put there does not go away by asking again.
    fn unlistable(&self, prefix: &str, cause: Cause) -> PortError {
        let (operation, resource) = ("ListObjectsV2", self.resource(prefix));
        PortError::InvalidState { operation, resource, cause }
    }

    fn other(&self, operation: &'static str, key: &str, cause: &str) -> PortError {
        PortError::Other { operation, resource: self.resource(key), cause: cause.into() }
    }
}

fn no_bucket(error: &SdkError<PutObjectError, HttpResponse>) -> bool {
    use aws_sdk_s3::error::ProvideErrorMetadata;
    error.code() == Some("NoSuchBucket")
}

fn max_bytes(key: &str) -> i64 {
    i64::try_from(keys::max_bytes(key)).unwrap_or(i64::MAX)
}

/// What a browser makes of the object when an operator opens it.
fn media_type(key: &str) -> &'static str {
    match key.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("jsonl") => "application/jsonl",
        _ => "application/json",
    }
}

#[async_trait]
impl Pages for EvidenceBucket {
    async fn write(&self, key: &str, body: Vec<u8>) -> Result<(), PortError> {
        self.put(key, body, Condition::None).await.map(drop)
    }
}

#[async_trait]
impl EvidenceStore for EvidenceBucket {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        Ok(match self.put(key, body, Condition::Absent).await? {
            Written::ConditionFailed => Creation::AlreadyExists,
            Written::Done(etag) => Creation::Created(etag),
        })
    }

    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError> {
        self.is_usable("GetObject", key)?;
        let answer = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|of| of.is_no_such_key()) => {
                return Ok(None);
            }
            Err(error) => return Err(self.unreadable(key, error)),
        };
        let limit = max_bytes(key);
        let too_large = answer.content_length.is_none_or(|length| length > limit);
        if too_large {
            // Asking again does not make it smaller.
            return Err(PortError::InvalidState {
                operation: "GetObject",
                resource: self.resource(key),
                cause: format!("the object is larger than {} MiB", limit / MIB).into(),
            });
        }
        let Some(etag) = answer.e_tag else {
            return Err(self.other("GetObject", key, "the answer has no ETag"));
        };
        let body = answer.body.collect().await.map_err(|error| PortError::Other {
            operation: "GetObject",
            resource: self.resource(key),
            cause: Box::new(error),
        })?;
        Ok(Some(StoredObject { body: body.into_bytes().into(), etag: Etag(etag) }))
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        Ok(match self.put(key, body, Condition::Unchanged(seen)).await? {
            Written::ConditionFailed => Replacement::Changed,
            Written::Done(etag) => Replacement::Replaced(etag),
        })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.in_time(prefix, TIME_TO_LIST, self.pages(prefix)).await
    }
}

#[cfg(test)]
mod tests;
