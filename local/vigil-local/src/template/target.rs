//! Where rules send what they match.

use std::collections::BTreeMap;

use serde_json::Value;

use super::TemplateError;
use super::property::Properties;
use crate::events::{Destination, Input, JsonPath, Target};

/// Everything in the template that can receive an event, by its ARN.
#[derive(Debug, Default)]
pub(super) struct TargetTable(BTreeMap<String, Destination>);

impl TargetTable {
    pub(super) fn insert(&mut self, arn: &str, destination: Destination) {
        self.0.insert(without_suffix(arn).to_owned(), destination);
    }

    pub(super) fn by_arn(&self, arn: &str) -> Option<&Destination> {
        self.0.get(without_suffix(arn))
    }
}

/// Log groups are written with and without the `:*` of their streams.
fn without_suffix(arn: &str) -> &str {
    arn.strip_suffix(":*").unwrap_or(arn)
}

/// The `Targets` of an `AWS::Events::Rule`. A target outside of the template is written to a file
/// named after rule and target, as topics and queues are.
pub(super) fn read_targets(
    rule: &Properties,
    table: &TargetTable,
) -> Result<Vec<Target>, TemplateError> {
    let read = |target: &Value| {
        let target = Properties::new(&rule.logical_id, Some(target.clone()))?;
        let arn = target.required("Arn")?;
        let destination = match table.by_arn(&arn) {
            Some(destination) => destination.clone(),
            None => {
                let id = target.required("Id")?;
                Destination::Sink(format!("{}-{id}", rule.logical_id))
            }
        };
        Ok(Target { destination, input: read_input(&target)? })
    };
    rule.list("Targets")?.iter().map(read).collect()
}

/// `Input`, `InputPath` or `InputTransformer`.
pub(super) fn read_input(properties: &Properties) -> Result<Input, TemplateError> {
    let refuse = |cause| TemplateError::Input { logical_id: properties.logical_id.clone(), cause };
    if let Some(input) = properties.text("Input")? {
        let constant = serde_json::from_str(&input).map_err(|_| {
            properties.invalid("Input", &Value::from(input.as_str()), "a JSON text")
        })?;
        return Ok(Input::Constant(constant));
    }
    if let Some(path) = properties.text("InputPath")? {
        return JsonPath::parse(&path).map(Input::Path).map_err(refuse);
    }
    let Some(transformer) = properties.nested("InputTransformer")? else {
        return Ok(Input::Event);
    };
    let mut paths = BTreeMap::new();
    if let Some(map) = transformer.nested("InputPathsMap")? {
        for (name, path) in map.entries() {
            let path = path.as_str().ok_or_else(|| map.invalid(name, path, "a path"))?;
            paths.insert(name.clone(), JsonPath::parse(path).map_err(refuse)?);
        }
    }
    Input::transformer(paths, transformer.required("InputTemplate")?).map_err(refuse)
}
