//! Reads a CRL file on two cores: one walks the entries, the other hashes what is signed.
//!
//! Each reads the file for itself, in pieces, so that neither waits for the other and nothing of the
//! file stays in memory.

use std::{
    cell::RefCell,
    fs::{File, Metadata},
    io::{self, Read},
    panic,
    path::Path,
    thread,
};

use vigil_core::{
    certificate::Certificate,
    crl::{
        Crl, CrlError, CrlReader, Entry, Repeats, TbsHasher,
        comparison::{Listed, Listing},
    },
    jobs::crl_audit::LARGEST_CRL,
    rules::crl::CrlState,
    signature::SignedBytes,
};

use super::input::InputError;

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

pub(super) fn crl(path: &Path, issuer: &Certificate, keep: Keep) -> Result<Walked, InputError> {
    let failed = InputError::read(path);
    let open = || File::open(path).map_err(&failed);
    let (to_walk, to_hash) = (open()?, open()?);
    let before = to_walk.metadata().map_err(&failed)?;
    if !before.is_file() {
        return Err(InputError::NotAFile(path.to_owned()));
    }
    if before.len() > LARGEST_CRL {
        let crl = CrlState::TooLarge { limit: LARGEST_CRL };
        return Ok(Walked { crl, listed: None });
    }
    let (walked, signed) = thread::scope(|scope| {
        let hashing = scope.spawn(|| hash(&to_hash));
        let walked = match keep {
            Keep::Entries => walk_and_list(&to_walk),
            Keep::Nothing => walk_and_count(&to_walk, open),
        };
        (walked, hashing.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
    });
    let (read, signed) = (walked.map_err(&failed)?, signed.map_err(&failed)?);
    for file in [&to_walk, &to_hash] {
        if !is_same(&before, &file.metadata().map_err(&failed)?) {
            return Err(InputError::Changed(path.to_owned()));
        }
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

/// What came of a walk: the outer error is the file's, the inner one the CRL's.
type Outcome = io::Result<Result<(Crl, Option<Listed>), CrlError>>;

/// Both threads, and the second look of [`walk_and_count`], must have seen the same bytes.
fn is_same(before: &Metadata, after: &Metadata) -> bool {
    before.len() == after.len() && before.modified().ok() == after.modified().ok()
}

fn hash(file: &File) -> io::Result<Option<SignedBytes>> {
    let mut hasher = TbsHasher::default();
    pieces(file, |piece| {
        hasher.push(piece);
        true
    })?;
    Ok(hasher.finish())
}

fn walk_and_list(file: &File) -> Outcome {
    let mut listing = Listing::default();
    let walked = walk(file, |entry| listing.add(entry))?;
    Ok(walked.map(|mut crl| {
        let listed = listing.sort();
        crl.facts.entries.duplicate_serials = Some(listed.duplicates());
        (crl, Some(listed))
    }))
}

fn walk_and_count(file: &File, open: impl Fn() -> Result<File, InputError>) -> Outcome {
    let repeats = RefCell::new(Repeats::default());
    let walked = walk(file, |entry| {
        if !entry.indirect {
            repeats.borrow_mut().see(entry.serial);
        }
    })?;
    let Ok(mut crl) = walked else { return Ok(walked.map(|crl| (crl, None))) };
    if repeats.borrow().wants_again() > 0 {
        // What cannot be opened a second time is not counted, and the rule says so.
        if let Ok(again) = open() {
            let mut reader = CrlReader::without_hashing(|entry: &Entry<'_>| {
                if !entry.indirect {
                    repeats.borrow_mut().see_again(entry.serial);
                }
            });
            pieces(&again, |piece| {
                reader.push(piece).is_ok() && repeats.borrow().wants_again() > 0
            })?;
        }
    }
    crl.facts.entries.duplicate_serials = repeats.into_inner().count();
    Ok(Ok((crl, None)))
}

fn walk(file: &File, visit: impl FnMut(&Entry<'_>)) -> io::Result<Result<Crl, CrlError>> {
    let mut reader = CrlReader::without_hashing(visit);
    let mut failed = None;
    pieces(file, |piece| {
        failed = reader.push(piece).err();
        failed.is_none()
    })?;
    Ok(match failed {
        Some(error) => Err(error),
        None => reader.finish(),
    })
}

/// Hands the file on until its end, or until `take` wants no more.
fn pieces(mut file: &File, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 || !take(&piece[..count]) {
            return Ok(());
        }
    }
}
