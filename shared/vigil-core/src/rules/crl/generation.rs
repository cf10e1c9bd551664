//! After ACM PCA said that it could not make or write a CRL, a newer one must have come.

use super::{CrlState, CrlSubject, GenerationFailure};
use crate::{
    crl::comparison::BACKDATED,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.generation",
        holds: "ACM PCA can generate the CRL and write it to the bucket.",
        cites: "AWS Private CA User Guide, Using Amazon EventBridge: CRL Generation",
        kinds: &[FAILED],
    },
    check,
};

const FAILED: Kind = Kind {
    id: "failed",
    severity: Severity::High,
    title: "ACM PCA failed to publish the CRL of {ca}",
    what_happened: "At {at}, ACM PCA reported that it could not generate or write {object}. Its reason: \
                    {reason}",
    impact: "New revocations by {ca} are not published. When the current CRL expires, relying parties \
             that require a fresh CRL refuse every certificate of {ca}.",
    what_to_do: super::LET_ACM_PCA_WRITE,
    first_command: super::SHOW_POLICY,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let failure = subject.history.failure.as_ref();
    let lasting = failure.filter(|failure| !is_overcome(failure, &subject.crl));
    Ok(lasting.map(failed).into_iter().collect())
}

/// A CRL that was made after the failure, by its own thisUpdate. The time at which the object was
/// written proves less, because others can write it.
pub(super) fn is_overcome(failure: &GenerationFailure, crl: &CrlState) -> bool {
    match crl {
        CrlState::Read { facts, signature } if !matches!(signature, Some(Err(_))) => {
            facts.this_update.is_some_and(|this_update| this_update + BACKDATED > failure.at)
        }
        _ => false,
    }
}

fn failed(failure: &GenerationFailure) -> Observation {
    let reason = failure.reason.as_deref().unwrap_or("the event gives no reason");
    // AWS's reasons are sentences.
    let sentence = format!("{}.", reason.trim_end_matches('.'));
    let seen = Observation::new(FAILED).with("at", rfc3339(failure.at)).with("reason", reason);
    let seen = seen.name("reason", sentence);
    if reason.contains("bucket permissions") {
        seen
    } else {
        seen.also("The reason does not name the bucket. If the failure lasts, ask AWS Support.")
    }
}
