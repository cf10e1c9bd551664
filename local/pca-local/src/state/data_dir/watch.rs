//! Whether the files that are open are those at their paths.
//!
//! SQLite goes on writing to a file that was removed, and all of it is gone when the process ends.

use std::{
    fs::{self, File, Metadata},
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The first four octets of a log (SQLite, "WAL-mode File Format"): the last bit is the byte order
/// of its checksums.
const LOG_MAGIC: u32 = 0x377f_0682;

/// The database and its log. Neither ever becomes shorter while it is in use, and the database is
/// written to only by [`writing`](Watch::writing).
pub(super) struct Watch {
    database: Watched,
    log: Watched,
    log_file: File,
    /// When the database was written to last, by its file system.
    written: Mutex<Written>,
}

/// Seconds and nanoseconds since 1970.
type Written = (i64, i64);

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
    #[error("{} was written to by another program while it was in use", .path.display())]
    Overwritten { path: PathBuf },
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl WatchError {
    /// Whether what is written to the open file is lost. A file that cannot be read now may be whole.
    pub(super) fn is_loss(&self) -> bool {
        !matches!(self, Self::Unreadable { .. })
    }
}

impl Watch {
    /// Both files have to be there.
    pub(super) fn new(database: &Path, log: &Path) -> Result<Self, WatchError> {
        let unreadable = |source| WatchError::Unreadable { path: log.to_owned(), source };
        // A descriptor of the log only: closing one of the database would give up SQLite's locks.
        let log_file = File::open(log).map_err(unreadable)?;
        let (database, log) = (Watched::new(database)?, Watched::new(log)?);
        let written = Mutex::new(written(&database.look()?));
        Ok(Self { database, log, log_file, written })
    }

    /// Does what writes to the database. No check runs meanwhile.
    pub(super) fn writing<T>(&self, write: impl FnOnce() -> T) -> Result<T, WatchError> {
        let mut last = self.written();
        self.was_not_overwritten(*last)?;
        let done = write();
        *last = written(&self.database.look()?);
        Ok(done)
    }

    fn was_not_overwritten(&self, last: Written) -> Result<(), WatchError> {
        let path = || self.database.path.clone();
        let is_ours = written(&self.database.check()?) == last;
        if is_ours { Ok(()) } else { Err(WatchError::Overwritten { path: path() }) }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A few system calls for each commit, which has at least one that waits for the disk.
    pub(super) fn check(&self) -> Result<(), WatchError> {
        self.was_not_overwritten(*self.written())?;
        self.log.check()?;
        let truncated = || WatchError::Truncated { path: self.log.path.clone() };
        let mut magic = [0; 4];
        self.log_file.read_exact_at(&mut magic, 0).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => truncated(),
            _ => WatchError::Unreadable { path: self.log.path.clone(), source: error },
        })?;
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

    fn look(&self) -> Result<Metadata, WatchError> {
        let path = self.path.clone();
        fs::metadata(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => WatchError::Gone { path },
            _ => WatchError::Unreadable { path, source: error },
        })
    }

    fn check(&self) -> Result<Metadata, WatchError> {
        let path = || self.path.clone();
        let found = self.look()?;
        if (found.dev(), found.ino()) != (self.device, self.inode) {
            return Err(WatchError::Replaced { path: path() });
        }
        if found.len() < self.bytes.fetch_max(found.len(), Ordering::Relaxed) {
            return Err(WatchError::Truncated { path: path() });
        }
        Ok(found)
    }
}

fn written(found: &Metadata) -> Written {
    (found.mtime(), found.mtime_nsec())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_writes_by_itself_is_not_another_program() {
        let folder = tempfile::tempdir().unwrap();
        let (database, log) = (folder.path().join("db"), folder.path().join("log"));
        fs::write(&database, [1; 64]).unwrap();
        fs::write(&log, [&0x377f_0683_u32.to_be_bytes()[..], &[0; 60]].concat()).unwrap();
        let watch = Watch::new(&database, &log).unwrap();
        let write =
            || File::options().write(true).open(&database)?.set_modified(SystemTime::UNIX_EPOCH);
        watch.writing(write).unwrap().unwrap();
        watch.check().unwrap();
    }

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
        let other_time = || {
            let file = File::options().write(true).open(at("db")).unwrap();
            file.write_all_at(&[2; 8], 0).unwrap();
            // Some file systems count time in steps of ten milliseconds.
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        };
        let harms: [(Harm<'_>, &str); 6] = [
            (&other_time, "was written to by another program"),
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
