//! EventBridge for one machine: buses, and the rules that carry events to their targets.

pub(crate) mod api;
mod bus_api;
mod input;
pub(crate) mod pattern;
mod permissions;
mod record;
mod rules_api;
mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pca_local::EventSink;
use serde_json::{Value, json};

use crate::account::Account;
use crate::lambda::Functions;
use crate::sinks::{Sink, SinkKind, Sinks};
use crate::topics::Topics;

pub(crate) use input::InputError;
pub(crate) use input::{Input, JsonPath};
pub(crate) use pattern::Pattern;
pub(crate) use pattern::PatternError;
pub(crate) use permissions::{Caller, ResourcePolicies};
pub(crate) use record::{RuleRecord, TargetRecord};
pub use seen::SeenEvent;
use seen::SeenEvents;

pub(crate) const DEFAULT_BUS: &str = "default";

/// An event on its way through one bus.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) bus: String,
    pub(crate) envelope: Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) logical_id: String,
    pub(crate) arn: String,
    pub(crate) bus: String,
    pub(crate) pattern: Pattern,
    /// `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`: read-only calls match too.
    pub(crate) sees_read_only_calls: bool,
    pub(crate) targets: Vec<Target>,
}

#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// As the template has it.
    pub(crate) arn: String,
    pub(crate) destination: Destination,
    pub(crate) input: Input,
    /// Receives the events that cannot be delivered.
    pub(crate) dead_letters: Option<Sink>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Bus(String),
    /// A function, by its name.
    Function(String),
    Sink(Sink),
    /// The ARN has a form that EventBridge accepts and delivers nothing to.
    Nowhere,
}

/// Where everything that EventBridge sends arrives.
pub(crate) struct Targets {
    pub(crate) account: Account,
    pub(crate) functions: Functions,
    pub(crate) policies: ResourcePolicies,
    pub(crate) sinks: Arc<Sinks>,
    pub(crate) topics: Arc<Topics>,
}

/// A handle; clones share the buses.
#[derive(Clone)]
pub(crate) struct EventBuses(Arc<Inner>);

struct Inner {
    buses: BTreeSet<String>,
    rules: Vec<Rule>,
    /// Every rule of the template, those with a schedule as well.
    records: Vec<RuleRecord>,
    /// The ARNs of rules that DisableRule switched off.
    disabled: Mutex<BTreeSet<String>>,
    targets: Targets,
    /// CloudWatch's metric FailedInvocations, by the rule's logical id.
    failed: Mutex<BTreeMap<String, u64>>,
    seen: SeenEvents,
    /// Whether what services send reaches no rule.
    losing: AtomicBool,
}

/// Rules that carry events from bus to bus could do so for ever; EventBridge ends it too.
const MAX_HOPS: u8 = 5;

impl EventBuses {
    pub(crate) fn new(
        buses: impl IntoIterator<Item = String>,
        rules: Vec<Rule>,
        records: Vec<RuleRecord>,
        targets: Targets,
    ) -> Self {
        let buses: BTreeSet<_> = buses.into_iter().chain([DEFAULT_BUS.to_owned()]).collect();
        let (seen, losing) = (SeenEvents::of(&buses), AtomicBool::default());
        let (failed, disabled) = (Mutex::default(), Mutex::default());
        let inner = Inner { buses, rules, records, disabled, targets, failed, seen, losing };
        Self(Arc::new(inner))
    }

    pub(crate) fn records(&self) -> &[RuleRecord] {
        &self.0.records
    }

    fn is_disabled(&self, rule: &str) -> bool {
        self.0.disabled.lock().unwrap_or_else(PoisonError::into_inner).contains(rule)
    }

    fn disable(&self, rule: &str, off: bool) {
        let mut disabled = self.0.disabled.lock().unwrap_or_else(PoisonError::into_inner);
        if off {
            disabled.insert(rule.to_owned());
        } else {
            disabled.remove(rule);
        }
    }

    /// Whether the policy of a bus lets the caller put an event of this source and detail-type.
    pub(crate) fn permit_put(
        &self,
        bus: &str,
        event: (&str, &str),
        caller: &Caller,
    ) -> Result<(), String> {
        let Targets { policies, account, .. } = &self.0.targets;
        policies.permit_put(bus, event, caller, account)
    }

    /// How many deliveries of each rule failed, by the rule's logical id.
    pub(crate) fn failed(&self) -> BTreeMap<String, u64> {
        self.0.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn has(&self, bus: &str) -> bool {
        self.0.buses.contains(bus)
    }

    fn names(&self) -> &BTreeSet<String> {
        &self.0.buses
    }

    pub(crate) fn lose(&self, lose: bool) {
        self.0.losing.store(lose, Ordering::Relaxed);
    }

    pub(crate) fn seen(&self) -> Vec<SeenEvent> {
        self.0.seen.all()
    }

    /// Sends the event to every target of a matching rule, and returns before the targets finish.
    pub(crate) fn deliver(&self, event: Event) {
        self.carry(event, 0);
    }

    fn carry(&self, event: Event, hops: u8) {
        let is_lost = event.bus == DEFAULT_BUS && self.0.losing.load(Ordering::Relaxed);
        let rules = self.0.rules.iter().filter(|rule| !is_lost && rule.matches(&event));
        let rules = rules.filter(|rule| !self.is_disabled(&rule.arn));
        let rules = rules.collect::<Vec<_>>();
        self.0.seen.push(SeenEvent {
            bus: event.bus.clone(),
            rules: rules.iter().map(|rule| rule.logical_id.clone()).collect(),
            event: event.envelope.clone(),
        });
        for rule in rules {
            for target in &rule.targets {
                self.hand_over(&rule.logical_id, &rule.arn, target, &event, hops);
            }
        }
    }

    /// What a rule with a schedule sends: it does not go over the bus.
    pub(crate) fn send(&self, rule: &str, arn: &str, targets: &[Target], event: &Event) {
        for target in targets.iter().filter(|_| !self.is_disabled(arn)) {
            self.hand_over(rule, arn, target, event, 0);
        }
    }

    pub(crate) fn send_to_function(&self, function: &str, message: &Value, trigger: &str) {
        self.0.targets.functions.invoke_later(function, message, trigger);
    }

    /// Resolves when no function has anything to do.
    pub(crate) async fn idle(&self) {
        self.0.targets.functions.idle().await;
    }

    fn hand_over(&self, rule: &str, arn: &str, target: &Target, event: &Event, hops: u8) {
        let message = target.input.make(event, arn);
        match &target.destination {
            Destination::Bus(bus) if hops < MAX_HOPS => {
                self.carry(Event { bus: bus.clone(), envelope: message }, hops + 1);
            }
            Destination::Bus(bus) => {
                tracing::warn!(rule, bus, "the rule carries events in a circle");
            }
            Destination::Function(function) => {
                self.0.targets.functions.invoke_later(function, &message, rule);
            }
            Destination::Nowhere => {
                let why = "a log group's ARN is taken without `:*`";
                self.fail(rule, arn, target, event, ("NO_RESOURCE", why));
            }
            Destination::Sink(sink) => match self.0.targets.deliver(sink, arn, &message) {
                Ok(()) => {}
                Err(why) => self.fail(rule, arn, target, event, ("NO_PERMISSIONS", &why)),
            },
        }
    }

    /// EventBridge User Guide, "Using dead-letter queues": the event, with these attributes. It does
    /// not repeat what is refused for want of permission or of a target.
    fn fail(
        &self,
        rule: &str,
        arn: &str,
        target: &Target,
        event: &Event,
        (code, why): (&str, &str),
    ) {
        tracing::error!(rule, target = target.arn, code, why, "EventBridge could not deliver");
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed.entry(rule.to_owned()).or_default() += 1;
        drop(failed);
        let Some(queue) = &target.dead_letters else { return };
        let attributes = json!({
            "RULE_ARN": arn,
            "TARGET_ARN": target.arn,
            "ERROR_CODE": code,
            "ERROR_MESSAGE": why,
        });
        if let Err(why) = self.0.targets.bury(queue, arn, &event.envelope, &attributes) {
            tracing::error!(rule, queue = queue.arn, why, "the event is lost");
        }
    }
}

impl Targets {
    fn deliver(&self, sink: &Sink, rule: &str, message: &Value) -> Result<(), String> {
        self.policies.permit(sink, rule, &self.account)?;
        match sink.kind {
            SinkKind::Topic => self.topics.deliver(&sink.arn, rule, message),
            SinkKind::Elsewhere | SinkKind::LogGroup | SinkKind::Queue => {
                self.sinks.append(&sink.logical_id, rule, message, &Value::Null);
            }
        }
        Ok(())
    }

    fn bury(
        &self,
        queue: &Sink,
        rule: &str,
        event: &Value,
        attributes: &Value,
    ) -> Result<(), String> {
        self.policies.permit(queue, rule, &self.account)?;
        self.sinks.append(&queue.logical_id, rule, event, attributes);
        Ok(())
    }
}

/// The default bus receives what AWS services send.
impl EventSink for EventBuses {
    fn deliver(&self, event: Value) {
        self.carry(Event { bus: DEFAULT_BUS.to_owned(), envelope: event }, 0);
    }
}

impl Rule {
    fn matches(&self, event: &Event) -> bool {
        self.bus == event.bus
            && (self.sees_read_only_calls || !is_read_only_call(&event.envelope))
            && self.pattern.matches(&event.envelope)
    }
}

/// EventBridge User Guide, "Read-only management events": CloudTrail's record of a call that
/// changes nothing reaches only rules that ask for it.
fn is_read_only_call(event: &Value) -> bool {
    let name = event["detail"]["eventName"].as_str().unwrap_or_default();
    event["detail-type"] == "AWS API Call via CloudTrail"
        && ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb))
}
