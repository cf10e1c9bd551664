//! What an audit report of ACM PCA says, read while it arrives, record by record.
//!
//! A report can list a hundred million certificates, so none of it is kept: a record is handed on
//! and forgotten. A record that cannot be read is counted, and the first few are named; only a
//! report that is not one is an error.

use time::OffsetDateTime;

mod brief;
mod csv;
mod fields;
mod json;
mod lines;
mod newest;
mod record;
mod summary;

pub use brief::{Brief, Serial};
pub use fields::{Fields, Form, Sink};
pub use lines::{Lines, NotPlain};
pub use newest::Newest;
pub use record::Record;
pub use summary::{Concern, Summary};

use csv::CsvReader;
use json::JsonReader;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

impl Format {
    /// The service names a report's object by its format.
    pub fn of_key(key: &str) -> Option<Self> {
        match key.rsplit('.').next() {
            Some("csv") => Some(Self::Csv),
            Some("json") => Some(Self::Json),
            _ => None,
        }
    }
}

/// The object is not an audit report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    #[error("the report is empty")]
    Empty,
    #[error("the CSV header has no column {0:?}")]
    Header(&'static str),
    #[error("the CSV header is longer than a record may be, or not text")]
    HeaderUnreadable,
    #[error("the JSON is not an array of records, at offset {offset}")]
    NotAnArray { offset: u64 },
    #[error("the report ends in the middle, at offset {offset}")]
    Truncated { offset: u64 },
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadRecord {
    /// Counted from 1; in CSV the header is line 1.
    pub number: u64,
    /// Where it begins.
    pub offset: u64,
    pub why: String,
}

/// How many could not be read, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct BadRecords {
    pub count: u64,
    pub first: Vec<BadRecord>,
}

const NAMED: usize = 10;

impl BadRecords {
    fn add(&mut self, number: u64, offset: u64, why: impl Into<String>) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(BadRecord { number, offset, why: shown(&why.into()) });
        }
    }
}

/// What of a text goes into summaries and findings, whatever the report holds.
fn shown(text: &str) -> String {
    text.chars().take(256).collect()
}

/// Far more than any record that the service writes.
const MAX_RECORD: usize = 64 * 1024;

/// Takes a report in pieces of any size.
pub struct ReportReader {
    format: Inner,
    bad: BadRecords,
}

enum Inner {
    Csv(CsvReader),
    Json(JsonReader),
}

impl ReportReader {
    pub fn new(format: Format) -> Self {
        let format = match format {
            Format::Csv => Inner::Csv(CsvReader::default()),
            Format::Json => Inner::Json(JsonReader::default()),
        };
        Self { format, bad: BadRecords::default() }
    }

    pub fn push(&mut self, piece: &[u8], sink: &mut impl Sink) -> Result<(), ReportError> {
        match &mut self.format {
            Inner::Csv(reader) => reader.push(piece, &mut self.bad, sink),
            Inner::Json(reader) => reader.push(piece, &mut self.bad, sink),
        }
    }

    /// The object is over.
    pub fn finish(mut self, sink: &mut impl Sink) -> Result<BadRecords, ReportError> {
        match self.format {
            Inner::Csv(reader) => reader.finish(&mut self.bad, sink)?,
            Inner::Json(reader) => reader.finish()?,
        }
        Ok(self.bad)
    }
}

/// Reads a report that is all there.
pub fn summarise(
    report: &[u8],
    format: Format,
    as_of: OffsetDateTime,
    ca_not_after: Option<OffsetDateTime>,
) -> Result<Summary, ReportError> {
    let mut summary = Summary::new(as_of, ca_not_after);
    let mut reader = ReportReader::new(format);
    let mut add = |record: &Record<'_>| summary.add(record);
    reader.push(report, &mut add)?;
    let bad = reader.finish(&mut add)?;
    summary.unreadable = bad;
    Ok(summary)
}

#[cfg(test)]
mod tests;
