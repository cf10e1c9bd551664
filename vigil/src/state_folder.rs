//! A folder in place of the evidence bucket: an object is a file, its key the path.

use std::{
    fs::{self, File, TryLockError},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::{Component, Path, PathBuf},
};

use async_trait::async_trait;
use vigil_core::{
    evidence::keys::max_bytes,
    ports::{Creation, Etag, EvidenceStore, PortError, Replacement, StoredObject},
};

/// One process at a time writes to it: [`StateFolder::lock`].
#[derive(Debug)]
pub(crate) struct StateFolder {
    root: PathBuf,
}

impl StateFolder {
    /// The folder, made if it does not exist.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&root)?;
        Ok(Self { root })
    }

    /// A folder, or a copy of an evidence bucket, that is only read.
    pub(crate) fn existing(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Locks the folder while the file lives.
    pub(crate) fn lock(folder: &Path) -> io::Result<File> {
        fs::create_dir_all(folder)?;
        let path = folder.join("lock");
        let file = File::options().create(true).write(true).truncate(false).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let text = format!("another run of vigil uses {}", folder.display());
                Err(io::Error::new(io::ErrorKind::ResourceBusy, text))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The path of a key, which never leaves the folder.
    fn path(&self, operation: &'static str, key: &str) -> Result<PathBuf, PortError> {
        let relative = Path::new(key);
        let is_inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
        if key.is_empty() || !is_inside {
            let cause = io::Error::new(io::ErrorKind::InvalidInput, "the key is no path inside");
            return Err(failed(operation, key, cause));
        }
        Ok(self.root.join(relative))
    }

    fn current(&self, operation: &'static str, key: &str) -> Result<Option<Vec<u8>>, PortError> {
        let path = self.path(operation, key)?;
        match fs::metadata(&path) {
            // As much as functions read of the evidence bucket.
            Ok(of) if of.len() > max_bytes(key) => {
                let text = format!("over {} MiB", max_bytes(key) / 1024 / 1024);
                let cause = io::Error::new(io::ErrorKind::FileTooLarge, text);
                return Err(failed(operation, key, cause));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            _ => {}
        }
        fs::read(path).map(Some).map_err(|cause| failed(operation, key, cause))
    }

    /// Under another name first, so that no reader and no crash meets half of it.
    fn put(&self, key: &str, body: &[u8]) -> Result<Etag, PortError> {
        let path = self.path("PutObject", key)?;
        let write = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let new = path.with_extension("new");
            fs::write(&new, body)?;
            fs::rename(&new, &path)
        };
        write().map_err(|cause| failed("PutObject", key, cause))?;
        Ok(etag(body))
    }

    fn walk(&self, folder: &Path, keys: &mut Vec<String>) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            // A link to a folder could lead in a circle.
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.walk(&path, keys)?;
            } else if kind.is_file()
                && path.extension().is_none_or(|of| of != "new")
                && let Ok(relative) = path.strip_prefix(&self.root)
            {
                keys.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(())
    }
}

fn failed(operation: &'static str, key: &str, cause: io::Error) -> PortError {
    PortError::Other { operation, resource: key.to_owned(), cause: cause.into() }
}

fn etag(body: &[u8]) -> Etag {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    Etag(format!("{:016x}", hasher.finish()))
}

#[async_trait]
impl EvidenceStore for StateFolder {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        match self.current("PutObject", key)? {
            Some(_) => Ok(Creation::AlreadyExists),
            None => self.put(key, &body).map(Creation::Created),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError> {
        let body = self.current("GetObject", key)?;
        Ok(body.map(|body| StoredObject { etag: etag(&body), body }))
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        match self.current("PutObject", key)? {
            Some(old) if etag(&old) == *seen => self.put(key, &body).map(Replacement::Replaced),
            _ => Ok(Replacement::Changed),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let folder = prefix.rfind('/').map_or("", |end| &prefix[..end]);
        let folder =
            if folder.is_empty() { self.root.clone() } else { self.path("ListObjectsV2", folder)? };
        let mut keys = Vec::new();
        self.walk(&folder, &mut keys).map_err(|cause| failed("ListObjectsV2", prefix, cause))?;
        keys.retain(|key| key.starts_with(prefix));
        keys.sort();
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_file_is_replaced_only_as_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(folder.path().join("us-east-1")).unwrap();
        let created = ready(state.create("a/b.json", b"1".to_vec())).unwrap();
        let Creation::Created(etag) = created else { panic!("{created:?}") };
        let again = ready(state.create("a/b.json", b"2".to_vec())).unwrap();
        assert_eq!(again, Creation::AlreadyExists);
        let replaced = ready(state.replace("a/b.json", b"2".to_vec(), &etag)).unwrap();
        assert!(matches!(replaced, Replacement::Replaced(_)));
        let late = ready(state.replace("a/b.json", b"3".to_vec(), &etag)).unwrap();
        assert_eq!(late, Replacement::Changed);
        assert_eq!(ready(state.read("a/b.json")).unwrap().unwrap().body, b"2");
        assert_eq!(ready(state.list("a/")).unwrap(), ["a/b.json"]);
        assert_eq!(ready(state.list("a/b")).unwrap(), ["a/b.json"]);
        assert!(ready(state.list("c/")).unwrap().is_empty());
    }

    /// The fleet report of 200 CAs is larger than a state.
    #[test]
    fn as_much_is_read_as_of_the_evidence_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(folder.path().to_owned()).unwrap();
        let large = vec![b' '; 2 * 1024 * 1024];
        for (key, is_read) in [
            ("reports/audit-report/latest/fleet-report.json", true),
            ("reports/crl-audit/20260301T120000Z.json", true),
            ("state/inventory/us-east-1.json", false),
        ] {
            state.put(key, &large).unwrap();
            assert_eq!(ready(state.read(key)).is_ok(), is_read, "{key}");
        }
    }

    #[test]
    fn no_key_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(folder.path().join("in")).unwrap();
        for key in ["../out.json", "/etc/passwd", "a/../../b", ""] {
            assert!(ready(state.create(key, Vec::new())).is_err(), "{key}");
            assert!(ready(state.read(key)).is_err(), "{key}");
        }
    }

    #[test]
    fn two_runs_never_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateFolder::lock(folder.path()).unwrap();
        let second = StateFolder::lock(folder.path()).unwrap_err();
        assert!(second.to_string().contains("another run"), "{second}");
        drop(first);
        assert!(StateFolder::lock(folder.path()).is_ok());
    }
}
