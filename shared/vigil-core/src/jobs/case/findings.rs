//! What people are told of a case: the findings and their words.

use serde_json::Value;
use time::OffsetDateTime;

use super::{act::Act, machine::CaseState, reactivation::KeptDisabled, record::Case};
use crate::{
    ca::{Ca, CaStatus},
    cloudtrail::Deletion,
    commands,
    evidence::keys,
    finding::{Finding, Severity},
    instant::{in_key, rfc3339},
    policy::Verdict,
};

/// Everything that is to be told of the state that a case has reached. `ca` is absent where it is
/// gone; `left` says why a restored one is left as it is.
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
        CaseState::Permitted => Some(permitted(case, ca, as_of)),
        CaseState::Escalated => Some(escalated(case, ca, as_of)),
        CaseState::Lost => Some(lost(case, as_of)),
    };
    end.into_iter().chain(policies_unusable(case, as_of)).collect()
}

/// One finding, whether the CA went back into service or not: the same id, and other words. None
/// where the CA has been deleted again: that deletion has a case of its own.
fn restored(
    case: &Case,
    ca: Option<&Ca>,
    left: Option<&KeptDisabled>,
    not_put_back: Option<&str>,
    as_of: OffsetDateTime,
) -> Option<Finding> {
    let deletion = case.deletion();
    let restored = case.entries().iter().rev().find_map(|entry| match &entry.act {
        Act::Restored { status, deleted_again_at, .. } => Some((status, deleted_again_at)),
        _ => None,
    });
    let (status, None) = restored? else { return None };
    let is_reactivated = case.state() == CaseState::Reactivated;
    let status = if is_reactivated { "ACTIVE" } else { status };
    let end = match (is_reactivated, case.is_overruled()) {
        (true, false) => "restored and put back into service",
        (false, false) => "restored",
        (true, true) => "restored when its window was about to end, and put back into service",
        (false, true) => "restored when its window was about to end",
    };
    let title = format!("{} was deleted by {} and {end}", name(deletion, ca), who(deletion));
    let next = advice(deletion, &CaStatus::from(status), left);
    let lost = match not_put_back {
        Some(why) => format!(" What it had before may be missing: {why}."),
        None => String::new(),
    };
    let asked =
        matches!(case.judgement().map(|judgement| &judgement.verdict), Some(Verdict::Ask { .. }));
    let asked = if asked {
        " Policy asks people to decide; the CA was restored first, because its window is short."
    } else {
        ""
    };
    let remediation = format!(
        "{next}{lost}{asked} If the deletion was meant: put an approval at {} in the evidence bucket and delete \
         the CA again.",
        keys::approval(&deletion.ca)
    );
    let why = left.map_or(Value::Null, |left| left.because().into());
    let finding = finding("auto-restore.restored", Severity::High, case, title, as_of)
        .with_evidence("status", status)
        .with_evidence("reactivated", is_reactivated)
        .with_evidence("left_because", why)
        .with_evidence("put_back", case.put_back().map(|(missing, _)| missing.in_words()))
        .with_evidence("not_put_back", not_put_back);
    Some(finding.with_remediation(remediation))
}

/// What it takes to use a restored CA.
fn advice(deletion: &Deletion, status: &CaStatus, left: Option<&KeptDisabled>) -> String {
    let ca = &deletion.ca;
    match status {
        CaStatus::Active => {
            "The CA is ACTIVE, as it was until it was disabled: nothing needs to be done."
                .to_owned()
        }
        CaStatus::Disabled => {
            let why = left.map_or_else(String::new, |left| format!(", because {}", left.because()));
            let activate = commands::activate(ca);
            format!("The CA is DISABLED{why}: it issues nothing until you run: {activate}")
        }
        CaStatus::PendingCertificate => format!(
            "The CA is PENDING_CERTIFICATE, as before: it has never issued anything. To use it, \
             have its request signed and import the certificate: {}",
            commands::csr(ca)
        ),
        CaStatus::Expired => format!(
            "The CA's own certificate has run out (EXPIRED), so it cannot be made ACTIVE. To use \
             it, have a new certificate signed for its key and import it: {}",
            commands::csr(ca)
        ),
        CaStatus::Creating | CaStatus::Deleted | CaStatus::Failed | CaStatus::Unknown(_) => {
            format!("The CA is {status}.")
        }
    }
}

fn permitted(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Finding {
    let deletion = case.deletion();
    let title =
        format!("{} was deleted by {}, as policy permits", name(deletion, ca), who(deletion));
    let until = rfc3339(case.until());
    finding("auto-restore.deletion-permitted", Severity::Informational, case, title, as_of)
        .with_remediation(format!(
            "Nothing, if this was meant. Until {until} the CA can be had back: {}",
            commands::restore(&deletion.ca)
        ))
}

/// Somebody insists: restoring once more would only go round once more. Or policy asks people.
fn escalated(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Finding {
    let deletion = case.deletion();
    let earlier = case.entries().iter().rev().find_map(|entry| match &entry.act {
        Act::Escalated { earlier, asked } => Some((earlier.clone(), *asked)),
        _ => None,
    });
    let (earlier, asked) = earlier.unwrap_or_default();
    if asked {
        let title = format!(
            "{} was deleted by {}: people have to decide, as policy says",
            name(deletion, ca),
            who(deletion)
        );
        return finding("auto-restore.escalated", Severity::High, case, title, as_of)
            .with_remediation(format!(
                "If the CA is still needed, take it back: {}. If not, acknowledge the deletion: \
                 vigil deadline ack {} --until DATE --by WHO. It is lost for good at {}.",
                commands::restore(&deletion.ca),
                deletion.ca,
                rfc3339(case.until()),
            ));
    }
    let title = format!(
        "{} was deleted again by {} after {} within a day: people have to decide",
        name(deletion, ca),
        who(deletion),
        match earlier.len() {
            1 => "a restoration".to_owned(),
            count => format!("{count} restorations"),
        },
    );
    finding("auto-restore.escalated", Severity::Critical, case, title, as_of)
        .with_evidence("earlier_cases", earlier)
        .with_remediation(format!(
            "Find out who or what deletes it, and stop that; then take the CA back: {}. It stays \
             DELETED until you do, and is lost for good at {}; restore-deadline goes on alerting.",
            commands::restore(&deletion.ca),
            rfc3339(case.until()),
        ))
}

fn lost(case: &Case, as_of: OffsetDateTime) -> Finding {
    let deletion = case.deletion();
    let title = format!("{} was deleted by {} and is gone", deletion.ca, who(deletion));
    finding("auto-restore.gone", Severity::Critical, case, title, as_of).with_remediation(
        "Nothing brings it back. A CA that was CREATING or FAILED has no restoration window and \
         nothing hung on it; otherwise find out why the event came after the window's end, and \
         replace every certificate below the CA.",
    )
}

/// Told at once, not at the end of the case: it has none until somebody acts.
pub(in crate::jobs) fn refused(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Finding {
    let deletion = case.deletion();
    let title = format!("{} must be restored, and Vigil may not", name(deletion, ca));
    finding("auto-restore.refused", Severity::Critical, case, title, as_of)
        .with_remediation(format!(
            "Run it yourself: {}. Then give auto-restore's role acm-pca:RestoreCertificateAuthority \
             (an SCP or a permissions boundary may deny it). Vigil tries again with every sweep.",
            commands::restore(&deletion.ca)
        ))
}

/// A restored CA that should have signed a CRL by now, and has not.
pub(in crate::jobs) fn unverified(
    case: &Case,
    ca: &Ca,
    since: OffsetDateTime,
    last: Option<OffsetDateTime>,
    as_of: OffsetDateTime,
) -> Finding {
    let name = name(case.deletion(), Some(ca));
    let title = format!("{name} was restored, and has signed no CRL since {}", rfc3339(since));
    finding("auto-restore.restoration-unverified", Severity::High, case, title, as_of)
        .with_evidence("restored_at", rfc3339(since))
        .with_evidence("newest_crl", last.map(rfc3339))
        .with_remediation(
            "See what crl-audit says of the CA and of its bucket: perhaps the bucket is gone, or does \
             not let the service write. If neither is so, ask AWS Support whether the key works.",
        )
}

fn policies_unusable(case: &Case, as_of: OffsetDateTime) -> Option<Finding> {
    let problem = case.judgement()?.policy_problem.as_ref()?;
    let title = "The deletion policies do not load; the built-in ones decided".to_owned();
    let finding = finding("auto-restore.policies-unusable", Severity::Critical, case, title, as_of);
    Some(finding.with_evidence("problem", problem.as_str()).with_remediation(
        "Correct the policies under policies/ in the evidence bucket, with `vigil policy check`; \
         infra/policies/schema.cedarschema says what they can ask.",
    ))
}

/// A finding with what every one of this function tells: the deletion and the judgement. Its
/// discriminator is the end of the window, as the case's is: it is the same with and without the
/// event.
fn finding(
    rule: &'static str,
    severity: Severity,
    case: &Case,
    title: String,
    as_of: OffsetDateTime,
) -> Finding {
    let deletion = case.deletion();
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let discriminator = in_key(case.until());
    let finding = Finding::new(rule, severity, deletion.ca.as_str(), &discriminator, title, as_of)
        .with_evidence("deleted_at", rfc3339(deletion.at))
        .with_evidence("deleted_by", deletion.by.name())
        .with_evidence("source_ip", text(&deletion.source_ip))
        .with_evidence("user_agent", text(&deletion.user_agent))
        .with_evidence("window_days", deletion.effective_window_days())
        .with_evidence("restorable_until", rfc3339(case.until()))
        .with_evidence("event_id", text(&deletion.event_id))
        .with_evidence("case", case.key())
        .with_evidence("case_head", case.head())
        // Of two findings with one id, that with more acts is the newer one.
        .with_evidence("case_acts", case.entries().len());
    let Some(judgement) = case.judgement() else {
        return finding;
    };
    let verdict = match &judgement.verdict {
        Verdict::Ask { .. } => "ask",
        Verdict::Restore { .. } => "restore",
        Verdict::Permit { .. } => "stand",
    };
    let (policies, errors) = (judgement.verdict.policies(), judgement.verdict.errors());
    let certificates = judgement.impact.certificates.as_ref().map(|of| of.live(as_of));
    let living = judgement.impact.subordinates.as_ref().map(|of| of.living);
    finding
        .with_evidence("verdict", verdict)
        .with_evidence("policies", policies.to_vec())
        .with_evidence("policy_errors", errors.to_vec())
        .with_evidence("valid_certificates", certificates)
        .with_evidence("living_subordinates", living)
        .with_evidence("unknown", judgement.unknown.clone())
}

/// The CA's common name where it is known, for people; the ARN is in `resource`.
fn name(deletion: &Deletion, ca: Option<&Ca>) -> String {
    match ca.and_then(|ca| ca.common_name.as_deref()) {
        Some(common_name) => format!("CA '{common_name}' ({})", deletion.ca.id()),
        None => format!("CA {}", deletion.ca.id()),
    }
}

fn who(deletion: &Deletion) -> &str {
    match deletion.event_id {
        Some(_) => deletion.by.name(),
        None => "somebody whose call CloudTrail did not deliver",
    }
}
