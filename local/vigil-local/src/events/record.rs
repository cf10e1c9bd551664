//! A rule as EventBridge's API shows it.

use serde_json::{Value, json};

/// A rule of the template, enabled or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleRecord {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) bus: String,
    /// `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    pub(crate) state: String,
    pub(crate) pattern: Option<Value>,
    pub(crate) schedule: Option<String>,
    pub(crate) targets: Vec<TargetRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetRecord {
    pub(crate) id: String,
    pub(crate) arn: String,
    /// The ARN of its dead-letter queue.
    pub(crate) dead_letters: Option<String>,
}

impl RuleRecord {
    /// A member of ListRules, and the answer to DescribeRule.
    pub(crate) fn json(&self, is_disabled: bool) -> Value {
        let state = if is_disabled { "DISABLED" } else { self.state.as_str() };
        let mut rule = json!({"Name": self.name, "Arn": self.arn, "EventBusName": self.bus,
            "State": state});
        if let Some(pattern) = &self.pattern {
            rule["EventPattern"] = Value::from(pattern.to_string());
        }
        if let Some(schedule) = &self.schedule {
            rule["ScheduleExpression"] = Value::from(schedule.as_str());
        }
        rule
    }
}

impl TargetRecord {
    /// A member of ListTargetsByRule.
    pub(crate) fn json(&self) -> Value {
        let mut target = json!({"Id": self.id, "Arn": self.arn});
        if let Some(queue) = &self.dead_letters {
            target["DeadLetterConfig"] = json!({"Arn": queue});
        }
        target
    }
}
