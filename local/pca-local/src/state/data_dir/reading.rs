//! How a database is opened that may be damaged: nothing is written.

use std::{fmt::Write as _, os::unix::ffi::OsStrExt as _, path::Path};

use rusqlite::{Connection, OpenFlags, config::DbConfig, ffi::ErrorCode};

use super::{
    directory::{DataDirError, Directory},
    load::LoadError,
    schema::{APPLICATION_ID, FORMAT, is_of_today, is_so_old, not_ours, set},
};

/// A database of today's format.
pub(super) fn open_to_inspect(directory: &Directory) -> Result<Connection, DataDirError> {
    let (connection, header) = connect(directory)?;
    header.check(&connection, directory).map(|()| connection)
}

/// Also one whose header says something else than its tables, and what that is.
pub(in crate::state) fn open_to_salvage(
    directory: &Directory,
) -> Result<(Connection, Option<String>), DataDirError> {
    let (connection, header) = connect(directory)?;
    let Err(error) = header.check(&connection, directory) else { return Ok((connection, None)) };
    if !is_of_today(&connection).unwrap_or(false) {
        return Err(error);
    }
    let Header { application, format } = header;
    let says = format!(
        "the header of state.db says format {format} of the application {application:#x}, not {FORMAT} of \
         {APPLICATION_ID:#x}. If a newer pca-local has written it, what only that one knows is not saved"
    );
    Ok((connection, Some(says)))
}

/// What the database says of itself. No checksum is of it.
#[derive(Clone, Copy)]
struct Header {
    application: i64,
    format: i64,
}

impl Header {
    fn check(self, connection: &Connection, directory: &Directory) -> Result<(), DataDirError> {
        let Self { application, format } = self;
        if application != APPLICATION_ID {
            return Err(not_ours(connection, directory));
        }
        match format {
            FORMAT => Ok(()),
            newer if newer > FORMAT => Err(directory.newer(newer, FORMAT)),
            1.. => {
                is_so_old(connection, directory, format)?;
                Err(directory.older())
            }
            _ => Err(directory.incomplete(format!(
                "state.db says that it has the format {format}, which there never was"
            ))),
        }
    }
}

fn connect(directory: &Directory) -> Result<(Connection, Header), DataDirError> {
    // Without a log nothing is written, and nothing has to be: the directory may be read only.
    let connection =
        if directory.has_log() { open_with_log(directory)? } else { open_alone(directory)? };
    let pragma = |name: &str| -> Result<i64, DataDirError> {
        let read: rusqlite::Result<i64> =
            connection.pragma_query_value(None, name, |row| row.get(0));
        read.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => directory.cannot_be_opened(error),
            _ => directory.damaged(LoadError::from(error)),
        })
    };
    let header = Header { application: pragma("application_id")?, format: pragma("user_version")? };
    Ok((connection, header))
}

/// A path in a URI (RFC 3986 §2.1).
fn escaped(path: &Path) -> String {
    let is_plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"/-_.~".contains(octet);
    let octets = path.as_os_str().as_bytes().iter();
    octets.fold(String::new(), |mut text, octet| {
        if is_plain(octet) {
            text.push(char::from(*octet));
        } else {
            let _ = write!(text, "%{octet:02X}");
        }
        text
    })
}

/// The database without its log.
pub(super) fn open_alone(directory: &Directory) -> Result<Connection, DataDirError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{}?immutable=1", escaped(&directory.database()));
    Connection::open_with_flags(uri, flags).map_err(|error| directory.cannot_be_opened(error))
}

/// With an index of the log in memory, as the connection that writes has it: no file is written, and none
/// has to be. Where nothing may be written, SQLite cannot lock the file, and no other process can use the
/// directory.
fn open_with_log(directory: &Directory) -> Result<Connection, DataDirError> {
    let failed = |error| directory.cannot_be_opened(error);
    let path = directory.database();
    let may_write = std::fs::OpenOptions::new().write(true).open(&path).is_ok();
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if may_write {
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)
    } else {
        let flags = flags | OpenFlags::SQLITE_OPEN_READ_ONLY;
        Connection::open_with_flags_and_vfs(path, flags, c"unix-none")
    };
    let connection = connection.map_err(failed)?;
    set(&connection, "locking_mode", "exclusive").map_err(failed)?;
    let no_checkpoint = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(no_checkpoint, true).map_err(failed)?;
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    connection.pragma_update(None, "cache_size", -4096).map_err(failed)?;
    Ok(connection)
}
