//! Which versions there are of an object, the latest first: in memory, and as one JSON file per key.

use std::collections::{BTreeMap, HashMap};
use std::io::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The id of what is written without versioning, or while it is suspended.
pub(super) const NULL: &str = "null";

/// The file that holds a version's content.
pub(super) enum VersionFile {
    Archive {
        file: String,
    },
    /// The file that s3s-fs has under the object's key.
    Latest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    /// The name of its files while it is not the latest.
    pub(super) file: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// `None` of a delete marker.
    pub(super) object: Option<Stored>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) e_tag: String,
    pub(super) size: u64,
}

impl Version {
    pub(super) fn new(id: Option<&str>, at: OffsetDateTime, object: Option<Stored>) -> Self {
        let file = uuid::Uuid::new_v4().simple().to_string();
        Self { id: id.unwrap_or(&file).to_owned(), file, at, object }
    }
}

/// The versions of one object. Empty, where it was never written under versioning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct History(pub(super) Vec<Version>);

impl History {
    pub(super) fn latest(&self) -> Option<&Version> {
        self.0.first()
    }

    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|version| version.id == id)
    }

    /// There is one null version at most (S3 User Guide, Adding objects to versioning-suspended
    /// buckets): the one before goes, and is returned unless it was the latest.
    pub(super) fn add(&mut self, version: Version) -> Option<Version> {
        let before = if version.id == NULL { self.position(NULL) } else { None };
        let replaced = before.map(|at| (at, self.0.remove(at)));
        self.0.insert(0, version);
        replaced.filter(|(at, _)| *at > 0).map(|(_, version)| version)
    }
}

type OfBucket = BTreeMap<String, History>;

/// The histories of all buckets.
#[derive(Debug)]
pub(super) struct Histories {
    folder: PathBuf,
    known: Mutex<HashMap<String, OfBucket>>,
}

impl Histories {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder, known: Mutex::default() }
    }

    pub(super) fn of_key(&self, bucket: &str, key: &str) -> Result<History> {
        self.with(bucket, |known| known.get(key).cloned().unwrap_or_default())
    }

    pub(super) fn of_bucket(&self, bucket: &str) -> Result<OfBucket> {
        self.with(bucket, |known| known.clone())
    }

    pub(super) fn write(&self, bucket: &str, key: &str, history: History) -> Result<()> {
        let folder = self.folder.join(bucket);
        let path = folder.join(format!("{}.json", BASE64_URL_SAFE_NO_PAD.encode(key)));
        if history.0.is_empty() {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            return self.with(bucket, |known| drop(known.remove(key)));
        }
        std::fs::create_dir_all(&folder)?;
        let beside = path.with_extension("json.new");
        std::fs::write(&beside, serde_json::to_vec(&history)?)?;
        std::fs::rename(&beside, &path)?;
        self.with(bucket, |known| drop(known.insert(key.to_owned(), history)))
    }

    pub(super) fn forget(&self, bucket: &str) -> Result<()> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(bucket);
        match std::fs::remove_dir_all(self.folder.join(bucket)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn with<T>(&self, bucket: &str, answer: impl FnOnce(&mut OfBucket) -> T) -> Result<T> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(bucket) {
            known.insert(bucket.to_owned(), self.load(bucket)?);
        }
        Ok(answer(known.entry(bucket.to_owned()).or_default()))
    }

    fn load(&self, bucket: &str) -> Result<OfBucket> {
        let folder = self.folder.join(bucket);
        let files = match std::fs::read_dir(&folder) {
            Ok(files) => files,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(OfBucket::new()),
            Err(error) => return Err(error),
        };
        let mut found = OfBucket::new();
        for file in files {
            let path = file?.path();
            // What was being written when the process ended.
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let name = path.file_stem().map(|stem| stem.as_encoded_bytes()).unwrap_or_default();
            let key = BASE64_URL_SAFE_NO_PAD.decode(name).map_err(Error::other)?;
            let key = String::from_utf8(key).map_err(Error::other)?;
            let damaged = |error| Error::other(format!("{}: {error}", path.display()));
            let history = serde_json::from_slice(&std::fs::read(&path)?).map_err(damaged)?;
            found.insert(key, history);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn version(id: Option<&str>) -> Version {
        Version::new(id, datetime!(2026-01-01 0:00 UTC), None)
    }

    #[test]
    fn of_null_versions_there_is_one_and_every_other_is_kept() {
        let mut history = History::default();
        let (first, second, third) = (version(Some(NULL)), version(None), version(Some(NULL)));
        assert_eq!(history.add(first.clone()), None);
        assert_eq!(history.add(second.clone()), None);
        assert_eq!(history.add(third.clone()), Some(first), "its files are not the latest's");
        assert_eq!(history.0, [third.clone(), second]);
        assert_eq!(history.add(version(Some(NULL))), None, "the latest is written over");
        assert_eq!((history.0.len(), history.position(&third.file)), (2, None));
    }

    #[test]
    fn histories_outlive_the_process_and_go_with_their_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let histories = || Histories::in_folder(folder.path().to_owned());
        let history = History(vec![version(None), version(Some(NULL))]);
        histories().write("b", "crl/ü.crl", history.clone()).unwrap();
        histories().write("b", "gone", history.clone()).unwrap();
        histories().write("b", "gone", History::default()).unwrap();
        let again = histories();
        assert_eq!(again.of_bucket("b").unwrap().into_keys().collect::<Vec<_>>(), ["crl/ü.crl"]);
        assert_eq!(again.of_key("b", "crl/ü.crl").unwrap(), history);
        again.forget("b").unwrap();
        assert_eq!(histories().of_bucket("b").unwrap(), OfBucket::new());
    }
}
