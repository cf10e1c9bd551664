//! The database in a data directory: its tables, its format, and how it is opened.

use rusqlite::{Connection, OpenFlags, config::DbConfig, ffi::ErrorCode, types::Value};

use super::{
    directory::{DataDirError, Directory},
    load::{self, LoadError},
    mark::Mark,
    sealed,
};

/// "PCAL", so that another program's database is not taken for ours.
pub(super) const APPLICATION_ID: i64 = 0x5043_414c;
/// Counts the formats. A change that older versions cannot read is a new format.
pub(super) const FORMAT: i64 = 5;

/// Certificates are split: what is needed of each at the start is scanned without their DER. A
/// certificate's `id` is the CA's number times 2^32 plus its place in the order of issuance, so
/// that certificates are only ever appended. Times are milliseconds since 1970. Each row ends with its digest (`digest.rs`).
const TABLES: &str = "
CREATE TABLE clock (
  id INTEGER PRIMARY KEY CHECK (id = 0), mode TEXT NOT NULL, digest INTEGER
) STRICT;
CREATE TABLE authority (ca INTEGER PRIMARY KEY, record TEXT NOT NULL, digest INTEGER) STRICT;
CREATE TABLE key (
  ca INTEGER PRIMARY KEY, pkcs8 BLOB NOT NULL, csr BLOB NOT NULL, digest INTEGER
) STRICT;
CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, digest INTEGER) STRICT;
CREATE TABLE certificate (
  id INTEGER PRIMARY KEY, serial BLOB NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, issued_at INTEGER NOT NULL,
  template INTEGER NOT NULL, account INTEGER NOT NULL,
  partition INTEGER, is_self_signed INTEGER NOT NULL, digest INTEGER
) STRICT;
CREATE TABLE body (id INTEGER PRIMARY KEY, der BLOB NOT NULL, digest INTEGER) STRICT;
CREATE TABLE revocation (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, reason INTEGER NOT NULL, is_listed INTEGER NOT NULL,
  digest INTEGER
) STRICT;
CREATE TABLE unissued (
  ca INTEGER NOT NULL, serial BLOB NOT NULL, record TEXT NOT NULL, digest INTEGER,
  PRIMARY KEY (ca, serial)
) STRICT, WITHOUT ROWID;
CREATE TABLE report (
  ca INTEGER NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, digest INTEGER,
  PRIMARY KEY (ca, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE issue_token (
  ca INTEGER NOT NULL, token TEXT NOT NULL, arn TEXT NOT NULL, at INTEGER NOT NULL,
  digest INTEGER,
  PRIMARY KEY (ca, token)
) STRICT, WITHOUT ROWID;
CREATE TABLE create_token (
  account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, arn TEXT NOT NULL,
  at INTEGER NOT NULL, digest INTEGER,
  PRIMARY KEY (account, region, token)
) STRICT, WITHOUT ROWID;
";

/// The last commit (`mark.rs`): format 2.
const MARK: &str = "
CREATE TABLE mark (
  id INTEGER PRIMARY KEY CHECK (id = 0), state TEXT NOT NULL, number INTEGER NOT NULL,
  token TEXT NOT NULL, at INTEGER NOT NULL, is_open INTEGER NOT NULL,
  base INTEGER NOT NULL DEFAULT 0
) STRICT;
";

/// What ties a log to its database: format 5. `state.db` has it before the first commit after that.
const BASE: &str = "ALTER TABLE mark ADD COLUMN base INTEGER NOT NULL DEFAULT 0;";

/// A digest of the DER of each certificate from here on: also format 2.
const BODY_DIGEST: &str = "ALTER TABLE body ADD COLUMN digest INTEGER;";

/// A checksum of each other row from here on: format 3, with SHA-256.
const ROW_DIGESTS: &str = "
ALTER TABLE clock ADD COLUMN digest INTEGER;
ALTER TABLE authority ADD COLUMN digest INTEGER;
ALTER TABLE key ADD COLUMN digest INTEGER;
ALTER TABLE name ADD COLUMN digest INTEGER;
ALTER TABLE certificate ADD COLUMN digest INTEGER;
ALTER TABLE revocation ADD COLUMN digest INTEGER;
ALTER TABLE unissued ADD COLUMN digest INTEGER;
ALTER TABLE report ADD COLUMN digest INTEGER;
ALTER TABLE issue_token ADD COLUMN digest INTEGER;
ALTER TABLE create_token ADD COLUMN digest INTEGER;
";

/// CRC-64 in place of SHA-256: format 4. What is there is taken as it is.
const FORGET_ROW_DIGESTS: &str = "
UPDATE clock SET digest = NULL;
UPDATE authority SET digest = NULL;
UPDATE key SET digest = NULL;
UPDATE name SET digest = NULL;
UPDATE certificate SET digest = NULL;
UPDATE revocation SET digest = NULL;
UPDATE unissued SET digest = NULL;
UPDATE report SET digest = NULL;
UPDATE issue_token SET digest = NULL;
UPDATE create_token SET digest = NULL;
";

/// The connection that reads and writes, while no other does: SQLite then keeps the log's index in its
/// own memory and not in a file that it maps ("Use of WAL Without Shared-Memory"). A file that is new is
/// given its tables.
pub(in crate::state) fn open(directory: &Directory) -> Result<Connection, DataDirError> {
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => directory.not_ours(),
        Some(ErrorCode::DatabaseCorrupt) => directory.damaged(error.into()),
        _ => directory.cannot_be_opened(error),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(directory.database(), flags).map_err(failed)?;
    // Before anything is read: the first access decides where the index is.
    set(&connection, "locking_mode", "exclusive").map_err(failed)?;
    let pragma = |name: &str| -> rusqlite::Result<i64> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let (application, format) =
        (pragma("application_id").map_err(failed)?, pragma("user_version").map_err(failed)?);
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    let is_new = application == 0 && format == 0 && tables == 0;
    if !is_new && application != APPLICATION_ID {
        return Err(not_ours(&connection, directory));
    }
    if format > FORMAT {
        return Err(directory.newer(format, FORMAT));
    }
    if is_new {
        directory.may_be_new()?;
    } else if format < 1 {
        let why = format!("state.db says that it has the format {format}, which there never was");
        return Err(directory.incomplete(why));
    } else if format < FORMAT {
        // Taking it over changes it, and with it what the seal is of.
        sealed::is_as_left(directory)?;
        is_so_old(&connection, directory, format)?;
        rehearse(&mut connection, format).map_err(|error| directory.damaged(error))?;
    }
    let taken_over = !is_new && format < FORMAT;
    configure(&mut connection, if is_new { None } else { Some(format) }).map_err(|error| {
        let was_run = error.sqlite_error_code() == Some(ErrorCode::Unknown);
        if taken_over && was_run { directory.damaged(error.into()) } else { failed(error) }
    })?;
    directory.remove_index()?;
    directory.begun()?;
    Ok(connection)
}

/// A commit is on disk when it has returned: the log is synchronised with each (`FULL`, and on
/// macOS `fullfsync`). Pages of the database itself are written from time to time.
fn configure(connection: &mut Connection, format: Option<i64>) -> rusqlite::Result<()> {
    // Until the directory is closed in good order: what is refused stays as it was found.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    set(connection, "journal_mode", "wal")?;
    set(connection, "synchronous", "2")?;
    set(connection, "fullfsync", "1")?;
    // The writing thread does it, so that nothing else is known to write to the database.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.set_prepared_statement_cache_capacity(64);
    if format == Some(FORMAT) {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    bring_up(&transaction, format)?;
    transaction.commit()
}

/// Makes the tables of today from none, or from those of an older format.
fn bring_up(transaction: &Connection, format: Option<i64>) -> rusqlite::Result<()> {
    match format {
        None => {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        Some(1) => transaction.execute_batch(&[BODY_DIGEST, ROW_DIGESTS].concat())?,
        Some(2) => transaction.execute_batch(&[ROW_DIGESTS, BASE].concat())?,
        Some(3) => transaction.execute_batch(&[FORGET_ROW_DIGESTS, BASE].concat())?,
        Some(_) => transaction.execute_batch(BASE)?,
    }
    if matches!(format, None | Some(1)) {
        transaction.execute_batch(MARK)?;
        Mark::first().write(transaction, false)?;
    }
    write_format(transaction)
}

/// Whether a directory that is damaged could be read once it is taken over: it stays as it was found.
fn rehearse(connection: &mut Connection, format: i64) -> Result<(), LoadError> {
    let transaction = connection.transaction()?;
    bring_up(&transaction, Some(format))?;
    load::read(&transaction).map(|_| ())
}

/// An older format forgets checks. A header that says so is not believed where the tables are newer.
pub(super) fn is_so_old(
    connection: &Connection,
    directory: &Directory,
    format: i64,
) -> Result<(), DataDirError> {
    if !is_of_today(connection).map_err(|error| directory.damaged(error.into()))? {
        return Ok(());
    }
    Err(directory.incomplete(format!(
        "state.db says that it has the format {format}, and has what came with format {FORMAT}: its header \
         was damaged or changed"
    )))
}

/// A header that names another program is not believed either where the tables are ours.
pub(super) fn not_ours(connection: &Connection, directory: &Directory) -> DataDirError {
    if !is_of_today(connection).unwrap_or(false) {
        return directory.not_ours();
    }
    directory.incomplete(
        "state.db says that it is of another program, and has the tables of pca-local: its header was \
         damaged or changed"
            .to_owned(),
    )
}

/// By what came with the last format, whatever the header says.
pub(super) fn is_of_today(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM pragma_table_info('mark') WHERE name = 'base'";
    connection.query_row(sql, [], |row| Ok(row.get::<_, i64>(0)? > 0))
}

/// Sets a pragma, and sees that it is set: SQLite answers a refusal with the value that stays.
pub(super) fn set(connection: &Connection, pragma: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute_batch(&format!("PRAGMA {pragma} = {value}"))?;
    let found: Value = connection.pragma_query_value(None, pragma, |row| row.get(0))?;
    let found = match found {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        _ => String::new(),
    };
    if found == value {
        return Ok(());
    }
    let refused = format!("SQLite keeps {pragma} at {found}, not {value}");
    Err(rusqlite::Error::ToSqlConversionFailure(refused.into()))
}

/// Takes the log into the database, as far as `mode` does (SQLite, "PRAGMA wal_checkpoint"). Whether
/// all of it was.
pub(in crate::state) fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<bool> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    connection.query_row(&sql, [], |row| {
        let (busy, in_log, taken): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(busy == 0 && in_log == taken)
    })
}

/// The last connection that closes may remove the log.
pub(in crate::state) fn may_remove_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map(|_| ())
}

/// Also the least that can be written, to see whether anything can.
pub(in crate::state) fn write_format(to: &Connection) -> rusqlite::Result<()> {
    to.pragma_update(None, "user_version", FORMAT)
}
