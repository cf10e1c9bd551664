//! The texts that an element of a policy has.

use serde_json::Value;

/// A string or a list of strings. IAM lets booleans and numbers stand for their texts.
pub(crate) fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(string).collect(),
        one => string(one).map(|text| vec![text]),
    }
}

fn string(value: &Value) -> Option<String> {
    match value {
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Null | Value::Object(_) => None,
    }
}
