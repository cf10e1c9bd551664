//! Does a statement's `Condition` hold for one request?

use std::collections::BTreeMap;

use crate::wildcard::Wildcard;

/// What is known of the request. A key that is listed without a value is one that this stack
/// evaluates and that the request does not carry; a key that is not listed is unknown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context(BTreeMap<String, Option<String>>);

/// Whether a condition holds; what could not be evaluated is named.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    No,
    Unknown(String),
    Yes,
}

#[derive(Debug)]
pub(super) struct Condition {
    /// As written, `StringEquals` or `ArnLikeIfExists`.
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

#[derive(Clone, Copy)]
enum Comparison {
    Arn,
    Bool,
    Exact,
    IgnoreCase,
    Like,
}

impl Context {
    pub(crate) fn with(mut self, key: &str, value: Option<&str>) -> Self {
        self.0.insert(key.to_ascii_lowercase(), value.map(str::to_owned));
        self
    }
}

/// Every operator and every key of a `Condition` block has to hold.
pub(super) fn all(conditions: &[Condition], context: &Context) -> Held {
    let mut unknown = None;
    for condition in conditions {
        match condition.held(context) {
            Held::No => return Held::No,
            Held::Unknown(what) => unknown = Some(what),
            Held::Yes => {}
        }
    }
    unknown.map_or(Held::Yes, Held::Unknown)
}

impl Condition {
    fn held(&self, context: &Context) -> Held {
        let Some(found) = context.0.get(&self.key.to_ascii_lowercase()) else {
            return Held::Unknown(format!("the condition key {}", self.key));
        };
        if self.operator == "Null" {
            return self.is_null(found.is_none());
        }
        let Some((comparison, negated, if_exists)) = operator(&self.operator) else {
            return Held::Unknown(format!("the condition operator {}", self.operator));
        };
        if let Some(variable) = self.values.iter().find(|value| value.contains("${")) {
            return Held::Unknown(format!("the policy variable in {variable}"));
        }
        let Some(found) = found else {
            // IAM: a negated operator is true of a key that is absent, a plain one is false.
            return yes_if(if_exists || negated);
        };
        yes_if(self.values.iter().any(|wanted| comparison.holds(wanted, found)) != negated)
    }

    fn is_null(&self, absent: bool) -> Held {
        match self.values.as_slice() {
            [value] if value.eq_ignore_ascii_case("true") => yes_if(absent),
            [value] if value.eq_ignore_ascii_case("false") => yes_if(!absent),
            _ => Held::Unknown(format!("Null with {:?}", self.values)),
        }
    }
}

fn yes_if(holds: bool) -> Held {
    if holds { Held::Yes } else { Held::No }
}

/// The comparison, whether it is negated, and whether an absent key passes.
fn operator(name: &str) -> Option<(Comparison, bool, bool)> {
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
    Some((comparison, negated, if_exists))
}

impl Comparison {
    fn holds(self, wanted: &str, found: &str) -> bool {
        match self {
            Self::Arn => arn_like(wanted, found),
            Self::Bool | Self::IgnoreCase => wanted.eq_ignore_ascii_case(found),
            Self::Exact => wanted == found,
            Self::Like => Wildcard::iam(wanted).fits(found),
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
