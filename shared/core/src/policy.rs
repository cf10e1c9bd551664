//! Whether a CA's deletion was permitted, by Cedar policies.
//!
//! The schema and the built-in policies are embedded from `infra/policies`, where they are
//! documented and deployed from: there is one copy.

use cedar_policy::{Authorizer, Decision, PolicyId};
use serde::{Deserialize, Serialize};

mod approval;
mod request;
mod set;

pub use approval::{Approval, ApprovalError};
pub use request::Facts;
pub use set::{Policies, PolicyError};

/// What the policies say of one deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Not permitted. `policies` are the ones that forbid; none, if merely none permits.
    Restore { policies: Vec<String>, errors: Vec<String> },
    /// Permitted by these policies.
    Stand { policies: Vec<String> },
}

/// Judges, and touches nothing.
///
/// Cedar passes over a policy whose evaluation fails. For a `forbid` that would permit what it was
/// written against, so any error here means "not permitted": restoring can be undone.
pub fn judge(policies: &Policies, facts: &Facts<'_>) -> Verdict {
    let (request, entities) = match request::build(policies.schema(), facts) {
        Ok(built) => built,
        Err(error) => return Verdict::Restore { policies: Vec::new(), errors: vec![error] },
    };
    let answer = Authorizer::new().is_authorized(&request, policies.set(), &entities);
    let errors: Vec<String> = answer.diagnostics().errors().map(ToString::to_string).collect();
    let named = names(answer.diagnostics().reason());
    match answer.decision() {
        Decision::Allow if errors.is_empty() => Verdict::Stand { policies: named },
        // The policies named by an Allow are those that permit: they determine nothing here.
        Decision::Allow => Verdict::Restore { policies: Vec::new(), errors },
        Decision::Deny => Verdict::Restore { policies: named, errors },
    }
}

fn names<'a>(ids: impl Iterator<Item = &'a PolicyId>) -> Vec<String> {
    let mut names: Vec<String> = ids.map(ToString::to_string).collect();
    names.sort();
    names
}

/// The facts as Cedar sees them, for the evidence and for whoever asks why.
pub fn entities_json(facts: &Facts<'_>) -> serde_json::Value {
    serde_json::json!({ "entities": request::entities(facts), "context": request::context(facts) })
}

#[cfg(test)]
mod tests;
