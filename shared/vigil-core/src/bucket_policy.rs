//! What a bucket policy says of a request: granted, denied, silent, or not to be decided from here.
//!
//! The statements are evaluated as IAM does, with one more answer: a condition on something that we
//! do not know (an operator, a key, a variable) is neither met nor unmet. Such a request is
//! [`Effect::Unclear`], with the reason, and it is for the rule to say which way is the safe one.

mod condition;
mod document;
mod glob;
mod strings;

pub use condition::{Context, Known};
pub use document::{PolicyError, Statement};
use document::{Principals, Selector};

/// A bucket policy that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketPolicy {
    statements: Vec<Statement>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// Everybody, signed in or not.
    Anyone,
    /// An IAM principal's ARN, or an account's id.
    Aws(String),
    CanonicalUser(String),
    Federated(String),
    Service(String),
}

#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub principal: &'a Principal,
    pub action: &'a str,
    /// The bucket's or an object's ARN.
    pub resource: &'a str,
    pub context: &'a Context,
}

/// What the policy says, and which statement decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Allowed {
        by: String,
    },
    Denied {
        by: String,
    },
    /// No statement allows it.
    Silent,
    /// It depends on what is not known here.
    Unclear {
        why: String,
    },
}

/// The answer to whether something matches.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Match {
    No,
    Unknown(String),
    Yes,
}

impl Match {
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Unknown(why) => match other() {
                Self::No => Self::No,
                Self::Yes | Self::Unknown(_) => Self::Unknown(why),
            },
        }
    }

    fn of(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

impl BucketPolicy {
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Ok(Self { statements: document::parse(text)? })
    }

    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// An explicit Deny wins over every Allow; a Deny that may apply makes the answer unclear.
    pub fn evaluate(&self, request: &Request<'_>) -> Effect {
        let mut unclear = None;
        for deny in self.statements.iter().filter(|statement| !statement.allows) {
            match deny.matches(request) {
                Match::Yes => return Effect::Denied { by: deny.name.clone() },
                Match::Unknown(why) => drop(unclear.get_or_insert((&deny.name, why))),
                Match::No => {}
            }
        }
        let may_be_denied = unclear.take();
        for allow in self.statements.iter().filter(|statement| statement.allows) {
            match (allow.matches(request), &may_be_denied) {
                (Match::Yes, None) => return Effect::Allowed { by: allow.name.clone() },
                (Match::Yes, Some((deny, why))) => {
                    let why = format!("{} allows it, and {deny} may deny it: {why}", allow.name);
                    return Effect::Unclear { why };
                }
                (Match::Unknown(why), _) => drop(unclear.get_or_insert((&allow.name, why))),
                (Match::No, _) => {}
            }
        }
        match unclear {
            Some((name, why)) => Effect::Unclear { why: format!("{name}: {why}") },
            None => Effect::Silent,
        }
    }

    /// The values that conditions on this key name, wherever they stand.
    pub fn condition_values(&self, key: &str) -> impl Iterator<Item = &str> {
        let conditions = self.statements.iter().flat_map(|statement| &statement.conditions);
        conditions.flat_map(|condition| condition.values_of(key))
    }

    /// Whether some Deny applies for certain, whatever is allowed elsewhere.
    pub fn denies(&self, request: &Request<'_>) -> Option<&str> {
        self.statements
            .iter()
            .find(|statement| !statement.allows && statement.matches(request) == Match::Yes)
            .map(|statement| statement.name.as_str())
    }
}

impl Statement {
    fn matches(&self, request: &Request<'_>) -> Match {
        self.principals
            .matches(request.principal)
            .and(|| Match::of(self.actions.matches(request.action, true)))
            .and(|| self.resources(request.resource))
            .and(|| condition::all_met(&self.conditions, request.context))
    }

    fn resources(&self, resource: &str) -> Match {
        if self.resources.has_variable() {
            return Match::Unknown("a Resource with a policy variable".to_owned());
        }
        Match::of(self.resources.matches(resource, false))
    }

    /// Everybody that the statement names; [`Principal::Anyone`] stands for what NotPrincipal
    /// leaves.
    pub fn named_principals(&self) -> Vec<Principal> {
        let widest = |named: &Principal| match named {
            Principal::Aws(named) if named == "*" => Principal::Anyone,
            other => other.clone(),
        };
        match &self.principals {
            Principals::Anyone | Principals::Except(_) => vec![Principal::Anyone],
            Principals::These(these) => these.iter().map(widest).collect(),
        }
    }
}

impl Selector {
    fn matches(&self, value: &str, ignore_case: bool) -> bool {
        let any = |patterns: &[String]| {
            patterns.iter().any(|pattern| glob::matches(pattern, value, ignore_case))
        };
        match self {
            Self::Except(patterns) => !any(patterns),
            Self::These(patterns) => any(patterns),
        }
    }

    fn has_variable(&self) -> bool {
        let (Self::Except(patterns) | Self::These(patterns)) = self;
        patterns.iter().any(|pattern| pattern.contains("${"))
    }
}

impl Principals {
    fn matches(&self, principal: &Principal) -> Match {
        match self {
            Self::Anyone => Match::Yes,
            Self::These(these) => Match::of(these.iter().any(|named| covers(named, principal))),
            Self::Except(exceptions) => {
                Match::of(!exceptions.iter().any(|named| covers(named, principal)))
            }
        }
    }
}

/// Whether who is named in a statement is, or contains, the principal who asks.
fn covers(named: &Principal, principal: &Principal) -> bool {
    match (named, principal) {
        // The same as "Principal": "*" (IAM User Guide, Principal element, All principals).
        (Principal::Aws(named), _) if named == "*" => true,
        (Principal::Aws(named), Principal::Aws(asking)) => {
            named == asking || (is_account(named) && account_of(named) == account_of(asking))
        }
        (Principal::Service(named), Principal::Service(asking)) => named == asking,
        (Principal::CanonicalUser(named), Principal::CanonicalUser(asking))
        | (Principal::Federated(named), Principal::Federated(asking)) => named == asking,
        _ => false,
    }
}

/// `123456789012` or `arn:aws:iam::123456789012:root`: the whole account.
fn is_account(named: &str) -> bool {
    named.bytes().all(|byte| byte.is_ascii_digit()) || named.ends_with(":root")
}

/// The account of an IAM ARN, or the account id itself.
pub fn account_of(named: &str) -> &str {
    named.split(':').nth(4).unwrap_or(named)
}

#[cfg(test)]
mod tests;
