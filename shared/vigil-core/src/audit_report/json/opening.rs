//! How a record of the JSON form opens.

use super::white_space;

/// What an opening brace is the beginning of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// `{"awsAccountId":"`: the service writes this field first. A record, wherever it stands.
    OfRecord,
    /// An object whose first member is another field of a record, and a text.
    OfFields,
    /// Something else.
    None,
    /// More bytes are needed to tell.
    Unknown,
}

/// How many bytes from the brace are read: white space between tokens is rarely a byte.
const LOOK_AHEAD: usize = 128;

const FIRST: &[u8] = b"awsAccountId";
const OTHERS: [&[u8]; 11] = [
    b"Subject",
    b"certificateArn",
    b"issuedAt",
    b"notAfter",
    b"notBefore",
    b"requestedByServicePrincipal",
    b"revocationReason",
    b"revokedAt",
    b"serial",
    b"subject",
    b"templateArn",
];

/// Why there is no name.
enum Missing {
    Bytes,
    Token,
}

/// `bytes` begins with the brace.
pub(super) fn opening(bytes: &[u8], at_end: bool) -> Opening {
    let seen = &bytes[..bytes.len().min(LOOK_AHEAD)];
    match first_member(seen) {
        Ok(name) if name == FIRST => Opening::OfRecord,
        Ok(name) if OTHERS.contains(&name) => Opening::OfFields,
        Err(Missing::Bytes) if !at_end && seen.len() < LOOK_AHEAD => Opening::Unknown,
        Ok(_) | Err(Missing::Bytes | Missing::Token) => Opening::None,
    }
}

/// The first member's name, if its value is a text.
fn first_member(bytes: &[u8]) -> Result<&[u8], Missing> {
    let rest = token(&bytes[1..], b'"')?;
    let is_end = |byte: &u8| !byte.is_ascii_alphabetic();
    let (name, rest) = rest.split_at(rest.iter().position(is_end).ok_or(Missing::Bytes)?);
    let rest = rest.strip_prefix(b"\"").ok_or(Missing::Token)?;
    token(token(rest, b':')?, b'"').map(|_| name)
}

/// What follows the token, before which white space may stand.
fn token(bytes: &[u8], wanted: u8) -> Result<&[u8], Missing> {
    match bytes[white_space(bytes)..].split_first() {
        None => Err(Missing::Bytes),
        Some((byte, rest)) if *byte == wanted => Ok(rest),
        Some(_) => Err(Missing::Token),
    }
}
