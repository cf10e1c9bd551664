//! Counts by weekday and hour, in UTC.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::instant::in_utc;

/// Seven days, Monday first, of 24 hours each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Hours(pub [[u64; 24]; 7]);

impl Hours {
    pub(super) fn count(&mut self, at: OffsetDateTime) {
        let at = in_utc(at);
        let day = usize::from(at.weekday().number_days_from_monday());
        self.0[day][usize::from(at.hour())] += 1;
    }
}
