//! What people are told of a case: the findings and their words.

use serde_json::Value;
use time::OffsetDateTime;

use super::case::{Case, Ending};
use crate::{
    ca::{Ca, CaStatus},
    cloudtrail::Deletion,
    commands,
    finding::{Finding, Severity},
    instant::rfc3339,
    policy::{Approval, Verdict},
};

/// Everything that is to be told when a case is closed.
pub(super) fn findings(
    case: &Case,
    ending: &Ending,
    ca: Option<&Ca>,
    as_of: OffsetDateTime,
) -> Vec<Finding> {
    let end = match ending {
        Ending::Gone { .. } => Some(gone(case, as_of)),
        Ending::Restored { status, .. } => Some(restored(case, ca, status, as_of)),
        Ending::Stood { restorable_until } => Some(stood(case, ca, *restorable_until, as_of)),
        Ending::Superseded { .. } => None,
    };
    end.into_iter().chain(policies_unusable(case, as_of)).collect()
}

fn restored(case: &Case, ca: Option<&Ca>, status: &str, as_of: OffsetDateTime) -> Finding {
    let deletion = &case.deletion;
    let title = format!("{} was deleted by {} and restored", name(deletion, ca), who(deletion));
    let next = match CaStatus::from(status) {
        CaStatus::Disabled => format!(
            "The CA is DISABLED: it issues nothing until you run: {}",
            commands::activate(&deletion.ca)
        ),
        CaStatus::PendingCertificate => {
            "The CA is PENDING_CERTIFICATE, as before: it needs a certificate of its own."
                .to_owned()
        }
        CaStatus::Expired => {
            "The CA is EXPIRED: import a new certificate for its key to use it again.".to_owned()
        }
        CaStatus::Active
        | CaStatus::Creating
        | CaStatus::Deleted
        | CaStatus::Failed
        | CaStatus::Unknown(_) => format!("The CA is {status}."),
    };
    let remediation = format!(
        "{next} If the deletion was meant: put an approval at {} in the evidence bucket and delete \
         the CA again.",
        Approval::key(&deletion.ca)
    );
    finding("auto-restore.restored", Severity::High, case, title, as_of)
        .with_evidence("status", status)
        .with_remediation(remediation)
}

fn stood(
    case: &Case,
    ca: Option<&Ca>,
    until: Option<OffsetDateTime>,
    as_of: OffsetDateTime,
) -> Finding {
    let deletion = &case.deletion;
    let title =
        format!("{} was deleted by {}, as policy permits", name(deletion, ca), who(deletion));
    let until = until.map_or_else(|| "its window ends".to_owned(), rfc3339);
    finding("auto-restore.stood", Severity::Informational, case, title, as_of)
        .with_evidence("restorable_until", until.as_str())
        .with_remediation(format!(
            "Nothing, if this was meant. Until {until} the CA can be had back: {}",
            commands::restore(&deletion.ca)
        ))
}

fn gone(case: &Case, as_of: OffsetDateTime) -> Finding {
    let deletion = &case.deletion;
    let title = format!("{} was deleted by {} and is gone", deletion.ca, who(deletion));
    finding("auto-restore.gone", Severity::Critical, case, title, as_of).with_remediation(
        "Nothing brings it back. A CA that was CREATING or FAILED has no restoration window and \
         nothing hung on it; otherwise find out why the event came after the window's end, and \
         replace every certificate below the CA.",
    )
}

/// Told at once, not at the end of the case: it has none until somebody acts.
pub(super) fn refused(case: &Case, ca: &Ca, as_of: OffsetDateTime) -> Finding {
    let deletion = &case.deletion;
    let title = format!("{} must be restored, and Vigil may not", name(deletion, Some(ca)));
    let until = ca.restorable_until.map_or(Value::Null, |until| rfc3339(until).into());
    finding("auto-restore.refused", Severity::Critical, case, title, as_of)
        .with_evidence("restorable_until", until)
        .with_remediation(format!(
            "Run it yourself: {}. Then give auto-restore's role acm-pca:RestoreCertificateAuthority \
             (an SCP or a permissions boundary may deny it).",
            commands::restore(&deletion.ca)
        ))
}

fn policies_unusable(case: &Case, as_of: OffsetDateTime) -> Option<Finding> {
    let problem = case.judgement.as_ref()?.policy_problem.as_ref()?;
    let title = "The deletion policies do not load; the built-in ones decided".to_owned();
    let finding = finding("auto-restore.policies-unusable", Severity::Critical, case, title, as_of);
    Some(finding.with_evidence("problem", problem.as_str()).with_remediation(
        "Correct the policies under policies/ in the evidence bucket; \
         infra/policies/schema.cedarschema says what they can ask.",
    ))
}

/// A finding with what every one of this function tells: the deletion and the judgement.
fn finding(
    rule: &'static str,
    severity: Severity,
    case: &Case,
    title: String,
    as_of: OffsetDateTime,
) -> Finding {
    let deletion = &case.deletion;
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let finding =
        Finding::new(rule, severity, deletion.ca.as_str(), &deletion.event_id, title, as_of)
            .with_evidence("deleted_at", rfc3339(deletion.at))
            .with_evidence("deleted_by", deletion.by.name())
            .with_evidence("source_ip", text(&deletion.source_ip))
            .with_evidence("user_agent", text(&deletion.user_agent))
            .with_evidence("window_days", deletion.effective_window_days())
            .with_evidence("event_id", deletion.event_id.as_str())
            .with_evidence("case", super::case::key(deletion));
    let Some(judgement) = &case.judgement else {
        return finding;
    };
    let (verdict, policies, errors) = match &judgement.verdict {
        Verdict::Restore { policies, errors } => ("restore", policies.clone(), errors.clone()),
        Verdict::Stand { policies } => ("stand", policies.clone(), Vec::new()),
    };
    finding
        .with_evidence("verdict", verdict)
        .with_evidence("policies", policies)
        .with_evidence("policy_errors", errors)
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
    deletion.by.name()
}
