//! Describes a CA that has been changed, until the change shows.

use time::Duration;

use super::{CaseRunner, Observation};
use crate::{
    ca::CaStatus,
    jobs::case::{AutoRestoreError, machine::Observed},
};

/// Between one look and the next. AWS promises nowhere that a change shows at once.
const PAUSES: [Duration; 5] = [
    Duration::milliseconds(100),
    Duration::milliseconds(200),
    Duration::milliseconds(400),
    Duration::milliseconds(800),
    Duration::milliseconds(1600),
];

impl CaseRunner<'_> {
    /// Looks until what has been done shows, or for three seconds: the last look counts.
    pub(super) async fn describe_until(
        &mut self,
        shows: impl Fn(Observed, &CaStatus) -> bool,
    ) -> Result<CaStatus, AutoRestoreError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let seen = self.run_in.authorities.describe(self.case.ca()).await;
            let seen = seen.map_err(AutoRestoreError::Verify)?;
            let status = seen.ca.status.clone();
            self.observation = Observation::Ca(Box::new(seen));
            if shows(self.observed(), &status) {
                return Ok(status);
            }
            let Some(pause) = pauses.next() else { return Ok(status) };
            self.run_in.authorities.wait(pause).await;
        }
    }
}
