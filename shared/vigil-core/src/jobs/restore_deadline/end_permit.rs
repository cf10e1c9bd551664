//! What permits the end of a deletion, and what an alert offers to those who do not need the CA.

use time::OffsetDateTime;

use super::{RegionWatch, tracked_window::TrackedWindow};
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    finding::{APPROVER_KEY, EVIDENCE_BUCKET},
    instant::rfc3339,
    jobs::{authentic, on_record},
    policy::Approval,
};

/// What lets a CA that had a certificate end with its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndPermit {
    /// An approval whose signatures count.
    Approval,
    None,
    /// The stack's parameter `PermittedDeletions` names the deletion.
    Parameter,
}

impl RegionWatch<'_> {
    /// What is unknown is not permitted.
    pub(super) async fn end_permit(
        &self,
        ca: &CaArn,
        deleted_at: Option<OffsetDateTime>,
        until: OffsetDateTime,
    ) -> EndPermit {
        if self.settings.permitted.names(ca.id(), until) {
            return EndPermit::Parameter;
        }
        match self.approval(ca, deleted_at, until).await {
            Some(_) => EndPermit::Approval,
            None => EndPermit::None,
        }
    }

    /// Whether this window was permitted to end, as last-resort judges it: the approval of a single group counts if
    /// CloudTrail's event history names another caller.
    pub(super) async fn was_permitted(&self, window: &TrackedWindow) -> bool {
        let (ca, deleted_at, until) = (&window.ca, window.deleted_at, window.restorable_until);
        if self.settings.permitted.names(ca.id(), until) {
            return true;
        }
        let Some(approval) = self.approval(ca, deleted_at, until).await else { return false };
        let Some(asked_at) = deleted_at.filter(|_| !approval.approvers.is_empty()) else {
            return true;
        };
        let recorded = self.region.looked_up(asked_at).await.map_err(|(why, _)| why);
        let window = (deleted_at, Some(until));
        on_record::refused_deleter_of(&approval, ca, window, recorded).is_none()
    }

    /// The approval whose signatures and times count for this deletion.
    async fn approval(
        &self,
        ca: &CaArn,
        deleted_at: Option<OffsetDateTime>,
        until: OffsetDateTime,
    ) -> Option<Approval> {
        let approvers = &self.settings.rescue.approvers;
        let deleted_at = deleted_at.filter(|_| !approvers.are_none())?;
        let (evidence, signatures) = (self.ports.evidence, self.ports.signatures);
        let approval = authentic::approval(evidence, signatures, approvers, ca).await.ok()??;
        approval.misfit(deleted_at, until).is_none().then_some(approval)
    }
}

/// The paragraph behind the command that restores the CA. None after the window's end, when nothing else
/// can be done.
pub(super) fn alternatives(
    ca: &Ca,
    until: OffsetDateTime,
    permit: EndPermit,
    is_last: bool,
    now: OffsetDateTime,
) -> Option<String> {
    if until <= now {
        return None;
    }
    if !ca.had_certificate() {
        return Some(
            "If it is not needed, nothing: the CA never had a certificate, and the last resort does not restore it."
                .to_owned(),
        );
    }
    let (arn, end) = (&ca.arn, rfc3339(until));
    let mut text = match permit {
        EndPermit::Approval => format!(
            "If it is not needed, nothing: its permanent deletion is approved. Leave {} in the evidence bucket \
             until {end}.",
            keys::approval(arn)
        ),
        EndPermit::Parameter => {
            "If it is not needed, nothing: PermittedDeletions names this deletion.".to_owned()
        }
        EndPermit::None => format!(
            "Without an approval, the last resort restores it, if the parameter LastResort is true. If it may be \
             permanently deleted, an approver signs that, with the reason in place of REASON:\n  vigil approve \
             {arn} --by NAME --reason REASON --key {APPROVER_KEY} --evidence-bucket {EVIDENCE_BUCKET}"
        ),
    };
    // The last alert is sent in any case, so that nothing is left to acknowledge after it.
    if !is_last {
        let ack = format!(
            "\nAn acknowledgement permits nothing. It ends these alerts, all but the last, until the date that it \
             names:\n  vigil deadline ack {arn} --until {end} --by NAME --key {APPROVER_KEY} --evidence-bucket \
             {EVIDENCE_BUCKET}"
        );
        text.push_str(&ack);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::fakes;

    const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    fn of(ca: &Ca, permit: EndPermit, is_last: bool, left: Duration) -> String {
        let until = ca.restorable_until.unwrap();
        alternatives(ca, until, permit, is_last, until - left).unwrap_or_default()
    }

    #[test]
    fn an_approval_is_asked_for_only_where_one_is_missing() {
        let ca = fakes::deleted_ca(AT);
        let missing = of(&ca, EndPermit::None, false, Duration::DAY);
        assert!(missing.contains("vigil approve arn:aws:acm-pca:"), "{missing}");
        for permit in [EndPermit::Approval, EndPermit::Parameter] {
            let text = of(&ca, permit, false, Duration::DAY);
            assert!(!text.contains("vigil approve") && text.contains("nothing: "), "{text}");
        }
        let never = Ca { serial: None, not_before: None, not_after: None, ..ca };
        let text = of(&never, EndPermit::None, false, Duration::DAY);
        assert!(!text.contains("vigil ") && text.contains("does not restore it"), "{text}");
    }

    #[test]
    fn an_acknowledgement_is_offered_while_an_alert_can_be_ended() {
        let ca = fakes::deleted_ca(AT);
        let offers = |is_last| {
            of(&ca, EndPermit::None, is_last, Duration::HOUR)
                .contains("--until 2026-11-27T10:00:00Z ")
        };
        assert!(offers(false) && !offers(true));
    }

    #[test]
    fn after_the_end_only_the_restoration_is_left() {
        assert_eq!(of(&fakes::deleted_ca(AT), EndPermit::None, true, Duration::ZERO), "");
    }
}
