//! The values of a template's parameters: what is given, or their defaults.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::TemplateError;

pub(super) fn values(
    declared: &Map<String, Value>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(TemplateError::UnknownParameter(unknown.clone()));
    }
    let value = |(name, parameter): (&String, &Value)| {
        let value = match (given.get(name), &parameter["Default"]) {
            (Some(given), _) => Value::from(given.as_str()),
            (None, Value::Null) => {
                return Err(TemplateError::ParameterWithoutValue(name.clone()));
            }
            (None, default) => default.clone(),
        };
        let kind = parameter["Type"].as_str().unwrap_or_default();
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        let value = match (&value, is_list) {
            (Value::String(text), true) => {
                text.split(',').map(str::trim).map(Value::from).collect()
            }
            _ => value,
        };
        Ok((name.clone(), value))
    };
    declared.iter().map(value).collect()
}
