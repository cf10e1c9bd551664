//! What a further signature may be added to: an approval that could be made now.

use time::OffsetDateTime;

use super::{Approval, MAX_APPROVAL, SKEW};
use crate::ca::{Ca, CaStatus};

impl Approval {
    /// Why no signature may be added at `now`, by the service's clock. The command of the first signer has checked
    /// the same; a principal that may write the object can have replaced it since.
    pub fn unfit_to_cosign(&self, ca: &Ca, now: OffsetDateTime) -> Option<&'static str> {
        // Times are compared with that of the approval, so that one of the future would move them.
        if self.approved_at > now.saturating_add(SKEW) {
            return Some("it says that it was made at a time that has not come");
        }
        if self.expires <= now {
            return Some("it has expired");
        }
        if ca.status == CaStatus::Deleted {
            let (Some(deleted_at), Some(until)) = (ca.last_state_change_at, ca.restorable_until)
            else {
                return Some(
                    "ACM PCA does not say when the CA was deleted and when its window ends",
                );
            };
            if until <= now {
                return Some("the window of the CA has ended");
            }
            return self.misfit(deleted_at, until);
        }
        if self.restorable_until.is_some() {
            return Some("it is for a deletion of the CA, which is not DELETED");
        }
        let latest = self.approved_at.saturating_add(MAX_APPROVAL);
        (self.expires > latest).then_some("it is good for more than seven days")
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::fakes;

    const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
    const DAY: Duration = Duration::DAY;

    fn unfit(
        ca: &Ca,
        approved_at: OffsetDateTime,
        restorable_until: Option<OffsetDateTime>,
        expires: OffsetDateTime,
    ) -> &'static str {
        let approval = Approval {
            ca: ca.arn.clone(),
            approved_by: "carol".to_owned(),
            reason: String::new(),
            approved_at,
            restorable_until,
            expires,
            signers: Vec::new(),
            approvers: Vec::new(),
        };
        approval.unfit_to_cosign(ca, NOW).unwrap_or_default()
    }

    #[test]
    fn a_signature_is_added_to_what_could_be_approved_now() {
        let deleted = fakes::deleted_ca(NOW - DAY);
        let until = deleted.restorable_until.unwrap();
        let active = Ca { status: CaStatus::Active, restorable_until: None, ..deleted.clone() };
        assert_eq!(unfit(&active, NOW, None, NOW + 7 * DAY), "");
        assert_eq!(unfit(&active, NOW + SKEW, None, NOW + DAY), "", "clocks differ");
        assert_eq!(unfit(&active, NOW - 6 * DAY, None, NOW + DAY), "");
        assert_eq!(unfit(&deleted, NOW, Some(until), until), "");
        assert_eq!(unfit(&deleted, NOW - 2 * DAY, None, NOW + DAY), "", "made before the deletion");
    }

    #[test]
    fn a_signature_is_not_added_to_anything_else() {
        let second = Duration::SECOND;
        let deleted = fakes::deleted_ca(NOW - DAY);
        let until = deleted.restorable_until.unwrap();
        let active = Ca { status: CaStatus::Active, restorable_until: None, ..deleted.clone() };
        let ended = Ca { restorable_until: Some(NOW), ..deleted.clone() };
        let unknown = Ca { last_state_change_at: None, ..deleted.clone() };
        for (refused, why) in [
            (unfit(&active, NOW + SKEW + second, None, NOW + DAY), "has not come"),
            (unfit(&deleted, NOW + SKEW + second, Some(until), until), "has not come"),
            (unfit(&active, NOW - DAY, None, NOW), "it has expired"),
            (unfit(&active, NOW, None, NOW + 7 * DAY + second), "more than seven days"),
            (unfit(&active, NOW - DAY, None, NOW + 7 * DAY), "more than seven days"),
            (unfit(&active, NOW, Some(until), until), "not DELETED"),
            (unfit(&deleted, NOW, Some(until + DAY), until), "another deletion"),
            (unfit(&deleted, NOW - 2 * DAY, Some(until), until), "an earlier deletion"),
            (unfit(&deleted, NOW, Some(until), until + DAY), "longer than the CA can be restored"),
            (unfit(&ended, NOW - DAY, Some(NOW), NOW + DAY), "has ended"),
            (unfit(&unknown, NOW, Some(until), until), "does not say"),
        ] {
            assert!(refused.contains(why), "{refused:?} has not {why:?}");
        }
    }
}
