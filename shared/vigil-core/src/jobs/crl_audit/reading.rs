//! Reads a CRL while it arrives; nothing of it is kept but its facts, its entries' fingerprints and its
//! digest.

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
    let mut listing = Listing::default();
    let (mut reading, also) = walk(issuer, |entry| listing.add(entry), deliver).await;
    if let CrlState::Read { facts, .. } = &mut reading.state {
        let listed = listing.sort();
        facts.entries.duplicate_serials = Some(listed.duplicates());
        reading.listed = Some(listed);
    }
    (reading, also)
}

/// The same, with the entries shown to `visit` and not listed.
pub(super) async fn walk<T>(
    issuer: Option<&Certificate>,
    visit: impl FnMut(&Entry<'_>) + Send,
    deliver: impl AsyncFnOnce(&mut ByteSink<'_>) -> (End, T),
) -> (Reading, T) {
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut reader = CrlReader::new(visit);
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
    let finished = match (unreadable, end) {
        (Some(error), _) => Err(CrlState::Unreadable(error)),
        (None, End::Absent) => Err(CrlState::Missing),
        (None, End::Failed(why)) => Err(CrlState::NotChecked(why)),
        (None, End::TooLarge { limit }) => Err(CrlState::TooLarge { limit }),
        (None, End::Delivered) => reader.finish().map_err(CrlState::Unreadable),
    };
    let state = finished.map_or_else(
        |state| state,
        |crl| {
            let facts = Box::new(crl.facts.clone());
            CrlState::Read { facts, signature: issuer.map(|issuer| crl.verify(issuer)) }
        },
    );
    (Reading { state, listed: None, sha256: hash.finish().as_ref().to_vec() }, also)
}
