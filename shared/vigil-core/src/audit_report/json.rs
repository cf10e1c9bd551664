//! The JSON form: one array of objects, cut into its objects as the bytes arrive.
//!
//! An object is found by its braces alone and then parsed by itself, so that one which is broken
//! inside does not end the report.

use memchr::memchr2;

use super::{BadRecords, MAX_RECORD, ReportError, Sink};

#[derive(Default)]
pub(super) struct JsonReader {
    position: JsonPosition,
    offset: u64,
    number: u64,
    /// The record so far, no longer than it may be.
    record: Vec<u8>,
    record_offset: u64,
    depth: u32,
    in_string: bool,
    escaped: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum JsonPosition {
    #[default]
    BeforeArray,
    /// Before the first record, or before the end of an empty array.
    First,
    /// After a comma.
    Next,
    InRecord,
    AfterRecord,
    AfterArray,
}

impl JsonReader {
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        bad: &mut BadRecords,
        sink: &mut impl Sink,
    ) -> Result<(), ReportError> {
        let mut piece = piece;
        while let Some((&byte, rest)) = piece.split_first() {
            if self.position == JsonPosition::InRecord {
                let used = self.in_record(piece, bad, sink);
                self.offset += used as u64;
                piece = &piece[used..];
            } else {
                self.byte(byte)?;
                self.offset += 1;
                piece = rest;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), ReportError> {
        match self.position {
            JsonPosition::AfterArray => Ok(()),
            JsonPosition::BeforeArray if self.offset == 0 => Err(ReportError::Empty),
            _ => Err(ReportError::Truncated { offset: self.offset }),
        }
    }

    fn byte(&mut self, byte: u8) -> Result<(), ReportError> {
        self.position = match (self.position, byte) {
            (position, b' ' | b'\t' | b'\r' | b'\n') => position,
            (JsonPosition::BeforeArray, b'[') => JsonPosition::First,
            (JsonPosition::First | JsonPosition::Next, b'{') => {
                self.begin();
                JsonPosition::InRecord
            }
            (JsonPosition::First | JsonPosition::AfterRecord, b']') => JsonPosition::AfterArray,
            (JsonPosition::AfterRecord, b',') => JsonPosition::Next,
            _ => return Err(ReportError::NotAnArray { offset: self.offset }),
        };
        Ok(())
    }

    fn begin(&mut self) {
        self.number += 1;
        self.record_offset = self.offset;
        self.record.clear();
        self.record.push(b'{');
        self.depth = 1;
        self.in_string = false;
        self.escaped = false;
    }

    /// Goes to the next byte that means something, and returns how many were used.
    fn in_record(&mut self, piece: &[u8], bad: &mut BadRecords, sink: &mut impl Sink) -> usize {
        if std::mem::take(&mut self.escaped) {
            self.keep(&piece[..1]);
            return 1;
        }
        let next = if self.in_string {
            memchr2(b'"', b'\\', piece)
        } else {
            piece.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))
        };
        let Some(at) = next else {
            self.keep(piece);
            return piece.len();
        };
        self.keep(&piece[..=at]);
        match piece[at] {
            b'\\' => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            _ => self.depth -= 1,
        }
        if self.depth == 0 {
            self.position = JsonPosition::AfterRecord;
            self.end(bad, sink);
        }
        at + 1
    }

    /// One byte more than a record may have shows that it is too long.
    fn keep(&mut self, bytes: &[u8]) {
        let room = (MAX_RECORD + 1).saturating_sub(self.record.len());
        self.record.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end<S: Sink>(&mut self, bad: &mut BadRecords, sink: &mut S) {
        if self.record.len() > MAX_RECORD {
            let why = format!("the record is longer than {MAX_RECORD} bytes");
            return bad.add(self.number, self.record_offset, why);
        }
        match serde_json::from_slice::<S::Form<'_>>(&self.record) {
            Ok(record) => sink.take(&record),
            Err(error) => bad.add(self.number, self.record_offset, error.to_string()),
        }
    }
}
