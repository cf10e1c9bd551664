//! Reads an event pattern, and refuses what EventBridge refuses.

use serde_json::{Map, Value};

use super::operator::Operator;
use super::{Fields, Node, Pattern};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("the event pattern is not an object")]
    NotAnObject,
    #[error("the event pattern is empty at {0:?}")]
    Empty(String),
    #[error("the event pattern has {found} at {path:?}, where an array or an object is expected")]
    NotAnArray { path: String, found: String },
    #[error("the event pattern uses the operator {operator:?} at {path:?}, which is not known")]
    UnknownOperator { path: String, operator: String },
    #[error("the event pattern has an invalid {operator:?} at {path:?}: {value}")]
    InvalidOperand { path: String, operator: String, value: String },
    #[error("the event pattern has a value at {0:?} that cannot be matched: an array in an array")]
    NestedArray(String),
}

impl Pattern {
    pub(crate) fn parse(pattern: &Value) -> Result<Self, PatternError> {
        let object = pattern.as_object().ok_or(PatternError::NotAnObject)?;
        fields(object, "").map(Self)
    }
}

fn fields(object: &Map<String, Value>, path: &str) -> Result<Fields, PatternError> {
    if object.is_empty() {
        return Err(PatternError::Empty(path.to_owned()));
    }
    let mut read = Fields::default();
    for (name, value) in object {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if name == "$or" {
            read.alternatives.push(alternatives(value, &path)?);
            continue;
        }
        let node = match value {
            Value::Object(nested) => Node::Nested(fields(nested, &path)?),
            Value::Array(values) if values.is_empty() => return Err(PatternError::Empty(path)),
            Value::Array(values) => {
                let operators = values.iter().map(|value| Operator::parse(value, &path));
                Node::Leaf(operators.collect::<Result<_, _>>()?)
            }
            other => return Err(PatternError::NotAnArray { path, found: other.to_string() }),
        };
        read.fields.insert(name.clone(), node);
    }
    Ok(read)
}

fn alternatives(value: &Value, path: &str) -> Result<Vec<Fields>, PatternError> {
    let Some(ways) = value.as_array().filter(|ways| ways.len() > 1) else {
        return Err(PatternError::InvalidOperand {
            path: path.to_owned(),
            operator: "$or".to_owned(),
            value: value.to_string(),
        });
    };
    let read = |way: &Value| match way {
        Value::Object(way) => fields(way, path),
        other => Err(PatternError::NotAnArray { path: path.to_owned(), found: other.to_string() }),
    };
    ways.iter().map(read).collect()
}
