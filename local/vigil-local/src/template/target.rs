//! Where rules send what they match.

use std::collections::BTreeMap;

use serde_json::Value;

use super::TemplateError;
use super::property::Properties;
use crate::events::{Destination, Input, JsonPath, Target};
use crate::sinks::{Sink, SinkKind};

/// Everything in the template that can receive an event, by its ARN.
#[derive(Debug, Default)]
pub(super) struct TargetTable(BTreeMap<String, Destination>);

impl TargetTable {
    pub(super) fn insert(&mut self, arn: &str, destination: Destination) {
        self.0.insert(arn.to_owned(), destination);
    }

    pub(super) fn by_arn(&self, arn: &str) -> Option<&Destination> {
        self.0.get(arn)
    }

    /// The queue with this ARN or URL.
    pub(super) fn queue(&self, reference: &str) -> Option<&Sink> {
        let mut sinks = self.0.values().filter_map(|destination| match destination {
            Destination::Sink(sink) if sink.kind == SinkKind::Queue => Some(sink),
            _ => None,
        });
        let name = |text: &str| text.rsplit([':', '/']).next().map(str::to_owned);
        sinks.find(|sink| {
            sink.arn == reference
                || (reference.starts_with("https://") && name(&sink.arn) == name(reference))
        })
    }
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
        if let Some(role) = target.value("RoleArn") {
            let want = "no RoleArn, for topics, queues, log groups and functions";
            return Err(target.invalid("RoleArn", role, want));
        }
        let destination = match table.by_arn(&arn) {
            Some(destination) => destination.clone(),
            // CloudFormation takes it, and EventBridge delivers nothing to it.
            None if arn.contains(":log-group:") && arn.ends_with(":*") => Destination::Nowhere,
            None => {
                let id = target.required("Id")?;
                let logical_id = format!("{}-{id}", rule.logical_id);
                Destination::Sink(Sink { kind: SinkKind::Elsewhere, logical_id, arn: arn.clone() })
            }
        };
        let dead_letters = read_dead_letters(&target, table)?;
        Ok(Target { arn, destination, input: read_input(&target)?, dead_letters })
    };
    rule.list("Targets")?.iter().map(read).collect()
}

/// The queue of a `DeadLetterConfig`.
pub(super) fn read_dead_letters(
    properties: &Properties,
    table: &TargetTable,
) -> Result<Option<Sink>, TemplateError> {
    let Some(config) = properties.nested("DeadLetterConfig")? else { return Ok(None) };
    let arn = config.required("Arn")?;
    let queue = table.queue(&arn).ok_or_else(|| {
        config.invalid("DeadLetterConfig", &Value::from(arn.as_str()), "a queue of this template")
    })?;
    Ok(Some(queue.clone()))
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
