//! Which certificates have a later one of the same subject.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use vigil_core::audit_report::Record;

/// For each subject, by its hash, the latest end of a certificate that was not revoked.
#[derive(Debug, Default)]
pub(super) struct Latest(HashMap<u64, i64>);

impl Latest {
    pub(super) fn add(&mut self, record: &Record<'_>) {
        if record.is_revoked() {
            return;
        }
        let end = record.not_after.unix_timestamp();
        let latest = self.0.entry(subject(record)).or_insert(end);
        *latest = end.max(*latest);
    }

    /// Whether no certificate of the subject that was not revoked ends later.
    pub(super) fn is_last(&self, record: &Record<'_>) -> bool {
        let latest = self.0.get(&subject(record));
        latest.is_none_or(|latest| *latest <= record.not_after.unix_timestamp())
    }
}

/// Two of a million subjects share 64 bits with a probability of one in thirty million.
fn subject(record: &Record<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    record.subject.hash(&mut hasher);
    hasher.finish()
}
