//! Digests beside what is stored. SQLite has no checksums of its own: a value that a disk has changed
//! reads as any other.

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};
use rusqlite::{
    CachedStatement, Row, ToSql,
    types::{ToSqlOutput, ValueRef},
};

/// Of a certificate's DER.
pub(super) fn of_der(der: &[u8]) -> i64 {
    first_octets(&digest(&SHA256, der))
}

/// Runs a statement whose parameters are a row, and after them the row's digest.
pub(super) fn insert(
    mut statement: CachedStatement<'_>,
    values: &[&dyn ToSql],
) -> rusqlite::Result<()> {
    let outputs = values.iter().map(|value| value.to_sql()).collect::<Result<Vec<_>, _>>()?;
    let digest = of_values(outputs.iter().map(|output| match output {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => value.into(),
        other => unreachable!("rows have values of SQLite's own types, not {other:?}"),
    }));
    let mut values = values.to_vec();
    values.push(&digest);
    statement.execute(values.as_slice())?;
    Ok(())
}

/// Whether a row is as it was written. Its last column is its digest; older formats have written none.
pub(super) fn is_whole(row: &Row<'_>) -> rusqlite::Result<bool> {
    let last = row.as_ref().column_count() - 1;
    let Some(written) = row.get::<_, Option<i64>>(last)? else { return Ok(true) };
    let values = (0..last).map(|column| row.get_ref(column)).collect::<Result<Vec<_>, _>>()?;
    Ok(of_values(values.into_iter()) == written)
}

/// Each value with its type and length, so that no octet can pass from one column to the next.
fn of_values<'a>(values: impl Iterator<Item = ValueRef<'a>>) -> i64 {
    let mut context = Context::new(&SHA256);
    for value in values {
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
        context.update(&[kind]);
        context.update(&(octets.len() as u64).to_be_bytes());
        context.update(octets);
    }
    first_octets(&context.finish())
}

/// Eight octets of SHA-256 find damage. Against forgery a certificate guards itself.
fn first_octets(digest: &Digest) -> i64 {
    let first = digest.as_ref().first_chunk().copied();
    i64::from_be_bytes(first.expect("SHA-256 has 32 octets"))
}
