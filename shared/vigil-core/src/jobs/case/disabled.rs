//! Since when a CA is DISABLED, and whether it was ACTIVE until then: `state/disabled/<CA id>.json`.
//!
//! The events of UpdateCertificateAuthority do not suffice: the call succeeds on a CA that is
//! DISABLED already (Terraform makes it before every deletion), and an enabling whose event we do
//! not see may lie between two of them. So the sweep adds what it sees: a CA found DISABLED without
//! a record was so before, and one found ACTIVE is not DISABLED any more.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    cloudtrail::{Disabling, Principal},
};

/// CloudTrail writes its times to the second, and the service takes a moment to change a state.
const TOLERANCE: Duration = Duration::minutes(1);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct Disabled {
    pub(in crate::jobs) ca: CaArn,
    #[serde(with = "crate::instant::text")]
    pub(in crate::jobs) since: OffsetDateTime,
    /// Whether it is known that the CA was ACTIVE until then.
    pub(in crate::jobs) was_active: bool,
    pub(in crate::jobs) by: Option<Principal>,
    pub(in crate::jobs) event_id: Option<String>,
    /// When it was first found ACTIVE after that.
    #[serde(with = "crate::instant::text::option")]
    pub(in crate::jobs) active_again: Option<OffsetDateTime>,
}

/// What the record becomes by an event; `None`: it stays as it is. `ca` is what it is now.
pub(in crate::jobs) fn by_event(
    old: Option<&Disabled>,
    event: &Disabling,
    ca: Option<&Ca>,
) -> Option<Disabled> {
    let published = Disabled {
        ca: event.ca.clone(),
        since: event.at,
        was_active: true,
        by: Some(event.by.clone()),
        event_id: Some(event.event_id.clone()),
        active_again: None,
    };
    let Some(old) = old else {
        let unchanged_since = ca
            .filter(|ca| ca.status == CaStatus::Disabled)
            .and_then(|ca| ca.last_state_change_at)
            .filter(|since| *since < event.at - TOLERANCE);
        return Some(match unchanged_since {
            // The call changed nothing.
            Some(since) => Disabled { since, was_active: false, ..published },
            None => published,
        });
    };
    match old.active_again {
        _ if old.event_id.as_ref() == Some(&event.event_id) => None,
        // A sweep has seen it before the event came, or has seen the CA after its restoration, which
        // is a change of state, too.
        None if old.event_id.is_none() && event.at - TOLERANCE <= old.since => Some(published),
        // It was DISABLED already, or the event is an old one.
        None => None,
        Some(again) => (event.at > again).then_some(published),
    }
}

/// What the record becomes by the CA as a sweep finds it. `settle` is how long an event may take.
pub(in crate::jobs) fn by_observation(
    old: Option<&Disabled>,
    ca: &Ca,
    as_of: OffsetDateTime,
    settle: Duration,
) -> Option<Disabled> {
    match (&ca.status, old) {
        (CaStatus::Active, Some(old)) if old.active_again.is_none() && old.since < as_of => {
            Some(Disabled { active_again: Some(as_of), ..old.clone() })
        }
        (CaStatus::Disabled, old) if old.is_none_or(|old| old.active_again.is_some()) => {
            let since = ca.last_state_change_at.unwrap_or(as_of);
            (as_of - since >= settle).then(|| Disabled {
                ca: ca.arn.clone(),
                since,
                was_active: false,
                by: None,
                event_id: None,
                active_again: None,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::fakes;

    const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
    const HOUR: Duration = Duration::HOUR;

    fn event(at: OffsetDateTime, id: &str) -> Disabling {
        let (ca, by) = (fakes::ARN.parse().unwrap(), Principal::default());
        Disabling { ca, at, by, event_id: id.to_owned() }
    }

    fn ca(status: CaStatus, changed: OffsetDateTime) -> Ca {
        Ca { status, last_state_change_at: Some(changed), ..fakes::deleted_ca(AT) }
    }

    fn brief(record: Option<Disabled>) -> Option<(OffsetDateTime, bool, bool)> {
        record.map(|record| (record.since, record.was_active, record.active_again.is_some()))
    }

    #[test]
    fn the_first_event_counts_unless_the_ca_shows_no_change() {
        let check = |ca: Option<Ca>| brief(by_event(None, &event(AT, "e"), ca.as_ref()));
        let active_until_then = Some((AT, true, false));
        assert_eq!(check(None), active_until_then);
        assert_eq!(check(Some(ca(CaStatus::Disabled, AT))), active_until_then);
        assert_eq!(check(Some(ca(CaStatus::Deleted, AT + HOUR))), active_until_then);
        assert_eq!(check(Some(ca(CaStatus::Disabled, AT + HOUR))), active_until_then, "restored");
        let long = AT - HOUR;
        assert_eq!(check(Some(ca(CaStatus::Disabled, long))), Some((long, false, false)));
        let edge = AT - TOLERANCE;
        assert_eq!(check(Some(ca(CaStatus::Disabled, edge))), active_until_then);
    }

    #[test]
    fn a_later_event_tells_only_if_the_ca_was_active_in_between() {
        let first = by_event(None, &event(AT, "e"), None).unwrap();
        let check = |old: &Disabled, at, id| brief(by_event(Some(old), &event(at, id), None));
        assert_eq!(check(&first, AT, "e"), None, "delivered twice");
        assert_eq!(check(&first, AT + HOUR, "f"), None, "DISABLED already");
        assert_eq!(check(&first, AT - HOUR, "d"), None, "an old one, late");
        let again = Disabled { active_again: Some(AT + HOUR), ..first };
        assert_eq!(check(&again, AT + 2 * HOUR, "f"), Some((AT + 2 * HOUR, true, false)));
        assert_eq!(check(&again, AT + HOUR, "f"), None);
        let seen = by_observation(None, &ca(CaStatus::Disabled, AT), AT + HOUR, HOUR).unwrap();
        assert_eq!(check(&seen, AT, "e"), Some((AT, true, false)), "the event comes late");
        assert_eq!(check(&seen, AT - HOUR, "e"), Some((AT - HOUR, true, false)), "and restored");
        assert_eq!(check(&seen, AT + HOUR, "e"), None, "long DISABLED, and disabled again");
    }

    #[test]
    fn a_sweep_notes_what_events_have_not_reported() {
        let first = by_event(None, &event(AT, "e"), None);
        let check = |old: Option<&Disabled>, status, changed, now| {
            brief(by_observation(old, &ca(status, changed), now, HOUR))
        };
        let later = AT + HOUR;
        let second = Duration::SECOND;
        assert_eq!(check(None, CaStatus::Active, AT, later), None);
        assert_eq!(check(None, CaStatus::Deleted, AT, later), None);
        assert_eq!(check(None, CaStatus::Disabled, AT, later), Some((AT, false, false)));
        assert_eq!(check(None, CaStatus::Disabled, AT, later - second), None, "on its way");
        assert_eq!(check(first.as_ref(), CaStatus::Disabled, later, later), None);
        assert_eq!(check(first.as_ref(), CaStatus::Active, AT, later), Some((AT, true, true)));
        assert_eq!(check(first.as_ref(), CaStatus::Active, AT, AT), None, "listed before");
        let again = by_observation(first.as_ref(), &ca(CaStatus::Active, AT), later, HOUR);
        assert_eq!(check(again.as_ref(), CaStatus::Active, AT, AT + 2 * HOUR), None, "noted once");
        let lost = check(again.as_ref(), CaStatus::Disabled, later, later + HOUR);
        assert_eq!(lost, Some((later, false, false)), "its event was lost");
    }
}
