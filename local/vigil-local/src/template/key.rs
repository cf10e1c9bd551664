//! The KMS keys of a template, and their aliases.

use serde_json::Value;

use super::TemplateError;
use super::property::Properties;
use crate::kms::KeySpec;

pub(super) fn read(properties: &Properties, id: String) -> KeySpec {
    let policy = properties.value("KeyPolicy").map(|policy| match policy {
        Value::String(text) => text.clone(),
        document => document.to_string(),
    });
    KeySpec { id, policy }
}

/// Its name, and the key that it stands for.
pub(super) fn read_alias(properties: &Properties) -> Result<(String, String), TemplateError> {
    Ok((properties.required("AliasName")?, properties.required("TargetKeyId")?))
}
