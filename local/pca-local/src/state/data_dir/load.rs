//! The state as it is on disk, read at the start and after a commit that failed.

use std::{collections::HashMap, ops::Range};

use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;
use time::{Duration, OffsetDateTime};

use super::write::id;
use crate::{
    model::{
        crl::Binding,
        issued_certificates::{IssuedCertificate, Revocation},
        record::{KeyRecord, Made, StateRecord},
        record_error::RecordError,
    },
    state::restored::Restored,
    x509::crl::Reason,
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("a record in the table {table} cannot be understood")]
    Decode {
        table: &'static str,
        #[source]
        source: serde_json::Error,
    },
    #[error("the records do not go together")]
    StateRecord(#[from] RecordError),
    #[error("the database cannot be read")]
    Sqlite(#[from] rusqlite::Error),
    #[error("a row in the table {table} has a value that cannot be: {column} = {value}")]
    Value { table: &'static str, column: &'static str, value: i64 },
}

pub(super) fn load(from: &mut Connection) -> Result<Restored, LoadError> {
    let transaction = from.transaction()?;
    let mut restored = Restored { leaves_bodies: true, ..Restored::default() };
    each(&transaction, "clock", "mode", |row| {
        let mode = decode("clock", row, 0)?;
        Ok(restored.take(StateRecord::Clock { mode })?)
    })?;
    each(&transaction, "authority", "record", |row| {
        Ok(restored.take(StateRecord::Authority(decode("authority", row, 0)?))?)
    })?;
    each(&transaction, "key", "ca, pkcs8, csr", |row| {
        let key = KeyRecord { pkcs8: row.get(1)?, csr: row.get(2)? };
        Ok(restored.take(StateRecord::Key { ca: unsigned(row)?, key })?)
    })?;
    certificates(&transaction, &mut restored)?;
    each(&transaction, "revocation", "id, at, reason, is_listed", |row| {
        let (ca, place) = split(row.get(0)?);
        let (at, reason) = (instant("revocation", "at", row.get(1)?)?, row.get(2)?);
        let reason = Reason::from_code(reason)
            .ok_or_else(|| LoadError::value("revocation", "reason", reason.into()))?;
        let revocation = Revocation { at, reason };
        Ok(restored.take(StateRecord::Revocation {
            ca,
            place,
            revocation,
            is_listed: row.get(3)?,
        })?)
    })?;
    each(&transaction, "unissued", "ca, serial, record", |row| {
        let unissued = decode("unissued", row, 2)?;
        Ok(restored.take(StateRecord::Unissued {
            ca: unsigned(row)?,
            serial: row.get(1)?,
            unissued,
        })?)
    })?;
    each(&transaction, "report", "ca, id, record", |row| {
        let report = decode("report", row, 2)?;
        Ok(restored.take(StateRecord::Report { ca: unsigned(row)?, id: row.get(1)?, report })?)
    })?;
    tokens(&transaction, &mut restored)?;
    transaction.commit()?;
    Ok(restored.finish()?)
}

/// Hands over every row of a table, in the order of its first column, which begins its key.
fn each(
    from: &Connection,
    table: &str,
    columns: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let mut statement = from.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// Without their DER.
fn certificates(from: &Connection, restored: &mut Restored) -> Result<(), LoadError> {
    let mut names: HashMap<i64, String> = HashMap::new();
    each(from, "name", "id, name", |row| {
        names.insert(row.get(0)?, row.get(1)?);
        Ok(())
    })?;
    let name = |column, number: i64| {
        let name = names.get(&number).cloned();
        name.ok_or_else(|| LoadError::value("certificate", column, number))
    };
    let at = |column, millis| instant("certificate", column, millis);
    let columns = "id, serial, not_before, not_after, issued_at, template, account, partition, \
                   is_self_signed";
    each(from, "certificate", columns, |row| {
        let (ca, place) = split(row.get(0)?);
        let partition: Option<u32> = row.get(7)?;
        let issued = IssuedCertificate {
            der: Vec::new(),
            serial: row.get(1)?,
            not_before: at("not_before", row.get(2)?)?,
            not_after: at("not_after", row.get(3)?)?,
            issued_at: at("issued_at", row.get(4)?)?,
            template_arn: name("template", row.get(5)?)?,
            account: name("account", row.get(6)?)?,
            is_self_signed: row.get(8)?,
            crl: partition.map_or(Binding::Complete, Binding::Partition),
        };
        Ok(restored.take(StateRecord::Certificate { ca, place, issued })?)
    })
}

fn tokens(from: &Connection, restored: &mut Restored) -> Result<(), LoadError> {
    each(from, "issue_token", "ca, token, arn, at", |row| {
        let made = Made { arn: row.get(2)?, at: instant("issue_token", "at", row.get(3)?)? };
        Ok(restored.take(StateRecord::IssueToken {
            ca: unsigned(row)?,
            token: row.get(1)?,
            made,
        })?)
    })?;
    each(from, "create_token", "account, region, token, arn, at", |row| {
        let made = Made { arn: row.get(3)?, at: instant("create_token", "at", row.get(4)?)? };
        let (account, region, token) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(restored.take(StateRecord::CreateToken { account, region, token, made })?)
    })
}

/// The DER of some certificates of a CA.
pub(super) fn bodies(
    from: &Connection,
    ca: u64,
    places: Range<usize>,
) -> rusqlite::Result<Vec<Vec<u8>>> {
    let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let (first, end) = (id(ca, place(places.start)), id(ca, place(places.end)));
    let mut statement =
        from.prepare_cached("SELECT der FROM body WHERE id >= ? AND id < ? ORDER BY id")?;
    let bodies = statement.query_map(params![first, end], |row| row.get(0))?;
    bodies.collect()
}

fn split(id: i64) -> (u64, u32) {
    // The lower half is the place.
    ((id >> 32).unsigned_abs(), id as u32)
}

fn unsigned(row: &Row<'_>) -> rusqlite::Result<u64> {
    let ca: u32 = row.get(0)?;
    Ok(ca.into())
}

fn decode<T: DeserializeOwned>(
    table: &'static str,
    row: &Row<'_>,
    column: usize,
) -> Result<T, LoadError> {
    let text = row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?;
    serde_json::from_str(text).map_err(|source| LoadError::Decode { table, source })
}

fn instant(
    table: &'static str,
    column: &'static str,
    millis: i64,
) -> Result<OffsetDateTime, LoadError> {
    OffsetDateTime::UNIX_EPOCH
        .checked_add(Duration::milliseconds(millis))
        .ok_or_else(|| LoadError::value(table, column, millis))
}

impl LoadError {
    fn value(table: &'static str, column: &'static str, value: i64) -> Self {
        Self::Value { table, column, value }
    }
}
