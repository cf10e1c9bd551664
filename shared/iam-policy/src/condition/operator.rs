//! The operators of conditions, and how each compares.

use crate::wildcard::Wildcard;

/// The parts of a name such as `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    comparison: Comparison,
    pub(super) negated: bool,
    /// An absent key passes.
    pub(super) if_exists: bool,
    pub(super) set: Option<Set>,
}

/// IAM user guide, "Set operators for multivalued context keys".
#[derive(Clone, Copy, Debug)]
pub(super) enum Set {
    All,
    Any,
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Arn,
    Bool,
    Exact,
    IgnoreCase,
    Like,
}

impl Operator {
    /// `None` for an operator that is not evaluated here: numbers, dates, addresses, binary values.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (set, name) = match name.split_once(':') {
            None => (None, name),
            Some(("ForAllValues", name)) => (Some(Set::All), name),
            Some(("ForAnyValue", name)) => (Some(Set::Any), name),
            Some(_) => return None,
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (comparison, negated) = match name {
            "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
            "Bool" => (Comparison::Bool, false),
            "StringEquals" => (Comparison::Exact, false),
            "StringEqualsIgnoreCase" => (Comparison::IgnoreCase, false),
            "StringLike" => (Comparison::Like, false),
            "StringNotEquals" => (Comparison::Exact, true),
            "StringNotEqualsIgnoreCase" => (Comparison::IgnoreCase, true),
            "StringNotLike" => (Comparison::Like, true),
            _ => return None,
        };
        Some(Self { comparison, negated, if_exists, set })
    }

    /// Whether the value of a condition is one that the operator is documented for. What AWS does
    /// with an ARN of fewer than six parts is not documented.
    pub(super) fn takes(self, wanted: &str) -> bool {
        match self.comparison {
            Comparison::Arn => parts(wanted).is_some(),
            Comparison::Bool | Comparison::Exact | Comparison::IgnoreCase | Comparison::Like => {
                true
            }
        }
    }

    /// Negation is left to the caller.
    pub(super) fn holds(self, wanted: &str, found: &str) -> bool {
        match self.comparison {
            Comparison::Arn => arn_like(wanted, found),
            Comparison::Bool | Comparison::IgnoreCase => wanted.eq_ignore_ascii_case(found),
            Comparison::Exact => wanted == found,
            Comparison::Like => Wildcard::iam(wanted).fits(found),
        }
    }
}

/// Each of the six parts of an ARN is compared by itself, so a `*` does not reach across a colon.
/// `ArnEquals` and `ArnLike` behave identically (IAM User Guide, "ARN condition operators").
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (Some(wanted), Some(found)) = (parts(pattern), parts(arn)) else { return false };
    wanted.iter().zip(found).all(|(wanted, found)| Wildcard::iam(wanted).fits(found))
}

/// Only the last part, the resource, may hold colons.
fn parts(arn: &str) -> Option<[&str; 6]> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    parts.try_into().ok()
}
