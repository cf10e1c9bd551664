//! Whether the conditions of a statement are met, as far as the request's context is known.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Match, glob, strings::strings};

/// What is known of a request beside who, what and where. Keys are compared without case.
#[derive(Clone, Debug, Default)]
pub struct Context(BTreeMap<String, Known>);

/// A context key is known to have a value, or known not to be sent. Any other key is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    Absent,
    Value(String),
}

impl Context {
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.insert(key.to_lowercase(), Known::Value(value.to_owned()));
        self
    }

    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.insert(key.to_lowercase(), Known::Absent);
        self
    }
}

/// One line of a Condition block: operator, key, values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

pub(super) fn parse(block: &Value) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator, keys) in block.as_object()? {
        for (key, values) in keys.as_object()? {
            let (operator, key) = (operator.clone(), key.clone());
            conditions.push(Condition { operator, key, values: strings(values)? });
        }
    }
    Some(conditions)
}

/// Conditions are joined by "and", the values of one by "or".
pub(super) fn all_met(conditions: &[Condition], context: &Context) -> Match {
    conditions.iter().fold(Match::Yes, |met, condition| met.and(|| condition.met(context)))
}

/// How a value is compared.
#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    EqualIgnoringCase,
    Like,
}

impl Condition {
    pub(super) fn values_of(&self, key: &str) -> impl Iterator<Item = &str> {
        let values = self.key.eq_ignore_ascii_case(key).then_some(&self.values);
        values.into_iter().flatten().map(String::as_str)
    }

    fn met(&self, context: &Context) -> Match {
        let unknown = |what: &str| Match::Unknown(format!("condition {what} {:?}", self.key));
        let Some(known) = context.0.get(&self.key.to_lowercase()) else {
            return unknown(&format!("{} on", self.operator));
        };
        let (operator, if_exists) = match self.operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (self.operator.as_str(), false),
        };
        if operator == "Null" {
            let absent = *known == Known::Absent;
            return Match::of(self.values.iter().any(|value| value == &absent.to_string()));
        }
        let Some((comparison, negated)) = comparison(operator) else {
            return unknown(&format!("{} on", self.operator));
        };
        let Known::Value(value) = known else {
            // IAM: a negated operator is met by a key that is not there, any other is not.
            return Match::of(if_exists || negated);
        };
        if self.values.iter().any(|expected| expected.contains("${")) {
            return unknown("with a policy variable on");
        }
        let equal = self.values.iter().any(|expected| match comparison {
            Comparison::Equal => expected == value,
            Comparison::EqualIgnoringCase => expected.eq_ignore_ascii_case(value),
            Comparison::Like => glob::matches(expected, value, false),
        });
        Match::of(equal != negated)
    }
}

/// The operators that we evaluate. Set operators, numbers, dates and addresses are not among them.
fn comparison(operator: &str) -> Option<(Comparison, bool)> {
    match operator {
        "StringEquals" => Some((Comparison::Equal, false)),
        "StringNotEquals" => Some((Comparison::Equal, true)),
        "StringEqualsIgnoreCase" | "Bool" => Some((Comparison::EqualIgnoringCase, false)),
        "StringNotEqualsIgnoreCase" => Some((Comparison::EqualIgnoringCase, true)),
        // ArnEquals and ArnLike behave identically, wildcards included.
        "ArnEquals" | "ArnLike" | "StringLike" => Some((Comparison::Like, false)),
        "ArnNotEquals" | "ArnNotLike" | "StringNotLike" => Some((Comparison::Like, true)),
        _ => None,
    }
}
