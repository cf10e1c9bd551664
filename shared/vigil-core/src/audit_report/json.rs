//! The JSON form: one array of objects.
//!
//! An object is found by its braces alone and then parsed by itself. One that has lost a quote or a
//! brace would take the next ones along; but the opening of a record is never part of another one. In
//! JSON every quote inside a string is escaped, so `{"serial":"` cannot stand in a string.

use memchr::memchr;
use serde::{Deserialize, Serialize};

use super::{
    Fields, Form, MAX_RECORD, Sink,
    progress::{Progress, Rest},
};

mod members;
mod opening;
mod plain;
mod scan;

use members::damaged_name;
use opening::{Opening, opening};
use scan::{End, scan};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Json {
    position: ArrayPosition,
    /// Of the last element.
    number: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum ArrayPosition {
    #[default]
    BeforeArray,
    /// Before the first record, or before the end of an empty array.
    First,
    /// After a comma, or after what could not be read.
    Next,
    AfterRecord,
    AfterArray,
}

impl Json {
    /// How many bytes the next step uses; `None`: it needs more of them.
    pub(super) fn step(
        &mut self,
        rest: Rest<'_>,
        progress: &mut Progress,
        sink: &mut impl Sink,
    ) -> Option<usize> {
        if progress.is_lost() {
            return self.lost(rest, progress);
        }
        let bytes = rest.bytes;
        match rest.mark()? {
            0 => {}
            mark => return Some(mark),
        }
        match (self.position, bytes[0]) {
            (_, b' ' | b'\t' | b'\r' | b'\n') => Some(white_space(bytes)),
            (ArrayPosition::BeforeArray, b'[') => self.go(ArrayPosition::First),
            (ArrayPosition::AfterRecord, b',') => self.go(ArrayPosition::Next),
            (ArrayPosition::First | ArrayPosition::Next, b',') => {
                self.number += 1;
                progress.unreadable(self.number, rest.offset, 1, "a comma where a record belongs");
                self.go(ArrayPosition::Next)
            }
            (ArrayPosition::First | ArrayPosition::AfterRecord, b']') => {
                self.go(ArrayPosition::AfterArray)
            }
            (ArrayPosition::Next, b']') => {
                self.number += 1;
                let why = "the end of the array where a record belongs";
                progress.unreadable(self.number, rest.offset, 0, why);
                self.go(ArrayPosition::AfterArray)
            }
            _ => self.element(rest, progress, sink),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what a step returns")]
    fn go(&mut self, position: ArrayPosition) -> Option<usize> {
        self.position = position;
        Some(1)
    }

    fn element(
        &mut self,
        rest: Rest<'_>,
        progress: &mut Progress,
        sink: &mut impl Sink,
    ) -> Option<usize> {
        let is_object = rest.bytes[0] == b'{';
        if is_object && let Some(used) = self.plain_record(rest, progress, sink) {
            return Some(used);
        }
        let end = scan(rest.bytes, rest.at_end);
        if matches!(end, End::Unknown) {
            return None;
        }
        self.begin(rest, progress);
        let (number, offset) = (self.number, rest.offset);
        let mut bad = |at: usize, why: &str| progress.unreadable(number, offset, at, why);
        self.position = ArrayPosition::AfterRecord;
        match end {
            End::At(at) if is_object => {
                let object = &rest.bytes[..at];
                let record = match damaged_name(object) {
                    Some(why) => Err(why),
                    None => serde_json::from_slice(object)
                        .map_err(|error: serde_json::Error| error.to_string()),
                };
                progress.take(sink, record, (number, offset, at));
                Some(at)
            }
            End::At(at) => {
                bad(at, "it is no object");
                Some(at)
            }
            End::Broken(at) => {
                bad(at, "it has no end, and another record begins");
                self.go(ArrayPosition::Next);
                Some(at)
            }
            End::OfReport => {
                bad(rest.bytes.len(), "the report ends in the middle of it");
                Some(rest.bytes.len())
            }
            End::TooFar | End::Unknown => {
                progress.lose(number, offset);
                Some(MAX_RECORD)
            }
        }
    }

    /// The quick way, which gives what the slow one gives, or nothing.
    fn plain_record<S: Sink>(
        &mut self,
        rest: Rest<'_>,
        progress: &mut Progress,
        sink: &mut S,
    ) -> Option<usize> {
        let (texts, used) = plain::plain(rest.bytes)?;
        let fields = Fields { columns: &plain::columns(), fields: &texts };
        let record = S::Form::of_fields(&fields).ok()?;
        self.begin(rest, progress);
        self.position = ArrayPosition::AfterRecord;
        progress.take(sink, Ok(record), (self.number, rest.offset, used));
        Some(used)
    }

    /// Counts the element, and names what is wrong with its place.
    fn begin(&mut self, rest: Rest<'_>, progress: &mut Progress) {
        match self.position {
            ArrayPosition::BeforeArray => progress.incomplete("it does not begin as an array"),
            ArrayPosition::AfterArray => {
                progress.incomplete("it goes on after the end of its array")
            }
            ArrayPosition::AfterRecord => {
                self.number += 1;
                let why = "no comma and no record where one belongs";
                progress.unreadable(self.number, rest.offset, 0, why);
            }
            ArrayPosition::First | ArrayPosition::Next => {}
        }
        self.number += 1;
    }

    /// Goes on to the opening of a record.
    fn lost(&mut self, rest: Rest<'_>, progress: &mut Progress) -> Option<usize> {
        let mut from = 0;
        while let Some(at) = memchr(b'{', &rest.bytes[from..]).map(|at| from + at) {
            match opening(&rest.bytes[at..], rest.at_end) {
                Opening::Unknown if at == 0 => return None,
                Opening::Unknown => return Some(at),
                Opening::OfRecord | Opening::OfFields => {
                    progress.end_lost(rest.offset + at as u64);
                    self.position = ArrayPosition::Next;
                    // A step uses bytes, or else the next one is taken at once.
                    return Some(at);
                }
                Opening::None => from = at + 1,
            }
        }
        Some(rest.bytes.len())
    }

    pub(super) fn finish(self, progress: &mut Progress) {
        match self.position {
            ArrayPosition::AfterArray => {}
            ArrayPosition::BeforeArray => progress.incomplete("it does not begin as an array"),
            _ => progress.incomplete("it ends in the middle"),
        }
    }
}

fn white_space(bytes: &[u8]) -> usize {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len())
}
