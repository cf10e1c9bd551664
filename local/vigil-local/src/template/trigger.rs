//! What sets functions off: the events of SAM functions, and rules.

use serde_json::Value;

use super::TemplateError;
use super::physical::{bus_name, rule_resource};
use super::property::Properties;
use super::target::{TargetTable, read_dead_letters, read_input, read_targets};
use crate::account::Account;
use crate::events::{DEFAULT_BUS, Destination, Pattern, Rule, RuleRecord, Target, TargetRecord};
use crate::schedule::expression::Expression;
use crate::schedule::{Schedule, Sender};

/// A rule or a schedule; `None` of both if it is switched off.
#[derive(Debug, Default)]
pub(super) struct Trigger {
    /// As EventBridge's API shows it; a schedule of Scheduler is no rule.
    pub(super) record: Option<RuleRecord>,
    pub(super) rule: Option<Rule>,
    pub(super) schedule: Option<Schedule>,
}

/// One entry of a function's `Events`.
pub(super) fn read_function_event(
    kind: &str,
    event: &Properties,
    function: &str,
    table: &TargetTable,
    (account, stack): (&Account, &str),
) -> Result<Trigger, TemplateError> {
    // CloudFormation's name for it, without the random characters at its end.
    let made = || format!("{stack}-{}", event.logical_id);
    let to_function = |event: &Properties| -> Result<Vec<Target>, TemplateError> {
        let destination = Destination::Function(function.to_owned());
        let arn = account.arn("lambda", &format!("function:{function}"));
        let dead_letters = read_dead_letters(event, table)?;
        Ok(vec![Target { arn, destination, input: read_input(event)?, dead_letters }])
    };
    match kind {
        "CloudWatchEvent" | "EventBridgeRule" => {
            let name = event.text("RuleName")?.unwrap_or_else(made);
            let targets = to_function(event)?;
            let record = read_record(event, &name, ("Pattern", "Schedule"), &targets, account)?;
            let rule = read_rule(event, "Pattern", &name, targets, account)?;
            Ok(Trigger { record: Some(record), rule, schedule: None })
        }
        "Schedule" => {
            let name = event.text("Name")?.unwrap_or_else(made);
            let targets = to_function(event)?;
            let record = read_record(event, &name, ("Pattern", "Schedule"), &targets, account)?;
            let arn = account.arn("events", &rule_resource(None, &name));
            let schedule = read_schedule(event, "Schedule", arn, Sender::Rule(targets))?;
            Ok(Trigger { record: Some(record), rule: None, schedule })
        }
        "ScheduleV2" => {
            let name = event.text("Name")?.unwrap_or_else(|| event.logical_id.clone());
            let group = event.text("GroupName")?.unwrap_or_else(|| "default".to_owned());
            let arn = account.arn("scheduler", &format!("schedule/{group}/{name}"));
            let input = event.text("Input")?;
            let sender = Sender::Scheduler { function: function.to_owned(), input };
            let schedule = read_schedule(event, "ScheduleExpression", arn, sender)?;
            Ok(Trigger { record: None, rule: None, schedule })
        }
        other => Err(TemplateError::EventType {
            logical_id: event.logical_id.clone(),
            kind: other.to_owned(),
        }),
    }
}

/// An `AWS::Events::Rule`: a pattern, a schedule, or both.
pub(super) fn read_events_rule(
    properties: &Properties,
    name: &str,
    table: &TargetTable,
    account: &Account,
) -> Result<Trigger, TemplateError> {
    let targets = read_targets(properties, table)?;
    let members = ("EventPattern", "ScheduleExpression");
    let record = read_record(properties, name, members, &targets, account)?;
    let mut trigger = Trigger { record: Some(record), ..Trigger::default() };
    if properties.value("ScheduleExpression").is_some() {
        let arn = account.arn("events", &rule_resource(None, name));
        let sender = Sender::Rule(targets.clone());
        trigger.schedule = read_schedule(properties, "ScheduleExpression", arn, sender)?;
    }
    if properties.value("EventPattern").is_some() {
        trigger.rule = read_rule(properties, "EventPattern", name, targets, account)?;
    } else if properties.value("ScheduleExpression").is_none() {
        return Err(properties.missing("EventPattern"));
    }
    Ok(trigger)
}

/// `members` are the names of the pattern and of the schedule.
fn read_record(
    properties: &Properties,
    name: &str,
    members: (&str, &str),
    targets: &[Target],
    account: &Account,
) -> Result<RuleRecord, TemplateError> {
    let bus = properties.text("EventBusName")?.unwrap_or_else(|| DEFAULT_BUS.to_owned());
    let state = match read_state(properties)? {
        None => "DISABLED",
        Some(Enabled::Plainly) => "ENABLED",
        Some(Enabled::WithReadOnlyCalls) => "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    };
    let target = |(number, target): (usize, &Target)| TargetRecord {
        id: format!("{}Target{number}", properties.logical_id),
        arn: target.arn.clone(),
        dead_letters: target.dead_letters.as_ref().map(|queue| queue.arn.clone()),
    };
    Ok(RuleRecord {
        name: name.to_owned(),
        arn: account.arn("events", &rule_resource(Some(&bus), name)),
        bus: bus_name(&bus).to_owned(),
        state: state.to_owned(),
        pattern: properties.value(members.0).cloned(),
        schedule: properties.text(members.1)?,
        targets: targets.iter().enumerate().map(target).collect(),
    })
}

fn read_rule(
    properties: &Properties,
    pattern: &'static str,
    name: &str,
    targets: Vec<Target>,
    account: &Account,
) -> Result<Option<Rule>, TemplateError> {
    let Some(enabled) = read_state(properties)? else { return Ok(None) };
    let value = properties.value(pattern).ok_or_else(|| properties.missing(pattern))?;
    // CloudFormation takes a pattern as an object or as its JSON text.
    let value = match value {
        Value::String(text) => serde_json::from_str(text)
            .map_err(|_| properties.invalid(pattern, value, "a JSON object"))?,
        value => value.clone(),
    };
    let parsed = Pattern::parse(&value).map_err(|cause| TemplateError::Pattern {
        logical_id: properties.logical_id.clone(),
        cause,
    })?;
    let bus = properties.text("EventBusName")?.unwrap_or_else(|| DEFAULT_BUS.to_owned());
    Ok(Some(Rule {
        logical_id: properties.logical_id.clone(),
        arn: account.arn("events", &rule_resource(Some(&bus), name)),
        bus: bus_name(&bus).to_owned(),
        pattern: parsed,
        sees_read_only_calls: enabled == Enabled::WithReadOnlyCalls,
        targets,
    }))
}

fn read_schedule(
    properties: &Properties,
    expression: &'static str,
    arn: String,
    sender: Sender,
) -> Result<Option<Schedule>, TemplateError> {
    if read_state(properties)?.is_none() {
        return Ok(None);
    }
    if let Some(zone) = properties.text("ScheduleExpressionTimezone")?
        && zone != "UTC"
    {
        let zone = Value::from(zone);
        return Err(properties.invalid("ScheduleExpressionTimezone", &zone, "UTC"));
    }
    let text = properties.required(expression)?;
    let expression = Expression::parse(&text).map_err(|cause| TemplateError::Schedule {
        logical_id: properties.logical_id.clone(),
        cause,
    })?;
    Ok(Some(Schedule { logical_id: properties.logical_id.clone(), arn, expression, sender }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Enabled {
    Plainly,
    WithReadOnlyCalls,
}

/// `None` if it is switched off.
fn read_state(properties: &Properties) -> Result<Option<Enabled>, TemplateError> {
    if properties.flag("Enabled")? == Some(false) {
        return Ok(None);
    }
    match properties.text("State")?.as_deref() {
        None | Some("ENABLED") => Ok(Some(Enabled::Plainly)),
        Some("DISABLED") => Ok(None),
        Some("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => {
            Ok(Some(Enabled::WithReadOnlyCalls))
        }
        Some(other) => Err(properties.invalid("State", &Value::from(other), "ENABLED or DISABLED")),
    }
}
