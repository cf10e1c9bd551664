//! The JSON form: one array of objects, cut into its objects as the bytes arrive.
//!
//! An object is found by its braces alone and then parsed by itself, so that one which is broken
//! inside does not end the report.

use super::{BadRecords, MAX_RECORD, Record, ReportError};

#[derive(Default)]
pub(super) struct JsonReader {
    place: Place,
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
enum Place {
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
        sink: &mut impl FnMut(&Record),
    ) -> Result<(), ReportError> {
        for &byte in piece {
            self.byte(byte, bad, sink)?;
            self.offset += 1;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), ReportError> {
        match self.place {
            Place::AfterArray => Ok(()),
            Place::BeforeArray if self.offset == 0 => Err(ReportError::Empty),
            _ => Err(ReportError::Truncated { offset: self.offset }),
        }
    }

    fn byte(
        &mut self,
        byte: u8,
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record),
    ) -> Result<(), ReportError> {
        if self.place == Place::InRecord {
            self.in_record(byte, bad, sink);
            return Ok(());
        }
        self.place = match (self.place, byte) {
            (place, b' ' | b'\t' | b'\r' | b'\n') => place,
            (Place::BeforeArray, b'[') => Place::First,
            (Place::First | Place::Next, b'{') => {
                self.begin();
                Place::InRecord
            }
            (Place::First | Place::AfterRecord, b']') => Place::AfterArray,
            (Place::AfterRecord, b',') => Place::Next,
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

    fn in_record(&mut self, byte: u8, bad: &mut BadRecords, sink: &mut impl FnMut(&Record)) {
        if self.record.len() <= MAX_RECORD {
            self.record.push(byte);
        }
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        if self.depth == 0 {
            self.place = Place::AfterRecord;
            self.end(bad, sink);
        }
    }

    fn end(&mut self, bad: &mut BadRecords, sink: &mut impl FnMut(&Record)) {
        if self.record.len() > MAX_RECORD {
            let why = format!("the record is longer than {MAX_RECORD} bytes");
            return bad.add(self.number, self.record_offset, why);
        }
        match serde_json::from_slice(&self.record) {
            Ok(record) => sink(&record),
            Err(error) => bad.add(self.number, self.record_offset, error.to_string()),
        }
    }
}
