//! Certificates that an operator should check: how many, and the worst of them by name.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::super::{Record, shown};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        let named = Named {
            certificate: shown(&record.certificate_arn),
            serial: shown(&record.serial),
            subject: shown(&record.subject),
            at,
        };
        let place = self.first.partition_point(|one| {
            (std::cmp::Reverse(one.at), &one.certificate, &one.serial, &one.subject)
                < (std::cmp::Reverse(named.at), &named.certificate, &named.serial, &named.subject)
        });
        self.first.insert(place, named);
        self.first.truncate(room);
    }

    /// Counts one less. Its name stays until [`Self::retain`].
    pub(super) fn take_back(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Leaves out names.
    pub(super) fn retain(&mut self, is_kept: impl FnMut(&Named) -> bool) {
        self.first.retain(is_kept);
    }

    /// The ARNs of the worst.
    pub fn arns(&self) -> Vec<String> {
        self.first.iter().map(|one| one.certificate.clone()).collect()
    }
}
