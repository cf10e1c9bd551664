//! Reads a report in pieces of any size, and goes on behind what it cannot read.
//!
//! A report is cut into steps: a record, a separator, something that cannot be read. Each step is a
//! function of the bytes from where it begins, and asks for more of them until it is certain. So the
//! pieces that a report arrives in make no difference, and a reader can be put down between any two
//! steps and taken up again.

use serde::{Deserialize, Serialize};

use super::{
    BadRecords, Format, MAX_RECORD, ReportError, Sink,
    csv::Csv,
    json::Json,
    progress::{Progress, Rest},
};

/// Takes a report in pieces of any size.
#[derive(Debug)]
pub struct ReportReader {
    state: ReaderState,
    /// The bytes behind `state`, which are not enough for the next step.
    pending: Vec<u8>,
    /// How many more bytes to wait for before the next attempt.
    wanted: usize,
}

/// Where a reader is, between two steps. It can be put down, and a reader taken up from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderState {
    /// Bytes that were read. Reading goes on with the next one.
    pub offset: u64,
    pub(super) progress: Progress,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    Csv(Csv),
    Json(Json),
}

/// How the reading of a report ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// All records, readable or not.
    pub records: u64,
    /// Those that could not be read.
    pub unreadable: BadRecords,
    /// Why the report is incomplete, apart from unreadable records, one sentence each.
    pub incomplete: Vec<String>,
    /// The bytes of the report.
    pub bytes: u64,
}

impl Ending {
    /// At least how many records of the report are not known; 0 if all of them are.
    pub fn lacks(&self) -> u64 {
        self.unreadable.count + self.incomplete.len() as u64
    }
}

/// The next attempt waits for at least so many bytes.
const MIN_WANTED: usize = 256;

impl ReportReader {
    /// A reader of a report in this form.
    pub fn new(format: Format) -> Self {
        let form = match format {
            Format::Csv => Form::Csv(Csv::default()),
            Format::Json => Form::Json(Json::default()),
        };
        Self::resume(ReaderState { offset: 0, progress: Progress::default(), form })
    }

    /// A reader that goes on at `state.offset`.
    pub fn resume(state: ReaderState) -> Self {
        Self { state, pending: Vec::new(), wanted: 0 }
    }

    /// Where the reader can be taken up again: before the bytes that it waits for more of.
    pub fn state(&self) -> &ReaderState {
        &self.state
    }

    /// Reads the next piece of the report, of any size.
    pub fn push(&mut self, piece: &[u8], sink: &mut impl Sink) {
        let mut piece = piece;
        while !piece.is_empty() {
            if self.pending.is_empty() {
                let used = self.state.steps(piece, false, sink);
                self.pending.extend_from_slice(&piece[used..]);
                self.wanted = wanted(self.pending.len());
                return;
            }
            let (had, more) = (self.pending.len(), piece.len().min(self.wanted));
            self.pending.extend_from_slice(&piece[..more]);
            self.wanted -= more;
            if self.wanted > 0 {
                return;
            }
            let used = self.state.steps(&self.pending, false, sink);
            match used.checked_sub(had) {
                // What is left is all in the piece.
                Some(of_piece) => {
                    self.pending.clear();
                    piece = &piece[of_piece..];
                }
                None => {
                    self.pending.drain(..used);
                    self.wanted = wanted(self.pending.len());
                    piece = &piece[more..];
                }
            }
        }
    }

    /// Ends the report.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if the object has no record at all, and is no empty report.
    pub fn finish(mut self, sink: &mut impl Sink) -> Result<Ending, ReportError> {
        let pending = std::mem::take(&mut self.pending);
        let used = self.state.steps(&pending, true, sink);
        debug_assert_eq!(used, pending.len(), "at the end every step is certain");
        let ReaderState { offset, mut progress, form } = self.state;
        if offset == 0 {
            return Err(ReportError::Empty);
        }
        progress.end_lost(offset);
        match form {
            Form::Csv(csv) => csv.finish(&mut progress),
            Form::Json(json) => json.finish(&mut progress),
        }
        let Progress { records, taken, bad, incomplete, .. } = progress;
        if taken == 0 && (bad.count > 0 || !incomplete.is_empty()) {
            let first = bad.first.into_iter().next().map(|bad| (bad.offset, bad.why));
            let (offset, why) = first
                .or_else(|| Some((offset, incomplete.into_iter().next()?)))
                .unwrap_or_default();
            return Err(ReportError::NoRecord { offset, why });
        }
        Ok(Ending { records, unreadable: bad, incomplete, bytes: offset })
    }
}

/// Half as many more again: each byte is read a few times at most, however small the pieces are.
fn wanted(pending: usize) -> usize {
    (pending / 2).clamp(MIN_WANTED, MAX_RECORD)
}

impl ReaderState {
    /// Takes as many steps as are certain, and tells how many bytes they used.
    fn steps(&mut self, bytes: &[u8], at_end: bool, sink: &mut impl Sink) -> usize {
        let mut used = 0;
        while used < bytes.len() {
            let rest = Rest { bytes: &bytes[used..], at_end, offset: self.offset };
            let step = match &mut self.form {
                Form::Csv(csv) => csv.step(rest, &mut self.progress, sink),
                Form::Json(json) => json.step(rest, &mut self.progress, sink),
            };
            let Some(step) = step else { break };
            used += step;
            self.offset += step as u64;
        }
        used
    }
}
