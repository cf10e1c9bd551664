//! The races for records that an invocation has lost.
//!
//! Two invocations of one case meet now and then, and the one that loses reads what the other has written. A
//! principal that can write to the bucket can win every time. Then the record is as good as blocked.

use std::sync::{Mutex, PoisonError};

use super::TRIES;
use crate::arn::CaArn;

/// After so many at one key, what is there and is no record is passed over.
const AT_A_KEY: usize = 3;

/// The keys at which another writer was faster, each as often as it was.
#[derive(Debug, Default)]
pub(in crate::jobs) struct Races(Mutex<Vec<String>>);

impl Races {
    pub(super) fn lose(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(key.to_owned());
    }

    /// Whether writing at the key is of no use.
    pub(super) fn are_lost_at(&self, key: &str) -> bool {
        self.count(|lost| lost == key) >= AT_A_KEY
    }

    /// Whether all tries of the invocation for a CA have failed: the last one does without.
    pub(super) fn are_lost_for(&self, ca: &CaArn) -> bool {
        self.count(|lost| lost.contains(ca.id())) >= TRIES
    }

    fn count(&self, is_of: impl Fn(&str) -> bool) -> usize {
        let lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.iter().filter(|key| is_of(key)).count()
    }
}
