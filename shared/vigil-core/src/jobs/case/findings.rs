//! The findings of a case: which kind, and what its texts name.

use serde_json::Value;
use time::OffsetDateTime;

use super::{
    act::{Act, Restorer},
    machine::CaseState,
    reactivation::KeptDisabled,
    record::Case,
};
use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    failure::chain,
    finding::{APPROVER_KEY, EVIDENCE_BUCKET, Finding, Names, Observation, RuleInfo},
    instant::{in_key, rfc3339},
    policy::Verdict,
    ports::PortError,
    rules::auto_restore as rules,
};

mod suspicious;

/// All findings about the state that a case has reached. `ca` is absent where it is gone; `left` says
/// why a restored one is kept as it is.
pub(in crate::jobs) fn findings(
    case: &Case,
    ca: Option<&Ca>,
    left: Option<&KeptDisabled>,
    not_put_back: Option<&str>,
    as_of: OffsetDateTime,
) -> Vec<Finding> {
    let end = match case.state() {
        CaseState::Seen | CaseState::Judged | CaseState::Restoring => None,
        CaseState::Restored | CaseState::Reactivated => {
            restored(case, ca, left, not_put_back, as_of)
        }
        CaseState::Permitted => {
            let seen = Observation::new(rules::PERMITTED);
            Some(finding(&rules::DELETION_PERMITTED, seen, case, ca, as_of))
        }
        CaseState::Escalated => Some(escalated(case, ca, as_of)),
        CaseState::Lost => {
            let seen = Observation::new(rules::PERMANENTLY_DELETED);
            Some(finding(&rules::GONE, seen, case, None, as_of))
        }
    };
    let problems = [
        policies_unusable(case, ca, as_of),
        suspicious::suspicious(case, ca, as_of),
        contradiction(case, ca, as_of),
    ];
    end.into_iter().chain(problems.into_iter().flatten()).collect()
}

/// One finding, whether the CA became ACTIVE again or not: the same id, and other words. None where the
/// CA has been deleted again: that deletion has a case of its own.
fn restored(
    case: &Case,
    ca: Option<&Ca>,
    left: Option<&KeptDisabled>,
    not_put_back: Option<&str>,
    as_of: OffsetDateTime,
) -> Option<Finding> {
    let restored = case.entries().iter().rev().find_map(|entry| match &entry.act {
        Act::Restored { status, deleted_again_at, by, .. } => Some((status, deleted_again_at, *by)),
        _ => None,
    });
    let (status, None, by) = restored? else { return None };
    let is_reactivated = case.state() == CaseState::Reactivated;
    let status = if is_reactivated { "ACTIVE" } else { status };
    let kind = match CaStatus::from(status) {
        CaStatus::Active => rules::RESTORED_ACTIVE,
        CaStatus::Disabled if matches!(left, Some(KeptDisabled::Held { .. })) => {
            rules::RESTORED_HELD
        }
        CaStatus::Disabled => rules::RESTORED_DISABLED,
        CaStatus::PendingCertificate => rules::RESTORED_PENDING,
        CaStatus::Expired => rules::RESTORED_EXPIRED,
        CaStatus::Creating | CaStatus::Deleted | CaStatus::Failed | CaStatus::Unknown(_) => {
            rules::RESTORED_OTHERWISE
        }
    };
    let because = left.map(KeptDisabled::because);
    let seen = Observation::new(kind)
        .with("status", status)
        .with("reactivated", is_reactivated)
        .with("left_because", because.as_deref())
        .with("put_back", case.put_back().map(|(missing, _)| missing.in_words()))
        .with("not_put_back", not_put_back)
        .name("because", because.map_or_else(String::new, |why| format!(", because {why}")))
        .name("when", if case.is_overruled() { " at the last threshold" } else { "" })
        .name("restorer", restorer(by))
        .name("reason", reason(case, by));
    let seen = match not_put_back {
        Some(why) => seen.also(format!(
            "Its policy, permissions or tags may be missing: Vigil could not put them back ({why})."
        )),
        None => seen,
    };
    let seen = seen.also(format!(
        "If the deletion was intended, an approver signs it, and another role deletes the CA again. {}",
        how_to_approve(&case.deletion().ca)
    ));
    Some(finding(&rules::RESTORED, seen, case, ca, as_of))
}

/// Without a signature an approval permits nothing, so the command signs it.
fn how_to_approve(ca: &CaArn) -> String {
    format!(
        "Put your name in place of NAME and the reason in place of REASON:\n  vigil approve {ca} --by NAME \
         --reason REASON --key {APPROVER_KEY} --evidence-bucket {EVIDENCE_BUCKET}"
    )
}

fn restorer(by: Restorer) -> &'static str {
    match by {
        Restorer::Vigil => "Vigil",
        Restorer::External => "Another caller, or an interrupted attempt of Vigil,",
    }
}

/// Why it was restored.
fn reason(case: &Case, by: Restorer) -> &'static str {
    let judgement = case.judgement();
    let contradicts = judgement.is_some_and(|judgement| judgement.contradiction.is_some());
    match (by, judgement.map(|judgement| &judgement.verdict)) {
        (Restorer::External, _) => "it was not DELETED any more when Vigil acted",
        (Restorer::Vigil, _) if contradicts => "what is known of who deleted it contradicts itself",
        (Restorer::Vigil, _) if case.is_overruled() => {
            "the deletion was neither approved nor acknowledged"
        }
        (Restorer::Vigil, Some(Verdict::Ask { .. })) => {
            "policy leaves the decision to an operator, and the CA was restored first, because its \
             window is short"
        }
        (Restorer::Vigil, _) => "no policy permits the deletion",
    }
}

/// The CA was deleted again and again, so another restoration would not help. Or policy leaves the
/// decision to an operator.
fn escalated(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Finding {
    let earlier = case.entries().iter().rev().find_map(|entry| match &entry.act {
        Act::Escalated { earlier, asked } => Some((earlier.clone(), *asked)),
        _ => None,
    });
    let (earlier, asked) = earlier.unwrap_or_default();
    let seen = if case.is_withheld() {
        Observation::new(rules::OBSERVED).name("reason", reason(case, Restorer::Vigil))
    } else if asked {
        Observation::new(rules::POLICY_ASKS).also(format!(
            "If it is not needed, have the deletion approved. {}",
            how_to_approve(&case.deletion().ca)
        ))
    } else {
        let restorations = match earlier.len() {
            1 => "a restoration".to_owned(),
            count => format!("{count} restorations"),
        };
        let seen = Observation::new(rules::DELETED_AGAIN).name("restorations", restorations);
        seen.with("earlier_cases", earlier)
    };
    finding(&rules::ESCALATED, seen, case, ca, as_of)
}

/// Published at once, not at the end of the case, which it does not reach until an operator acts.
pub(in crate::jobs) fn refused(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Finding {
    finding(&rules::REFUSED, Observation::new(rules::DENIED), case, ca, as_of)
}

/// A restored CA that should have signed a CRL by now, and has not.
pub(in crate::jobs) fn unverified(
    case: &Case,
    ca: &Ca,
    since: OffsetDateTime,
    last: Option<OffsetDateTime>,
    as_of: OffsetDateTime,
) -> Finding {
    let seen = Observation::new(rules::NO_CRL)
        .with("restored_at", rfc3339(since))
        .with("newest_crl", last.map(rfc3339));
    finding(&rules::RESTORATION_UNVERIFIED, seen, case, Some(ca), as_of)
}

fn policies_unusable(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Option<Finding> {
    let problem = case.judgement()?.policy_problem.as_ref()?;
    let seen = Observation::new(rules::INVALID).with("problem", problem.as_str());
    Some(finding(&rules::POLICIES_UNUSABLE, seen, case, ca, as_of))
}

/// The events of one deletion cannot all be true.
fn contradiction(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Option<Finding> {
    let why = case.judgement()?.contradiction.as_ref()?;
    let seen = Observation::new(rules::CONTRADICTORY)
        .name("why", why.clone())
        .with("why", why.as_str())
        .with("event_ids", case.event_ids());
    Some(finding(&rules::EVENTS_CONTRADICTORY, seen, case, ca, as_of))
}

/// The CA is restored, and the evidence bucket takes no record of it.
pub(in crate::jobs) fn unrecorded(
    case: &Case,
    ca: Option<&Ca>,
    cause: &PortError,
    as_of: OffsetDateTime,
) -> Finding {
    let seen = Observation::new(rules::UNWRITABLE).with("cause", chain(cause));
    finding(&rules::EVIDENCE_SUSPICIOUS, seen, case, ca, as_of)
}

/// A finding with the deletion and the judgement as its evidence. Its discriminator is the end of the
/// window, as the case's is: it is the same with and without the event.
fn finding(
    rule: &RuleInfo,
    seen: Observation,
    case: &Case,
    ca: Option<&Ca>,
    as_of: OffsetDateTime,
) -> Finding {
    let deletion = case.deletion();
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let is_known = deletion.event_id.is_some();
    let (who, by_short) = if is_known {
        (deletion.by.name(), deletion.by.short_name())
    } else {
        ("an unknown caller, whose call CloudTrail has not recorded so far,", "An unknown caller")
    };
    let ask = match is_known {
        true => format!("Ask {by_short} why it was deleted."),
        false => "Find out who deleted it.".to_owned(),
    };
    let common_name = ca.and_then(|ca| ca.common_name.as_deref());
    let names = Names::new(format!("{} in the evidence bucket", case.key()))
        .of_ca(&deletion.ca, common_name)
        .with("who", who)
        .with("by_short", by_short)
        .with("ask", ask);
    let seen = seen
        .discriminator(in_key(case.until()))
        .with("deleted_at", rfc3339(deletion.at))
        .with("deleted_by", deletion.by.name())
        .with("source_ip", text(&deletion.source_ip))
        .with("user_agent", text(&deletion.user_agent))
        .with("window_days", deletion.effective_window_days())
        .with("restorable_until", rfc3339(case.until()))
        .with("event_id", text(&deletion.event_id))
        .with("case", case.key())
        .with("case_head", case.head())
        // Of two findings with one id, that with more acts is the newer one.
        .with("case_acts", case.entries().len());
    with_judgement(seen, case, as_of).finding(rule, &names, deletion.ca.as_str(), as_of)
}

fn with_judgement(seen: Observation, case: &Case, as_of: OffsetDateTime) -> Observation {
    let Some(judgement) = case.judgement() else { return seen.name("policies", "unknown") };
    let verdict = match &judgement.verdict {
        Verdict::Ask { .. } => "ask",
        Verdict::Restore { .. } => "restore",
        Verdict::Permit { .. } => "stand",
    };
    let (policies, errors) = (judgement.verdict.policies(), judgement.verdict.errors());
    let certificates = judgement.impact.certificates.as_ref().map(|of| of.live(as_of));
    let living = judgement.impact.subordinates.as_ref().map(|of| of.living);
    seen.with("verdict", verdict)
        .with("policies", policies.to_vec())
        .with("policy_errors", errors.to_vec())
        .with("valid_certificates", certificates)
        .with("living_subordinates", living)
        .with("unknown", judgement.unknown.clone())
}

#[cfg(test)]
mod tests;
