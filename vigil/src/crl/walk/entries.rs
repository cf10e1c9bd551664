//! Walks the entries of the pieces that the hashing thread has read.

use std::{
    cell::{Cell, RefCell},
    fs::File,
    io::{self, Read},
    num::NonZero,
    path::Path,
    sync::mpsc::{Receiver, SyncSender},
    thread,
};

use vigil_core::crl::{
    Crl, CrlError, CrlReader, Entry, Repeats,
    comparison::{Fingerprints, Listed, Listing, Versions},
};

use super::{PIECE, Piece};

/// The pieces to walk, and where they go back to.
pub(super) struct Pieces {
    pub(super) pieces: Receiver<Piece>,
    pub(super) give_back: SyncSender<Piece>,
}

/// The result of a walk: the outer error is the file's, the inner one the CRL's.
pub(super) type Walked = io::Result<Result<(Crl, Option<Listed>), CrlError>>;

/// Keeps sixteen octets of each entry.
pub(super) fn walk_and_list(pieces: Pieces) -> Walked {
    let mut listing = Listing::by(Fingerprints::by_chance());
    let walked = walk(pieces, |entry| listing.add(entry));
    Ok(walked.map(|mut crl| {
        let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let listed = listing.sort_in(threads);
        crl.facts.entries.duplicate_serials = Some(listed.duplicates());
        (crl, Some(listed))
    }))
}

/// Shows each entry of a version before, and keeps none.
pub(super) fn walk_and_compare(pieces: Pieces, versions: &mut Versions<'_>) -> Walked {
    let walked = walk(pieces, |entry| versions.see(entry));
    Ok(walked.map(|crl| (crl, None)))
}

/// Keeps nothing of the entries, and reads the file again if their order does not show repeats.
pub(super) fn walk_and_count(pieces: Pieces, path: &Path) -> Walked {
    let repeats = RefCell::new(Repeats::default());
    let walked = walk(pieces, |entry| {
        if !entry.indirect {
            repeats.borrow_mut().see(entry.serial);
        }
    });
    let Ok(mut crl) = walked else { return Ok(walked.map(|crl| (crl, None))) };
    while repeats.borrow_mut().wants_again() {
        // A file that cannot be read to its end again is not counted, and the rule says so.
        let Ok(again) = File::open(path) else { break };
        if !see_again(&again, &repeats)? {
            break;
        }
    }
    crl.facts.entries.duplicate_serials = repeats.into_inner().count();
    Ok(Ok((crl, None)))
}

/// Whether as many entries were seen as were wanted.
fn see_again(mut file: &File, repeats: &RefCell<Repeats>) -> io::Result<bool> {
    let is_enough = Cell::new(false);
    let mut reader = CrlReader::without_hashing(|entry: &Entry<'_>| {
        if !entry.indirect && !is_enough.get() {
            is_enough.set(!repeats.borrow_mut().see_again(entry.serial));
        }
    });
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece)?;
        let is_all = count == 0 || reader.push(&piece[..count]).is_err();
        if is_all || is_enough.get() {
            return Ok(is_enough.get());
        }
    }
}

fn walk(pieces: Pieces, visit: impl FnMut(&Entry<'_>)) -> Result<Crl, CrlError> {
    let Pieces { pieces, give_back } = pieces;
    let mut reader = CrlReader::without_hashing(visit);
    for (buffer, count) in pieces {
        reader.push(&buffer[..count])?;
        // The hashing thread may have ended.
        let _ = give_back.send((buffer, count));
    }
    reader.finish()
}
