//! Hashes what is signed of a CRL, tbsCertList, from the same pieces that the walk takes.
//!
//! It finds the signed bytes by the first two headers and hashes them in pieces as large as they
//! come; so it can run beside the walk, on another core.

use crate::{
    der::{Header, Reader, tag},
    signature::{AlgorithmIdentifier, SignedBytes},
};

/// Takes the pieces of a CRL in order, and gives what its signature is over.
#[derive(Default)]
pub struct TbsHasher(State);

#[derive(Default)]
enum State {
    /// The beginning, until the algorithm is known.
    #[default]
    Empty,
    Beginning(Vec<u8>),
    Hashing {
        signed: SignedBytes,
        left: u64,
    },
    /// Not a CRL, or an algorithm that we do not know. The walk says which.
    Impossible,
}

/// Two headers, a version and an AlgorithmIdentifier need no more.
const MAX_BEGINNING: usize = 4 * 1024;

impl TbsHasher {
    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.0 = match std::mem::take(&mut self.0) {
            State::Empty => begin(piece.to_vec()),
            State::Beginning(mut bytes) => {
                bytes.extend_from_slice(piece);
                begin(bytes)
            }
            State::Hashing { signed, left } => hash(signed, left, piece),
            State::Impossible => State::Impossible,
        };
    }

    /// The signed bytes, if there were as many as the header said.
    pub fn finish(self) -> Option<SignedBytes> {
        match self.0 {
            State::Hashing { signed, left: 0 } => Some(signed),
            State::Beginning(_) | State::Empty | State::Hashing { .. } | State::Impossible => None,
        }
    }
}

fn begin(bytes: Vec<u8>) -> State {
    match locate(&bytes) {
        Some(Some(Signed { start, length, signed })) => hash(signed, length, &bytes[start..]),
        Some(None) => State::Impossible,
        None if bytes.len() > MAX_BEGINNING => State::Impossible,
        None => State::Beginning(bytes),
    }
}

fn hash(mut signed: SignedBytes, left: u64, piece: &[u8]) -> State {
    let count = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
    signed.update(&piece[..count]);
    State::Hashing { signed, left: left - count as u64 }
}

struct Signed {
    start: usize,
    length: u64,
    signed: SignedBytes,
}

/// `None` while more bytes are needed; `Some(None)` if no number of them will help.
fn locate(bytes: &[u8]) -> Option<Option<Signed>> {
    let list = match Header::read(bytes, 0) {
        Ok(header) => header?,
        Err(_) => return Some(None),
    };
    let start = list.header_len;
    let tbs = match Header::read(&bytes[start..], 0) {
        Ok(header) => header?,
        Err(_) => return Some(None),
    };
    if list.tag != tag::SEQUENCE || tbs.tag != tag::SEQUENCE {
        return Some(None);
    }
    let mut at = start + tbs.header_len;
    let first = match Header::read(&bytes[at..], 0) {
        Ok(header) => header?,
        Err(_) => return Some(None),
    };
    if first.tag == tag::INTEGER {
        at = at.checked_add(usize::try_from(first.total_len()).ok()?)?;
    }
    let element = Reader::new(bytes.get(at..)?).element().ok()?;
    let signed = AlgorithmIdentifier::read(element).ok().and_then(SignedBytes::new);
    Some(signed.map(|signed| Signed { start, length: tbs.total_len(), signed }))
}
