//! Whether a data directory is whole: at every start as far as that is cheap, and all of it for
//! `pca-local check`.

use std::{fs, io::Write, path::Path, thread};

use rusqlite::Connection;

use super::{
    directory::{DataDirError, Directory},
    load,
    mark::{Kept, Mark, MarkFile, Seal, moment},
    reading,
    sealed::{is_as_left, not_as_left},
};
use crate::{
    model::error::explain,
    state::{data_dir::write::id, restored::Restored},
    x509::certificate::Certificate,
};

/// SQLite reads a database of this size in less than a second.
const CHEAP_BYTES: u64 = 32 << 20;

/// What is in the database, if it comes as far as its last acknowledged commit.
pub(super) fn whole(
    connection: &mut Connection,
    directory: &Directory,
) -> Result<(Mark, Restored), DataDirError> {
    let found = marked(connection, directory)?;
    let seal = seal(directory, &found)?;
    let database = directory.database_file();
    // Beside the loading, which takes as long.
    let (loaded, is_sealed) = thread::scope(|scope| {
        let seal = scope.spawn(|| seal.map(|seal| Seal::of(database).map(|is| is == seal)));
        let loaded = load::load(connection);
        (loaded, seal.join().expect("reading a file does not panic").transpose())
    });
    match is_sealed.map_err(|error| directory.unusable(error))? {
        Some(true) => {}
        Some(false) => {
            return Err(directory.incomplete(not_as_left(found.at)));
        }
        None => structure(connection, directory)?,
    }
    let restored = loaded.map_err(|error| directory.damaged(error))?;
    Ok((found, restored))
}

/// The database's own mark, which has to be that of the last commit.
fn marked(connection: &Connection, directory: &Directory) -> Result<Mark, DataDirError> {
    let read = Mark::read(connection).map_err(|error| directory.damaged(error.into()))?;
    let Some((found, is_open)) = read else {
        return Err(directory.incomplete("state.db has lost the number of its last commit".into()));
    };
    let kept = MarkFile::read(&directory.last_commit());
    let lost = match kept.map_err(|error| directory.unusable(error))? {
        Kept::Mark(mark) => mark.contradicts(&found),
        Kept::Unreadable => Some(
            "last-commit is damaged, so whether commits are lost cannot be known. If `pca-local \
             check DIR` finds what you expect, remove last-commit"
                .to_owned(),
        ),
        Kept::Nothing if is_open && !directory.has_log() => Some(format!(
            "state.db is without its log: all commits after number {} of {} are lost. A copy of \
             state.db alone is whole only after a stop in good order",
            found.number,
            moment(found.at)
        )),
        Kept::Nothing => None,
    };
    let lost = match lost {
        None if directory.has_log() => apart(directory, &found)?,
        lost => lost,
    };
    lost.map_or(Ok(found), |lost| Err(directory.incomplete(lost)))
}

/// Why the log is not that of this database. A page of it that cannot be read says nothing: the log may
/// have a whole one.
fn apart(directory: &Directory, found: &Mark) -> Result<Option<String>, DataDirError> {
    let alone = reading::open_alone(directory)?;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'mark'";
    Ok(match alone.query_row(sql, [], |row| row.get::<_, i64>(0)) {
        Ok(0) => found.is_apart_from(None),
        Ok(_) => match Mark::read(&alone) {
            Ok(mark) => found.is_apart_from(mark.map(|(mark, _)| mark).as_ref()),
            Err(_) => None,
        },
        Err(_) => None,
    })
}

/// Of the database, if nothing has been written since it was closed in good order.
fn seal(directory: &Directory, found: &Mark) -> Result<Option<Seal>, DataDirError> {
    let kept = MarkFile::read(&directory.last_commit());
    Ok(match kept.map_err(|error| directory.unusable(error))? {
        Kept::Mark(mark) if mark.number == found.number && !directory.has_log() => mark.closed,
        _ => None,
    })
}

/// What a damaged directory lacks that reading it does not show.
pub(in crate::state) fn lacks(connection: &Connection, directory: &Directory) -> Option<String> {
    let error = marked(connection, directory).and_then(|_| is_as_left(directory)).err()?;
    Some(match error {
        DataDirError::Incomplete { lost, .. } => lost,
        other => explain(&other),
    })
}

/// SQLite's own check, where no seal says more and it is cheap.
fn structure(connection: &Connection, directory: &Directory) -> Result<(), DataDirError> {
    let bytes = fs::metadata(directory.database()).map_or(u64::MAX, |found| found.len());
    if bytes > CHEAP_BYTES {
        return Ok(());
    }
    let faults = faults(connection).map_err(|error| directory.damaged(error.into()))?;
    match faults.first() {
        None => Ok(()),
        Some(fault) => Err(directory.incomplete(format!("state.db is damaged: {fault}"))),
    }
}

fn faults(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let found: Vec<String> = rows.collect::<Result<_, _>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// Reads everything in a data directory, changes nothing, and writes a line for each fault and one
/// for what is there. Whether it is whole.
///
/// # Errors
/// When the directory cannot be read at all, or `to` fails.
pub fn check(directory: &Path, to: &mut impl Write) -> Result<bool, DataDirError> {
    let directory = Directory::inspect(directory)?;
    let said = |error| directory.no_output(error);
    let mut connection = reading::open_to_inspect(&directory)?;
    let mut found: Vec<String> = Vec::new();
    match Mark::read(&connection) {
        Ok(Some((mark, _))) => {
            let at = moment(mark.at);
            writeln!(to, "the last commit here is number {} of {at}", mark.number).map_err(said)?;
        }
        Ok(None) => found.push("state.db has lost the number of its last commit".to_owned()),
        Err(error) => found.push(explain(&error)),
    }
    match marked(&connection, &directory).and_then(|mark| seal(&directory, &mark)) {
        Err(error) => found.push(explain(&error)),
        Ok(Some(seal))
            if Seal::of(directory.database_file())
                .map_err(|error| directory.unusable(error))?
                != seal =>
        {
            found.push("state.db is not as it was left in good order".to_owned());
        }
        Ok(_) => {}
    }
    match faults(&connection) {
        Ok(faults) => found.extend(faults),
        Err(error) => found.push(explain(&error)),
    }
    match load::load(&mut connection) {
        Err(error) => found.push(explain(&error)),
        Ok(restored) => {
            let certificates = bodies(&connection, &restored, &mut found);
            let cas = restored.authorities.len();
            writeln!(to, "CAs: {cas}, certificates: {certificates}").map_err(said)?;
        }
    }
    for fault in &found {
        writeln!(to, "fault: {fault}").map_err(said)?;
    }
    if found.is_empty() {
        writeln!(to, "whole").map_err(said)?;
    }
    Ok(found.is_empty())
}

/// How many certificates are whole.
fn bodies(connection: &Connection, restored: &Restored, found: &mut Vec<String>) -> usize {
    let mut whole = 0;
    for (&ca, authority) in &restored.authorities {
        for entry in authority.issued.range(0..authority.issued.len()) {
            let place = entry.place as usize;
            let fault = match load::bodies(connection, ca, place..place + 1) {
                Err(error) => explain(&error),
                Ok(read) => match read.first().map(|der| Certificate::parse_der(der)) {
                    Some(Ok(one)) if one.serial.to_array() == Some(entry.serial) => {
                        whole += 1;
                        continue;
                    }
                    _ => format!("certificate {:#x} is not what it should be", id(ca, entry.place)),
                },
            };
            found.push(fault);
        }
    }
    whole
}
