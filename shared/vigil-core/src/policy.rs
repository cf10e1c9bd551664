//! Whether a CA's deletion was permitted, and whether a restored CA becomes ACTIVE again: by Cedar
//! policies.
//!
//! The schema and the built-in policies are embedded from `infra/policies`, where they are
//! documented and deployed from: there is one copy.

use cedar_policy::{ActionConstraint, Authorizer, Decision, PolicyId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::ca::CaType;

mod approval;
mod bounds;
mod publication;
mod request;
mod set;

pub use approval::{APPROVED_BY, APPROVED_UNTIL, Approval, ApprovalError, MAX_APPROVAL};
pub use bounds::MAX_FILES;
pub use publication::{PolicyFile, Publication};
pub use request::Facts;
pub(crate) use request::recorded_approval;
pub use set::{Policies, PolicyError};

/// What the policies say of one deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Not permitted; but by these policies the CA may stay DELETED until a human has decided.
    Ask {
        /// The policies that leave the decision to an operator.
        policies: Vec<String>,
    },
    /// Not permitted. `policies` are the ones that forbid; none, if merely none permits.
    Restore {
        /// The policies that forbid the deletion.
        policies: Vec<String>,
        /// Policies that could not be evaluated, and why.
        errors: Vec<String>,
    },
    /// Permitted by these policies.
    Permit {
        /// Their names.
        policies: Vec<String>,
    },
}

/// What the policies say of making one restored CA ACTIVE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "permission", rename_all = "kebab-case")]
pub enum PolicyAnswer {
    /// No policy permits it, or one forbids it.
    Denied {
        /// The policies that forbid it.
        policies: Vec<String>,
        /// Policies that could not be evaluated, and why.
        errors: Vec<String>,
    },
    /// These policies permit it, and none forbids it.
    Granted {
        /// Their names.
        policies: Vec<String>,
    },
}

/// What is asked of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The last threshold of the window has passed: is the CA to be restored after all?
    Deadline {
        /// Whether the deletion is acknowledged, and the acknowledgement has not run out.
        acknowledged: bool,
    },
    /// May the CA stay DELETED until a human has decided?
    Decision,
    /// Was this deletion permitted?
    Deletion,
    /// May what the CA had before, and has not now, be put back?
    PutBack,
    /// May the CA, which was ACTIVE until it was disabled at this moment, be made ACTIVE again?
    Reactivation {
        /// When it was disabled.
        disabled_at: OffsetDateTime,
    },
}

/// Judges a deletion, and touches nothing.
///
/// Cedar passes over a policy whose evaluation fails. For a `forbid` that would permit what it was
/// written against, so any error here means "not permitted": restoring can be undone.
pub fn judge(policies: &Policies, facts: &Facts<'_>) -> Verdict {
    verdict(policies, &request_json(facts, Question::Deletion))
}

/// The same from a request in the form of [`request_json`]: of facts, or of an old record.
pub fn verdict(policies: &Policies, request: &Value) -> Verdict {
    match answer(policies, request) {
        PolicyAnswer::Granted { policies } => Verdict::Permit { policies },
        // A broken policy does not ask for a decision: the CA is restored.
        PolicyAnswer::Denied { policies: named, errors } if !errors.is_empty() => {
            Verdict::Restore { policies: named, errors }
        }
        PolicyAnswer::Denied { policies: named, errors } => {
            let mut decision = request.clone();
            decision["action"] = request::action_uid(Question::Decision);
            match explicitly(policies, answer(policies, &decision)) {
                PolicyAnswer::Granted { policies } => Verdict::Ask { policies },
                PolicyAnswer::Denied { .. } => Verdict::Restore { policies: named, errors },
            }
        }
    }
}

/// Whether a CA whose window is about to end is restored after all. Only policies count that name
/// the action: who wrote `permit (principal, action, resource)` meant deletions.
pub fn must_restore_at_deadline(
    policies: &Policies,
    facts: &Facts<'_>,
    acknowledged: bool,
) -> PolicyAnswer {
    at_deadline(policies, &request_json(facts, Question::Deadline { acknowledged }))
}

/// The same from a request in the form of [`request_json`].
pub fn at_deadline(policies: &Policies, request: &Value) -> PolicyAnswer {
    explicitly(policies, answer(policies, request))
}

/// Whether a restored CA may be made ACTIVE again.
///
/// For a root only those policies count that name the action: who wrote `permit (principal, action,
/// resource)` meant deletions, and a root that is ACTIVE unnoticed is a risk of its own.
pub fn may_reactivate(
    policies: &Policies,
    facts: &Facts<'_>,
    disabled_at: OffsetDateTime,
) -> PolicyAnswer {
    reactivation(policies, &request_json(facts, Question::Reactivation { disabled_at }))
}

/// The same from a request in the form of [`request_json`].
pub fn reactivation(policies: &Policies, request: &Value) -> PolicyAnswer {
    let answer = answer(policies, request);
    let is_subordinate = request::ca_type(request) == Some(CaType::Subordinate.as_str());
    if is_subordinate { answer } else { explicitly(policies, answer) }
}

/// Whether what a CA had before may be put back. Only policies count that name the action.
pub fn put_back(policies: &Policies, request: &Value) -> PolicyAnswer {
    explicitly(policies, answer(policies, request))
}

/// What is granted by policies that name the action in their scope.
fn explicitly(policies: &Policies, answer: PolicyAnswer) -> PolicyAnswer {
    let PolicyAnswer::Granted { policies: named } = answer else { return answer };
    let is_explicit = |name: &String| {
        let policy = policies.set().policy(&PolicyId::new(name));
        policy.is_some_and(|policy| policy.action_constraint() != ActionConstraint::Any)
    };
    let explicit: Vec<String> = named.into_iter().filter(is_explicit).collect();
    if explicit.is_empty() {
        PolicyAnswer::Denied { policies: Vec::new(), errors: Vec::new() }
    } else {
        PolicyAnswer::Granted { policies: explicit }
    }
}

impl Question {
    /// The action that policies name.
    pub fn action(self) -> &'static str {
        match self {
            Self::Deadline { .. } => "RestoreAtDeadline",
            Self::Decision => "AwaitDecision",
            Self::Deletion => "DeleteCertificateAuthority",
            Self::PutBack => "PutBackAttachments",
            Self::Reactivation { .. } => "ReactivateCertificateAuthority",
        }
    }
}

impl Verdict {
    /// The policies that determined it.
    pub fn policies(&self) -> &[String] {
        match self {
            Self::Ask { policies } | Self::Restore { policies, .. } | Self::Permit { policies } => {
                policies
            }
        }
    }

    /// Policies that could not be evaluated.
    pub fn errors(&self) -> &[String] {
        match self {
            Self::Restore { errors, .. } => errors,
            Self::Ask { .. } | Self::Permit { .. } => &[],
        }
    }
}

/// What policies say to a request in the form of [`request_json`]: of facts, or of an old record.
pub fn answer(policies: &Policies, request: &Value) -> PolicyAnswer {
    let (request, entities) = match request::read(policies.schema(), request) {
        Ok(built) => built,
        Err(error) => return PolicyAnswer::Denied { policies: Vec::new(), errors: vec![error] },
    };
    let answer = Authorizer::new().is_authorized(&request, policies.set(), &entities);
    let errors: Vec<String> = answer.diagnostics().errors().map(ToString::to_string).collect();
    let named = names(answer.diagnostics().reason());
    match answer.decision() {
        Decision::Allow if errors.is_empty() => PolicyAnswer::Granted { policies: named },
        // The policies named by an Allow are those that permit: they determine nothing here.
        Decision::Allow => PolicyAnswer::Denied { policies: Vec::new(), errors },
        Decision::Deny => PolicyAnswer::Denied { policies: named, errors },
    }
}

fn names<'a>(ids: impl Iterator<Item = &'a PolicyId>) -> Vec<String> {
    let mut names: Vec<String> = ids.map(ToString::to_string).collect();
    names.sort();
    names
}

/// The facts as Cedar sees them, for the evidence and for explanations.
pub fn request_json(facts: &Facts<'_>, question: Question) -> Value {
    json!({
        "principal": request::principal_uid(facts),
        "action": request::action_uid(question),
        "resource": request::ca_uid(&facts.ca.arn),
        "entities": request::entities(facts),
        "context": request::context(facts, question),
    })
}

#[cfg(test)]
mod tests;
