//! Reads a CRL while it arrives; nothing of it is kept but its facts, its serials and its digest.

use std::ops::ControlFlow;

use aws_lc_rs::digest;

use crate::{
    certificate::Certificate,
    crl::{
        CrlReader, Entry,
        comparison::{Listed, Listing},
    },
    ports::ByteSink,
    rules::crl::CrlState,
};

pub(super) struct Reading {
    pub(super) state: CrlState,
    /// The entries of a CRL that could be read.
    pub(super) listed: Option<Listed>,
    /// Of all that arrived.
    pub(super) sha256: Vec<u8>,
}

/// How the bytes came to their end.
pub(super) enum End {
    Absent,
    Delivered,
    /// Why it was not read.
    Failed(String),
    TooLarge {
        limit: u64,
    },
}

/// `deliver` hands the bytes over, and says how that ended beside whatever else it has to say.
pub(super) async fn read<T>(
    issuer: Option<&Certificate>,
    deliver: impl AsyncFnOnce(&mut ByteSink<'_>) -> (End, T),
) -> (Reading, T) {
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut listing = Listing::default();
    let mut reader = CrlReader::new(|entry: &Entry<'_>| listing.add(entry));
    let mut unreadable = None;
    let (end, also) = {
        let mut sink = |piece: &[u8]| {
            hash.update(piece);
            match reader.push(piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    unreadable = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        deliver(&mut sink).await
    };
    let sha256 = hash.finish().as_ref().to_vec();
    let without = |state| Reading { state, listed: None, sha256: sha256.clone() };
    let finished = match (unreadable, end) {
        (Some(error), _) => return (without(CrlState::Unreadable(error)), also),
        (None, End::Absent) => return (without(CrlState::Missing), also),
        (None, End::Failed(why)) => return (without(CrlState::NotChecked(why)), also),
        (None, End::TooLarge { limit }) => return (without(CrlState::TooLarge { limit }), also),
        (None, End::Delivered) => reader.finish(),
    };
    let mut crl = match finished {
        Err(error) => return (without(CrlState::Unreadable(error)), also),
        Ok(crl) => crl,
    };
    let listed = listing.sort();
    crl.facts.entries.duplicate_serials = Some(listed.duplicates());
    let facts = Box::new(crl.facts.clone());
    let signature = issuer.map(|issuer| crl.verify(issuer));
    let state = CrlState::Read { facts, signature };
    (Reading { state, listed: Some(listed), sha256 }, also)
}
