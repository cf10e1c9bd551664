//! The values of a template's parameters: what is given, or their defaults. Both are held to the
//! constraints that the parameter declares, as CloudFormation does.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::{TemplateError, resolve::text};

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
        hold(name, parameter, &value)?;
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

/// Refuses a value that the parameter does not allow.
fn hold(name: &str, parameter: &Value, value: &Value) -> Result<(), TemplateError> {
    let given = text(value).unwrap_or_default();
    let refuse = |why: String| {
        let constraint = parameter["ConstraintDescription"].as_str().map(str::to_owned);
        let (name, value) = (name.to_owned(), given.clone());
        Err(TemplateError::Parameter { name, value, why: constraint.unwrap_or(why) })
    };
    if let Some(allowed) = parameter["AllowedValues"].as_array() {
        let allowed: Vec<String> = allowed.iter().filter_map(text).collect();
        if !allowed.contains(&given) {
            return refuse(format!("it must be one of {}", allowed.join(", ")));
        }
    }
    if let Some(pattern) = parameter["AllowedPattern"].as_str() {
        // It must match the whole value. A list is matched item by item.
        let pattern_of_all = Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|_| TemplateError::AllowedPattern(name.to_owned()))?;
        let is_list = parameter["Type"] == "CommaDelimitedList";
        let mut items = given.split(',').map(|item| if is_list { item.trim() } else { item });
        let fits = if is_list {
            items.all(|item| pattern_of_all.is_match(item))
        } else {
            pattern_of_all.is_match(&given)
        };
        if !fits {
            return refuse(format!("it must match {pattern}"));
        }
    }
    let length = |name: &str| text(&parameter[name]).and_then(|text| text.parse::<usize>().ok());
    let count = given.chars().count();
    if length("MinLength").is_some_and(|least| count < least)
        || length("MaxLength").is_some_and(|most| count > most)
    {
        return refuse("its length is out of range".to_owned());
    }
    if parameter["Type"] == "Number" {
        let Ok(number) = given.parse::<f64>() else {
            return refuse("it must be a number".to_owned());
        };
        let bound = |name: &str| text(&parameter[name]).and_then(|text| text.parse::<f64>().ok());
        if bound("MinValue").is_some_and(|least| number < least)
            || bound("MaxValue").is_some_and(|most| number > most)
        {
            return refuse("it is out of range".to_owned());
        }
    }
    Ok(())
}
