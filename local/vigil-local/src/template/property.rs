//! The properties of one resource, resolved and read with its name in every error.

use serde_json::{Map, Value};

use super::{TemplateError, resolve};

/// The resolved properties of a resource, or of one of a function's events.
pub(super) struct Properties {
    pub(super) logical_id: String,
    values: Map<String, Value>,
}

impl Properties {
    /// A missing object is an empty one.
    pub(super) fn new(logical_id: &str, values: Option<Value>) -> Result<Self, TemplateError> {
        let values = match values {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(values)) => values,
            Some(other) => return Err(invalid(logical_id, "Properties", &other, "an object")),
        };
        Ok(Self { logical_id: logical_id.to_owned(), values })
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, TemplateError> {
        let read = |value| resolve::text(value).ok_or_else(|| self.invalid(name, value, "a text"));
        self.value(name).map(read).transpose()
    }

    pub(super) fn required(&self, name: &'static str) -> Result<String, TemplateError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, TemplateError> {
        let read = |value| {
            let number = resolve::text(value).and_then(|text| text.parse().ok());
            number.ok_or_else(|| self.invalid(name, value, "a whole number"))
        };
        self.value(name).map(read).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, TemplateError> {
        let read = |value: &Value| match resolve::text(value).as_deref() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Err(self.invalid(name, value, "true or false")),
        };
        self.value(name).map(read).transpose()
    }

    pub(super) fn nested(&self, name: &str) -> Result<Option<Self>, TemplateError> {
        let read = |value: &Value| match value {
            Value::Object(values) => {
                Ok(Self { logical_id: self.logical_id.clone(), values: values.clone() })
            }
            other => Err(self.invalid(name, other, "an object")),
        };
        self.value(name).map(read).transpose()
    }

    pub(super) fn list(&self, name: &str) -> Result<&[Value], TemplateError> {
        match self.value(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(self.invalid(name, other, "a list")),
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.values.iter()
    }

    pub(super) fn missing(&self, name: &'static str) -> TemplateError {
        TemplateError::Missing { logical_id: self.logical_id.clone(), property: name }
    }

    pub(super) fn invalid(
        &self,
        name: &str,
        value: &Value,
        expected: &'static str,
    ) -> TemplateError {
        invalid(&self.logical_id, name, value, expected)
    }
}

fn invalid(
    logical_id: &str,
    property: &str,
    value: &Value,
    expected: &'static str,
) -> TemplateError {
    TemplateError::Invalid {
        logical_id: logical_id.to_owned(),
        property: property.to_owned(),
        value: value.to_string(),
        expected,
    }
}
