//! The version of a CRL before, which passes by, held against the one that is there now.

use time::OffsetDateTime;

use super::{
    super::{Entry, Serial},
    BACKDATED, Difference, LISTED_WITHIN, Listed, Marks, TOGETHER, Unnamed,
    digits::Digits,
    said::Said,
};

/// What may change from one version to the next, by whose rules the CRL is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// An entry that is on hold may leave (RFC 5280 §5.3.1).
    pub released_hold: bool,
    /// An entry may become keyCompromise, and such a one may be dated back (CA/Browser Forum Baseline
    /// Requirements §7.2.2.1).
    pub key_compromise: bool,
    /// Both are delta CRLs on one base: removeFromCRL is no reason, and an entry of the base that has changed
    /// comes with its old date (RFC 5280 §5.2.4, §5.3.1).
    pub delta: bool,
}

/// Holds the entries of the version before against the current ones.
#[derive(Debug)]
pub struct Versions<'l> {
    current: &'l Listed,
    kept: Marks,
    removed: Vec<(u64, Digits)>,
    difference: Difference,
    /// Entries that were not held against the current ones yet.
    waiting: Vec<(u64, Digits, Said)>,
    allowed: Allowed,
}

impl<'l> Versions<'l> {
    /// Against these entries. Nothing is allowed to change.
    pub fn new(current: &'l Listed) -> Self {
        let (kept, removed, waiting) = (Marks::none_of(current.len()), Vec::new(), Vec::new());
        let (difference, allowed) = (Difference::default(), Allowed::default());
        Self { current, kept, removed, difference, waiting, allowed }
    }

    /// The same, where this may change.
    pub fn allowing(self, allowed: Allowed) -> Self {
        Self { allowed, ..self }
    }

    /// Takes an entry of the version before.
    #[inline]
    pub fn see(&mut self, entry: &Entry<'_>) {
        if entry.indirect {
            return;
        }
        let fingerprint = self.current.fingerprints().of(entry.serial);
        self.waiting.push((fingerprint, Digits::of(entry.serial), Said::of(entry)));
        if self.waiting.len() == TOGETHER {
            self.look_for_all();
        }
    }

    fn look_for_all(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut is_listed = [false; TOGETHER];
        let fingerprints = waiting.iter().map(|(fingerprint, ..)| *fingerprint);
        self.current.mark_all(fingerprints, &mut self.kept, &mut is_listed);
        for ((fingerprint, serial, before), is_listed) in waiting.iter().zip(is_listed) {
            let is_delta = self.allowed.delta;
            // It was not revoked any more.
            if is_delta && before.is_removal() {
                continue;
            }
            let now = if is_listed { self.current.find(*fingerprint) } else { &[] };
            if now.is_empty() || is_delta && now.iter().all(|(_, now)| now.is_removal()) {
                if !self.allowed.released_hold || !before.is_hold() {
                    self.removed.push((*fingerprint, *serial));
                }
                continue;
            }
            if now.iter().all(|(_, now)| now != before) {
                self.changed(serial.serial(), *before, now[0].1);
            }
        }
        self.waiting = waiting;
        self.waiting.clear();
    }

    fn changed(&mut self, serial: Serial<'_>, before: Said, now: Said) {
        // A hold that ends in a revocation is given its reason then, and a new date.
        if before.is_hold() {
            return;
        }
        let is_compromise = self.allowed.key_compromise && now.is_key_compromise();
        let is_dated_back = is_compromise && now.revoked_at() < before.revoked_at();
        let difference = &mut self.difference;
        if before.reason() != now.reason() && before.has_reason() && !is_compromise {
            difference.reason_changed.add(serial);
        }
        if before.revoked_at() != now.revoked_at() && !is_dated_back {
            difference.date_moved.add(serial);
        }
        if before.invalid_since() != now.invalid_since() && before.invalid_since() != 0 {
            difference.invalidity_moved.add(serial);
        }
    }

    /// The version before was read to its end; `made` is its thisUpdate.
    pub fn finish(mut self, made: Option<OffsetDateTime>) -> Removed {
        self.look_for_all();
        self.removed.sort_unstable_by_key(|(fingerprint, _)| *fingerprint);
        self.removed.dedup_by_key(|(fingerprint, _)| *fingerprint);
        let mut unnamed = Unnamed::by(self.current.fingerprints());
        // Before `BACKDATED` it was made in truth: what was revoked long before had to be in it.
        let due = made.map_or(i64::MIN, |made| made.saturating_sub(LISTED_WITHIN).unix_timestamp());
        for (fingerprint, said) in self.current.unmarked(&self.kept) {
            let is_compromise = self.allowed.key_compromise && said.is_key_compromise();
            let is_allowed = is_compromise || self.allowed.delta;
            if said.revoked_at() < due && said.revoked_at() != i64::MIN && !is_allowed {
                self.difference.readded.count += 1;
                unnamed.add(*fingerprint);
            }
        }
        let made = made.map_or(i64::MAX, |at| at.saturating_add(BACKDATED).unix_timestamp());
        Removed { made, entries: self.removed, difference: self.difference, readded: unnamed }
    }
}

/// The difference of two versions, before a report explains it.
#[derive(Clone, Debug)]
pub struct Removed {
    /// When the version before was made, in Unix seconds.
    made: i64,
    /// In the order of fingerprints.
    entries: Vec<(u64, Digits)>,
    difference: Difference,
    readded: Unnamed,
}

impl Removed {
    /// How many serials are gone.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[inline]
    pub(super) fn find(&self, fingerprint: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&fingerprint, |(other, _)| *other).ok()
    }

    /// Whether a certificate was still valid when the version before was made. RFC 5280 §3.3: an entry
    /// stays until it was on a CRL made after the certificate's end.
    pub(super) fn is_early(&self, not_after: i64) -> bool {
        not_after >= self.made
    }

    /// The difference, and which of its serials are to be named yet. `explained` marks those that the
    /// report shows, and `early` are the ones of them that went too early.
    pub(super) fn explained(
        self,
        explained: &Marks,
        early: super::Sample,
    ) -> (Difference, Unnamed) {
        let mut difference = self.difference;
        for (at, (_, digits)) in self.entries.iter().enumerate() {
            if !explained.is_set(at) {
                difference.removed_unexplained.add(digits.serial());
            }
        }
        difference.removed_early = early;
        (difference, self.readded)
    }

    /// The difference where no report was read.
    pub fn unexplained(self) -> (Difference, Unnamed) {
        let none = Marks::none_of(self.entries.len());
        self.explained(&none, super::Sample::default())
    }
}
