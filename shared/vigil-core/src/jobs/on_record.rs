//! The deletions that CloudTrail's event history has.

use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    cloudtrail::{self, Deletion},
    ports::{EventHistory, PortError},
};

/// CloudTrail writes its times to the second, and the service takes a moment to change a state.
pub(in crate::jobs) const TOLERANCE: Duration = Duration::minutes(1);

/// Those of all CAs of the Region. What is no record of a deletion that succeeded proves none.
pub(in crate::jobs) async fn between(
    history: &dyn EventHistory,
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<Deletion>, PortError> {
    let records = history.deletions(from, to).await?;
    Ok(records.iter().filter_map(|one| cloudtrail::recorded_deletion(one).ok()).collect())
}

/// Those of the CA that were called at this moment.
pub(in crate::jobs) fn near(
    mut recorded: Vec<Deletion>,
    ca: &CaArn,
    at: OffsetDateTime,
) -> Vec<Deletion> {
    recorded.retain(|of| of.ca == *ca && (of.at - at).abs() <= TOLERANCE);
    recorded
}

/// Of those of one moment, the one that left the CA as it is: the last. Several, where callers differ
/// within one second.
pub(in crate::jobs) fn last(mut recorded: Vec<Deletion>) -> Vec<Deletion> {
    let last = recorded.iter().map(|of| of.at).max();
    recorded.retain(|of| Some(of.at) == last);
    recorded.sort_by(|one, other| one.event_id.cmp(&other.event_id));
    let mut callers = Vec::new();
    recorded.retain(|of| {
        let is_new = !callers.contains(&of.by);
        callers.push(of.by.clone());
        is_new
    });
    recorded
}
