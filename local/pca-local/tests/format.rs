//! Directories of older formats are taken over with all that they have. Format 1 knew no marks and no
//! digests; format 2 has digests of certificates alone, and format 3 other ones of the rest.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod model;
mod process;

use std::{fs, path::Path};

use model::Model;
use process::{Random, Server, Sink, copy, run};
use rusqlite::{Connection, config::DbConfig};

/// As that pca-local made it, read from the repository's history.
const TABLES: &str = include_str!("fixtures/format-1.sql");
/// The tables with a checksum for each row, in the column `digest`.
const WITH_CHECKSUM: [&str; 10] = [
    "authority",
    "certificate",
    "clock",
    "create_token",
    "issue_token",
    "key",
    "name",
    "report",
    "revocation",
    "unissued",
];
/// "PCAL".
const APPLICATION_ID: i64 = 0x5043_414c;

/// A directory of format 1 with the rows of one of today. As that pca-local left it at every stop, most
/// of it is in the log.
fn downgraded(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::write(to.join("lock"), "").unwrap();
    let old = Connection::open(to.join("state.db")).unwrap();
    old.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    old.execute_batch("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0").unwrap();
    old.execute_batch(TABLES).unwrap();
    old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute("ATTACH ? AS today", [from.join("state.db").to_str().unwrap()]).unwrap();
    let tables: Vec<String> = old
        .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(tables.len(), 11);
    for table in tables {
        let columns = "SELECT group_concat(name) FROM pragma_table_info(?, 'main')";
        let columns: String = old.query_row(columns, [&table], |row| row.get(0)).unwrap();
        let copy = format!("INSERT INTO main.{table} SELECT {columns} FROM today.{table}");
        old.execute_batch(&copy).unwrap();
    }
}

#[test]
fn a_directory_of_format_1_is_taken_over_with_everything() {
    is_taken_over(|today, old| {
        downgraded(today, old);
        assert!(fs::metadata(old.join("state.db-wal")).unwrap().len() > 50_000);
    });
}

#[test]
fn a_directory_of_format_2_is_taken_over_with_everything() {
    is_taken_over(|today, old| {
        copy(today, old, &["state.db", "lock"]);
        let old = Connection::open(old.join("state.db")).unwrap();
        for table in WITH_CHECKSUM {
            old.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN digest")).unwrap();
        }
        old.execute_batch("ALTER TABLE mark DROP COLUMN base").unwrap();
        old.pragma_update(None, "user_version", 2).unwrap();
    });
}

#[test]
fn a_directory_of_format_3_is_taken_over_with_everything() {
    is_taken_over(|today, old| {
        copy(today, old, &["state.db", "lock"]);
        let old = Connection::open(old.join("state.db")).unwrap();
        for table in WITH_CHECKSUM {
            old.execute_batch(&format!("UPDATE {table} SET digest = 3")).unwrap();
        }
        old.execute_batch("ALTER TABLE mark DROP COLUMN base").unwrap();
        old.pragma_update(None, "user_version", 3).unwrap();
    });
}

#[test]
fn a_directory_of_format_4_is_taken_over_with_everything() {
    is_taken_over(|today, old| {
        copy(today, old, &["state.db", "lock"]);
        let old = Connection::open(old.join("state.db")).unwrap();
        old.execute_batch("ALTER TABLE mark DROP COLUMN base").unwrap();
        old.pragma_update(None, "user_version", 4).unwrap();
    });
}

#[test]
fn a_damaged_directory_of_an_older_format_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (today, old) = (folder.path().join("today"), folder.path().join("old"));
    let server = Server::start(&today, &Sink::start());
    server.active_root("Root");
    assert_eq!(server.stop("TERM"), Some(0));
    downgraded(&today, &old);
    let damaged = Connection::open(old.join("state.db")).unwrap();
    damaged.execute("UPDATE authority SET record = substr(record, 1, 40)", []).unwrap();
    drop(damaged);
    let error = pca_local::PcaLocal::builder().open(&old).err().unwrap();
    assert!(error.to_string().contains("is damaged"), "{error}");
    let found = Connection::open(old.join("state.db")).unwrap();
    let format: i64 = found.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(format, 1);
}

fn is_taken_over(downgrade: impl FnOnce(&Path, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    let (today, old) = (folder.path().join("today"), folder.path().join("old"));
    let (sink, mut random) = (Sink::start(), Random::new(7));
    let server = Server::start(&today, &sink);
    let mut model = Model::begin(&server);
    for _ in 0..30 {
        model.step(&server, &mut random).unwrap();
    }
    assert_eq!(server.stop("TERM"), Some(0));
    downgrade(&today, &old);

    // What changes nothing says so, and changes nothing.
    let path = old.to_str().unwrap();
    for command in ["check", "salvage"] {
        let (code, _, said) = run(&[command, path], b"");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("older") && said.contains(path), "{said}");
    }
    let server = Server::start(&old, &sink);
    for _ in 0..10 {
        model.step(&server, &mut random).unwrap();
    }
    server.kill();
    model.accept(&model::read(&old).unwrap()).unwrap();
    let (code, said, error) = run(&["check", path], b"");
    assert_eq!((code, error.as_str()), (Some(0), ""), "{}", String::from_utf8_lossy(&said));
}
