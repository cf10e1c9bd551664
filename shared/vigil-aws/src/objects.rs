//! Objects of S3, passed to the caller in order as they arrive: large ones in ranges, several at a
//! time.

use std::collections::VecDeque;

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::{GetObjectError, GetObjectOutput},
    primitives::ByteStream,
};
use tokio::task::JoinHandle;
use vigil_core::{
    distribution::ObjectMetadata,
    failure,
    ports::{Address, ByteSink, Cause, Delivery, ObjectFacts, Objects, PortError, Rest},
};

use crate::answer::port_error;

/// A range that is worth a request of its own (Amazon S3 User Guide, Performance guidelines:
/// byte-range fetches of 8 to 16 MB).
const RANGE: u64 = 8 * 1024 * 1024;

/// What is fetched ahead, at most: with the range being read, 32 MiB.
const AHEAD: usize = 3;

/// Objects of any bucket, as [`Objects`].
#[derive(Clone, Debug)]
pub struct S3Objects {
    client: Client,
    range: u64,
}

/// A range on its way.
type Fetch = JoinHandle<Result<Vec<u8>, PortError>>;

impl S3Objects {
    /// Objects as this client sees them.
    pub fn new(client: Client) -> Self {
        Self { client, range: RANGE }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

#[async_trait]
impl Objects for S3Objects {
    async fn read(
        &self,
        Address { bucket, key, version }: Address<'_>,
        limit: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Delivery, PortError> {
        let object = Object {
            client: self.client.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version: version.map(str::to_owned),
            e_tag: None,
        };
        let first = match object.range(0, self.range).await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|of| of.is_no_such_key()) => {
                return Ok(Delivery::Absent);
            }
            // An object without a byte has no first range.
            Err(error) if error.code() == Some("InvalidRange") => {
                return Ok(Delivery::Delivered(ObjectMetadata::default()));
            }
            Err(error) => return Err(object.failed(error)),
        };
        let total = first.content_range.as_deref().and_then(total).or_else(|| {
            // Who does not know ranges sends everything.
            first.content_length.and_then(|length| u64::try_from(length).ok())
        });
        if total.is_some_and(|total| total > limit) {
            return Ok(Delivery::TooLarge);
        }
        let ranged = first.content_range.is_some();
        let metadata = metadata(&first);
        let object = Object { e_tag: first.e_tag.clone(), ..object };
        let mut ahead = VecDeque::new();
        let mut rest = ranges(self.range, total.filter(|_| ranged).unwrap_or(0));
        ahead.extend(rest.by_ref().take(AHEAD).map(|from| object.fetch(from, self.range)));
        match stream(&object, first.body, limit, sink).await? {
            Streamed::All => {}
            Streamed::Enough => return Ok(ended(ahead, Delivery::Delivered(metadata))),
            Streamed::TooLarge => return Ok(ended(ahead, Delivery::TooLarge)),
        }
        while let Some(next) = ahead.pop_front() {
            let bytes = next.await.map_err(|error| object.broken(error))??;
            ahead.extend(rest.next().map(|from| object.fetch(from, self.range)));
            if sink(&bytes).is_break() {
                return Ok(ended(ahead, Delivery::Delivered(metadata)));
            }
        }
        Ok(Delivery::Delivered(metadata))
    }

    async fn stat(
        &self,
        Address { bucket, key, version }: Address<'_>,
    ) -> Result<Option<ObjectFacts>, PortError> {
        let call = self.client.head_object().bucket(bucket).key(key);
        let resource = || format!("s3://{bucket}/{key}");
        let answer = match call.set_version_id(version.map(str::to_owned)).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|of| of.is_not_found()) => {
                return Ok(None);
            }
            Err(error) => return Err(port_error("HeadObject", &resource(), error)),
        };
        let size = answer.content_length.and_then(|length| u64::try_from(length).ok());
        match (answer.e_tag, size) {
            (Some(etag), Some(size)) => Ok(Some(ObjectFacts { etag, size })),
            (etag, size) => Err(PortError::Other {
                operation: "HeadObject",
                resource: resource(),
                cause: format!("the answer lacks ETag or length: {etag:?}, {size:?}").into(),
            }),
        }
    }

    async fn read_on(
        &self,
        Address { bucket, key, version }: Address<'_>,
        facts: &ObjectFacts,
        from: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Rest, PortError> {
        let object = Object {
            client: self.client.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version: version.map(str::to_owned),
            e_tag: Some(facts.etag.clone()),
        };
        let starts = (0..).map(|nth| from + nth * self.range);
        let mut rest = starts.take_while(|start| *start < facts.size);
        let mut ahead: VecDeque<Fetch> =
            rest.by_ref().take(AHEAD).map(|start| object.fetch(start, self.range)).collect();
        while let Some(next) = ahead.pop_front() {
            let bytes = match next.await.map_err(|error| object.broken(error))? {
                Ok(bytes) => bytes,
                Err(error) if is_changed(&error) => {
                    ahead.iter().for_each(JoinHandle::abort);
                    return Ok(Rest::Changed);
                }
                Err(error) => return Err(error),
            };
            ahead.extend(rest.next().map(|start| object.fetch(start, self.range)));
            if sink(&bytes).is_break() {
                ahead.iter().for_each(JoinHandle::abort);
                return Ok(Rest::Delivered);
            }
        }
        Ok(Rest::Delivered)
    }

    async fn versions_before(
        &self,
        bucket: &str,
        key: &str,
        max: usize,
    ) -> Result<Vec<String>, PortError> {
        let resource = || format!("s3://{bucket}/{key}");
        // The latest first; other keys that begin alike come after all of this one's.
        let wanted = i32::try_from(max).unwrap_or(i32::MAX).saturating_add(1);
        let call = self.client.list_object_versions().bucket(bucket).prefix(key);
        let answer = call.max_keys(wanted).send().await;
        let answer =
            answer.map_err(|error| port_error("ListObjectVersions", &resource(), error))?;
        let versions = answer.versions.unwrap_or_default().into_iter();
        let before = versions.filter(|version| {
            version.key.as_deref() == Some(key) && version.is_latest != Some(true)
        });
        Ok(before.filter_map(|version| version.version_id).take(max).collect())
    }

    async fn list(&self, bucket: &str, prefix: &str, max: usize) -> Result<Vec<String>, PortError> {
        let call = self.client.list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = call.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let resource = || format!("s3://{bucket}/{prefix}");
            let page = page.map_err(|error| port_error("ListObjectsV2", &resource(), error))?;
            let found = page.contents.unwrap_or_default().into_iter();
            keys.extend(found.filter_map(|object| object.key).take(max - keys.len()));
            if keys.len() == max {
                break;
            }
        }
        Ok(keys)
    }
}

enum Streamed {
    All,
    /// The sink wants no more.
    Enough,
    TooLarge,
}

/// Hands the body on as it arrives.
async fn stream(
    object: &Object,
    mut body: ByteStream,
    limit: u64,
    sink: &mut ByteSink<'_>,
) -> Result<Streamed, PortError> {
    let mut seen: u64 = 0;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| object.broken(error))?;
        // The announced length is the bucket's word for it.
        seen += piece.len() as u64;
        if seen > limit {
            return Ok(Streamed::TooLarge);
        }
        if sink(&piece).is_break() {
            return Ok(Streamed::Enough);
        }
    }
    Ok(Streamed::All)
}

/// Whether the object is another one than when its reading began, or gone: S3 answers with
/// PreconditionFailed, NoSuchKey, or InvalidRange for one that is shorter now.
fn is_changed(error: &PortError) -> bool {
    let says = |code: &str| failure::chain(error).contains(code);
    matches!(error, PortError::NotFound { .. })
        || says("PreconditionFailed")
        || says("InvalidRange")
}

/// What was fetched ahead is not wanted any more.
fn ended(ahead: VecDeque<Fetch>, delivery: Delivery) -> Delivery {
    ahead.iter().for_each(JoinHandle::abort);
    delivery
}

fn metadata(answer: &GetObjectOutput) -> ObjectMetadata {
    ObjectMetadata {
        cache_control: answer.cache_control.clone(),
        content_encoding: answer.content_encoding.clone(),
        content_type: answer.content_type.clone(),
        expires: answer.expires_string.clone(),
        website_redirect: answer.website_redirect_location.clone(),
    }
}

/// Where the ranges after the first begin.
fn ranges(range: u64, total: u64) -> impl Iterator<Item = u64> {
    (1..).map(move |nth| nth * range).take_while(move |from| *from < total)
}

/// `bytes 0-499/1234`: the object's size (RFC 9110 §14.4).
fn total(content_range: &str) -> Option<u64> {
    content_range.rsplit('/').next()?.parse().ok()
}

/// One version of an object: what changes while it is read is not taken for the rest of it.
#[derive(Clone)]
struct Object {
    client: Client,
    bucket: String,
    key: String,
    version: Option<String>,
    e_tag: Option<String>,
}

impl Object {
    async fn range(
        &self,
        from: u64,
        length: u64,
    ) -> Result<GetObjectOutput, SdkError<GetObjectError>> {
        let call = self.client.get_object().bucket(&self.bucket).key(&self.key);
        let range = format!("bytes={from}-{}", from + length - 1);
        let call = call.set_version_id(self.version.clone());
        call.range(range).set_if_match(self.e_tag.clone()).send().await
    }

    fn fetch(&self, from: u64, length: u64) -> Fetch {
        let object = self.clone();
        tokio::spawn(async move {
            let answer = object.range(from, length).await.map_err(|error| object.failed(error))?;
            let body = answer.body.collect().await.map_err(|error| object.broken(error))?;
            // `to_vec` would go octet by octet.
            Ok(body.into_bytes().into())
        })
    }

    fn failed(&self, error: SdkError<GetObjectError>) -> PortError {
        port_error(OPERATION, &self.name(), error)
    }

    fn broken(&self, error: impl Into<Cause>) -> PortError {
        PortError::Other { operation: OPERATION, resource: self.name(), cause: error.into() }
    }

    fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

const OPERATION: &str = "GetObject";

#[cfg(test)]
mod tests;
