//! What an audit report of ACM PCA says, read while it arrives, record by record.
//!
//! A report can list a hundred million certificates, so the reader keeps none of it: it passes each
//! record to a [`Sink`] and drops it. It counts records that cannot be read, and names the first few.
//! Only an object that is not a report is an error.

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

/// The form of an audit report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header line.
    Csv,
    /// An array of objects.
    Json,
}

impl Format {
    /// The format by the end of the object's key, `.csv` or `.json`, as ACM PCA names reports.
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
    /// It has no bytes.
    #[error("the report is empty")]
    Empty,
    /// The CSV header lacks this column.
    #[error("the CSV header has no column {0:?}")]
    Header(&'static str),
    /// The CSV header is not text, or too long.
    #[error("the CSV header is longer than a record may be, or not text")]
    HeaderUnreadable,
    /// The JSON is not an array of objects.
    #[error("the JSON is not an array of records, at offset {offset}")]
    NotAnArray {
        /// Bytes from the beginning of the object.
        offset: u64,
    },
    /// It ends within a record, or before the end of the array.
    #[error("the report ends in the middle, at offset {offset}")]
    Truncated {
        /// Bytes from the beginning of the object.
        offset: u64,
    },
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BadRecord {
    /// Counted from 1; in CSV the header is line 1.
    pub number: u64,
    /// Where it begins.
    pub offset: u64,
    /// Why the record cannot be read, at most as long as a finding shows.
    pub why: String,
}

/// How many could not be read, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BadRecords {
    /// All of them.
    pub count: u64,
    /// The first ten.
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
    /// A reader of a report in this form.
    pub fn new(format: Format) -> Self {
        let format = match format {
            Format::Csv => Inner::Csv(CsvReader::default()),
            Format::Json => Inner::Json(JsonReader::default()),
        };
        Self { format, bad: BadRecords::default() }
    }

    /// Reads the next piece of the object, of any size.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if the object is not an audit report.
    pub fn push(&mut self, piece: &[u8], sink: &mut impl Sink) -> Result<(), ReportError> {
        match &mut self.format {
            Inner::Csv(reader) => reader.push(piece, &mut self.bad, sink),
            Inner::Json(reader) => reader.push(piece, &mut self.bad, sink),
        }
    }

    /// Ends the report, and returns the records that could not be read.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if the object ends within the report, or is none.
    pub fn finish(mut self, sink: &mut impl Sink) -> Result<BadRecords, ReportError> {
        match self.format {
            Inner::Csv(reader) => reader.finish(&mut self.bad, sink)?,
            Inner::Json(reader) => reader.finish()?,
        }
        Ok(self.bad)
    }
}

/// Reads a whole report that is in memory.
///
/// # Errors
///
/// [`ReportError`] if it is not an audit report.
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
