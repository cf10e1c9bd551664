//! Certificates by how long they are valid.
//!
//! ACM PCA puts the beginning of validity an hour before issuance (AWS Private CA User Guide). So the
//! time is counted from issuance: a certificate that was asked for with 90 days has 90 days.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// The classes: at most so many days. 200, 398 and 825 are limits that the CA/Browser Forum's
/// Baseline Requirements have had.
pub const MAX_DAYS: [u32; 9] = [1, 7, 30, 90, 200, 398, 825, 1825, 3650];

/// The certificates of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidityCount {
    /// At most so many days, and more than the class before; null: longer than all.
    pub max_days: Option<u32>,
    /// How many there are.
    pub count: u64,
}

impl ValidityCount {
    pub(super) fn all() -> Vec<Self> {
        let classes = MAX_DAYS.into_iter().map(Some).chain([None]);
        classes.map(|max_days| Self { max_days, count: 0 }).collect()
    }
}

pub(super) fn count(classes: &mut [ValidityCount], from: OffsetDateTime, to: OffsetDateTime) {
    let valid = to - from;
    let fits = |class: &&mut ValidityCount| {
        class.max_days.is_none_or(|days| valid <= Duration::days(i64::from(days)))
    };
    if let Some(class) = classes.iter_mut().find(fits) {
        class.count += 1;
    }
}
