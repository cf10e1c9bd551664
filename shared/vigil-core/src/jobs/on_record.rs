//! The deletions that CloudTrail's event history has, and whether an approval counts for who called them.

use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::Ca,
    cloudtrail::{self, Deletion},
    policy::Approval,
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

/// Why an approval does not count because of who deleted the CA, or because that is not known. `recorded`: the
/// deletions of the Region around that time, or why the event history could not be asked.
pub(in crate::jobs) fn refused_deleter(
    approval: &Approval,
    ca: &Ca,
    recorded: Result<Vec<Deletion>, String>,
) -> Option<String> {
    let window = (ca.last_state_change_at, ca.restorable_until);
    refused_deleter_of(approval, &ca.arn, window, recorded)
}

/// The same of a CA that may be gone: when it was deleted, and the end of its window.
pub(in crate::jobs) fn refused_deleter_of(
    approval: &Approval,
    ca: &CaArn,
    (deleted_at, until): (Option<OffsetDateTime>, Option<OffsetDateTime>),
    recorded: Result<Vec<Deletion>, String>,
) -> Option<String> {
    // Enough others have signed, or the stack does not name who may sign.
    if approval.approvers.is_empty() {
        return None;
    }
    let unknown = |why: &str| Some(format!("it is not known who deleted the CA: {why}"));
    let Some(deleted_at) = deleted_at else {
        return unknown("ACM PCA does not say when it was deleted");
    };
    let recorded = match recorded {
        Ok(recorded) => last(near(recorded, ca, deleted_at)),
        Err(why) => return unknown(&why),
    };
    if recorded.is_empty() {
        return unknown("CloudTrail's event history does not have the deletion");
    }
    let refused = |deletion: &Deletion| approval.refusal_at(deletion, Some(deleted_at), until);
    recorded.iter().find_map(refused).map(str::to_owned)
}
