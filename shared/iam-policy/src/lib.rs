//! What does a policy, of a bucket or of an identity, say about one request?
//!
//! A small evaluator of the documented policy grammar
//! (IAM User Guide, "Policy evaluation logic"). It fails closed: an operator or condition key that
//! it does not know never makes an Allow apply and never lifts a Deny.

mod condition;
mod parse;
mod principal;
mod public;
pub mod wildcard;

use condition::{Condition, Held};
use principal::Principals;

use wildcard::Wildcard;

pub use condition::Context;
pub use parse::Malformed;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Somebody of the account that owns the bucket.
    Account {
        id: String,
        arn: String,
    },
    Anonymous,
    /// An AWS service, under its service principal.
    Service(String),
}

/// One request, as the policy sees it.
pub struct Request<'a> {
    pub caller: &'a Caller,
    pub action: &'a str,
    pub resource: &'a str,
    pub context: &'a Context,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// A Deny statement applies. The text says which, for whoever has to repair the policy.
    Denied(String),
    /// No statement applies.
    Silent,
}

#[derive(Debug)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug)]
struct Statement {
    name: String,
    effect: Effect,
    principals: Principals,
    actions: Patterns,
    resources: Patterns,
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug)]
struct Patterns {
    any_of: Vec<Wildcard>,
    negated: bool,
}

impl Patterns {
    fn cover(&self, text: &str) -> bool {
        self.any_of.iter().any(|pattern| pattern.fits(text)) != self.negated
    }
}

impl Policy {
    /// An explicit Deny outweighs every Allow.
    pub fn decide(&self, request: &Request<'_>) -> Verdict {
        let mut verdict = Verdict::Silent;
        for statement in self.statements.iter().filter(|statement| statement.concerns(request)) {
            let held = condition::all(&statement.conditions, request.context);
            match (statement.effect, held) {
                (Effect::Deny, Held::Yes) => {
                    return Verdict::Denied(format!("{} denies it", statement.name));
                }
                (Effect::Deny, Held::Unknown(what)) => {
                    return Verdict::Denied(format!(
                        "{} may deny it: it is not known here how to evaluate {what}",
                        statement.name
                    ));
                }
                (Effect::Allow, Held::Yes) => verdict = Verdict::Allowed,
                (Effect::Allow, Held::No | Held::Unknown(_)) | (Effect::Deny, Held::No) => {}
            }
        }
        verdict
    }
}

impl Statement {
    fn concerns(&self, request: &Request<'_>) -> bool {
        // IAM matches action names without regard to case, ARNs with it.
        self.principals.include(request.caller)
            && self.actions.cover(&request.action.to_ascii_lowercase())
            && self.resources.cover(request.resource)
    }
}

#[cfg(test)]
mod tests;
