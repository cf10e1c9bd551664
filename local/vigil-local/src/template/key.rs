//! The KMS keys of a template, and their aliases.

use serde_json::Value;

use super::TemplateError;
use super::property::Properties;
use crate::kms::{KeySpec, KeySpecName};

pub(super) fn read(properties: &Properties, id: String) -> Result<KeySpec, TemplateError> {
    let policy = properties.value("KeyPolicy").map(|policy| match policy {
        Value::String(text) => text.clone(),
        document => document.to_string(),
    });
    let spec = match properties.text("KeySpec")? {
        None => KeySpecName::default(),
        Some(name) => KeySpecName::read(&name).ok_or_else(|| {
            properties.invalid("KeySpec", &Value::from(name), "a spec that vigil-local has")
        })?,
    };
    if let Some(usage) = properties.text("KeyUsage")?.filter(|usage| usage != spec.usage()) {
        return Err(properties.invalid("KeyUsage", &Value::from(usage), spec.usage()));
    }
    Ok(KeySpec { id, policy, spec })
}

/// Its name, and the key that it stands for.
pub(super) fn read_alias(properties: &Properties) -> Result<(String, String), TemplateError> {
    Ok((properties.required("AliasName")?, properties.required("TargetKeyId")?))
}
