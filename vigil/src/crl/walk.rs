//! Reads a CRL file once, on two cores: one reads it and hashes what is signed, the other walks the
//! entries.
//!
//! Why not vigil-core's reader in one thread: of a million unsorted entries (49 MB) it takes 70 ms of
//! processor time, and `openssl dgst -sha256` takes 36 ms: 1.9 times as much, where the limit is 1.3
//! (optimised build, 2026-11-29). With two threads the whole command takes 1.23 times as long
//! (docs/benchmarks.md).
//!
//! The pieces go round between the two threads, so nothing of the file stays in memory.

mod entries;
mod hashing;

use std::{
    cmp::Reverse,
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
    sync::mpsc::sync_channel,
    thread,
};

use entries::{Pieces, walk_and_compare, walk_and_count, walk_and_list};
use hashing::read_and_hash;
use time::OffsetDateTime;
use vigil_core::{
    certificate::Certificate,
    crl::{
        Crl, CrlError, CrlFacts, CrlReader, Entry, Foreign, TbsHasher,
        comparison::{Fingerprints, Listed, Listing, Sample, Unnamed, Versions},
    },
    jobs::crl_audit::MAX_CRL_BYTES,
    rules::crl::CrlState,
    signature::SignedBytes,
};

use super::{input::InputError, joined};

/// What is done with the entries.
pub(super) enum Keep<'k, 'l> {
    /// Fingerprints and dates are kept, to compare.
    Entries,
    /// They are compared with those of the CRL after it.
    Marks(&'k mut Versions<'l>),
    /// Only what finds repeated serials is kept.
    Nothing,
}

pub(super) struct Walked {
    pub(super) crl: CrlState,
    pub(super) listed: Option<Listed>,
    /// The certificate that it is judged by, if one was given that may be its issuer's.
    pub(super) issuer: Option<Certificate>,
    /// Since when the oldest of the given certificates of its key is valid.
    pub(super) key_since: Option<OffsetDateTime>,
}

impl Walked {
    pub(super) fn without_facts(crl: CrlState, issuers: &[Certificate]) -> Self {
        Self { crl, listed: None, issuer: issuers.first().cloned(), key_since: None }
    }

    /// A CRL in PEM that cannot be decoded.
    pub(super) fn damaged(issuers: &[Certificate]) -> Self {
        let error = CrlError::Foreign(Foreign::DamagedPemCrl);
        Self::without_facts(CrlState::Unreadable(error), issuers)
    }

    fn read(
        crl: &Crl,
        signed: Option<SignedBytes>,
        listed: Option<Listed>,
        issuers: &[Certificate],
    ) -> Self {
        let mut facts = Box::new(crl.facts.clone());
        facts.signed_digest = signed.as_ref().map(SignedBytes::digest);
        let mut candidates = by_fitness(&facts, issuers);
        // The key of another CA verifies nothing that is in this one's name (RFC 5280 §6.3.3 (f)).
        if candidates.iter().any(|issuer| issuer.is_named(&facts.issuer)) {
            candidates.retain(|issuer| issuer.is_named(&facts.issuer));
        }
        let verify = |issuer: &Certificate| crl.verify_hashed(signed.clone(), issuer);
        let good = candidates.iter().find(|issuer| verify(issuer).is_ok());
        let best = candidates.first().filter(|issuer| is_fit(&facts, issuer));
        let issuer = good.or(best).map(|issuer| Certificate::clone(issuer));
        let signature = issuer.as_ref().map(verify);
        let key_since = issuer.as_ref().and_then(|issuer| {
            let of_its_key = issuers.iter().filter(|one| one.spki == issuer.spki);
            of_its_key.map(|one| one.not_before).min()
        });
        Self { crl: CrlState::Read { facts, signature }, listed, issuer, key_since }
    }
}

/// Whether a signature that is not of the certificate's key is forged: it would be of another CA's otherwise.
fn is_fit(facts: &CrlFacts, issuer: &Certificate) -> bool {
    let key = facts.authority_key_identifier.as_ref();
    issuer.is_named(&facts.issuer) || key.is_some() && key == issuer.subject_key_identifier.as_ref()
}

/// Those that have the key that the CRL names, then the certificate that it names, then those of its
/// issuer's name, then the others.
fn by_fitness<'c>(facts: &CrlFacts, issuers: &'c [Certificate]) -> Vec<&'c Certificate> {
    let mut sorted: Vec<_> = issuers.iter().collect();
    sorted.sort_by_key(|issuer| {
        let named = facts.authority_key_identifier.is_some();
        let is_key = named && issuer.subject_key_identifier == facts.authority_key_identifier;
        let is_named = facts.authority_certificate.as_ref().is_some_and(|certificate| {
            certificate.serial == issuer.serial && certificate.issuers.contains(&issuer.issuer)
        });
        (!is_key, !is_named, issuer.subject != facts.issuer)
    });
    sorted
}

/// Those first that may sign CRLs, of CAs, and valid. The rest of the order is one whatever the order of
/// the files.
pub(super) fn sort_issuers<T>(issuers: &mut [(Certificate, T)], as_of: OffsetDateTime) {
    issuers.sort_by_cached_key(|(one, _)| {
        let is_valid = (one.not_before..=one.not_after).contains(&as_of);
        let may_not = (one.crl_sign == Some(false), one.ca == Some(false), !is_valid);
        (may_not, Reverse(one.not_after), one.serial.clone(), one.issuer.clone())
    });
}

/// A CRL that is in memory.
pub(super) fn bytes(bytes: &[u8], issuers: &[Certificate], keep: Keep<'_, '_>) -> Walked {
    let read = match keep {
        Keep::Marks(versions) => {
            read_bytes(bytes, |entry| versions.see(entry)).map(|crl| (crl, None))
        }
        Keep::Entries | Keep::Nothing => {
            let mut listing = Listing::by(Fingerprints::by_chance());
            read_bytes(bytes, |entry| listing.add(entry)).map(|mut crl| {
                let listed = listing.sort();
                crl.facts.entries.duplicate_serials = Some(listed.duplicates());
                (crl, Some(listed))
            })
        }
    };
    let mut hasher = TbsHasher::default();
    hasher.push(bytes);
    match read {
        Err(error) => Walked::without_facts(CrlState::Unreadable(error), issuers),
        Ok((crl, listed)) => Walked::read(&crl, hasher.finish(), listed, issuers),
    }
}

fn read_bytes(bytes: &[u8], visit: impl FnMut(&Entry<'_>)) -> Result<Crl, CrlError> {
    let mut reader = CrlReader::without_hashing(visit);
    reader.push(bytes)?;
    reader.finish()
}

const PIECE: usize = 128 * 1024;
/// One is read, one is walked, and two lie between, so that neither thread waits for the other.
const PIECES: usize = 4;

pub(super) fn crl(
    path: &Path,
    issuers: &[Certificate],
    keep: Keep<'_, '_>,
) -> Result<Walked, InputError> {
    let failed = InputError::read(path);
    let file = File::open(path).map_err(&failed)?;
    let before = file.metadata().map_err(&failed)?;
    if !before.is_file() {
        return Err(InputError::NotAFile(path.to_owned()));
    }
    if before.len() > MAX_CRL_BYTES {
        let crl = CrlState::TooLarge { limit: MAX_CRL_BYTES };
        return Ok(Walked::without_facts(crl, issuers));
    }
    let (walked, signed) = thread::scope(|scope| {
        // Each thread owns its ends of both channels: one that ends early ends the other.
        let (give, pieces) = sync_channel::<Piece>(PIECES);
        let (give_back, free) = sync_channel::<Piece>(PIECES);
        let reading = scope.spawn(|| read_and_hash(&file, give, free));
        let pieces = Pieces { pieces, give_back };
        let walked = match keep {
            Keep::Entries => walk_and_list(pieces),
            Keep::Marks(versions) => walk_and_compare(pieces, versions),
            Keep::Nothing => walk_and_count(pieces, path),
        };
        (walked, joined(reading))
    });
    let (read, signed) = (walked.map_err(&failed)?, signed.map_err(&failed)?);
    // `walk_and_count` may read the file again, and must have read the same bytes.
    if !is_same(&before, &file.metadata().map_err(&failed)?) {
        return Err(InputError::Changed(path.to_owned()));
    }
    Ok(match read {
        Err(error) => Walked::without_facts(CrlState::Unreadable(error), issuers),
        Ok((crl, listed)) => Walked::read(&crl, signed, listed, issuers),
    })
}

/// Reads a file again for the serials of entries of which only fingerprints were kept.
pub(super) fn name(path: &Path, names: &mut Names<'_>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut reader = CrlReader::without_hashing(|entry: &Entry<'_>| names.see(entry));
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 || reader.push(&piece[..count]).is_err() {
            return Ok(());
        }
    }
}

/// The same, of a CRL that is in memory.
pub(super) fn name_bytes(bytes: &[u8], names: &mut Names<'_>) {
    let mut reader = CrlReader::without_hashing(|entry: &Entry<'_>| names.see(entry));
    // What was read before is read alike now.
    let _ = reader.push(bytes);
}

/// What is to be named, and in which samples.
pub(super) struct Names<'s> {
    pub(super) by: Fingerprints,
    pub(super) wanted: Vec<(Unnamed, &'s mut Sample)>,
}

impl Names<'_> {
    pub(super) fn are_known(&self) -> bool {
        self.wanted.iter().all(|(unnamed, _)| unnamed.is_empty())
    }

    fn see(&mut self, entry: &Entry<'_>) {
        if !entry.indirect {
            for (unnamed, sample) in &mut self.wanted {
                unnamed.name(entry.serial, self.by, sample);
            }
        }
    }
}

fn is_same(before: &Metadata, after: &Metadata) -> bool {
    before.len() == after.len() && before.modified().ok() == after.modified().ok()
}

/// A buffer, and how many of its bytes are used.
type Piece = (Vec<u8>, usize);
