//! Whether the CA still stands where the event left it.

use time::{Duration, OffsetDateTime};

use crate::{
    ca::{Ca, CaStatus},
    cloudtrail::Deletion,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeletionMatch {
    /// By the deletion of the event.
    Deleted,
    /// By another deletion, later than the event's, which has an event of its own.
    DeletedAgain {
        at: OffsetDateTime,
    },
    NotDeleted,
}

/// CloudTrail writes its times to the second, and the service takes a moment to change a state.
const TOLERANCE: Duration = Duration::minutes(1);

/// An event can arrive late, when its CA has been restored and deleted anew. Two times decide: that
/// of the last change of state, and the end of the window. Only if both contradict the event (or
/// the one that is known does) is it about another deletion: what AWS does to either of them on
/// other occasions is not documented, and taking a deletion for another one would let it stand.
pub(super) fn of(deletion: &Deletion, ca: &Ca) -> DeletionMatch {
    if ca.status != CaStatus::Deleted {
        return DeletionMatch::NotDeleted;
    }
    let changed_later = ca.last_state_change_at.map(|at| at > deletion.at + TOLERANCE);
    let window = Duration::days(deletion.effective_window_days());
    let other_window =
        ca.restorable_until.map(|until| (until - (deletion.at + window)).abs() > TOLERANCE);
    match (changed_later, other_window) {
        (Some(true), Some(true) | None) | (None, Some(true)) => {
            let by_window = ca.restorable_until.map(|until| until - window);
            let at = ca.last_state_change_at.or(by_window).unwrap_or(deletion.at);
            DeletionMatch::DeletedAgain { at }
        }
        (Some(false), _) | (_, Some(false)) | (None, None) => DeletionMatch::Deleted,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::fakes;

    const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    fn check(changed: Option<OffsetDateTime>, until: Option<OffsetDateTime>) -> DeletionMatch {
        let ca =
            Ca { last_state_change_at: changed, restorable_until: until, ..fakes::deleted_ca(AT) };
        of(&fakes::deletion(AT), &ca)
    }

    #[test]
    fn only_a_full_contradiction_of_the_event_is_another_deletion() {
        let week = Duration::days(7);
        let later = AT + Duration::hours(1);
        let second = Duration::SECOND;
        let again = DeletionMatch::DeletedAgain { at: later };
        for (name, changed, until, want) in [
            ("as_the_event_says", Some(AT), Some(AT + week), DeletionMatch::Deleted),
            ("nothing_known", None, None, DeletionMatch::Deleted),
            ("a_later_deletion", Some(later), Some(later + week), again),
            ("a_later_deletion_with_a_longer_window", Some(later), Some(later + 4 * week), again),
            ("only_the_window_known", None, Some(later + week), again),
            ("only_the_change_known", Some(later), None, again),
            (
                "window_rounded_by_the_service",
                Some(AT),
                Some(AT + week + Duration::HOUR),
                DeletionMatch::Deleted,
            ),
            ("some_other_change_of_state", Some(later), Some(AT + week), DeletionMatch::Deleted),
            (
                "within_the_tolerance",
                Some(AT + TOLERANCE),
                Some(AT + week + TOLERANCE),
                DeletionMatch::Deleted,
            ),
            (
                "just_beyond_it",
                Some(AT + TOLERANCE + second),
                Some(AT + week + TOLERANCE + second),
                DeletionMatch::DeletedAgain { at: AT + TOLERANCE + second },
            ),
        ] {
            assert_eq!(check(changed, until), want, "{name}");
        }
    }
}
