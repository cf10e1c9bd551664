//! Where an element of the array ends.

use memchr::memchr2;

use super::opening::{Opening, opening};
use crate::audit_report::MAX_RECORD;

/// The end of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It has so many bytes.
    At(usize),
    /// After so many bytes another record opens.
    Broken(usize),
    /// The report ends first.
    OfReport,
    /// It is longer than a record may be.
    TooFar,
    /// More bytes are needed to tell.
    Unknown,
}

/// `bytes` begins with the element's first byte.
pub(super) fn scan(bytes: &[u8], at_end: bool) -> End {
    let limit = bytes.len().min(MAX_RECORD);
    let (mut depth, mut at) = (0_u32, 0);
    while at < limit {
        match bytes[at] {
            b'"' => match string(bytes, at + 1, at_end) {
                String::Closed(next) => {
                    at = next;
                    continue;
                }
                String::Ends(end) => return end,
            },
            b'{' if at > 0 => match record(bytes, at, depth, at_end) {
                Opening::OfRecord | Opening::OfFields => return End::Broken(at),
                Opening::Unknown => return End::Unknown,
                Opening::None if depth == 0 => return End::At(at),
                Opening::None => depth += 1,
            },
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return End::At(at + 1);
                }
            }
            b']' | b',' if depth == 0 && at > 0 => return End::At(at),
            _ => {}
        }
        at += 1;
    }
    without_end(bytes, at_end)
}

fn without_end(bytes: &[u8], at_end: bool) -> End {
    if bytes.len() >= MAX_RECORD {
        End::TooFar
    } else if at_end {
        End::OfReport
    } else {
        End::Unknown
    }
}

enum String {
    /// It is behind us.
    Closed(usize),
    /// The element ends in it.
    Ends(End),
}

/// A string, from behind its first quote. One that has lost a quote ends at the next one: that of the
/// first member of the next record, whose brace then stands at its end.
fn string(bytes: &[u8], start: usize, at_end: bool) -> String {
    let limit = bytes.len().min(MAX_RECORD);
    let mut from = start;
    loop {
        let found = bytes.get(from..limit).and_then(|rest| memchr2(b'"', b'\\', rest));
        let Some(at) = found.map(|at| from + at) else {
            return String::Ends(without_end(bytes, at_end));
        };
        if bytes[at] == b'\\' {
            from = at + 2;
            continue;
        }
        let Some(brace) = last_brace(&bytes[start..at]) else { return String::Closed(at + 1) };
        return match opening(&bytes[start + brace..], at_end) {
            Opening::OfRecord | Opening::OfFields => String::Ends(End::Broken(start + brace)),
            Opening::Unknown => String::Ends(End::Unknown),
            Opening::None => String::Closed(at + 1),
        };
    }
}

/// Where an opening brace is the last byte, white space aside.
fn last_brace(text: &[u8]) -> Option<usize> {
    let at = text.iter().rposition(|byte| !byte.is_ascii_whitespace())?;
    (text[at] == b'{').then_some(at)
}

/// What the brace inside of an element opens. In an object an object follows a colon; in what is
/// nested deeper it can stand elsewhere.
fn record(bytes: &[u8], at: usize, depth: u32, at_end: bool) -> Opening {
    let before = bytes[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace());
    if depth == 1 && bytes[0] == b'{' && before != Some(&b':') {
        return Opening::OfRecord;
    }
    match opening(&bytes[at..], at_end) {
        Opening::OfFields => Opening::None,
        other => other,
    }
}
