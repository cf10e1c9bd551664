//! The state as it is on disk, read at the start and after a commit that failed.

use std::{collections::HashMap, ops::Range};

use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;
use time::{Duration, OffsetDateTime};

use super::{digest, error::StorageError, write::id};
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
    #[error(
        "row {key} of the table {table} is not what was written: its digest is another one. If you changed \
         it yourself, set its digest to NULL"
    )]
    Changed { table: &'static str, key: String },
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

/// Template ARNs and accounts by their numbers.
pub(in crate::state) type Names = HashMap<i64, String>;

/// A table, and how a row of it becomes a record.
pub(in crate::state) struct Table {
    pub(in crate::state) name: &'static str,
    columns: &'static str,
    /// How many of the columns, from the first one on, are its key.
    keys: usize,
    record: fn(&Names, &Row<'_>) -> Result<StateRecord, LoadError>,
}

/// In the order in which records go together: what belongs to a CA comes after it.
pub(in crate::state) const TABLES: [Table; 9] = [
    Table {
        name: "clock",
        columns: "id, mode",
        keys: 1,
        record: |_, row| Ok(StateRecord::Clock { mode: decode("clock", row, 1)? }),
    },
    Table {
        name: "authority",
        columns: "ca, record",
        keys: 1,
        record: |_, row| Ok(StateRecord::Authority(decode("authority", row, 1)?)),
    },
    Table {
        name: "key",
        columns: "ca, pkcs8, csr",
        keys: 1,
        record: |_, row| {
            let key = KeyRecord { pkcs8: row.get(1)?, csr: row.get(2)? };
            Ok(StateRecord::Key { ca: unsigned(row)?, key })
        },
    },
    Table {
        name: "certificate",
        columns: "id, serial, not_before, not_after, issued_at, template, account, partition, \
                  is_self_signed",
        keys: 1,
        record: certificate,
    },
    Table {
        name: "revocation",
        columns: "id, at, reason, is_listed",
        keys: 1,
        record: |_, row| {
            let (ca, place) = split(row.get(0)?);
            let (at, reason) = (instant("revocation", "at", row.get(1)?)?, row.get(2)?);
            let reason = Reason::from_code(reason)
                .ok_or_else(|| LoadError::value("revocation", "reason", reason.into()))?;
            let revocation = Revocation { at, reason };
            Ok(StateRecord::Revocation { ca, place, revocation, is_listed: row.get(3)? })
        },
    },
    Table {
        name: "unissued",
        columns: "ca, serial, record",
        keys: 2,
        record: |_, row| {
            let unissued = decode("unissued", row, 2)?;
            Ok(StateRecord::Unissued { ca: unsigned(row)?, serial: row.get(1)?, unissued })
        },
    },
    Table {
        name: "report",
        columns: "ca, id, record",
        keys: 2,
        record: |_, row| {
            let report = decode("report", row, 2)?;
            Ok(StateRecord::Report { ca: unsigned(row)?, id: row.get(1)?, report })
        },
    },
    Table {
        name: "issue_token",
        columns: "ca, token, arn, at",
        keys: 2,
        record: |_, row| {
            let made = Made { arn: row.get(2)?, at: instant("issue_token", "at", row.get(3)?)? };
            Ok(StateRecord::IssueToken { ca: unsigned(row)?, token: row.get(1)?, made })
        },
    },
    Table {
        name: "create_token",
        columns: "account, region, token, arn, at",
        keys: 3,
        record: |_, row| {
            let made = Made { arn: row.get(3)?, at: instant("create_token", "at", row.get(4)?)? };
            let (account, region, token) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(StateRecord::CreateToken { account, region, token, made })
        },
    },
];

pub(in crate::state) fn load(from: &mut Connection) -> Result<Restored, LoadError> {
    let transaction = from.transaction()?;
    let restored = read(&transaction)?;
    transaction.commit()?;
    Ok(restored)
}

/// Within a transaction.
pub(super) fn read(from: &Connection) -> Result<Restored, LoadError> {
    let mut restored = Restored { leaves_bodies: true, ..Restored::default() };
    let names = names(from)?;
    for table in &TABLES {
        table.each(from, "ASC", |row| Ok(restored.take(table.record(&names, row)?)?))?;
    }
    Ok(restored.finish()?)
}

impl Table {
    /// Hands over every row, in the order of its first column, which begins its key.
    pub(in crate::state) fn each(
        &self,
        from: &Connection,
        order: &str,
        mut take: impl FnMut(&Row<'_>) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        let Self { columns, name, .. } = self;
        let sql = format!("SELECT {columns}, digest FROM {name} ORDER BY 1 {order}");
        let mut statement = from.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    /// What a row of this table says, if it is as it was written.
    pub(in crate::state) fn record(
        &self,
        names: &Names,
        row: &Row<'_>,
    ) -> Result<StateRecord, LoadError> {
        if digest::is_whole(row)? {
            return self.unverified(names, row);
        }
        Err(LoadError::Changed { table: self.name, key: self.key_of(row)? })
    }

    /// What it says, as it was written or not.
    pub(in crate::state) fn unverified(
        &self,
        names: &Names,
        row: &Row<'_>,
    ) -> Result<StateRecord, LoadError> {
        (self.record)(names, row)
    }

    /// What identifies a row.
    pub(in crate::state) fn key_of(&self, row: &Row<'_>) -> Result<String, LoadError> {
        let parts: Result<Vec<String>, rusqlite::Error> =
            (0..self.keys).map(|column| Ok(format!("{:?}", row.get_ref(column)?))).collect();
        Ok(parts?.join(" "))
    }
}

pub(in crate::state) fn names(from: &Connection) -> Result<Names, LoadError> {
    let mut statement = from.prepare("SELECT id, name, digest FROM name")?;
    let mut rows = statement.query([])?;
    let mut names = Names::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if !digest::is_whole(row)? {
            return Err(LoadError::Changed { table: "name", key: id.to_string() });
        }
        names.insert(id, row.get(1)?);
    }
    Ok(names)
}

/// Without its DER.
fn certificate(names: &Names, row: &Row<'_>) -> Result<StateRecord, LoadError> {
    let name = |column, number: i64| {
        let name = names.get(&number).cloned();
        name.ok_or_else(|| LoadError::value("certificate", column, number))
    };
    let at = |column, millis| instant("certificate", column, millis);
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
    Ok(StateRecord::Certificate { ca, place, issued })
}

/// The DER of some certificates of a CA: of all of them, and as they were written.
pub(in crate::state) fn bodies(
    from: &Connection,
    ca: u64,
    places: Range<usize>,
) -> Result<Vec<Vec<u8>>, StorageError> {
    let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let (first, end) = (id(ca, place(places.start)), id(ca, place(places.end)));
    let mut statement = from
        .prepare_cached("SELECT id, der, digest FROM body WHERE id >= ? AND id < ? ORDER BY id")?;
    let mut rows = statement.query(params![first, end])?;
    let mut bodies = Vec::with_capacity(places.len());
    for wanted in places {
        let wanted = place(wanted);
        let missing = StorageError::Missing { ca, place: wanted };
        let Some(row) = rows.next()? else { return Err(missing) };
        if split(row.get(0)?).1 != wanted {
            return Err(missing);
        }
        bodies.push(body(row).map_err(|error| error.of(ca, wanted))?);
    }
    Ok(bodies)
}

/// The second and third column: a DER and its digest. Older formats have written none.
pub(in crate::state) fn body(row: &Row<'_>) -> Result<Vec<u8>, BodyError> {
    let der: Vec<u8> = row.get(1)?;
    let digest: Option<i64> = row.get(2)?;
    let is_whole = digest.is_none_or(|digest| digest == digest::of_der(&der));
    if is_whole { Ok(der) } else { Err(BodyError::Damaged) }
}

#[derive(Debug, thiserror::Error)]
pub(in crate::state) enum BodyError {
    #[error("its digest is another one")]
    Damaged,
    #[error("it cannot be read")]
    Sqlite(#[from] rusqlite::Error),
}

impl BodyError {
    fn of(self, ca: u64, place: u32) -> StorageError {
        match self {
            Self::Damaged => StorageError::Damaged { ca, place },
            Self::Sqlite(error) => StorageError::Read(error),
        }
    }
}

pub(in crate::state) fn split(id: i64) -> (u64, u32) {
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
