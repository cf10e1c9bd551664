//! The operators of conditions: what is compared with what, and how.

use crate::wildcard::Wildcard;

/// `ForAnyValue:StringNotLikeIfExists`, taken apart.
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
    /// `None` for one that is not evaluated here.
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

    /// Without regard to negation.
    pub(super) fn holds(self, wanted: &str, found: &str) -> bool {
        match self.comparison {
            Comparison::Arn => arn_like(wanted, found),
            Comparison::Bool | Comparison::IgnoreCase => wanted.eq_ignore_ascii_case(found),
            Comparison::Exact => wanted == found,
            Comparison::Like => Wildcard::iam(wanted).fits(found),
        }
    }
}

/// IAM: each of the six parts of an ARN is compared by itself, so a `*` does not reach across a
/// colon; only the last part, the resource, may hold colons. `ArnEquals` behaves as `ArnLike`.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (wanted, found): (Vec<_>, Vec<_>) =
        (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    wanted.len() == 6
        && found.len() == 6
        && wanted.iter().zip(found).all(|(wanted, found)| Wildcard::iam(wanted).fits(found))
}
