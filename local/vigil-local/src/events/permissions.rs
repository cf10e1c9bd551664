//! What topics, queues and log groups allow EventBridge. A rule's target of these types needs a
//! resource policy (EventBridge User Guide, "Using resource-based policies").

use std::collections::BTreeMap;

use iam_policy::{Context, Decision, Malformed, Policy, Principal, Request};
use serde_json::{Value, json};

use crate::account::Account;
use crate::sinks::{Sink, SinkKind};

const EVENT_BRIDGE: &str = "events.amazonaws.com";

/// The policies of the template's topics, queues and log groups.
#[derive(Debug, Default)]
pub(crate) struct ResourcePolicies {
    /// By ARN.
    topics: BTreeMap<String, Policy>,
    queues: BTreeMap<String, Policy>,
    /// Of the Region; each names the log groups that it is about.
    logs: Vec<Policy>,
    /// By the name of the bus.
    buses: BTreeMap<String, Vec<Policy>>,
}

/// Who puts an event.
pub(crate) struct Caller {
    pub(crate) arn: String,
    /// The role's ARN for a session of one; for a user, the user's.
    pub(crate) principal_arn: String,
}

impl ResourcePolicies {
    /// Sets the policy of a topic. "You can't use `Condition` blocks in Amazon SNS topic policies for
    /// EventBridge", so a statement that allows under a condition allows EventBridge nothing.
    pub(crate) fn set_topic(&mut self, arn: String, document: &Value) -> Result<(), Malformed> {
        let mut document = document.clone();
        let is_conditional = |statement: &Value| {
            let condition = statement["Condition"].as_object();
            statement["Effect"] == "Allow" && condition.is_some_and(|keys| !keys.is_empty())
        };
        match &mut document["Statement"] {
            Value::Array(statements) => statements.retain(|one| !is_conditional(one)),
            one if is_conditional(one) => *one = Value::Array(Vec::new()),
            _ => {}
        }
        self.topics.insert(arn, Policy::of_resource(&document.to_string())?);
        Ok(())
    }

    pub(crate) fn set_queue(&mut self, arn: String, document: &Value) -> Result<(), Malformed> {
        self.queues.insert(arn, Policy::of_resource(&document.to_string())?);
        Ok(())
    }

    pub(crate) fn add_bus(&mut self, bus: &str, statement: &Value) -> Result<(), Malformed> {
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let policy = Policy::of_resource(&document.to_string())?;
        let bus = bus.rsplit('/').next().unwrap_or(bus).to_owned();
        self.buses.entry(bus).or_default().push(policy);
        Ok(())
    }

    /// Whether the bus's policy denies a caller of its own account an event of this source. Their role's
    /// policy has allowed it.
    pub(crate) fn permit_put(
        &self,
        bus: &str,
        (source, detail_type): (&str, &str),
        caller: &Caller,
        account: &Account,
    ) -> Result<(), String> {
        let resource = account.arn("events", &format!("event-bus/{bus}"));
        let principal = &Principal::Aws(caller.arn.clone());
        let context = Context::default()
            .with("aws:PrincipalArn", &caller.principal_arn)
            .with("aws:PrincipalAccount", &account.id)
            .with("events:source", source)
            .with("events:detail-type", detail_type);
        let (action, resource) = ("events:PutEvents", resource.as_str());
        let request = Request { principal, action, resource, context: &context };
        for policy in self.buses.get(bus).into_iter().flatten() {
            if let Decision::Denied(why) = policy.decide(&request) {
                let who = &caller.arn;
                return Err(format!(
                    "User: {who} is not authorized to perform: {action} on resource: {resource} \
                     because {why}"
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn add_logs(&mut self, document: &str) -> Result<(), Malformed> {
        self.logs.push(Policy::of_resource(document)?);
        Ok(())
    }

    /// Whether EventBridge may deliver to the target for this rule; otherwise the reason.
    pub(crate) fn permit(&self, sink: &Sink, rule: &str, account: &Account) -> Result<(), String> {
        let from_rule = Context::default()
            .with("aws:SourceAccount", &account.id)
            .with("aws:SourceArn", rule)
            .with("aws:SecureTransport", "true");
        match sink.kind {
            SinkKind::Elsewhere => Ok(()),
            SinkKind::LogGroup => {
                let stream = format!("{}:log-stream:events", sink.arn);
                let logs = || self.logs.iter();
                // The stream is not made for one rule.
                let made = Context::default().with("aws:SourceAccount", &account.id);
                allowed(logs(), "logs:CreateLogStream", &stream, &made)?;
                allowed(logs(), "logs:PutLogEvents", &stream, &from_rule)
            }
            SinkKind::Queue => {
                let policy = self.queues.get(&sink.arn);
                allowed(policy.into_iter(), "sqs:SendMessage", &sink.arn, &from_rule)
            }
            SinkKind::Topic => {
                let policy = self.topics.get(&sink.arn);
                allowed(policy.into_iter(), "sns:Publish", &sink.arn, &from_rule)
            }
        }
    }
}

fn allowed<'a>(
    policies: impl Iterator<Item = &'a Policy>,
    action: &str,
    resource: &str,
    context: &Context,
) -> Result<(), String> {
    let principal = Principal::Service(EVENT_BRIDGE.to_owned());
    let request = Request { principal: &principal, action, resource, context };
    let mut is_allowed = false;
    for policy in policies {
        match policy.decide(&request) {
            Decision::Allowed => is_allowed = true,
            Decision::Denied(why) => return Err(why),
            Decision::Silent => {}
        }
    }
    if is_allowed {
        return Ok(());
    }
    Err(format!("no resource-based policy of {resource} allows {EVENT_BRIDGE} {action}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "arn:aws:events:us-east-1:111122223333:rule/vigil/r";

    fn sink(kind: SinkKind, arn: &str) -> Sink {
        Sink { kind, logical_id: "Target".to_owned(), arn: arn.to_owned() }
    }

    fn statement(action: &str, condition: Option<Value>) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": {"Service": EVENT_BRIDGE},
            "Action": action, "Resource": "*"});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    #[test]
    fn a_condition_in_a_topic_policy_closes_the_topic() {
        let topic = sink(SinkKind::Topic, "arn:aws:sns:us-east-1:111122223333:t");
        let source = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
        for (condition, want) in [(None, true), (Some(source), false)] {
            let mut policies = ResourcePolicies::default();
            let account = Account::default();
            assert!(policies.permit(&topic, RULE, &account).is_err(), "without a policy");
            let document = statement("sns:Publish", condition);
            policies.set_topic(topic.arn.clone(), &document).unwrap();
            assert_eq!(policies.permit(&topic, RULE, &account).is_ok(), want, "{document}");
        }
    }

    #[test]
    fn a_condition_in_a_queue_policy_is_evaluated() {
        let queue = sink(SinkKind::Queue, "arn:aws:sqs:us-east-1:111122223333:q");
        for (rules, want) in [("rule/*", true), ("rule/other", false)] {
            let arn = format!("arn:aws:events:us-east-1:111122223333:{rules}");
            let condition = json!({"ArnLike": {"aws:SourceArn": arn}});
            let mut policies = ResourcePolicies::default();
            let document = statement("sqs:SendMessage", Some(condition));
            policies.set_queue(queue.arn.clone(), &document).unwrap();
            assert_eq!(policies.permit(&queue, RULE, &Account::default()).is_ok(), want, "{rules}");
        }
    }

    #[test]
    fn a_log_group_needs_both_actions() {
        let group = sink(SinkKind::LogGroup, "arn:aws:logs:us-east-1:111122223333:log-group:g");
        let both = json!(["logs:CreateLogStream", "logs:PutLogEvents"]);
        for (actions, want) in [(both, true), (json!("logs:PutLogEvents"), false)] {
            let mut document = statement("", None);
            document["Statement"][0]["Action"] = actions;
            document["Statement"][0]["Resource"] = json!(format!("{}:*", group.arn));
            let mut policies = ResourcePolicies::default();
            policies.add_logs(&document.to_string()).unwrap();
            assert_eq!(policies.permit(&group, RULE, &Account::default()).is_ok(), want);
        }
    }
}
