//! Reads the lists of a policy document.

use serde_json::Value;

/// A string or a list of strings; numbers and booleans are written bare by some tools.
pub(super) fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(list) => list.iter().map(string).collect(),
        single => string(single).map(|single| vec![single]),
    }
}

fn string(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
