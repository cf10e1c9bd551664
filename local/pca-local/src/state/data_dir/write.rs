//! Changes as statements of SQL.

use std::{collections::HashMap, io, path::PathBuf};

use aws_lc_rs::digest;
use rusqlite::{Transaction, params};
use time::OffsetDateTime;

use super::watch::WatchError;
use crate::model::{
    change::Change,
    crl::Binding,
    issued_certificates::IssuedCertificate,
    record::{KeyRecord, Made, StateRecord},
};

/// What of a CA is in which table: its number, or a range of certificates.
const BY_CA: [&str; 5] = ["authority", "key", "unissued", "report", "issue_token"];
const BY_CERTIFICATE: [&str; 3] = ["certificate", "body", "revocation"];

#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("a record could not be encoded")]
    Encode(#[from] serde_json::Error),
    #[error("the database refused")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{} could not be written", .path.display())]
    Mark {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("restart pca-local: what it has open is not what is on disk")]
    Watch(#[from] WatchError),
}

pub(super) fn apply(
    to: &Transaction<'_>,
    names: &mut HashMap<String, i64>,
    change: Change,
) -> Result<(), WriteError> {
    match change {
        Change::Cleared => {
            for table in BY_CA.iter().chain(&BY_CERTIFICATE).chain(&["create_token"]) {
                to.execute(&format!("DELETE FROM {table}"), [])?;
            }
        }
        Change::ForgetTokens { ca: Some(ca), before } => {
            let sql = "DELETE FROM issue_token WHERE ca = ? AND at <= ?";
            to.execute(sql, [number(ca), millis(before)])?;
        }
        Change::ForgetTokens { ca: None, before } => {
            for table in ["issue_token", "create_token"] {
                to.execute(&format!("DELETE FROM {table} WHERE at <= ?"), [millis(before)])?;
            }
        }
        Change::Issued { ca, serial } => {
            let sql = "DELETE FROM unissued WHERE ca = ? AND serial = ?";
            to.prepare_cached(sql)?.execute(params![number(ca), serial])?;
        }
        Change::Put(record) => put(to, names, record)?,
        Change::Removed { ca } => {
            for table in BY_CA {
                to.execute(&format!("DELETE FROM {table} WHERE ca = ?"), [number(ca)])?;
            }
            for table in BY_CERTIFICATE {
                let sql = format!("DELETE FROM {table} WHERE id BETWEEN ? AND ?");
                to.execute(&sql, [id(ca, 0), id(ca, u32::MAX)])?;
            }
        }
        Change::Unlisted { ca, places } => {
            let mut statement =
                to.prepare_cached("UPDATE revocation SET is_listed = 0 WHERE id = ?")?;
            for place in places {
                statement.execute([id(ca, place)])?;
            }
        }
    }
    Ok(())
}

fn put(
    to: &Transaction<'_>,
    names: &mut HashMap<String, i64>,
    record: StateRecord,
) -> Result<(), WriteError> {
    match record {
        StateRecord::Authority(record) => {
            let sql = "INSERT OR REPLACE INTO authority VALUES (?, ?)";
            let text = serde_json::to_string(&record)?;
            to.prepare_cached(sql)?.execute(params![number(record.ca), text])?;
        }
        StateRecord::Certificate { ca, place, issued } => {
            put_certificate(to, names, id(ca, place), &issued)?;
        }
        StateRecord::Clock { mode } => {
            let text = serde_json::to_string(&mode)?;
            to.prepare_cached("INSERT OR REPLACE INTO clock VALUES (0, ?)")?.execute([text])?;
        }
        StateRecord::CreateToken { account, region, token, made: Made { arn, at } } => {
            let sql = "INSERT OR REPLACE INTO create_token VALUES (?, ?, ?, ?, ?)";
            let mut statement = to.prepare_cached(sql)?;
            statement.execute(params![account, region, token, arn, millis(at)])?;
        }
        StateRecord::IssueToken { ca, token, made: Made { arn, at } } => {
            let sql = "INSERT OR REPLACE INTO issue_token VALUES (?, ?, ?, ?)";
            let mut statement = to.prepare_cached(sql)?;
            statement.execute(params![number(ca), token, arn, millis(at)])?;
        }
        StateRecord::Key { ca, key: KeyRecord { pkcs8, csr } } => {
            let sql = "INSERT OR REPLACE INTO key VALUES (?, ?, ?)";
            to.prepare_cached(sql)?.execute(params![number(ca), pkcs8, csr])?;
        }
        StateRecord::Report { ca, id, report } => {
            let sql = "INSERT OR REPLACE INTO report VALUES (?, ?, ?)";
            let text = serde_json::to_string(&report)?;
            to.prepare_cached(sql)?.execute(params![number(ca), id, text])?;
        }
        StateRecord::Revocation { ca, place, revocation, is_listed } => {
            let sql = "INSERT OR REPLACE INTO revocation VALUES (?, ?, ?, ?)";
            let (at, reason) = (millis(revocation.at), revocation.reason as u8);
            to.prepare_cached(sql)?.execute(params![id(ca, place), at, reason, is_listed])?;
        }
        StateRecord::Unissued { ca, serial, unissued } => {
            let sql = "INSERT OR REPLACE INTO unissued VALUES (?, ?, ?)";
            let text = serde_json::to_string(&unissued)?;
            to.prepare_cached(sql)?.execute(params![number(ca), serial, text])?;
        }
    }
    Ok(())
}

fn put_certificate(
    to: &Transaction<'_>,
    names: &mut HashMap<String, i64>,
    id: i64,
    issued: &IssuedCertificate,
) -> Result<(), WriteError> {
    let partition = match issued.crl {
        Binding::Complete => None,
        Binding::Partition(number) => Some(number),
    };
    let (template, account) =
        (intern(to, names, &issued.template_arn)?, intern(to, names, &issued.account)?);
    let sql = "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    to.prepare_cached(sql)?.execute(params![
        id,
        issued.serial,
        millis(issued.not_before),
        millis(issued.not_after),
        millis(issued.issued_at),
        template,
        account,
        partition,
        issued.is_self_signed,
    ])?;
    let sql = "INSERT INTO body VALUES (?, ?, ?)";
    to.prepare_cached(sql)?.execute(params![id, issued.der, digest_of(&issued.der)])?;
    Ok(())
}

/// The number that stands for a name.
fn intern(
    to: &Transaction<'_>,
    names: &mut HashMap<String, i64>,
    name: &str,
) -> rusqlite::Result<i64> {
    if let Some(id) = names.get(name) {
        return Ok(*id);
    }
    to.execute("INSERT OR IGNORE INTO name (name) VALUES (?)", [name])?;
    let sql = "SELECT id FROM name WHERE name = ?";
    let id = to.query_row(sql, [name], |row| row.get(0))?;
    names.insert(name.to_owned(), id);
    Ok(id)
}

/// Eight octets of SHA-256: damage is found, and a certificate guards itself against forgery.
pub(super) fn digest_of(der: &[u8]) -> i64 {
    let digest = digest::digest(&digest::SHA256, der);
    let first = digest.as_ref().first_chunk().copied();
    i64::from_be_bytes(first.expect("SHA-256 has 32 octets"))
}

pub(super) fn id(ca: u64, place: u32) -> i64 {
    (number(ca) << 32) | i64::from(place)
}

fn number(ca: u64) -> i64 {
    i64::try_from(ca).expect("CAs are counted one by one")
}

pub(super) fn millis(at: OffsetDateTime) -> i64 {
    // The years that `time` has, 9999 at the latest, fit many times over.
    (at.unix_timestamp_nanos() / 1_000_000) as i64
}
