//! Deleting objects: permanently, or under a marker.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::events::{ObjectChange, Requester};
use super::history::NULL;
use super::internal;
use super::service::LocalS3;

/// What a deletion says of itself.
#[derive(Default)]
struct Deleted {
    /// Of the version that is gone, or of the marker that was set.
    version: Option<String>,
    /// A marker was set, or is gone.
    is_marker: bool,
}

impl LocalS3 {
    pub(super) async fn delete(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        if request.input.if_match.is_some() {
            return Err(s3_error!(NotImplemented, "If-Match on DeleteObject"));
        }
        let who = Requester::of(&self.shared, &request);
        let DeleteObjectInput { bucket, key, version_id, .. } = request.input;
        let deleted = self.delete_one(&who, (&bucket, &key), version_id.as_deref()).await?;
        let output = DeleteObjectOutput {
            delete_marker: deleted.is_marker.then_some(true),
            version_id: deleted.version,
            ..Default::default()
        };
        Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
    }

    pub(super) async fn delete_several(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let who = Requester::of(&self.shared, &request);
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        for object in &delete.objects {
            self.shared.check_key(&bucket, &object.key)?;
        }
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for ObjectIdentifier { key, version_id, .. } in delete.objects {
            match self.delete_one(&who, (&bucket, &key), version_id.as_deref()).await {
                Ok(one) => deleted.push(DeletedObject {
                    delete_marker: one.is_marker.then_some(true),
                    delete_marker_version_id: one.version.filter(|_| one.is_marker),
                    key: Some(key),
                    version_id,
                }),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(key),
                    message: error.message().map(str::to_owned),
                    version_id,
                }),
            }
        }
        let listed = !delete.quiet.unwrap_or(false);
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: listed.then_some(deleted),
            errors: (!errors.is_empty()).then_some(errors),
            ..Default::default()
        }))
    }

    async fn delete_one(
        &self,
        who: &Requester,
        (bucket, key): (&str, &str),
        version: Option<&str>,
    ) -> S3Result<Deleted> {
        let _writing = self.shared.locks.write(bucket, key).await;
        if let Some(version) = version {
            return self.delete_version(who, (bucket, key), version).await;
        }
        let aside = self.put_aside(bucket, key).await?;
        if aside.is_none() && !self.shared.object_exists(bucket, key) {
            return Ok(Deleted::default());
        }
        self.remove_files(bucket, key)?;
        let change = if aside.is_some() { ObjectChange::Marked } else { ObjectChange::Deleted };
        let version = self.add_version((bucket, key), aside, None)?;
        self.shared.publish_object_event(
            who,
            &change,
            (bucket, key),
            (None, version.as_deref()),
        )?;
        Ok(Deleted { is_marker: version.is_some(), version })
    }

    /// Permanently. If it was the latest, the one before is the latest again.
    async fn delete_version(
        &self,
        who: &Requester,
        (bucket, key): (&str, &str),
        id: &str,
    ) -> S3Result<Deleted> {
        let mut history = self.history(bucket, key).await?;
        let Some(at) = history.position(id) else {
            return Ok(Deleted { version: Some(id.to_owned()), is_marker: false });
        };
        let gone = history.0.remove(at);
        let archive = &self.shared.archive;
        if at > 0 {
            archive.remove(bucket, &gone.file).map_err(internal)?;
        } else {
            self.remove_files(bucket, key)?;
            if let Some(latest) = history.latest().filter(|latest| latest.object.is_some()) {
                archive.restore(bucket, key, &latest.file).map_err(internal)?;
            }
        }
        self.shared.histories.write(bucket, key, history).map_err(internal)?;
        self.shared.publish_object_event(
            who,
            &ObjectChange::Deleted,
            (bucket, key),
            (None, Some(id)),
        )?;
        let version = (id != NULL || self.config(bucket)?.versioning.is_some()).then_some(gone.id);
        Ok(Deleted { version, is_marker: gone.object.is_none() })
    }

    fn remove_files(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.forget(bucket, key)?;
        let Some(folder) = key.strip_suffix('/') else {
            return self.shared.archive.discard(bucket, key).map_err(internal);
        };
        // A folder that still holds something stays, as what it holds needs it.
        match std::fs::remove_dir(self.shared.root.join(bucket).join(folder)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => Ok(()),
            done => done.map_err(internal),
        }
    }
}
