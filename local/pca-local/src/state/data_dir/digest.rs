//! Checksums beside what is stored. SQLite has none of its own: a value that a disk has changed
//! reads as any other.

use aws_lc_rs::digest::{SHA256, digest};
use crc_fast::{CrcAlgorithm, checksum};
use rusqlite::{
    CachedStatement, Row, ToSql,
    types::{ToSqlOutput, ValueRef},
};

/// Of a certificate's DER: eight octets of SHA-256, as since format 2.
pub(super) fn of_der(der: &[u8]) -> i64 {
    let digest = digest(&SHA256, der);
    let first = digest.as_ref().first_chunk().copied();
    i64::from_be_bytes(first.expect("SHA-256 has 32 octets"))
}

/// Runs a statement whose parameters are a row, and after them the row's checksum.
pub(super) fn insert(
    mut statement: CachedStatement<'_>,
    values: &[&dyn ToSql],
) -> rusqlite::Result<()> {
    let mut written = Written::default();
    for value in values {
        match value.to_sql()? {
            ToSqlOutput::Borrowed(value) => written.add(value),
            ToSqlOutput::Owned(value) => written.add((&value).into()),
            other => unreachable!("rows have values of SQLite's own types, not {other:?}"),
        }
    }
    let checksum = written.checksum();
    let mut values = values.to_vec();
    values.push(&checksum);
    statement.execute(values.as_slice())?;
    Ok(())
}

/// Whether a row is as it was written. Its last column is its checksum; older formats have written
/// none.
pub(super) fn is_whole(row: &Row<'_>) -> rusqlite::Result<bool> {
    let last = row.as_ref().column_count() - 1;
    let Some(expected) = row.get::<_, Option<i64>>(last)? else { return Ok(true) };
    let mut written = Written::default();
    for column in 0..last {
        written.add(row.get_ref(column)?);
    }
    Ok(written.checksum() == expected)
}

/// The values of a row, each with its type and length, so that no octet can pass from one column to
/// the next.
struct Written(Vec<u8>);

impl Default for Written {
    fn default() -> Self {
        // Most rows are certificates, which take 190 octets.
        Self(Vec::with_capacity(256))
    }
}

impl Written {
    fn add(&mut self, value: ValueRef<'_>) {
        let number;
        let (kind, octets): (u8, &[u8]) = match value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(value) => {
                number = value.to_be_bytes();
                (1, &number)
            }
            ValueRef::Real(value) => {
                number = value.to_be_bytes();
                (2, &number)
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
        };
        self.0.push(kind);
        self.0.extend((octets.len() as u64).to_be_bytes());
        self.0.extend(octets);
    }

    /// CRC-64/NVME, which finds every error within 64 bits in a row, and others but for one in 2^64. It
    /// takes a tenth of the time of a SHA-256. Against forgery a certificate guards itself.
    fn checksum(&self) -> i64 {
        checksum(CrcAlgorithm::Crc64Nvme, &self.0).cast_signed()
    }
}
