//! What an audit report of ACM PCA says, read while it arrives, record by record.
//!
//! A report can list a hundred million certificates, so the reader keeps none of it: it passes each
//! record to a [`Sink`] and drops it. It counts records that cannot be read, names the first few, and
//! reads on behind them. Only an object that has no record at all is an error.

mod brief;
mod csv;
mod digests;
mod fields;
mod json;
mod lines;
mod newest;
mod progress;
mod reader;
mod record;
mod summary;

pub use brief::{Brief, Serial};
pub use digests::Digests;
pub use fields::{Fields, Form, Sink};
pub use lines::{Lines, NotPlain};
pub use newest::Newest;
pub use reader::{Ending, ReaderState, ReportReader};
pub use record::Record;
pub use summary::{
    Apart, Basis, Compared, Concern, Counter, Days, Document, EndingWithin, Fingerprint, FirstSeen,
    HourCount, Hours, Impossible, Input, MAX_DAYS, Moment, Months, Named, RecentHours, SCHEMA,
    SETTLED, Succeeding, Successors, Summary, Tally, Timeline, ValidityCount,
};

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

/// The object is not an audit report: it has no record at all, and is no empty report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It has no bytes.
    #[error("the report is empty")]
    Empty,
    /// Nothing in it is a record.
    #[error("nothing in the report is a record; at offset {offset}: {why}")]
    NoRecord {
        /// Bytes from the beginning of the object.
        offset: u64,
        /// The first that cannot be read.
        why: String,
    },
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BadRecord {
    /// Counted from 1; in CSV the header is line 1.
    pub number: u64,
    /// Where it begins.
    pub offset: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// Why the record cannot be read, at most as long as a finding shows.
    pub why: String,
}

/// How many could not be read, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BadRecords {
    /// All of them.
    pub count: u64,
    /// The bytes of all of them.
    pub bytes: u64,
    /// The first ten.
    pub first: Vec<BadRecord>,
}

const NAMED: usize = 10;

impl BadRecords {
    fn add(&mut self, number: u64, offset: u64, bytes: u64, why: impl Into<String>) {
        self.count += 1;
        self.bytes += bytes;
        if self.first.len() < NAMED {
            self.first.push(BadRecord { number, offset, bytes, why: shown(&why.into()) });
        }
    }
}

/// What of a text goes into summaries and findings, whatever the report holds.
fn shown(text: &str) -> String {
    text.chars().take(256).collect()
}

/// Far more than any record that the service writes.
const MAX_RECORD: usize = 64 * 1024;

/// Reads a whole report that is in memory.
///
/// # Errors
///
/// [`ReportError`] if it is not an audit report.
pub fn summarise(report: &[u8], format: Format, basis: Basis<'_>) -> Result<Summary, ReportError> {
    let mut counter = Counter::new(basis).indexed();
    let mut reader = ReportReader::new(format);
    let mut add = |record: &Record<'_>| counter.add(record);
    reader.push(report, &mut add);
    let ending = reader.finish(&mut add)?;
    Ok(counter.finish(ending))
}

#[cfg(test)]
mod tests;
