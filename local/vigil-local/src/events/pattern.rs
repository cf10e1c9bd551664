//! Does an event fit an EventBridge event pattern?
//!
//! EventBridge User Guide, "Creating event patterns" and "Comparison operators". A pattern is read
//! completely before it is used: an operator that is not known is an error, never a pattern that
//! matches less than its author meant.

mod operator;
mod parse;

use std::collections::BTreeMap;

use serde_json::Value;

use operator::Operator;
pub(crate) use parse::PatternError;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern(Fields);

/// Every field has to fit, and one alternative of every `$or`.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fields {
    fields: BTreeMap<String, Node>,
    alternatives: Vec<Vec<Self>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// One of them has to fit.
    Leaf(Vec<Operator>),
    Nested(Fields),
}

impl Pattern {
    pub(crate) fn matches(&self, event: &Value) -> bool {
        self.0.fit(Some(event))
    }
}

impl Fields {
    /// `found` is `None` where the event has nothing: `exists: false` may still hold below.
    fn fit(&self, found: Option<&Value>) -> bool {
        match found {
            // The elements of an array are matched one by one: all fields of a nested pattern have
            // to fit the same element.
            Some(Value::Array(elements)) => elements.iter().any(|one| self.fit(Some(one))),
            found => self.fit_object(found),
        }
    }

    fn fit_object(&self, found: Option<&Value>) -> bool {
        let fields = self.fields.iter().all(|(name, node)| {
            let value = found.and_then(|object| object.get(name));
            match node {
                Node::Leaf(operators) => operators.iter().any(|one| one.fits_field(value)),
                Node::Nested(fields) => fields.fit(value),
            }
        });
        let one_of = |ways: &Vec<Self>| ways.iter().any(|way| way.fit_object(found));
        fields && self.alternatives.iter().all(one_of)
    }
}

#[cfg(test)]
mod tests;
