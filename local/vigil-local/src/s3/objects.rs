//! Objects: what `s3s-fs` does, with the gaps between it and S3 closed.

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::events::{ObjectChange, Requester};
use super::history::VersionFile;
use super::service::LocalS3;
use super::versions::{asked_inside, timestamp};
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
        let aside = self.put_aside(&bucket, &key).await?;
        let result = self.files.put_object(request).await;
        let mut response = self.or_take_back((&bucket, &key), &aside, result)?;
        self.has_written(&bucket, &key, &acl)?;
        let e_tag = response.output.e_tag.as_ref().map(|tag| tag.value().to_owned());
        let version = self.add_version((&bucket, &key), aside, e_tag.as_deref())?;
        let made = (e_tag.as_deref(), version.as_deref());
        self.shared.publish_object_event(
            &who,
            &ObjectChange::Created("PutObject"),
            (&bucket, &key),
            made,
        )?;
        response.output.version_id = version;
        Ok(response)
    }

    pub(super) async fn copy(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let CopySource::Bucket { bucket: from, key: source, version_id } =
            &request.input.copy_source
        else {
            return Err(s3_error!(NotImplemented, "only objects of buckets can be copied"));
        };
        self.shared.check_key(from, source)?;
        let from = from.to_string();
        let found = self.find(&from, source, version_id.as_deref())?;
        let acl = request.input.acl.as_ref().map_or("private", ObjectCannedACL::as_str).to_owned();
        acl::check(&acl, &self.config(&bucket)?)?;
        let who = Requester::of(&self.shared, &request);
        let _writing = self.shared.locks.write(&bucket, &key).await;
        let aside = self.put_aside(&bucket, &key).await?;
        let result = match &found.at {
            VersionFile::Latest => self.files.copy_object(request).await,
            VersionFile::Archive { file } => {
                self.copy_archived((&from, file), (&bucket, &key)).await
            }
        };
        let mut response = self.or_take_back((&bucket, &key), &aside, result)?;
        self.has_written(&bucket, &key, &acl)?;
        let copied = response.output.copy_object_result.as_ref();
        let e_tag = copied.and_then(|copied| copied.e_tag.as_ref());
        let e_tag = e_tag.map(|tag| tag.value().to_owned());
        let version = self.add_version((&bucket, &key), aside, e_tag.as_deref())?;
        let made = (e_tag.as_deref(), version.as_deref());
        self.shared.publish_object_event(
            &who,
            &ObjectChange::Created("CopyObject"),
            (&bucket, &key),
            made,
        )?;
        response.output.copy_source_version_id = found.id;
        response.output.version_id = version;
        Ok(response)
    }

    /// An older version, as it was: how one is brought back.
    async fn copy_archived(
        &self,
        (from, file): (&str, &str),
        (bucket, key): (&str, &str),
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = GetObjectInput::builder().bucket(from.to_owned()).key(file.to_owned());
        let input = asked_inside(input.build().map_err(internal)?);
        let got = self.archive.get_object(input).await?.output;
        let input = PutObjectInput::builder()
            .bucket(bucket.to_owned())
            .key(key.to_owned())
            .body(got.body)
            .cache_control(got.cache_control)
            .content_disposition(got.content_disposition)
            .content_encoding(got.content_encoding)
            .content_language(got.content_language)
            .content_type(got.content_type)
            .metadata(got.metadata);
        let input = asked_inside(input.build().map_err(internal)?);
        let put = self.files.put_object(input).await?.output;
        let copied = CopyObjectResult {
            e_tag: put.e_tag,
            last_modified: Some(timestamp(self.shared.clock.now())),
            ..Default::default()
        };
        let copied = Some(copied);
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: copied, ..Default::default() }))
    }

    pub(super) async fn copy_part(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let CopySource::Bucket { bucket, key, version_id } = &request.input.copy_source else {
            return Err(s3_error!(NotImplemented, "only objects of buckets can be copied"));
        };
        self.shared.check_key(bucket, key)?;
        if let VersionFile::Archive { .. } = self.find(bucket, key, version_id.as_deref())?.at {
            return Err(s3_error!(NotImplemented, "parts are copied from latest versions"));
        }
        self.files.upload_part_copy(request).await
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
        let aside = self.put_aside(&bucket, &key).await?;
        let result = self.files.complete_multipart_upload(request).await;
        let mut response = self.or_take_back((&bucket, &key), &aside, result)?;
        // s3s-fs is done, and hands the answer over in a future of its own.
        if let Some(output) = response.output.future.take() {
            response.output = output.await?;
        }
        self.has_written(&bucket, &key, "private")?;
        let e_tag = response.output.e_tag.as_ref().map(|tag| tag.value().to_owned());
        let version = self.add_version((&bucket, &key), aside, e_tag.as_deref())?;
        let change = ObjectChange::Created("CompleteMultipartUpload");
        let made = (e_tag.as_deref(), version.as_deref());
        self.shared.publish_object_event(&who, &change, (&bucket, &key), made)?;
        response.output.version_id = version;
        Ok(response)
    }

    pub(super) async fn get(
        &self,
        mut request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let GetObjectInput { bucket, key, version_id, .. } = &request.input;
        let _reading = self.shared.locks.read(bucket, key).await;
        let found = self.find(bucket, key, version_id.as_deref())?;
        let mut response = match found.at {
            VersionFile::Latest => self.files.get_object(request).await?,
            VersionFile::Archive { file } => {
                request.input.key = file;
                self.archive.get_object(request).await?
            }
        };
        response.output.version_id = found.id;
        Ok(response)
    }

    pub(super) async fn head(
        &self,
        mut request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let HeadObjectInput { bucket, key, version_id, .. } = &request.input;
        let _reading = self.shared.locks.read(bucket, key).await;
        let found = self.find(bucket, key, version_id.as_deref())?;
        let mut response = match found.at {
            VersionFile::Latest => self.files.head_object(request).await?,
            VersionFile::Archive { file } => {
                request.input.key = file;
                self.archive.head_object(request).await?
            }
        };
        response.output.version_id = found.id;
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
            return self.forget(bucket, key);
        }
        let keep = |config: &mut super::config::BucketConfig| {
            config.object_tags.remove(key);
            config.object_acls.insert(key.to_owned(), acl.to_owned());
        };
        self.shared.configs.change(bucket, keep).map_err(internal)
    }

    /// The ACL and the tags of an object that is replaced or deleted.
    pub(super) fn forget(&self, bucket: &str, key: &str) -> S3Result<()> {
        let forget = |config: &mut super::config::BucketConfig| {
            config.object_acls.remove(key);
            config.object_tags.remove(key);
        };
        self.shared.configs.change(bucket, forget).map_err(internal)
    }
}
