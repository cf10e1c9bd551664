//! Objects: what `s3s-fs` does, with the gaps between it and S3 closed.

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::events::{Deed, Requester};
use super::service::LocalS3;
use super::{acl, internal};

impl LocalS3 {
    pub(super) async fn put(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let acl = request.input.acl.as_ref().map_or("private", ObjectCannedACL::as_str).to_owned();
        let grants = &request.input;
        if grants.grant_read.is_some() || grants.grant_full_control.is_some() {
            return Err(s3_error!(NotImplemented, "vigil-local keeps canned ACLs only"));
        }
        acl::check(&acl, &self.config(&bucket)?)?;
        let who = Requester::of(&self.shared, &request);
        let _writing = self.shared.locks.write(&bucket, &key).await;
        let response = self.files.put_object(request).await?;
        self.has_written(&bucket, &key, &acl)?;
        let e_tag = response.output.e_tag.as_ref().map(|tag| tag.value().to_owned());
        self.shared.tell_object(&who, &Deed::Created("PutObject"), (&bucket, &key), e_tag)?;
        Ok(response)
    }

    pub(super) async fn copy(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let CopySource::Bucket { bucket: from, key: source, .. } = &request.input.copy_source
        else {
            return Err(s3_error!(NotImplemented, "only objects of buckets can be copied"));
        };
        self.shared.check_key(from, source)?;
        if !self.shared.object_exists(from, source) {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        }
        let acl = request.input.acl.as_ref().map_or("private", ObjectCannedACL::as_str).to_owned();
        acl::check(&acl, &self.config(&bucket)?)?;
        let who = Requester::of(&self.shared, &request);
        let _writing = self.shared.locks.write(&bucket, &key).await;
        let response = self.files.copy_object(request).await?;
        self.has_written(&bucket, &key, &acl)?;
        let copied = response.output.copy_object_result.as_ref();
        let e_tag = copied.and_then(|copied| copied.e_tag.as_ref());
        let e_tag = e_tag.map(|tag| tag.value().to_owned());
        self.shared.tell_object(&who, &Deed::Created("CopyObject"), (&bucket, &key), e_tag)?;
        Ok(response)
    }

    pub(super) async fn complete_multipart(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let _writing = self.shared.locks.write(&bucket, &key).await;
        // s3s-fs knows conditions on PutObject only.
        if request.input.if_none_match.is_some() && self.shared.object_exists(&bucket, &key) {
            return Err(s3_error!(PreconditionFailed, "Object already exists"));
        }
        if request.input.if_match.is_some() {
            return Err(s3_error!(NotImplemented, "If-Match on CompleteMultipartUpload"));
        }
        let who = Requester::of(&self.shared, &request);
        let response = self.files.complete_multipart_upload(request).await?;
        self.has_written(&bucket, &key, "private")?;
        let e_tag = response.output.e_tag.as_ref().map(|tag| tag.value().to_owned());
        let deed = Deed::Created("CompleteMultipartUpload");
        self.shared.tell_object(&who, &deed, (&bucket, &key), e_tag)?;
        Ok(response)
    }

    pub(super) async fn delete(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        if request.input.if_match.is_some() {
            return Err(s3_error!(NotImplemented, "If-Match on DeleteObject"));
        }
        let _writing = self.shared.locks.write(&bucket, &key).await;
        if !self.shared.object_exists(&bucket, &key) {
            return Ok(S3Response::with_status(
                DeleteObjectOutput::default(),
                http::StatusCode::NO_CONTENT,
            ));
        }
        let who = Requester::of(&self.shared, &request);
        let response = self.files.delete_object(request).await?;
        self.forget_acl(&bucket, &key)?;
        self.shared.tell_object(&who, &Deed::Deleted, (&bucket, &key), None)?;
        Ok(response)
    }

    pub(super) async fn delete_several(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let bucket = request.input.bucket.clone();
        let keys: Vec<_> =
            request.input.delete.objects.iter().map(|object| object.key.clone()).collect();
        for key in &keys {
            self.shared.check_key(&bucket, key)?;
        }
        let were_there: Vec<bool> =
            keys.iter().map(|key| self.shared.object_exists(&bucket, key)).collect();
        let who = Requester::of(&self.shared, &request);
        let response = self.files.delete_objects(request).await?;
        for (key, was_there) in keys.iter().zip(were_there) {
            self.forget_acl(&bucket, key)?;
            if was_there {
                self.shared.tell_object(&who, &Deed::Deleted, (&bucket, key), None)?;
            }
        }
        Ok(response)
    }

    pub(super) async fn get(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let _reading = self.shared.locks.read(&request.input.bucket, &request.input.key).await;
        if !self.shared.object_exists(&request.input.bucket, &request.input.key) {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        }
        self.files.get_object(request).await
    }

    pub(super) async fn head(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let _reading = self.shared.locks.read(&request.input.bucket, &request.input.key).await;
        if !self.shared.object_exists(&request.input.bucket, &request.input.key) {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        }
        self.files.head_object(request).await
    }

    /// S3 lists ETags and storage classes; s3s-fs leaves them out.
    /// Of each object the one that is there: none is kept of what was there before, whether the
    /// bucket has versioning or not.
    pub(super) async fn list_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let asked = &request.input;
        let input = ListObjectsV2Input::builder()
            .bucket(asked.bucket.clone())
            .prefix(asked.prefix.clone())
            .start_after(asked.key_marker.clone())
            .max_keys(asked.max_keys)
            .build();
        let input = input.map_err(internal)?;
        let listed = self.list(request.map_input(|_| input)).await?.output;
        let version = |object: Object| ObjectVersion {
            key: object.key,
            e_tag: object.e_tag,
            size: object.size,
            last_modified: object.last_modified,
            is_latest: Some(true),
            version_id: Some("null".to_owned()),
            ..Default::default()
        };
        let versions: Vec<_> =
            listed.contents.unwrap_or_default().into_iter().map(version).collect();
        Ok(S3Response::new(ListObjectVersionsOutput {
            name: listed.name,
            prefix: listed.prefix,
            max_keys: listed.max_keys,
            is_truncated: listed.is_truncated,
            next_key_marker: listed
                .is_truncated
                .unwrap_or_default()
                .then(|| versions.last().and_then(|version| version.key.clone()))
                .flatten(),
            versions: Some(versions),
            ..Default::default()
        }))
    }

    pub(super) async fn list(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let bucket = request.input.bucket.clone();
        let as_asked = request.clone();
        let mut response = self.files.list_objects_v2(request).await?;
        for object in response.output.contents.iter_mut().flatten() {
            let Some(key) = &object.key else { continue };
            let input = HeadObjectInput::builder().bucket(bucket.clone()).key(key.clone()).build();
            let input = input.map_err(internal)?;
            let head = self.files.head_object(as_asked.clone().map_input(|_| input)).await?;
            object.e_tag = head.output.e_tag;
            object.storage_class =
                Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD));
        }
        Ok(response)
    }

    /// An object is as old as the stack's clock says, not as the disk does.
    fn has_written(&self, bucket: &str, key: &str, acl: &str) -> S3Result<()> {
        if !key.ends_with('/') {
            let path = self.shared.root.join(bucket).join(key);
            std::fs::File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_modified(self.shared.clock.now().into()))
                .map_err(internal)?;
        }
        if acl == "private" {
            return self.forget_acl(bucket, key);
        }
        let keep = |config: &mut super::config::BucketConfig| {
            config.object_acls.insert(key.to_owned(), acl.to_owned());
        };
        self.shared.configs.change(bucket, keep).map_err(internal)
    }

    fn forget_acl(&self, bucket: &str, key: &str) -> S3Result<()> {
        let forget = |config: &mut super::config::BucketConfig| {
            config.object_acls.remove(key);
        };
        self.shared.configs.change(bucket, forget).map_err(internal)
    }
}
