//! What others could do to a data directory: read private keys, or put other files in their place.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

/// The files that are opened by name, SQLite's among them.
const NAMES: [&str; 6] =
    ["last-commit", "lock", "state.db", "state.db-journal", "state.db-shm", "state.db-wal"];
const OTHERS: u32 = 0o077;
/// SQLite (`os_unix.c`, `pager.c`) takes paths of 512 octets, and its longest suffix has eight.
const LONGEST: usize = 504;

/// Refuses files that are none: a symbolic link would be written to wherever it leads, and opening a
/// pipe waits for its other end. Of a directory that others may enter it warns only: mounted volumes
/// are often so.
pub(super) fn check(directory: &Path) -> io::Result<()> {
    let found = fs::metadata(directory)?;
    if !found.is_dir() {
        // The system's own words.
        return fs::read_dir(directory).map(drop);
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        tracing::warn!(
            "{} holds private keys and has the mode {mode:04o}: chmod 700 keeps other users out",
            directory.display()
        );
    }
    are_files(directory)
}

/// Whether each of the files that are opened by name is one, if it is there, and has a name that SQLite
/// takes: it goes by the path without links.
pub(super) fn are_files(directory: &Path) -> io::Result<()> {
    let whole = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let octets = whole.join("state.db").as_os_str().len();
    if octets > LONGEST {
        let most = LONGEST - "/state.db".len();
        let has = octets - "/state.db".len();
        return Err(io::Error::other(format!(
            "its path has {has} octets, and SQLite takes {most} at most: name one with a shorter path"
        )));
    }
    for name in NAMES {
        let why = match fs::symlink_metadata(directory.join(name)) {
            Ok(found) if found.is_symlink() => "is a symbolic link: put the file itself there",
            Ok(found) if found.is_dir() => "is a directory, where a file belongs: move it away",
            Ok(found) if !found.is_file() => "is no regular file: move it away",
            _ => continue,
        };
        return Err(io::Error::other(format!("{name} {why}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, process::Command};

    use super::*;

    #[test]
    fn a_path_that_sqlite_does_not_take_is_refused_by_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let of_length = |octets: usize| {
            let mut path = root.clone();
            while octets - path.as_os_str().len() > 202 {
                path.push("a".repeat(150));
            }
            path.push("b".repeat(octets - path.as_os_str().len() - 1));
            fs::create_dir_all(&path).unwrap();
            path
        };
        let longest = of_length(LONGEST - "/state.db".len());
        assert!(check(&longest).is_ok());
        rusqlite::Connection::open(longest.join("state.db")).unwrap();
        let longer = of_length(LONGEST - "/state.db".len() + 1);
        rusqlite::Connection::open(longer.join("state.db")).unwrap_err();
        let why = check(&longer).unwrap_err().to_string();
        assert!(why.contains("has 496 octets, and SQLite takes 495 at most"), "{why}");
        let link = folder.path().join("link");
        symlink(longer, &link).unwrap();
        assert!(check(&link).is_err(), "nor by a short name");
    }

    #[test]
    fn what_is_no_file_is_refused_and_an_open_directory_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(check(folder.path()).is_ok());
        for name in NAMES {
            let path = folder.path().join(name);
            symlink("/dev/null", &path).unwrap();
            let why = check(folder.path()).unwrap_err().to_string();
            assert!(why.starts_with(&format!("{name} is a symbolic link")), "{why}");
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            let why = check(folder.path()).unwrap_err().to_string();
            assert!(why.starts_with(&format!("{name} is a directory")), "{why}");
            fs::remove_dir(&path).unwrap();
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            let why = check(folder.path()).unwrap_err().to_string();
            assert!(why.starts_with(&format!("{name} is no regular file")), "{why}");
            fs::remove_file(&path).unwrap();
        }
    }
}
