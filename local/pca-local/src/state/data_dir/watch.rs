//! Whether the files that are open are those at their paths.
//!
//! SQLite goes on writing to a file that was removed, and all of it is gone when the process ends.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// The first four octets of a log (SQLite, "WAL-mode File Format"): the last bit is the byte order
/// of its checksums.
const LOG_MAGIC: u32 = 0x377f_0682;

/// The database and its log. Neither ever becomes shorter while it is in use.
pub(super) struct Watch {
    database: Watched,
    log: Watched,
    log_file: File,
}

struct Watched {
    path: PathBuf,
    device: u64,
    inode: u64,
    bytes: AtomicU64,
}

/// What has happened to a file that is in use.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchError {
    #[error("{} was removed while it was in use", .path.display())]
    Gone { path: PathBuf },
    #[error("{} was replaced by another file while it was in use", .path.display())]
    Replaced { path: PathBuf },
    #[error("{} was truncated while it was in use", .path.display())]
    Truncated { path: PathBuf },
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Watch {
    /// Both files have to be there.
    pub(super) fn new(database: &Path, log: &Path) -> Result<Self, WatchError> {
        let unreadable = |source| WatchError::Unreadable { path: log.to_owned(), source };
        // A descriptor of the log only: closing one of the database would give up SQLite's locks.
        let log_file = File::open(log).map_err(unreadable)?;
        Ok(Self { database: Watched::new(database)?, log: Watched::new(log)?, log_file })
    }

    /// A few system calls for each commit, which has at least one that waits for the disk.
    pub(super) fn check(&self) -> Result<(), WatchError> {
        self.database.check()?;
        self.log.check()?;
        let truncated = || WatchError::Truncated { path: self.log.path.clone() };
        let mut magic = [0; 4];
        self.log_file.read_exact_at(&mut magic, 0).map_err(|_| truncated())?;
        let is_whole = u32::from_be_bytes(magic) & !1 == LOG_MAGIC;
        if is_whole { Ok(()) } else { Err(truncated()) }
    }
}

impl Watched {
    fn new(path: &Path) -> Result<Self, WatchError> {
        let path = path.to_owned();
        match fs::metadata(&path) {
            Ok(found) => Ok(Self {
                path,
                device: found.dev(),
                inode: found.ino(),
                bytes: AtomicU64::new(found.len()),
            }),
            Err(source) => Err(WatchError::Unreadable { path, source }),
        }
    }

    fn check(&self) -> Result<(), WatchError> {
        let path = || self.path.clone();
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(WatchError::Gone { path: path() });
            }
            Err(source) => return Err(WatchError::Unreadable { path: path(), source }),
        };
        if (found.dev(), found.ino()) != (self.device, self.inode) {
            return Err(WatchError::Replaced { path: path() });
        }
        if found.len() < self.bytes.fetch_max(found.len(), Ordering::Relaxed) {
            return Err(WatchError::Truncated { path: path() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_the_open_one_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let log = [&0x377f_0683_u32.to_be_bytes()[..], &[0; 60]].concat();
        let watch = || {
            fs::write(at("db"), [1; 64]).unwrap();
            fs::write(at("log"), &log).unwrap();
            let watch = Watch::new(&at("db"), &at("log")).unwrap();
            watch.check().unwrap();
            watch
        };
        type Harm<'a> = &'a dyn Fn();
        let harms: [(Harm<'_>, &str); 5] = [
            (&|| fs::remove_file(at("db")).unwrap(), "was removed"),
            (&|| fs::remove_file(at("log")).unwrap(), "was removed"),
            (&|| drop(fs::write(at("db"), [1; 63])), "was truncated"),
            (&|| drop(fs::write(at("log"), [0; 64])), "was truncated"),
            (
                &|| {
                    fs::write(at("new"), [1; 64]).unwrap();
                    fs::rename(at("new"), at("db")).unwrap();
                },
                "was replaced",
            ),
        ];
        for (harm, want) in harms {
            let watch = watch();
            harm();
            let error = watch.check().unwrap_err().to_string();
            assert!(error.contains(want), "{error}: not {want}");
        }
    }
}
