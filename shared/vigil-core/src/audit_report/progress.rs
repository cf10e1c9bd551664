//! What the readers of both forms work with: the bytes that are left, and what was counted so far.

use serde::{Deserialize, Serialize};

use super::{BadRecords, MAX_RECORD, Sink};

/// The bytes from the beginning of a step, and whether they are all that there are.
#[derive(Clone, Copy)]
pub(super) struct Rest<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at_end: bool,
    /// Where they begin in the report.
    pub(super) offset: u64,
}

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Rest<'_> {
    /// The length of the byte order mark that some tools put before a report, if it is here; `None`: more
    /// bytes are needed to tell.
    pub(super) fn mark(self) -> Option<usize> {
        if self.offset > 0 {
            return Some(0);
        }
        let length = BYTE_ORDER_MARK.len();
        if self.bytes.starts_with(BYTE_ORDER_MARK) {
            Some(length)
        } else if BYTE_ORDER_MARK.starts_with(self.bytes) && !self.at_end {
            None
        } else {
            Some(0)
        }
    }
}

/// What is counted while a report is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// All records, readable or not.
    pub(super) records: u64,
    /// Those that were passed on.
    pub(super) taken: u64,
    pub(super) bad: BadRecords,
    /// Why the report is incomplete, each reason once.
    pub(super) incomplete: Vec<String>,
    /// Behind the beginning of a record without an end: where it begins, and its number.
    lost: Option<(u64, u64)>,
}

impl Progress {
    /// Passes a record on, or counts it as unreadable.
    pub(super) fn take<S: Sink>(
        &mut self,
        sink: &mut S,
        record: Result<S::Form<'_>, String>,
        (number, offset, bytes): (u64, u64, usize),
    ) {
        self.records += 1;
        match record {
            Ok(record) => {
                self.taken += 1;
                sink.take(&record);
            }
            Err(why) => self.bad.add(number, offset, bytes as u64, why),
        }
    }

    /// Counts what cannot be read.
    pub(super) fn unreadable(&mut self, number: u64, offset: u64, bytes: usize, why: &str) {
        self.records += 1;
        self.bad.add(number, offset, bytes as u64, why);
    }

    pub(super) fn incomplete(&mut self, why: &str) {
        if !self.incomplete.iter().any(|known| known == why) {
            self.incomplete.push(why.to_owned());
        }
    }

    /// A record has no end as far as a record may be long: what follows is lost up to a place where
    /// reading can go on.
    pub(super) fn lose(&mut self, number: u64, offset: u64) {
        self.lost = Some((number, offset));
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    pub(super) fn end_lost(&mut self, offset: u64) {
        if let Some((number, from)) = self.lost.take() {
            self.records += 1;
            let why = format!("it has no end within {MAX_RECORD} bytes");
            self.bad.add(number, from, offset - from, why);
        }
    }
}
