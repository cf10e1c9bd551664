//! Versions of objects: the latest is where `s3s-fs` has it, the others are in the archive.
//!
//! S3 User Guide, "Retaining multiple versions of objects with S3 Versioning".

use s3s::dto::{HeadObjectInput, Timestamp};
use s3s::{S3, S3Error, S3Request, S3Result, s3_error};
use time::OffsetDateTime;

use super::history::{History, NULL, Stored, Version, VersionFile};
use super::internal;
use super::service::LocalS3;

/// The version that a write is about to replace.
pub(super) struct Aside {
    history: History,
    /// The name of its copies in the archive.
    file: Option<String>,
    is_suspended: bool,
}

/// The requested version: its file, and its id if the bucket has versions.
pub(super) struct Found {
    pub(super) at: VersionFile,
    pub(super) id: Option<String>,
}

impl LocalS3 {
    /// Before a write or a deletion; `None` in a bucket without versions. The key is locked.
    pub(super) async fn put_aside(&self, bucket: &str, key: &str) -> S3Result<Option<Aside>> {
        let is_suspended = match self.config(bucket)?.versioning.as_deref() {
            // A folder is not an object.
            _ if key.ends_with('/') => return Ok(None),
            None => return Ok(None),
            Some(status) => status == "Suspended",
        };
        let history = self.history(bucket, key).await?;
        let file = match history.latest() {
            Some(latest) if latest.object.is_some() && !(is_suspended && latest.id == NULL) => {
                self.shared.archive.keep(bucket, key, &latest.file).map_err(internal)?;
                Some(latest.file.clone())
            }
            Some(_) | None => None,
        };
        Ok(Some(Aside { history, file, is_suspended }))
    }

    /// After a write that failed, what was there is there: s3s-fs writes before it verifies
    /// checksums.
    pub(super) fn or_take_back<T>(
        &self,
        (bucket, key): (&str, &str),
        aside: &Option<Aside>,
        result: S3Result<T>,
    ) -> S3Result<T> {
        if let (Err(_), Some(Aside { file: Some(file), .. })) = (&result, aside) {
            self.shared.archive.restore(bucket, key, file).map_err(internal)?;
        }
        result
    }

    /// After a write, or with no object after a deletion: the new version's id.
    pub(super) fn add_version(
        &self,
        (bucket, key): (&str, &str),
        aside: Option<Aside>,
        e_tag: Option<&str>,
    ) -> S3Result<Option<String>> {
        let Some(Aside { mut history, is_suspended, .. }) = aside else { return Ok(None) };
        let object = e_tag.map(|e_tag| {
            let size = std::fs::metadata(self.shared.root.join(bucket).join(key))?.len();
            Ok(Stored { e_tag: e_tag.to_owned(), size })
        });
        let object = object.transpose().map_err(|error: std::io::Error| internal(error))?;
        let version = Version::new(is_suspended.then_some(NULL), self.shared.clock.now(), object);
        let id = version.id.clone();
        let replaced = history.add(version);
        self.shared.histories.write(bucket, key, history).map_err(internal)?;
        if let Some(replaced) = replaced {
            self.shared.archive.remove(bucket, &replaced.file).map_err(internal)?;
        }
        Ok(Some(id))
    }

    pub(super) fn find(&self, bucket: &str, key: &str, id: Option<&str>) -> S3Result<Found> {
        let history = self.shared.histories.of_key(bucket, key).map_err(internal)?;
        let exists = self.shared.object_exists(bucket, key);
        let Some(id) = id else {
            return match history.latest() {
                Some(marker) if marker.object.is_none() => Err(is_marker(marker, true)),
                _ if !exists => Err(no_such_key()),
                Some(latest) => Ok(Found { at: VersionFile::Latest, id: Some(latest.id.clone()) }),
                None => {
                    let has_versions = self.config(bucket)?.versioning.is_some();
                    let id = has_versions.then(|| NULL.to_owned());
                    Ok(Found { at: VersionFile::Latest, id })
                }
            };
        };
        let found = Some(id.to_owned());
        if id == NULL && history.0.is_empty() && exists {
            return Ok(Found { at: VersionFile::Latest, id: found });
        }
        match history.position(id) {
            Some(at) if history.0[at].object.is_none() => Err(is_marker(&history.0[at], false)),
            Some(0) => Ok(Found { at: VersionFile::Latest, id: found }),
            Some(at) => {
                let file = history.0[at].file.clone();
                Ok(Found { at: VersionFile::Archive { file }, id: found })
            }
            None => Err(no_such_version(id)),
        }
    }

    /// With what was there before versioning was, whose id is null.
    pub(super) async fn history(&self, bucket: &str, key: &str) -> S3Result<History> {
        let history = self.shared.histories.of_key(bucket, key).map_err(internal)?;
        if !history.0.is_empty() || !self.shared.object_exists(bucket, key) {
            return Ok(history);
        }
        let file = std::fs::metadata(self.shared.root.join(bucket).join(key)).map_err(internal)?;
        let input = HeadObjectInput::builder().bucket(bucket.to_owned()).key(key.to_owned());
        let head = self.files.head_object(asked_inside(input.build().map_err(internal)?)).await?;
        let e_tag = head.output.e_tag.map(|tag| tag.value().to_owned()).unwrap_or_default();
        let at = OffsetDateTime::from(file.modified().map_err(internal)?);
        let object = Some(Stored { e_tag, size: file.len() });
        Ok(History(vec![Version::new(Some(NULL), at, object)]))
    }
}

/// A request that no client made.
pub(super) fn asked_inside<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: http::Method::GET,
        uri: http::Uri::from_static("/"),
        headers: http::HeaderMap::new(),
        extensions: http::Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

pub(super) fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp::from(std::time::SystemTime::from(at))
}

pub(super) fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

/// S3 knows its own ids from others by their form.
fn no_such_version(id: &str) -> S3Error {
    if id == NULL || (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        s3_error!(NoSuchVersion, "The specified version does not exist.")
    } else {
        s3_error!(InvalidArgument, "Invalid version id specified")
    }
}

/// S3 User Guide, "Working with delete markers": 404 for the object, 405 for the marker itself.
fn is_marker(marker: &Version, is_latest: bool) -> S3Error {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-amz-delete-marker", http::HeaderValue::from_static("true"));
    if let Ok(id) = http::HeaderValue::from_str(&marker.id) {
        headers.insert("x-amz-version-id", id);
    }
    let mut error = if is_latest {
        no_such_key()
    } else {
        headers.insert(http::header::ALLOW, http::HeaderValue::from_static("DELETE"));
        if let Ok(at) = http::HeaderValue::from_str(&crate::clock::http_date(marker.at)) {
            headers.insert(http::header::LAST_MODIFIED, at);
        }
        s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource.")
    };
    error.set_headers(headers);
    error
}
