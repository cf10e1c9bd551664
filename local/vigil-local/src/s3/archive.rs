//! The files of versions that are not the latest, named by the version in place of the key.
//!
//! `s3s-fs` keeps an object as a file at its key, with its attributes and its checksums in a file each
//! beside the buckets. It reads the archive, too: as buckets whose keys are names of versions.

use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

#[derive(Debug)]
pub(super) struct Archive {
    /// Where objects are: s3s-fs's root.
    current: PathBuf,
    root: PathBuf,
}

impl Archive {
    pub(super) fn new(current: PathBuf, root: PathBuf) -> Self {
        Self { current, root }
    }

    /// Copies an object's files, which are then written over.
    pub(super) fn keep(&self, bucket: &str, key: &str, file: &str) -> Result<()> {
        let from = parts(&self.current, bucket, key);
        for (from, to) in from.iter().zip(parts(&self.root, bucket, file)) {
            if from.is_file() {
                make_parent(&to)?;
                std::fs::copy(from, &to)?;
                let written = std::fs::metadata(from)?.modified()?;
                std::fs::File::options().write(true).open(&to)?.set_modified(written)?;
            }
        }
        Ok(())
    }

    /// Makes a version the latest again.
    pub(super) fn restore(&self, bucket: &str, key: &str, file: &str) -> Result<()> {
        self.discard(bucket, key)?;
        let to = parts(&self.current, bucket, key);
        for (from, to) in parts(&self.root, bucket, file).iter().zip(to) {
            if from.is_file() {
                make_parent(&to)?;
                std::fs::rename(from, to)?;
            }
        }
        Ok(())
    }

    pub(super) fn remove(&self, bucket: &str, file: &str) -> Result<()> {
        parts(&self.root, bucket, file).iter().try_for_each(|path| remove(path))
    }

    /// Removes the latest version.
    pub(super) fn discard(&self, bucket: &str, key: &str) -> Result<()> {
        parts(&self.current, bucket, key).iter().try_for_each(|path| remove(path))
    }
}

fn parts(root: &Path, bucket: &str, key: &str) -> [PathBuf; 3] {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let beside = format!(".bucket-{}.object-{}", encode(bucket), encode(key));
    [
        root.join(bucket).join(key),
        root.join(format!("{beside}.metadata.json")),
        root.join(format!("{beside}.internal.json")),
    ]
}

fn make_parent(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
