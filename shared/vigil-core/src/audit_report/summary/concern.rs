//! Certificates that an operator should check: how many, and the worst of them by name.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    super::{Record, shown},
    serials::hash,
};

/// How many certificates, and the worst ten, where nothing else is said: which ones does not depend on
/// the order of records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Concern {
    /// All of them.
    pub count: u64,
    /// The worst of them, the worst first.
    pub first: Vec<Named>,
}

/// One certificate by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Named {
    /// The certificate's ARN.
    pub certificate: String,
    /// Its serial number.
    pub serial: String,
    /// Its subject.
    pub subject: String,
    /// The time by which it is one of the worst: the end of validity, or the revocation.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub at: OffsetDateTime,
}

impl Named {
    pub(super) fn new(record: &Record<'_>, at: OffsetDateTime) -> Self {
        Self {
            certificate: shown(&record.certificate_arn),
            serial: shown(&record.serial),
            subject: shown(&record.subject),
            at,
        }
    }
}

const MAX_NAMED: usize = 10;

impl Concern {
    /// Counts the certificate. Those with the latest `at` are named.
    pub(super) fn add(&mut self, record: &Record<'_>, at: OffsetDateTime) {
        self.add_within(MAX_NAMED, record, at);
    }

    /// The same, with room for more names.
    pub(super) fn add_within(&mut self, room: usize, record: &Record<'_>, at: OffsetDateTime) {
        self.count += 1;
        if self.first.len() == room && self.first.last().is_some_and(|last| at < last.at) {
            return;
        }
        self.name(room, Named::new(record, at));
    }

    /// Counts one of several records that are named by what is the same in them, so that the first one
    /// read is no other than the last.
    pub(super) fn add_alike(&mut self, record: &Record<'_>, subject: &str, at: OffsetDateTime) {
        self.count += 1;
        self.name(MAX_NAMED, Named { subject: subject.to_owned(), ..Named::new(record, at) });
    }

    fn name(&mut self, room: usize, named: Named) {
        let place = self.first.partition_point(|one| {
            (std::cmp::Reverse(one.at), &one.certificate, &one.serial, &one.subject)
                < (std::cmp::Reverse(named.at), &named.certificate, &named.serial, &named.subject)
        });
        self.first.insert(place, named);
        self.first.truncate(room);
    }

    /// Counts one less. Its name stays until [`Self::leave_out`].
    pub(super) fn take_back(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Leaves out names that were taken back.
    pub(super) fn leave_out(&mut self, taken_back: &mut TakenBack) {
        self.first.retain(|named| !taken_back.has(named));
    }

    /// The ARNs of the worst.
    pub fn arns(&self) -> Vec<String> {
        self.first.iter().map(|one| one.certificate.clone()).collect()
    }
}

/// Names of certificates that are in a list and should not be, each as often as it was taken back.
#[derive(Clone, Debug, Default)]
pub(super) struct TakenBack(HashMap<u64, u32>);

impl TakenBack {
    pub(super) fn add(&mut self, named: &Named) {
        *self.0.entry(hash(named)).or_default() += 1;
    }

    /// Whether this one is to be left out, once for each time.
    pub(super) fn has(&mut self, named: &Named) -> bool {
        match self.0.get_mut(&hash(named)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}
