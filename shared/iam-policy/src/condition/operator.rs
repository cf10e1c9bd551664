//! The operators of conditions, and how each compares.

use super::instant::instant;
use crate::address::AddressRange;
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
    Address,
    Arn,
    Bool,
    Date(Order),
    Exact,
    IgnoreCase,
    Like,
    Numeric(Order),
}

/// How the request's value must stand to the condition's.
#[derive(Clone, Copy, Debug)]
enum Order {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    /// `None` for an operator that is not evaluated here: binary values.
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
            "IpAddress" => (Comparison::Address, false),
            "NotIpAddress" => (Comparison::Address, true),
            "StringEquals" => (Comparison::Exact, false),
            "StringEqualsIgnoreCase" => (Comparison::IgnoreCase, false),
            "StringLike" => (Comparison::Like, false),
            "StringNotEquals" => (Comparison::Exact, true),
            "StringNotEqualsIgnoreCase" => (Comparison::IgnoreCase, true),
            "StringNotLike" => (Comparison::Like, true),
            _ => ordered(name)?,
        };
        Some(Self { comparison, negated, if_exists, set })
    }

    /// Whether the value of a condition is one that the operator is documented for. What AWS does
    /// with an ARN of fewer than six parts is not documented.
    pub(super) fn takes(self, wanted: &str) -> bool {
        match self.comparison {
            Comparison::Address => AddressRange::read(wanted).is_some(),
            Comparison::Arn => parts(wanted).is_some(),
            Comparison::Date(_) => instant(wanted).is_some(),
            Comparison::Numeric(_) => number(wanted).is_some(),
            Comparison::Bool | Comparison::Exact | Comparison::IgnoreCase | Comparison::Like => {
                true
            }
        }
    }

    /// Whether the value of the request can be compared at all. An ARN that is none fits no pattern.
    pub(super) fn takes_of_request(self, found: &str) -> bool {
        match self.comparison {
            Comparison::Arn => true,
            _ => self.takes(found),
        }
    }

    /// Negation is left to the caller.
    pub(super) fn holds(self, wanted: &str, found: &str) -> bool {
        match self.comparison {
            Comparison::Address => AddressRange::read(wanted)
                .zip(found.parse().ok())
                .is_some_and(|(range, address)| range.has(address)),
            Comparison::Arn => arn_like(wanted, found),
            Comparison::Bool | Comparison::IgnoreCase => wanted.eq_ignore_ascii_case(found),
            Comparison::Date(order) => order.holds(instant(found), instant(wanted)),
            Comparison::Exact => wanted == found,
            Comparison::Like => Wildcard::iam(wanted).fits(found),
            Comparison::Numeric(order) => order.holds(number(found), number(wanted)),
        }
    }
}

impl Order {
    /// `None` is a value that cannot be compared.
    fn holds<T: PartialOrd>(self, found: Option<T>, wanted: Option<T>) -> bool {
        let (Some(found), Some(wanted)) = (found, wanted) else { return false };
        match self {
            Self::Equal => found == wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
        }
    }
}

/// The operators for numbers and for dates have the same names behind `Numeric` and `Date`.
fn ordered(name: &str) -> Option<(Comparison, bool)> {
    let numeric = name.strip_prefix("Numeric");
    let (order, negated) = match numeric.or_else(|| name.strip_prefix("Date"))? {
        "Equals" => (Order::Equal, false),
        "NotEquals" => (Order::Equal, true),
        "LessThan" => (Order::Less, false),
        "LessThanEquals" => (Order::LessOrEqual, false),
        "GreaterThan" => (Order::Greater, false),
        "GreaterThanEquals" => (Order::GreaterOrEqual, false),
        _ => return None,
    };
    let comparison =
        if numeric.is_some() { Comparison::Numeric(order) } else { Comparison::Date(order) };
    Some((comparison, negated))
}

/// An integer or a decimal (IAM User Guide, "Numeric condition operators"). Not `inf`, not `NaN`.
fn number(text: &str) -> Option<f64> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    text.bytes().all(is_plain).then(|| text.parse().ok())?
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
