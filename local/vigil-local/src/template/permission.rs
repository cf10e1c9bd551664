//! The policies of topics, queues and log groups, and who subscribes to a topic.

use serde_json::Value;

use super::TemplateError;
use super::property::Properties;
use super::target::TargetTable;
use crate::events::ResourcePolicies;
use crate::topics::Subscription;

/// A policy resource of this type.
pub(super) fn read(
    kind: &str,
    properties: &Properties,
    targets: &TargetTable,
    policies: &mut ResourcePolicies,
) -> Result<(), TemplateError> {
    let logical_id = || properties.logical_id.clone();
    let refuse = |cause| TemplateError::ResourcePolicy { logical_id: logical_id(), cause };
    let document = properties.value("PolicyDocument");
    let document = document.ok_or_else(|| properties.missing("PolicyDocument"))?;
    if kind == "AWS::Logs::ResourcePolicy" {
        let text = document.as_str();
        let text = text.ok_or_else(|| properties.invalid("PolicyDocument", document, "a text"))?;
        return policies.add_logs(text).map_err(refuse);
    }
    if kind == "AWS::SNS::TopicPolicy" {
        for arn in properties.list("Topics")?.iter().filter_map(Value::as_str) {
            policies.set_topic(arn.to_owned(), document).map_err(refuse)?;
        }
        return Ok(());
    }
    for url in properties.list("Queues")? {
        let queue = url.as_str().and_then(|url| targets.queue(url));
        let queue = queue.ok_or_else(|| {
            properties.invalid("Queues", url, "the URL of a queue of this template")
        })?;
        policies.set_queue(queue.arn.clone(), document).map_err(refuse)?;
    }
    Ok(())
}

/// One statement of a bus's policy.
pub(super) fn read_bus(
    properties: &Properties,
    policies: &mut ResourcePolicies,
) -> Result<(), TemplateError> {
    let statement = properties.value("Statement");
    let statement = statement.ok_or_else(|| properties.missing("Statement"))?;
    let bus = properties.required("EventBusName")?;
    policies.add_bus(&bus, statement).map_err(|cause| TemplateError::ResourcePolicy {
        logical_id: properties.logical_id.clone(),
        cause,
    })
}

pub(super) fn read_subscription(properties: &Properties) -> Result<Subscription, TemplateError> {
    Ok(Subscription {
        topic: properties.required("TopicArn")?,
        protocol: properties.required("Protocol")?,
        endpoint: properties.required("Endpoint")?,
    })
}
