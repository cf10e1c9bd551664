//! Where the last commit is marked: in the database, and in a file beside it.
//!
//! The log of SQLite ends, for SQLite, where a frame is damaged. So a log that was cut looks like
//! one that a crash has torn. The number of the last acknowledged commit stands in `last-commit`
//! too, and a database that does not come as far as that is refused.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::write::millis;
use crate::model::clock::Clock;

/// A mark takes turns with the one before, so that a torn write damages one of the two only.
const SLOT: usize = 384;
const CHECK_DIGITS: usize = 16;

/// What distinguishes a commit from all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Of the state, drawn when its database was made.
    pub(super) state: String,
    /// Commits are counted from 1.
    pub(super) number: i64,
    /// Drawn for the commit.
    pub(super) token: String,
    /// By the system's clock, not by the service's.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// The last commit that is known to be in `state.db` itself. The log may need every page of it.
    #[serde(skip)]
    pub(super) base: i64,
    /// Of the database, if it was closed in good order after this commit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) closed: Option<Seal>,
}

/// The database when it was left as one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seal {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Mark {
    pub(super) fn first() -> Self {
        Self { state: draw(), number: 1, token: draw(), at: now(), base: 0, closed: None }
    }

    pub(super) fn next(&self) -> Self {
        let (state, number) = (self.state.clone(), self.number + 1);
        Self { state, number, token: draw(), at: now(), base: self.base, closed: None }
    }

    /// What is lost when nothing is there any more.
    pub(super) fn all_lost(&self) -> String {
        let Self { number, at, .. } = self;
        format!("all of it is lost, up to commit {number} of {}", moment(*at))
    }

    /// Why a database is not the one that this mark was written beside; `None` if it is. A database
    /// may be ahead: a crash of the machine can leave an older mark.
    pub(super) fn contradicts(&self, found: &Self) -> Option<String> {
        let Self { number, at, .. } = self;
        let (at, found_at) = (moment(*at), moment(found.at));
        if self.state != found.state {
            return Some("state.db is of another state than last-commit".to_owned());
        }
        if found.number < *number {
            let are = match number - found.number {
                1 => "1 commit is".to_owned(),
                more => format!("{more} commits are"),
            };
            let from = found.number;
            return Some(format!(
                "the log was cut, damaged or removed, or state.db is an older copy: {are} \
                 lost, all after commit {from} of {found_at} up to commit {number} of {at}"
            ));
        }
        let is_other = found.number == *number && self.token != found.token;
        is_other.then(|| format!("state.db has another commit {number} than the one of {at}"))
    }

    /// Why a log that ends with this mark was not written beside a database; `None` if it was. `alone` is
    /// the database's mark without the log, if it has one.
    pub(super) fn is_apart_from(&self, alone: Option<&Self>) -> Option<String> {
        let Some(alone) = alone else {
            let is_first = self.base == 0;
            return (!is_first)
                .then(|| "state.db is not the one that its log was written beside".to_owned());
        };
        let at = moment(alone.at);
        if alone.state != self.state {
            return Some(format!(
                "state.db is of another state than its log, and was left at {at}"
            ));
        }
        if alone.number < self.base {
            return Some(format!(
                "state.db is an older copy than its log: it ends with commit {} of {at}, and the log goes on \
                 after commit {}",
                alone.number, self.base
            ));
        }
        (alone.number > self.number).then(|| {
            format!(
                "the log is older than state.db: it ends with commit {}, and state.db with commit {} of {at}",
                self.number, alone.number
            )
        })
    }

    /// The mark in the database, and whether a process had it open when it was written.
    pub(super) fn read(from: &Connection) -> rusqlite::Result<Option<(Self, bool)>> {
        let sql = "SELECT state, number, token, at, is_open, base FROM mark";
        let read = from.query_row(sql, [], |row| {
            let at: i64 = row.get(3)?;
            let at = OffsetDateTime::from_unix_timestamp(at.div_euclid(1000))
                .unwrap_or(OffsetDateTime::UNIX_EPOCH);
            let (state, number, token, base) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(5)?);
            Ok((Self { state, number, token, at, base, closed: None }, row.get(4)?))
        });
        read.optional()
    }

    /// Part of the commit that it marks.
    pub(super) fn write(&self, to: &Connection, is_open: bool) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO mark VALUES (0, ?, ?, ?, ?, ?, ?)";
        let mut statement = to.prepare_cached(sql)?;
        let at = millis(self.at);
        let (state, token) = (&self.state, &self.token);
        statement.execute(params![state, self.number, token, at, is_open, self.base])?;
        Ok(())
    }
}

/// To the second.
pub(super) fn moment(at: OffsetDateTime) -> String {
    let at = at.truncate_to_second();
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| at.to_string())
}

fn draw() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The world's time: damage is reported to a person, and the service's clock may stand anywhere.
fn now() -> OffsetDateTime {
    Clock::system().now()
}

/// The file `last-commit`.
pub(super) struct MarkFile {
    path: PathBuf,
    file: File,
    next_slot: u64,
}

/// What the file says.
pub(super) enum Kept {
    Nothing,
    Mark(Mark),
    Unreadable,
}

impl MarkFile {
    pub(super) fn read(path: &Path) -> io::Result<Kept> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::Nothing),
            opened => opened?.take(4 * SLOT as u64).read_to_end(&mut bytes)?,
        };
        let last = bytes.chunks(SLOT).filter_map(parse).max_by_key(|mark| mark.number);
        Ok(match last {
            Some(mark) => Kept::Mark(mark),
            None if bytes.is_empty() => Kept::Nothing,
            None => Kept::Unreadable,
        })
    }

    /// Opens the file to write marks that follow what is in it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path)?;
        // The slot that is not the last mark's.
        let mut first = vec![0; SLOT];
        let read = file.read_at(&mut first, 0)?;
        let last = match Self::read(path)? {
            Kept::Mark(mark) => Some(mark),
            Kept::Nothing | Kept::Unreadable => None,
        };
        let next_slot = u64::from(last.is_some() && parse(&first[..read]) == last);
        Ok(Self { path: path.to_owned(), file, next_slot })
    }

    /// The system keeps it if the process is killed. It is not synchronised with the disk, the log
    /// is: after a power failure the mark may be an older one, and never one ahead of the log.
    pub(super) fn write(&mut self, mark: &Mark) -> io::Result<()> {
        let mut text = serde_json::to_string(mark)?;
        text.insert(0, ' ');
        text.insert_str(0, &check_digits(&text[1..]));
        let bytes = format!("{text:<width$}\n", width = SLOT - 1);
        self.file.write_all_at(bytes.as_bytes(), self.next_slot * SLOT as u64)?;
        self.next_slot = 1 - self.next_slot;
        Ok(())
    }

    pub(super) fn synchronise(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn parse(slot: &[u8]) -> Option<Mark> {
    let text = std::str::from_utf8(slot).ok()?.trim_end();
    let (digits, json) = text.split_once(' ')?;
    (digits == check_digits(json)).then(|| serde_json::from_str(json).ok())?
}

fn check_digits(text: &str) -> String {
    let mut digits = hex::encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    digits.truncate(CHECK_DIGITS);
    digits
}

impl Seal {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let mut context = digest::Context::new(&digest::SHA256);
        let (mut buffer, mut bytes) = (vec![0; 1 << 18], 0);
        loop {
            let read = file.read_at(&mut buffer, bytes)?;
            if read == 0 {
                break;
            }
            context.update(&buffer[..read]);
            bytes += read as u64;
        }
        Ok(Self { bytes, sha256: hex::encode(context.finish().as_ref()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(path: &Path) -> Option<Mark> {
        match MarkFile::read(path).unwrap() {
            Kept::Mark(mark) => Some(mark),
            Kept::Nothing | Kept::Unreadable => None,
        }
    }

    #[test]
    fn a_torn_mark_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last-commit");
        assert!(matches!(MarkFile::read(&path).unwrap(), Kept::Nothing));
        let mut marks = vec![Mark::first()];
        for number in 0..5 {
            // Opened anew each time: it goes on after the last one.
            let mut file = MarkFile::open(&path).unwrap();
            file.write(&marks[number]).unwrap();
            assert_eq!(kept(&path).as_ref(), Some(&marks[number]));
            marks.push(marks[number].next());
        }
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len(), 2 * SLOT);
        for at in 0..2 * SLOT {
            let mut torn = whole.clone();
            torn[at] ^= 0x15;
            std::fs::write(&path, torn).unwrap();
            let found = kept(&path).unwrap();
            assert!(marks[3..5].contains(&found), "{at}");
        }
        std::fs::write(&path, "nonsense").unwrap();
        assert!(matches!(MarkFile::read(&path).unwrap(), Kept::Unreadable));
    }
}
