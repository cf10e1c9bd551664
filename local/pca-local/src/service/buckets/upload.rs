//! Writes objects of any length to a bucket, holding only a few parts of them.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use futures::{Stream, StreamExt as _, TryStreamExt as _};

use super::{Buckets, Object, WriteError, as_service};
use crate::state::data_dir::StorageError;

/// Every part but the last has to have 5 MiB (S3 user guide, "Multipart upload limits"), and an
/// object has 10,000 parts at most.
pub(crate) const PART_BYTES_MIN: usize = 8 * 1024 * 1024;

impl Buckets {
    /// Puts one object that comes in parts of at least [`PART_BYTES_MIN`], the last one excepted.
    /// What fits into one part is put at once.
    pub(crate) async fn put_parts(
        &self,
        object: &Object<'_>,
        mut parts: impl Stream<Item = Result<Vec<u8>, StorageError>> + Unpin,
    ) -> Result<(), WriteError> {
        let first = parts.try_next().await?.unwrap_or_default();
        match parts.try_next().await? {
            None => self.put(object, ByteStream::from(first)).await,
            Some(second) => {
                let parts = futures::stream::iter([Ok(first), Ok(second)]).chain(parts);
                self.put_in_parts(object, parts).await
            }
        }
    }

    async fn put_in_parts(
        &self,
        object: &Object<'_>,
        parts: impl Stream<Item = Result<Vec<u8>, StorageError>> + Unpin,
    ) -> Result<(), WriteError> {
        let client = self.client(object)?;
        let Object { bucket, key, content_type, acl, .. } = object;
        let begun = client
            .create_multipart_upload()
            .bucket(*bucket)
            .key(*key)
            .content_type(*content_type)
            .acl(acl.clone())
            .customize()
            .mutate_request(as_service(object.ca))
            .send()
            .await;
        let begun = self.outcome(bucket, begun)?;
        let no_id = || WriteError::Unavailable {
            bucket: object.bucket.to_owned(),
            reason: "it began an upload without an id".to_owned(),
        };
        let id = begun.upload_id.ok_or_else(no_id)?;
        let written = self.write_parts(object, &id, parts).await;
        if written.is_err() {
            // If S3 refuses this too, the bucket's lifecycle rules have to remove the parts.
            let abort = client.abort_multipart_upload().bucket(*bucket).key(*key).upload_id(&id);
            let aborted = abort.customize().mutate_request(as_service(object.ca)).send().await;
            if let Err(error) = aborted {
                tracing::warn!(bucket, key, %error, "the parts of an upload were left in the bucket");
            }
        }
        written
    }

    async fn write_parts(
        &self,
        object: &Object<'_>,
        id: &str,
        mut parts: impl Stream<Item = Result<Vec<u8>, StorageError>> + Unpin,
    ) -> Result<(), WriteError> {
        let client = self.client(object)?;
        let Object { bucket, key, .. } = object;
        let mut completed = Vec::new();
        for number in 1.. {
            let Some(part) = parts.try_next().await? else { break };
            let uploaded = client
                .upload_part()
                .bucket(*bucket)
                .key(*key)
                .upload_id(id)
                .part_number(number)
                .body(ByteStream::from(part))
                .customize()
                .mutate_request(as_service(object.ca))
                .send()
                .await;
            let uploaded = self.outcome(bucket, uploaded)?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(uploaded.e_tag);
            completed.push(part.set_checksum_crc32(uploaded.checksum_crc32).build());
        }
        let completed = CompletedMultipartUpload::builder().set_parts(Some(completed)).build();
        let completed = client
            .complete_multipart_upload()
            .bucket(*bucket)
            .key(*key)
            .upload_id(id)
            .multipart_upload(completed)
            .customize()
            .mutate_request(as_service(object.ca))
            .send()
            .await;
        self.outcome(bucket, completed).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::ObjectCannedAcl;
    use testkit::s3::{Health, S3};

    use super::*;
    use crate::model::arn::CaArn;

    #[tokio::test]
    async fn one_part_is_put_and_more_are_uploaded_and_both_are_refused() {
        let s3 = S3::default();
        let buckets = Buckets::new(Some(s3.client()));
        let ca = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/id";
        let object = Object {
            ca: &CaArn::parse(ca).unwrap(),
            bucket: "bucket",
            key: "a/key",
            content_type: "text/plain",
            acl: ObjectCannedAcl::BucketOwnerFullControl,
        };
        let put = async |parts: &[&str]| {
            let parts: Vec<_> = parts.iter().map(|part| Ok(part.as_bytes().to_vec())).collect();
            buckets.put_parts(&object, futures::stream::iter(parts)).await
        };
        let part = "bucket/a/key part";
        for (parts, writes) in [
            (&["alone"][..], vec!["bucket/a/key"]),
            (&[], vec!["bucket/a/key"]),
            (&["one, ", "two"], vec![part; 2]),
            (&["one, ", "two, ", "three"], vec![part; 3]),
        ] {
            put(parts).await.unwrap();
            assert_eq!(s3.take_writes(), writes);
            assert_eq!(s3.object("bucket/a/key"), Some(parts.concat().into_bytes()));
        }
        s3.set_health(Health::Refusing);
        for parts in [&["alone"][..], &["one", "two"]] {
            let refused = put(parts).await.unwrap_err();
            assert!(matches!(refused, WriteError::Refused { .. }), "{refused}");
        }
        s3.set_health(Health::Down);
        assert!(matches!(put(&["one", "two"]).await, Err(WriteError::Unavailable { .. })));
    }
}
