//! Cuts the next record from the rest of a report, whatever that is.

use memchr::memchr;

use super::MAX_FIELDS;
use crate::audit_report::{MAX_RECORD, progress::Rest};

/// What the rest of a report begins with.
#[derive(Debug)]
pub(super) enum Cut {
    /// A line without anything.
    Empty { used: usize },
    /// A record, unquoted.
    Fields { used: usize, fields: Vec<Vec<u8>> },
    /// A line that is no record.
    Broken { used: usize, why: String },
    /// A line that is longer than a record may be.
    TooFar,
}

/// How the quotes of a record come out.
enum Walk {
    Fields {
        used: usize,
        fields: Vec<Vec<u8>>,
    },
    Misquoted,
    /// It has no end, as far as a record may be long.
    NoEnd,
    /// More bytes are needed to tell.
    Unknown,
}

/// `None`: more bytes are needed. `count`: how many fields a record has; a header may have any number.
pub(super) fn cut(rest: Rest<'_>, count: Option<usize>) -> Option<Cut> {
    let first = first_line(rest)?;
    match walk(rest) {
        Walk::Unknown => None,
        Walk::Fields { used, fields } if fields.len() == 1 && fields[0].is_empty() => {
            Some(Cut::Empty { used })
        }
        Walk::Fields { used, fields } => match count {
            Some(count) if fields.len() != count => {
                let why = format!("{} fields, where {count} belong", fields.len());
                // A quote that was lost has made one of several lines.
                Some(Cut::Broken { used: first.unwrap_or(used), why })
            }
            _ => Some(Cut::Fields { used, fields }),
        },
        Walk::Misquoted | Walk::NoEnd => Some(match first {
            Some(used) => Cut::Broken { used, why: "it is misquoted".to_owned() },
            None => Cut::TooFar,
        }),
    }
}

/// The bytes of the first line, with its end. `Some(None)`: it is too long.
#[expect(clippy::option_option, reason = "the outer one is whether there are enough bytes")]
fn first_line(rest: Rest<'_>) -> Option<Option<usize>> {
    let bytes = &rest.bytes[..rest.bytes.len().min(MAX_RECORD)];
    match memchr(b'\n', bytes) {
        Some(at) => Some(Some(at + 1)),
        None if rest.bytes.len() > MAX_RECORD => Some(None),
        None if rest.at_end => Some(Some(bytes.len())),
        None => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// At the beginning of a field.
    Begins,
    Bare,
    Quoted,
    /// After a quote inside a quoted field: its end, or half of a doubled one.
    QuoteSeen,
}

fn walk(rest: Rest<'_>) -> Walk {
    let bytes = &rest.bytes[..rest.bytes.len().min(MAX_RECORD)];
    let (mut fields, mut field) = (Vec::new(), Vec::new());
    let mut quoting = Quoting::Begins;
    for (at, &byte) in bytes.iter().enumerate() {
        let is_outside = quoting != Quoting::Quoted;
        match byte {
            b'\n' if is_outside => {
                return ended(at + 1, fields, field, quoting);
            }
            b',' if is_outside => {
                fields.push(std::mem::take(&mut field));
                quoting = Quoting::Begins;
                if fields.len() >= MAX_FIELDS {
                    return Walk::Misquoted;
                }
            }
            b'"' => match quoting {
                Quoting::Begins => quoting = Quoting::Quoted,
                Quoting::Quoted => quoting = Quoting::QuoteSeen,
                Quoting::QuoteSeen => {
                    field.push(byte);
                    quoting = Quoting::Quoted;
                }
                Quoting::Bare => return Walk::Misquoted,
            },
            b'\r' if is_outside => match bytes.get(at + 1) {
                Some(b'\n') => {}
                None if rest.at_end && rest.bytes.len() == bytes.len() => {}
                None if rest.bytes.len() < MAX_RECORD => return Walk::Unknown,
                _ => return Walk::Misquoted,
            },
            _ if quoting == Quoting::QuoteSeen => return Walk::Misquoted,
            _ => {
                field.push(byte);
                if quoting == Quoting::Begins {
                    quoting = Quoting::Bare;
                }
            }
        }
    }
    if rest.bytes.len() > MAX_RECORD {
        Walk::NoEnd
    } else if rest.at_end {
        ended(bytes.len(), fields, field, quoting)
    } else {
        Walk::Unknown
    }
}

fn ended(used: usize, mut fields: Vec<Vec<u8>>, field: Vec<u8>, quoting: Quoting) -> Walk {
    if quoting == Quoting::Quoted {
        return Walk::Misquoted;
    }
    fields.push(field);
    Walk::Fields { used, fields }
}
