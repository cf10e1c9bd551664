//! Listing objects and their versions: what `s3s-fs` finds, with ETags and storage classes, which it
//! leaves out.

use std::collections::{BTreeMap, BTreeSet};

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::history::{History, Version};
use super::internal;
use super::service::LocalS3;
use super::versions::{asked_inside, timestamp};

/// As many as S3 lists at once.
const MAX_KEYS: usize = 1000;

/// Where a page begins: after a key, or after one version of it.
struct Marker {
    key: String,
    version: Option<String>,
}

impl LocalS3 {
    pub(super) async fn list(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let bucket = request.input.bucket.clone();
        let mut response = self.files.list_objects_v2(request).await?;
        for object in response.output.contents.iter_mut().flatten() {
            let Some(key) = &object.key else { continue };
            let input = HeadObjectInput::builder().bucket(bucket.clone()).key(key.clone()).build();
            let head = self.files.head_object(asked_inside(input.map_err(internal)?)).await?;
            object.e_tag = head.output.e_tag;
            object.storage_class =
                Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD));
        }
        Ok(response)
    }

    /// As ListObjects has it, which older clients call.
    pub(super) async fn list_in_first_form(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let listed = self.list(request.map_input(Into::into)).await?;
        Ok(listed.map_output(|listed| ListObjectsOutput {
            common_prefixes: listed.common_prefixes,
            contents: listed.contents,
            delimiter: listed.delimiter,
            encoding_type: listed.encoding_type,
            is_truncated: listed.is_truncated,
            max_keys: listed.max_keys,
            name: listed.name,
            next_marker: listed.next_continuation_token,
            prefix: listed.prefix,
            ..Default::default()
        }))
    }

    pub(super) async fn list_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let asked = request.input;
        let most = asked.max_keys.and_then(|most| usize::try_from(most).ok()).unwrap_or(MAX_KEYS);
        let most = most.min(MAX_KEYS);
        let after = asked.key_marker.clone().filter(|key| !key.is_empty()).map(|key| Marker {
            key,
            version: asked.version_id_marker.clone().filter(|version| !version.is_empty()),
        });
        let mut output = ListObjectVersionsOutput {
            delimiter: asked.delimiter.clone(),
            is_truncated: Some(false),
            key_marker: asked.key_marker,
            max_keys: Some(i32::try_from(most).unwrap_or(i32::MAX)),
            name: Some(asked.bucket.clone()),
            prefix: asked.prefix.clone(),
            version_id_marker: asked.version_id_marker,
            ..Default::default()
        };
        let (mut versions, mut markers, mut folders) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut last = None;
        let prefix = asked.prefix.unwrap_or_default();
        'keys: for (key, history) in self.histories_with_prefix(&asked.bucket, &prefix).await? {
            let history = match history {
                _ if after.as_ref().is_some_and(|after| key < after.key) => continue,
                Some(history) => history,
                None => self.history(&asked.bucket, &key).await?,
            };
            let folder = asked.delimiter.as_deref().and_then(|delimiter| {
                let end = key[prefix.len()..].find(delimiter)? + prefix.len() + delimiter.len();
                Some(key[..end].to_owned())
            });
            // All that is in a folder counts as one.
            if folder.as_ref().is_some_and(|folder| folders.contains(folder)) {
                continue;
            }
            let begin = first_after(&history, &key, after.as_ref());
            for (nth, version) in history.0.iter().enumerate().skip(begin) {
                if versions.len() + markers.len() + folders.len() == most {
                    output.is_truncated = Some(true);
                    (output.next_key_marker, output.next_version_id_marker) =
                        last.map_or((None, None), |(key, id)| (Some(key), Some(id)));
                    break 'keys;
                }
                last = Some((key.clone(), version.id.clone()));
                if let Some(folder) = folder {
                    folders.insert(folder);
                    continue 'keys;
                }
                match listed(&key, version, nth == 0) {
                    Ok(version) => versions.push(version),
                    Err(marker) => markers.push(marker),
                }
            }
        }
        let folder = |prefix| CommonPrefix { prefix: Some(prefix) };
        let folders: Vec<_> = folders.into_iter().map(folder).collect();
        output.versions = Some(versions);
        output.delete_markers = Some(markers);
        output.common_prefixes = Some(folders);
        Ok(S3Response::new(output))
    }

    /// By key; `None` of those that were never written under versioning.
    async fn histories_with_prefix(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> S3Result<BTreeMap<String, Option<History>>> {
        let input = ListObjectsV2Input::builder()
            .bucket(bucket.to_owned())
            .prefix(Some(prefix.to_owned()))
            .max_keys(Some(i32::MAX))
            .build();
        let input = asked_inside(input.map_err(internal)?);
        let current = self.files.list_objects_v2(input).await?.output.contents;
        let keys = current.unwrap_or_default().into_iter().filter_map(|object| object.key);
        let mut all: BTreeMap<_, _> = keys.map(|key| (key, None)).collect();
        let histories = self.shared.histories.of_bucket(bucket).map_err(internal)?;
        let histories = histories.into_iter().filter(|(key, _)| key.starts_with(prefix));
        all.extend(histories.map(|(key, history)| (key, Some(history))));
        Ok(all)
    }
}

/// Without a version, the marker is past all of its key's.
fn first_after(history: &History, key: &str, after: Option<&Marker>) -> usize {
    match after {
        Some(after) if after.key == key => {
            let version = after.version.as_deref().and_then(|id| history.position(id));
            version.map_or(history.0.len(), |at| at + 1)
        }
        Some(_) | None => 0,
    }
}

fn listed(
    key: &str,
    version: &Version,
    is_latest: bool,
) -> Result<ObjectVersion, DeleteMarkerEntry> {
    let (key, version_id) = (Some(key.to_owned()), Some(version.id.clone()));
    let last_modified = Some(timestamp(version.at));
    match &version.object {
        Some(stored) => Ok(ObjectVersion {
            e_tag: Some(ETag::Strong(stored.e_tag.clone())),
            is_latest: Some(is_latest),
            key,
            last_modified,
            size: i64::try_from(stored.size).ok(),
            storage_class: Some(ObjectVersionStorageClass::from_static(
                ObjectVersionStorageClass::STANDARD,
            )),
            version_id,
            ..Default::default()
        }),
        None => Err(DeleteMarkerEntry {
            is_latest: Some(is_latest),
            key,
            last_modified,
            owner: None,
            version_id,
        }),
    }
}
