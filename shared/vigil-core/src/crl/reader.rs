//! Walks a CertificateList while it arrives, in pieces of any size.
//!
//! The frames (CertificateList, tbsCertList, revokedCertificates) are entered by their headers; the
//! small elements between them, an entry among them, are waited for whole and bounded in size. So
//! what is held at any time is one small element, however large the CRL. The signed bytes are
//! hashed on the way, unless that is done elsewhere.

use super::{Crl, CrlError, Foreign, TbsHasher, entry::Entry, fields::Fields, part::CrlPart};
use crate::{
    der::{DerError, Header, Reader, tag},
    signature::SignedBytes,
};

/// More than any Name, entry or set of extensions that a CA writes, and what is held of it at most.
const MAX_ELEMENT: u64 = 1024 * 1024;

/// Bytes that are kept of the beginning.
const BEGINNING: usize = 512;

/// Reads a CRL from its pieces and shows every entry to `visit` as it passes by.
pub struct CrlReader<V> {
    visit: V,
    /// Bytes that arrived and were not consumed: less than one small element.
    pending: Vec<u8>,
    offset: u64,
    part: CrlPart,
    /// The first bytes, which name what stands in a CRL's part.
    beginning: Vec<u8>,
    /// The walk has ended, and the beginning is not all there yet.
    failed: Option<CrlError>,
    /// Where the frames end.
    list_end: u64,
    tbs_end: u64,
    entries_end: u64,
    hasher: Option<TbsHasher>,
    fields: Fields,
}

/// How one step went on.
enum WalkStep {
    Used(usize),
    Elsewhere(CrlPart),
    Wait,
}

impl<V: FnMut(&Entry<'_>)> CrlReader<V> {
    /// A reader that hashes what is signed while it reads.
    pub fn new(visit: V) -> Self {
        Self {
            visit,
            pending: Vec::new(),
            offset: 0,
            beginning: Vec::new(),
            failed: None,
            part: CrlPart::List,
            list_end: u64::MAX,
            tbs_end: 0,
            entries_end: 0,
            hasher: Some(TbsHasher::default()),
            fields: Fields::default(),
        }
    }

    /// For who hashes the pieces elsewhere and verifies with [`Crl::verify_hashed`].
    pub fn without_hashing(visit: V) -> Self {
        Self { hasher: None, ..Self::new(visit) }
    }

    /// Takes the next piece. After an error the rest of the object need not be fetched.
    ///
    /// # Errors
    ///
    /// [`CrlError`] as soon as the bytes cannot be the beginning of a CRL. Then the reader is done.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), CrlError> {
        if let Some(hasher) = &mut self.hasher {
            hasher.push(piece);
        }
        let missing = BEGINNING.saturating_sub(self.beginning.len()).min(piece.len());
        self.beginning.extend_from_slice(&piece[..missing]);
        if self.failed.is_none() {
            self.failed = self.walk_on(piece).err();
        }
        // What it is instead of a CRL shows in so many bytes, however they arrive.
        if self.beginning.len() < BEGINNING {
            return Ok(());
        }
        self.failed.clone().map_or(Ok(()), |error| Err(self.named(error)))
    }

    /// The error, or the name of what was read instead of a CRL.
    fn named(&self, error: CrlError) -> CrlError {
        Foreign::of(&self.beginning).map_or(error, CrlError::Foreign)
    }

    fn walk_on(&mut self, piece: &[u8]) -> Result<(), CrlError> {
        let mut piece = piece;
        while !self.pending.is_empty() && !piece.is_empty() {
            piece = self.complete(piece)?;
        }
        let used = self.walk(piece)?;
        self.pending.extend_from_slice(&piece[used..]);
        Ok(())
    }

    /// Adds to what is pending, little at first, so that not the whole piece is copied for the sake
    /// of one element. Answers with the rest of the piece.
    fn complete<'p>(&mut self, piece: &'p [u8]) -> Result<&'p [u8], CrlError> {
        let mut bytes = std::mem::take(&mut self.pending);
        let pending = bytes.len();
        let count = pending.max(256).min(piece.len());
        bytes.extend_from_slice(&piece[..count]);
        let used = self.walk(&bytes)?;
        if used >= pending {
            bytes.clear();
            self.pending = bytes;
            return Ok(&piece[used - pending..]);
        }
        bytes.drain(..used);
        self.pending = bytes;
        Ok(&piece[count..])
    }

    /// The object is over.
    ///
    /// # Errors
    ///
    /// [`CrlError`] if the CRL is not all there, or was not one.
    pub fn finish(self) -> Result<Crl, CrlError> {
        let size = self.offset + self.pending.len() as u64;
        if let Some(error) = self.failed.clone() {
            return Err(self.named(error));
        }
        if size == 0 {
            return Err(CrlError::Empty);
        }
        let truncated = CrlError::Truncated { size, part: self.part.name() };
        if self.part != CrlPart::End {
            return Err(self.named(truncated));
        }
        let (mut facts, signature, unused_bits) = self.fields.finish(size).ok_or(truncated)?;
        let signed = self.hasher.and_then(TbsHasher::finish);
        facts.signed_digest = signed.as_ref().map(SignedBytes::digest);
        Ok(Crl { facts, signed, signature, unused_bits })
    }

    /// Goes as far as `bytes` allow and returns how many were used.
    fn walk(&mut self, bytes: &[u8]) -> Result<usize, CrlError> {
        let mut used = 0;
        loop {
            if self.part == CrlPart::Entry {
                used += self.common_entries(&bytes[used..]);
            }
            match self.step(&bytes[used..])? {
                WalkStep::Used(count) => {
                    used += count;
                    self.offset += count as u64;
                }
                WalkStep::Elsewhere(part) => self.part = part,
                WalkStep::Wait => return Ok(used),
            }
        }
    }

    /// Takes entries for as long as they are whole and have the usual form: the same as steps, and
    /// several times as fast. Tells how many bytes were used.
    fn common_entries(&mut self, bytes: &[u8]) -> usize {
        let left = usize::try_from(self.entries_end - self.offset).unwrap_or(usize::MAX);
        let bytes = &bytes[..left.min(bytes.len())];
        let mut rest = bytes;
        while let [tag::SEQUENCE, length @ ..0x80, more @ ..] = rest {
            let Some((content, after)) = more.split_at_checked(usize::from(*length)) else { break };
            let Some(entry) = Entry::common(content) else { break };
            self.fields.entry(&entry, &mut self.visit);
            rest = after;
        }
        let used = bytes.len() - rest.len();
        self.offset += used as u64;
        used
    }

    fn step(&mut self, bytes: &[u8]) -> Result<WalkStep, CrlError> {
        if self.part == CrlPart::End {
            self.fields.trailing_bytes += bytes.len() as u64;
            return Ok(if bytes.is_empty() { WalkStep::Wait } else { WalkStep::Used(bytes.len()) });
        }
        if let Some(part) = self.frame_left()? {
            return Ok(WalkStep::Elsewhere(part));
        }
        if self.part == CrlPart::List {
            not_der(bytes)?;
        }
        let header = Header::read(bytes, self.offset).map_err(|error| self.malformed(error))?;
        let Some(header) = header else { return Ok(WalkStep::Wait) };
        if let Some(part) = self.part.without(header.tag) {
            return Ok(WalkStep::Elsewhere(part));
        }
        if self.offset + header.total_len() > self.frame_end() {
            return Err(CrlError::Overrun { part: self.part.name(), offset: self.offset });
        }
        if self.part.is_frame() { self.enter(header) } else { self.take(header, bytes) }
    }

    /// Where the walk goes on if the frame it is in has no bytes left.
    fn frame_left(&self) -> Result<Option<CrlPart>, CrlError> {
        if self.offset < self.frame_end() {
            return Ok(None);
        }
        match self.part {
            CrlPart::Entry => Ok(Some(CrlPart::Extensions)),
            // What may be missing at the end of tbsCertList.
            CrlPart::NextUpdate | CrlPart::Entries | CrlPart::Extensions => {
                Ok(Some(CrlPart::OuterAlgorithm))
            }
            _ => Err(self.malformed(DerError::Truncated { offset: self.offset })),
        }
    }

    fn frame_end(&self) -> u64 {
        match self.part {
            CrlPart::List => u64::MAX,
            CrlPart::Tbs | CrlPart::OuterAlgorithm | CrlPart::Signature | CrlPart::End => {
                self.list_end
            }
            CrlPart::Entry => self.entries_end,
            CrlPart::Version
            | CrlPart::InnerAlgorithm
            | CrlPart::Issuer
            | CrlPart::ThisUpdate
            | CrlPart::NextUpdate
            | CrlPart::Entries
            | CrlPart::Extensions => self.tbs_end,
        }
    }

    /// Goes through a frame's header, to what is inside.
    fn enter(&mut self, header: Header) -> Result<WalkStep, CrlError> {
        if header.tag != tag::SEQUENCE {
            let (expected, found) = (tag::SEQUENCE, header.tag);
            let error = DerError::UnexpectedTag { offset: self.offset, expected, found };
            return Err(self.malformed(error));
        }
        let end = self.offset + header.total_len();
        match self.part {
            CrlPart::List => self.list_end = end,
            CrlPart::Tbs => self.tbs_end = end,
            _ => {
                self.entries_end = end;
                self.fields.has_entries = true;
            }
        }
        self.part = self.part.next();
        Ok(WalkStep::Used(header.header_len))
    }

    /// Takes a whole small element, as soon as all of it is there.
    fn take(&mut self, header: Header, bytes: &[u8]) -> Result<WalkStep, CrlError> {
        let part = self.part.name();
        if header.total_len() > MAX_ELEMENT {
            return Err(CrlError::PartTooLong { part, offset: self.offset, limit: MAX_ELEMENT });
        }
        // The header is sound, so only content can be missing.
        let Ok(element) = Reader::at(bytes, self.offset).element() else {
            return Ok(WalkStep::Wait);
        };
        self.fields
            .take(self.part, element, &mut self.visit)
            .map_err(|error| self.malformed(error))?;
        let offset = self.offset + header.total_len();
        if self.part.is_last() && offset < self.frame_end() {
            let count = usize::try_from(self.frame_end() - offset).unwrap_or(usize::MAX);
            return Err(self.malformed(DerError::LeftOver { offset, count }));
        }
        self.part = self.part.next();
        Ok(WalkStep::Used(element.raw.len()))
    }

    fn malformed(&self, error: DerError) -> CrlError {
        CrlError::Malformed { part: self.part.name(), error }
    }
}

fn not_der(bytes: &[u8]) -> Result<(), CrlError> {
    match bytes.first() {
        None | Some(&tag::SEQUENCE) => Ok(()),
        Some(&other) => Err(CrlError::NotDer(other)),
    }
}
