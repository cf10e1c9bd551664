//! Changes as statements of SQL.

use std::{collections::HashMap, io, path::PathBuf};

use rusqlite::{OptionalExtension as _, Transaction, params};
use time::OffsetDateTime;

use super::{digest, watch::WatchError};
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
            for place in places {
                unlist(to, id(ca, place))?;
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
            let sql = "INSERT OR REPLACE INTO authority VALUES (?, ?, ?)";
            let text = serde_json::to_string(&record)?;
            digest::insert(to.prepare_cached(sql)?, params![number(record.ca), text])?;
        }
        StateRecord::Certificate { ca, place, issued } => {
            put_certificate(to, names, id(ca, place), &issued)?;
        }
        StateRecord::Clock { mode } => {
            let text = serde_json::to_string(&mode)?;
            let sql = "INSERT OR REPLACE INTO clock VALUES (?, ?, ?)";
            digest::insert(to.prepare_cached(sql)?, params![0, text])?;
        }
        StateRecord::CreateToken { account, region, token, made: Made { arn, at } } => {
            let sql = "INSERT OR REPLACE INTO create_token VALUES (?, ?, ?, ?, ?, ?)";
            let values = params![account, region, token, arn, millis(at)];
            digest::insert(to.prepare_cached(sql)?, values)?;
        }
        StateRecord::IssueToken { ca, token, made: Made { arn, at } } => {
            let sql = "INSERT OR REPLACE INTO issue_token VALUES (?, ?, ?, ?, ?)";
            digest::insert(to.prepare_cached(sql)?, params![number(ca), token, arn, millis(at)])?;
        }
        StateRecord::Key { ca, key: KeyRecord { pkcs8, csr } } => {
            let sql = "INSERT OR REPLACE INTO key VALUES (?, ?, ?, ?)";
            digest::insert(to.prepare_cached(sql)?, params![number(ca), pkcs8, csr])?;
        }
        StateRecord::Report { ca, id, report } => {
            let sql = "INSERT OR REPLACE INTO report VALUES (?, ?, ?, ?)";
            let text = serde_json::to_string(&report)?;
            digest::insert(to.prepare_cached(sql)?, params![number(ca), id, text])?;
        }
        StateRecord::Revocation { ca, place, revocation, is_listed } => {
            put_revocation(
                to,
                id(ca, place),
                millis(revocation.at),
                revocation.reason as u8,
                is_listed,
            )?;
        }
        StateRecord::Unissued { ca, serial, unissued } => {
            let sql = "INSERT OR REPLACE INTO unissued VALUES (?, ?, ?, ?)";
            let text = serde_json::to_string(&unissued)?;
            digest::insert(to.prepare_cached(sql)?, params![number(ca), serial, text])?;
        }
    }
    Ok(())
}

fn put_revocation(
    to: &Transaction<'_>,
    id: i64,
    at: i64,
    reason: u8,
    is_listed: bool,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO revocation VALUES (?, ?, ?, ?, ?)";
    digest::insert(to.prepare_cached(sql)?, params![id, at, reason, is_listed])
}

/// The certificate has left the CRL.
fn unlist(to: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    let sql = "SELECT at, reason FROM revocation WHERE id = ?";
    let found =
        to.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map_or(Ok(()), |(at, reason)| put_revocation(to, id, at, reason, false))
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
    let sql = "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        id,
        issued.serial,
        millis(issued.not_before),
        millis(issued.not_after),
        millis(issued.issued_at),
        template,
        account,
        partition,
        issued.is_self_signed,
    ];
    digest::insert(to.prepare_cached(sql)?, values)?;
    let sql = "INSERT INTO body VALUES (?, ?, ?)";
    to.prepare_cached(sql)?.execute(params![id, issued.der, digest::of_der(&issued.der)])?;
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
    let sql = "SELECT id FROM name WHERE name = ?";
    let known = to.query_row(sql, [name], |row| row.get(0)).optional()?;
    let id = match known {
        Some(id) => id,
        None => {
            let next = "SELECT coalesce(max(id), 0) + 1 FROM name";
            let id: i64 = to.query_row(next, [], |row| row.get(0))?;
            let statement = to.prepare_cached("INSERT INTO name VALUES (?, ?, ?)")?;
            digest::insert(statement, params![id, name])?;
            id
        }
    };
    names.insert(name.to_owned(), id);
    Ok(id)
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
