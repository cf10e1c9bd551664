//! How far a report was read: it is put down between two parts of the object, and taken up by the next
//! invocation.

use serde::{Deserialize, Serialize};

use crate::{
    audit_report::{Counter, Digests, Format, ReaderState, Record, ReportReader},
    ports::ObjectFacts,
};

/// What is kept of a report that is not read to its end, `state/audit-report/progress/…`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The object that was read. Another one is read from its beginning.
    pub(super) object: ObjectFacts,
    reader: ReaderState,
    counter: Counter,
    sha256: Vec<String>,
}

impl Checkpoint {
    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.reader.offset
    }
}

/// A report while it is read.
pub(super) struct Progress {
    pub(super) reader: ReportReader,
    pub(super) counter: Counter,
    pub(super) digests: Digests,
    /// Where the next byte stands in the object.
    at: u64,
}

impl Progress {
    pub(super) fn begin(format: Format, counter: Counter) -> Self {
        Self {
            reader: ReportReader::new(format),
            counter,
            digests: Digests::after(Vec::new()),
            at: 0,
        }
    }

    pub(super) fn resume(checkpoint: Checkpoint) -> Self {
        let Checkpoint { reader, counter, sha256, .. } = checkpoint;
        Self {
            at: reader.offset,
            reader: ReportReader::resume(reader),
            counter,
            digests: Digests::after(sha256),
        }
    }

    /// Between two parts only.
    pub(super) fn checkpoint(&self, object: &ObjectFacts) -> Checkpoint {
        Checkpoint {
            object: object.clone(),
            reader: self.reader.state().clone(),
            counter: self.counter.clone(),
            sha256: self.digests.done().to_vec(),
        }
    }

    /// The next byte that it needs.
    pub(super) fn from(&self) -> u64 {
        self.at
    }

    /// Reads the next bytes. `go_on` is asked between two parts; once it says no, the rest of the bytes
    /// is not read, and the answer is no.
    pub(super) fn push(&mut self, piece: &[u8], go_on: impl Fn() -> bool) -> bool {
        let mut piece = piece;
        while !piece.is_empty() {
            // A reader that was taken up begins with the last bytes of the part before.
            let digested = self.digests.done().len() as u64 * Digests::PART;
            let before = digested.saturating_sub(self.at);
            let most = if before > 0 { before } else { self.digests.wanted() };
            let now = piece.len().min(usize::try_from(most).unwrap_or(usize::MAX));
            let (bytes, rest) = piece.split_at(now);
            let Self { reader, counter, digests, at } = self;
            reader.push(bytes, &mut |record: &Record<'_>| counter.add(record));
            *at += now as u64;
            piece = rest;
            let is_whole = before == 0 && digests.add(bytes);
            if is_whole && !go_on() {
                return false;
            }
        }
        true
    }
}
