//! Reads a CRL file once, on two cores: one reads it and hashes what is signed, the other walks the
//! entries.
//!
//! The pieces go round between the two, so nothing of the file stays in memory.

use std::{
    cell::{Cell, RefCell},
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use vigil_core::{
    certificate::Certificate,
    crl::{
        Crl, CrlError, CrlReader, Entry, Repeats, TbsHasher,
        comparison::{Listed, Listing},
    },
    jobs::crl_audit::MAX_CRL_BYTES,
    rules::crl::CrlState,
    signature::SignedBytes,
};

use super::{input::InputError, joined};

/// What of the entries is needed afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Their serials and dates, to compare.
    Entries,
    /// Nothing, if they come in the order of their serials.
    Nothing,
}

pub(super) struct Walked {
    pub(super) crl: CrlState,
    pub(super) listed: Option<Listed>,
}

const PIECE: usize = 128 * 1024;
/// One is read, one is walked, and two lie between, so that neither waits for the other's turns.
const PIECES: usize = 4;

pub(super) fn crl(path: &Path, issuer: &Certificate, keep: Keep) -> Result<Walked, InputError> {
    let failed = InputError::read(path);
    let file = File::open(path).map_err(&failed)?;
    let before = file.metadata().map_err(&failed)?;
    if !before.is_file() {
        return Err(InputError::NotAFile(path.to_owned()));
    }
    if before.len() > MAX_CRL_BYTES {
        let crl = CrlState::TooLarge { limit: MAX_CRL_BYTES };
        return Ok(Walked { crl, listed: None });
    }
    let (walked, signed) = thread::scope(|scope| {
        // Both ends of both channels go with their threads: who ends early ends the other.
        let (give, pieces) = sync_channel::<Piece>(PIECES);
        let (give_back, free) = sync_channel::<Piece>(PIECES);
        let reading = scope.spawn(|| read_and_hash(&file, give, free));
        let pieces = Pieces { pieces, give_back };
        let walked = match keep {
            Keep::Entries => walk_and_list(pieces),
            Keep::Nothing => walk_and_count(pieces, path),
        };
        (walked, joined(reading))
    });
    let (read, signed) = (walked.map_err(&failed)?, signed.map_err(&failed)?);
    // A second look, of `walk_and_count`, must have seen what the first one saw.
    if !is_same(&before, &file.metadata().map_err(&failed)?) {
        return Err(InputError::Changed(path.to_owned()));
    }
    Ok(match read {
        Err(error) => Walked { crl: CrlState::Unreadable(error), listed: None },
        Ok((crl, listed)) => {
            let facts = Box::new(crl.facts.clone());
            let signature = Some(crl.verify_hashed(signed, issuer));
            Walked { crl: CrlState::Read { facts, signature }, listed }
        }
    })
}

fn is_same(before: &Metadata, after: &Metadata) -> bool {
    before.len() == after.len() && before.modified().ok() == after.modified().ok()
}

/// So many bytes of a buffer.
type Piece = (Vec<u8>, usize);

/// Hashes each piece and gives it on, until the file ends or nobody takes any more.
fn read_and_hash(
    mut file: &File,
    give: SyncSender<Piece>,
    free: Receiver<Piece>,
) -> io::Result<Option<SignedBytes>> {
    let mut hasher = TbsHasher::default();
    let mut fresh = (0..PIECES).map(|_| vec![0; PIECE]);
    loop {
        let Some(mut buffer) = fresh.next().or_else(|| Some(free.recv().ok()?.0)) else {
            return Ok(None);
        };
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.push(&buffer[..count]);
        if give.send((buffer, count)).is_err() {
            return Ok(None);
        }
    }
}

struct Pieces {
    pieces: Receiver<Piece>,
    give_back: SyncSender<Piece>,
}

/// What came of a walk: the outer error is the file's, the inner one the CRL's.
type Outcome = io::Result<Result<(Crl, Option<Listed>), CrlError>>;

fn walk_and_list(pieces: Pieces) -> Outcome {
    let mut listing = Listing::default();
    let walked = walk(pieces, |entry| listing.add(entry));
    Ok(walked.map(|mut crl| {
        let listed = listing.sort();
        crl.facts.entries.duplicate_serials = Some(listed.duplicates());
        (crl, Some(listed))
    }))
}

fn walk_and_count(pieces: Pieces, path: &Path) -> Outcome {
    let repeats = RefCell::new(Repeats::default());
    let walked = walk(pieces, |entry| {
        if !entry.indirect {
            repeats.borrow_mut().see(entry.serial);
        }
    });
    let Ok(mut crl) = walked else { return Ok(walked.map(|crl| (crl, None))) };
    while repeats.borrow_mut().wants_again() {
        // What cannot be opened or read to its end a second time is not counted, and the rule says so.
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
        // The reader may have ended.
        let _ = give_back.send((buffer, count));
    }
    reader.finish()
}
