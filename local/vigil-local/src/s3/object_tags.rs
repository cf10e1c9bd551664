//! Tags of objects. Of older versions there are none here.

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::service::LocalS3;

/// S3 User Guide, "Categorizing your storage using tags".
const MAX_TAGS: usize = 10;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

impl LocalS3 {
    pub(super) fn object_tags(
        &self,
        input: GetObjectTaggingInput,
    ) -> S3Result<GetObjectTaggingOutput> {
        self.has_tags(&input.bucket, &input.key, input.version_id.as_deref())?;
        let tags = self.config(&input.bucket)?.object_tags.remove(&input.key).unwrap_or_default();
        let tag = |(key, value)| Tag { key: Some(key), value: Some(value) };
        Ok(GetObjectTaggingOutput {
            tag_set: tags.into_iter().map(tag).collect(),
            version_id: None,
        })
    }

    /// They take the place of those before.
    pub(super) fn put_object_tags(
        &self,
        input: PutObjectTaggingInput,
    ) -> S3Result<PutObjectTaggingOutput> {
        self.has_tags(&input.bucket, &input.key, input.version_id.as_deref())?;
        let given = input.tagging.tag_set;
        let count = given.len();
        let tags: std::collections::BTreeMap<String, String> = given
            .into_iter()
            .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
            .collect();
        if tags.len() != count {
            return Err(s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key"));
        }
        let fits = |(key, value): (&String, &String)| {
            (1..=MAX_KEY).contains(&key.chars().count())
                && value.chars().count() <= MAX_VALUE
                && !key.starts_with("aws:")
        };
        if count > MAX_TAGS || !tags.iter().all(fits) {
            return Err(s3_error!(
                InvalidTag,
                "an object has at most {MAX_TAGS} tags, with keys of 1 to {MAX_KEY} characters and values of at \
                 most {MAX_VALUE}"
            ));
        }
        self.configure(&input.bucket, |config| {
            config.object_tags.insert(input.key, tags);
        })?;
        Ok(PutObjectTaggingOutput { version_id: None })
    }

    pub(super) fn remove_object_tags(
        &self,
        input: DeleteObjectTaggingInput,
    ) -> S3Result<DeleteObjectTaggingOutput> {
        self.has_tags(&input.bucket, &input.key, input.version_id.as_deref())?;
        self.configure(&input.bucket, |config| {
            config.object_tags.remove(&input.key);
        })?;
        Ok(DeleteObjectTaggingOutput { version_id: None })
    }

    fn has_tags(&self, bucket: &str, key: &str, version: Option<&str>) -> S3Result<()> {
        if version.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "vigil-local keeps tags of latest versions only"
            ));
        }
        self.must_exist(bucket, key)
    }
}
