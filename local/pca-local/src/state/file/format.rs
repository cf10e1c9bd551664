//! The form of an exported state, and why one is not taken.
//!
//! The first line says what it is: `{"pca-local-state": 2}`. The last one counts the records and has
//! the SHA-256 of all lines before it, so that a file that was cut is known. Private keys are in it.

use std::{collections::BTreeMap, io::Write};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use crate::{
    model::{error::explain, record::StateRecord},
    state::data_dir::{DataDirError, StorageError},
    x509::key::KeyError,
};

/// Counts the forms of the file. One that older versions would misread is a new one.
pub(super) const VERSION: u32 = 2;

/// The last line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    #[serde(rename = "pca-local-end")]
    pub(super) end: Totals,
}

/// What has been written or read so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Totals {
    /// Records of each kind.
    pub(super) records: BTreeMap<String, u64>,
    pub(super) sha256: String,
}

/// Counts lines on their way.
pub(super) struct Tally {
    records: BTreeMap<String, u64>,
    context: digest::Context,
}

impl Default for Tally {
    fn default() -> Self {
        let context = digest::Context::new(&digest::SHA256);
        Self { records: BTreeMap::new(), context }
    }
}

impl Tally {
    /// A line with its end; `record` if it is one.
    pub(super) fn add(&mut self, line: &[u8], record: Option<&StateRecord>) {
        self.context.update(line);
        if let Some(record) = record {
            *self.records.entry(record.kind().to_owned()).or_default() += 1;
        }
    }

    pub(super) fn totals(&self) -> Totals {
        let digest = self.context.clone().finish();
        Totals { records: self.records.clone(), sha256: hex::encode(digest.as_ref()) }
    }

    /// What a file has whose last line is not there.
    pub(super) fn count(&self) -> String {
        let counts: Vec<String> =
            self.records.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if counts.is_empty() { "no records".to_owned() } else { counts.join(", ") }
    }
}

impl Totals {
    /// Why a file with these totals is not the one that ends with `self`.
    pub(super) fn contradicts(&self, found: &Self) -> Option<String> {
        let none = 0;
        let kinds = self.records.keys().chain(found.records.keys());
        for kind in kinds {
            let wanted = self.records.get(kind).unwrap_or(&none);
            let there = found.records.get(kind).unwrap_or(&none);
            if wanted != there {
                return Some(format!("{there} records of kind {kind} are there, not {wanted}"));
            }
        }
        (self.sha256 != found.sha256).then(|| "its lines are not those that were written".into())
    }
}

/// Records on their way into a file.
pub(crate) struct Writing<W> {
    to: W,
    tally: Tally,
}

impl<W: Write> Writing<W> {
    pub(crate) fn new(to: W) -> Result<Self, StateError> {
        let mut writing = Self { to, tally: Tally::default() };
        writing.line(&Head { pca_local_state: VERSION }, None)?;
        Ok(writing)
    }

    pub(crate) fn record(&mut self, record: &StateRecord) -> Result<(), StateError> {
        self.line(record, Some(record))
    }

    /// The last line: whatever comes before it, is all.
    pub(crate) fn end(mut self) -> Result<W, StateError> {
        let end = End { end: self.tally.totals() };
        self.line(&end, None)?;
        self.to.flush()?;
        Ok(self.to)
    }

    pub(super) fn out(&mut self) -> &mut W {
        &mut self.to
    }

    fn line(
        &mut self,
        line: &impl Serialize,
        record: Option<&StateRecord>,
    ) -> Result<(), StateError> {
        let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        text.push(b'\n');
        self.tally.add(&text, record);
        Ok(self.to.write_all(&text)?)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Head {
    pub(super) pca_local_state: u32,
}

/// Why a state cannot be exported or imported.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum StateError {
    #[error("line {line} is not a record of a pca-local state")]
    NotARecord {
        line: usize,
        #[source]
        source: Reason,
    },
    #[error("the state was cut in line {line}: export it anew, or copy the whole file")]
    CutInLine { line: usize },
    #[error("the state is not as it was exported: {what}")]
    NotAsExported { what: &'static str },
    #[error("the first line of a pca-local state is {{\"pca-local-state\": {VERSION}}}")]
    NotAState,
    #[error(
        "the state was written by a newer pca-local (version {found}; this one knows {VERSION})"
    )]
    Newer { found: u32 },
    #[error("line {line} cannot be taken in")]
    Refused {
        line: usize,
        #[source]
        source: Reason,
    },
    #[error(
        "the state was written by an older pca-local (version {found}), whose files do not know their \
         end: export it anew with this one"
    )]
    Older { found: u32 },
    #[error("the state was cut: after line {lines} its last record is missing (so far: {found})")]
    Cut { lines: usize, found: String },
    #[error("the state is not whole: {why}")]
    Altered { why: String },
    #[error("line {line} comes after the last record of the state")]
    AfterEnd { line: usize },
    #[error("the data directory cannot be read")]
    DataDir(#[from] DataDirError),
    #[error("the records do not make up a state")]
    Incomplete(#[source] Reason),
    #[error("line {line} is longer than any of a state: this is another file")]
    LongLine { line: usize },
    #[error("the state cannot be read or written")]
    Io(#[from] std::io::Error),
    #[error("a key of the state cannot be written")]
    Key(#[source] Reason),
    #[error("the state is not in the data directory")]
    Storage(#[source] Reason),
}

/// Why, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Reason(pub(super) String);

impl Reason {
    pub(super) fn of(error: &dyn std::error::Error) -> Self {
        Self(explain(error))
    }

    /// The same, where an error may quote a line that is long.
    pub(super) fn short(error: &dyn std::error::Error) -> Self {
        const MOST: usize = 200;
        let text = explain(error);
        if text.chars().count() <= MOST {
            return Self(text);
        }
        Self(text.chars().take(MOST).chain(['…']).collect())
    }
}

impl From<StorageError> for StateError {
    fn from(error: StorageError) -> Self {
        Self::Storage(Reason::of(&error))
    }
}

impl From<KeyError> for StateError {
    fn from(error: KeyError) -> Self {
        Self::Key(Reason::of(&error))
    }
}
