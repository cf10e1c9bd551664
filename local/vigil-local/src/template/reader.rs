//! Goes through the resources of a template, each by its type.

use serde_json::Value;

use super::property::Properties;
use super::resolve::Resolver;
use super::target::TargetTable;
use super::{Template, TemplateError, bucket, function, key, permission, trigger, unresolved};
use crate::events::Destination;
use crate::sinks::{Sink, SinkKind};

/// Types that carry events to functions, or are functions, in a way that is not read here.
const ACTIVE: [&str; 6] = [
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Pipes::Pipe",
    "AWS::Scheduler::Schedule",
    "AWS::Serverless::StateMachine",
];

/// Types that need no counterpart: nothing here comes to an alarm or an archive.
const INERT: [&str; 6] = [
    "AWS::CloudWatch::Alarm",
    "AWS::Events::Archive",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
];

pub(super) struct Reader {
    resolver: Resolver,
    globals: Value,
    targets: TargetTable,
    /// Bucket policies, until all buckets are known: logical id, bucket, text.
    policies: Vec<(String, String, String)>,
    template: Template,
}

impl Reader {
    pub(super) fn new(resolver: Resolver, globals: Value) -> Result<Self, TemplateError> {
        let targets = target_table(&resolver)?;
        let template = Template::default();
        Ok(Self { resolver, globals, targets, policies: Vec::new(), template })
    }

    pub(super) fn read(mut self) -> Result<Template, TemplateError> {
        self.read_resources()?;
        self.finish()
    }

    fn read_resources(&mut self) -> Result<(), TemplateError> {
        let resources = self.resolver.resources.clone();
        for (logical_id, resource) in &resources {
            let kind = resource["Type"].as_str().unwrap_or_default();
            let properties = &resource["Properties"];
            match kind {
                "AWS::Events::EventBus" => {
                    let name = self.name(logical_id)?;
                    self.template.buses.push(name);
                }
                "AWS::Events::EventBusPolicy" => {
                    let properties = self.properties(logical_id, properties)?;
                    permission::read_bus(&properties, &mut self.template.policies)?;
                }
                "AWS::Events::Rule" => self.read_rule(logical_id, properties)?,
                "AWS::KMS::Alias" => {
                    let properties = self.properties(logical_id, properties)?;
                    self.template.aliases.push(key::read_alias(&properties)?);
                }
                "AWS::KMS::Key" => {
                    let id = self.name(logical_id)?;
                    let properties = self.properties(logical_id, properties)?;
                    self.template.keys.push(key::read(&properties, id)?);
                }
                "AWS::S3::Bucket" => {
                    let name = self.name(logical_id)?;
                    let properties = self.properties(logical_id, properties)?;
                    self.template.buckets.push(bucket::read(&properties, name)?);
                }
                "AWS::S3::BucketPolicy" => {
                    let properties = self.properties(logical_id, properties)?;
                    let (bucket, text) = bucket::read_policy(&properties)?;
                    self.policies.push((logical_id.clone(), bucket, text));
                }
                "AWS::Serverless::Function" => self.read_function(logical_id, properties)?,
                "AWS::Logs::ResourcePolicy" | "AWS::SNS::TopicPolicy" | "AWS::SQS::QueuePolicy" => {
                    let properties = self.properties(logical_id, properties)?;
                    let policies = &mut self.template.policies;
                    permission::read(kind, &properties, &self.targets, policies)?;
                }
                "AWS::SNS::Subscription" => {
                    let properties = self.properties(logical_id, properties)?;
                    self.template.subscriptions.push(permission::read_subscription(&properties)?);
                }
                "AWS::SNS::Topic" => {
                    let arn = self.arn(logical_id)?;
                    self.template.topics.insert(arn, logical_id.clone());
                }
                "AWS::Logs::LogGroup" => {
                    let name = self.name(logical_id)?;
                    self.template.log_groups.insert(name, logical_id.clone());
                }
                "AWS::SQS::Queue" => {
                    let name = self.name(logical_id)?;
                    self.template.queues.insert(name, logical_id.clone());
                }
                kind if INERT.contains(&kind) => {}
                kind if ACTIVE.contains(&kind) => {
                    return Err(TemplateError::ResourceType {
                        logical_id: logical_id.clone(),
                        kind: kind.to_owned(),
                    });
                }
                kind => self.template.left_out.push((logical_id.clone(), kind.to_owned())),
            }
        }
        Ok(())
    }

    fn read_function(&mut self, logical_id: &str, own: &Value) -> Result<(), TemplateError> {
        let mut own = function::with_globals(&self.globals, own);
        let events = own.as_object_mut().and_then(|own| own.remove("Events"));
        let (name, arn) = (self.name(logical_id)?, self.arn(logical_id)?);
        let properties = self.properties(logical_id, &own)?;
        let spec = function::read(&properties, name.clone(), arn, &self.targets)?;
        self.template.functions.push(spec);
        for (event_id, event) in events.as_ref().and_then(Value::as_object).into_iter().flatten() {
            // SAM names the rule that it makes of an event after function and event.
            let event_id = format!("{logical_id}{event_id}");
            let kind = event["Type"].as_str().unwrap_or_default();
            let properties = self.properties(&event_id, &event["Properties"])?;
            let place = (&self.resolver.account, self.resolver.stack_name.as_str());
            let trigger =
                trigger::read_function_event(kind, &properties, &name, &self.targets, place)?;
            self.template.records.extend(trigger.record);
            self.template.rules.extend(trigger.rule);
            self.template.schedules.extend(trigger.schedule);
        }
        Ok(())
    }

    fn read_rule(&mut self, logical_id: &str, properties: &Value) -> Result<(), TemplateError> {
        let name = self.name(logical_id)?;
        let properties = self.properties(logical_id, properties)?;
        let account = &self.resolver.account;
        let trigger = trigger::read_events_rule(&properties, &name, &self.targets, account)?;
        self.template.records.extend(trigger.record);
        self.template.rules.extend(trigger.rule);
        self.template.schedules.extend(trigger.schedule);
        Ok(())
    }

    /// A topic that a parameter names is another stack's. It is there, and takes everything.
    fn add_topics_of_others(&mut self) {
        let named = self.resolver.parameters.values().filter_map(Value::as_str);
        for arn in named.filter(|text| text.starts_with("arn:") && text.contains(":sns:")) {
            let name = arn.rsplit(':').next().unwrap_or_default();
            self.template.topics.insert(arn.to_owned(), name.to_owned());
        }
    }

    fn finish(mut self) -> Result<Template, TemplateError> {
        self.add_topics_of_others();
        for (logical_id, bucket, text) in self.policies {
            let found = self.template.buckets.iter_mut().find(|spec| spec.name == bucket);
            let Some(spec) = found else {
                return Err(TemplateError::PolicyWithoutBucket { logical_id, bucket });
            };
            spec.config.policy = Some(text);
        }
        let buses = &self.template.buses;
        let unknown = self
            .template
            .rules
            .iter()
            .find(|rule| rule.bus != crate::events::DEFAULT_BUS && !buses.contains(&rule.bus));
        if let Some(rule) = unknown {
            let (logical_id, bus) = (rule.logical_id.clone(), rule.bus.clone());
            return Err(TemplateError::UnknownBus { logical_id, bus });
        }
        Ok(self.template)
    }

    fn properties(&self, logical_id: &str, value: &Value) -> Result<Properties, TemplateError> {
        let resolved =
            self.resolver.resolve(value).map_err(|cause| unresolved(logical_id, cause))?;
        Properties::new(logical_id, resolved)
    }

    fn name(&self, logical_id: &str) -> Result<String, TemplateError> {
        let physical = self.resolver.physical(logical_id, 0);
        physical.map(|it| it.name).map_err(|cause| unresolved(logical_id, cause))
    }

    fn arn(&self, logical_id: &str) -> Result<String, TemplateError> {
        let physical = self.resolver.physical(logical_id, 0);
        physical
            .map(|it| it.arn().unwrap_or_default())
            .map_err(|cause| unresolved(logical_id, cause))
    }
}

fn target_table(resolver: &Resolver) -> Result<TargetTable, TemplateError> {
    let mut table = TargetTable::default();
    for (logical_id, resource) in &resolver.resources {
        let physical = || resolver.physical(logical_id, 0).map_err(|it| unresolved(logical_id, it));
        let sink = |kind| -> Result<Destination, TemplateError> {
            let arn = physical()?.arn().unwrap_or_default();
            Ok(Destination::Sink(Sink { kind, logical_id: logical_id.clone(), arn }))
        };
        let destination = match resource["Type"].as_str().unwrap_or_default() {
            "AWS::Events::EventBus" => Destination::Bus(physical()?.name),
            "AWS::Serverless::Function" => Destination::Function(physical()?.name),
            "AWS::Logs::LogGroup" => sink(SinkKind::LogGroup)?,
            "AWS::SNS::Topic" => sink(SinkKind::Topic)?,
            "AWS::SQS::Queue" => sink(SinkKind::Queue)?,
            _ => continue,
        };
        if let Some(arn) = physical()?.arn() {
            table.insert(&arn, destination);
        }
    }
    Ok(table)
}
