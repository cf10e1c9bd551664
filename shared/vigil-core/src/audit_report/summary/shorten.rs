//! Whatever names a report has, its summary is within what is read again.
//!
//! A name takes up to six bytes for each character in JSON, and some thousands have room. No report of
//! ACM PCA comes near the limit. One that another principal wrote could make a summary that no function
//! reads, and so hide all of it.

use super::Summary;

/// How many names of each kind are left, if there is no room for all: the first that is enough.
const LEFT: [usize; 2] = [100, 10];
const BECAUSE: &str =
    "names of accounts, templates or certificates are so long and many that some were left out";

impl Summary {
    /// Leaves out names until the summary has at most so many bytes as JSON. Every count stays.
    pub fn shorten(&mut self, limit: u64) {
        let mut left = LEFT.into_iter();
        while self.bytes() > limit
            && let Some(names) = left.next()
        {
            self.keep(names);
            self.complete = false;
            if !self.incomplete_because.iter().any(|why| why == BECAUSE) {
                self.incomplete_because.push(BECAUSE.to_owned());
            }
        }
    }

    /// As it is written. What cannot be written is not shortened: writing it says why.
    fn bytes(&self) -> u64 {
        serde_json::to_vec_pretty(self).map_or(0, |body| body.len() as u64)
    }

    fn keep(&mut self, names: usize) {
        let tallies = [
            &mut self.by_account,
            &mut self.by_template,
            &mut self.by_service_principal,
            &mut self.revoked_by_reason,
        ];
        tallies.into_iter().for_each(|tally| tally.keep(names));
        self.first_issued_by_account.keep(names);
        self.first_issued_by_template.keep(names);
        self.ca_certificates.first.truncate(names);
        if let Some(successors) = &mut self.successors {
            successors.without_is_complete &= successors.without.len() <= names;
            successors.without.truncate(names);
        }
    }
}
