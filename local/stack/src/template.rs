//! What does a SAM template say about this stack? Functions, what sets them off, buses, buckets.

mod bucket;
mod function;
mod physical;
mod property;
mod resolve;
mod target;
mod trigger;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::account::Account;
use crate::events::{Destination, Rule};
use crate::schedule::Schedule;
use property::Properties;
use resolve::Resolver;
use target::TargetTable;

pub(crate) use bucket::BucketSpec;
pub(crate) use function::FunctionSpec;

/// Everything that the stack takes from a template.
#[derive(Debug, Default)]
pub(crate) struct Template {
    pub(crate) buckets: Vec<BucketSpec>,
    pub(crate) buses: Vec<String>,
    pub(crate) functions: Vec<FunctionSpec>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) schedules: Vec<Schedule>,
    /// Resources without a counterpart here: logical id and type.
    pub(crate) left_out: Vec<(String, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("the template could not be read")]
    Yaml(#[from] yaml::YamlError),
    #[error("the template has no {0}")]
    NoSection(&'static str),
    #[error("the parameter {0} has no default: give it a value with --parameter {0}=…")]
    ParameterWithoutValue(String),
    #[error("the template has no parameter {0}")]
    UnknownParameter(String),
    #[error("{logical_id} cannot be resolved")]
    Resolve {
        logical_id: String,
        #[source]
        cause: resolve::ResolveError,
    },
    #[error("{logical_id} has no {property}")]
    Missing { logical_id: String, property: &'static str },
    #[error("{logical_id} has {property} {value}, where {expected} is expected")]
    Invalid { logical_id: String, property: String, value: String, expected: &'static str },
    #[error("{logical_id} has an event pattern that cannot be used")]
    Pattern {
        logical_id: String,
        #[source]
        cause: crate::events::PatternError,
    },
    #[error("{logical_id} has a schedule that cannot be used")]
    Schedule {
        logical_id: String,
        #[source]
        cause: crate::schedule::expression::ExpressionError,
    },
    #[error("{logical_id} has an input for its target that cannot be used")]
    Input {
        logical_id: String,
        #[source]
        cause: crate::events::InputError,
    },
    #[error(
        "{logical_id} is an event of type {kind}: vigil-local delivers Schedule, ScheduleV2, EventBridgeRule and CloudWatchEvent"
    )]
    EventType { logical_id: String, kind: String },
    #[error(
        "{logical_id} is a {kind}, which would set functions off and which vigil-local cannot run"
    )]
    ResourceType { logical_id: String, kind: String },
    #[error("{logical_id} puts a policy on the bucket {bucket}, which the template does not make")]
    PolicyWithoutBucket { logical_id: String, bucket: String },
    #[error("{logical_id} sends to the bus {bus}, which the template does not make")]
    UnknownBus { logical_id: String, bus: String },
}

/// Types that carry events to functions, or are functions, in a way that is not read here.
const ACTIVE: [&str; 6] = [
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Pipes::Pipe",
    "AWS::Scheduler::Schedule",
    "AWS::Serverless::StateMachine",
];

/// Types that need no counterpart: permissions are not enforced but for bucket policies, and who
/// is written to is written to files.
const INERT: [&str; 13] = [
    "AWS::CloudWatch::Alarm",
    "AWS::Events::EventBusPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::ResourcePolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

impl Template {
    /// `given` takes the place of the parameters' defaults.
    pub(crate) fn parse(
        text: &str,
        account: &Account,
        given: &BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        let document = yaml::load(text)?;
        let section = |name| document[name].as_object().cloned().unwrap_or_default();
        let resources = section("Resources");
        if resources.is_empty() {
            return Err(TemplateError::NoSection("Resources"));
        }
        let mut resolver = Resolver {
            account: account.clone(),
            stack_name: "vigil-local".to_owned(),
            parameters: parameters(&section("Parameters"), given)?,
            conditions: section("Conditions"),
            mappings: section("Mappings"),
            resources,
        };
        resolver.resources = Self::wanted(&resolver)?;
        let mut reader = Reader {
            globals: document["Globals"]["Function"].clone(),
            targets: target_table(&resolver)?,
            policies: Vec::new(),
            template: Self::default(),
            resolver,
        };
        reader.read()?;
        reader.finish()
    }

    /// The resources whose condition holds.
    fn wanted(resolver: &Resolver) -> Result<Map<String, Value>, TemplateError> {
        let mut wanted = Map::new();
        for (logical_id, resource) in &resolver.resources {
            let holds = match resource["Condition"].as_str() {
                Some(condition) => {
                    resolver.condition(condition).map_err(|cause| unresolved(logical_id, cause))?
                }
                None => true,
            };
            if holds {
                wanted.insert(logical_id.clone(), resource.clone());
            }
        }
        Ok(wanted)
    }
}

struct Reader {
    resolver: Resolver,
    globals: Value,
    targets: TargetTable,
    /// Bucket policies, until all buckets are known: logical id, bucket, text.
    policies: Vec<(String, String, String)>,
    template: Template,
}

impl Reader {
    fn read(&mut self) -> Result<(), TemplateError> {
        let resources = self.resolver.resources.clone();
        for (logical_id, resource) in &resources {
            let kind = resource["Type"].as_str().unwrap_or_default();
            let properties = &resource["Properties"];
            match kind {
                "AWS::Events::EventBus" => {
                    let name = self.name(logical_id)?;
                    self.template.buses.push(name);
                }
                "AWS::Events::Rule" => self.read_rule(logical_id, properties)?,
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
                // They are targets: their ARNs are known, and nothing else of them matters.
                "AWS::SNS::Topic" | "AWS::SQS::Queue" => {}
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
        // What the function may do is IAM's, and is not read.
        if let Some(own) = own.as_object_mut() {
            own.remove("Policies");
        }
        let (name, arn) = (self.name(logical_id)?, self.arn(logical_id)?);
        let properties = self.properties(logical_id, &own)?;
        let spec = function::read(&properties, name.clone(), arn, &self.targets)?;
        self.template.functions.push(spec);
        for (event_id, event) in events.as_ref().and_then(Value::as_object).into_iter().flatten() {
            // SAM names the rule that it makes of an event after function and event.
            let event_id = format!("{logical_id}{event_id}");
            let kind = event["Type"].as_str().unwrap_or_default();
            let properties = self.properties(&event_id, &event["Properties"])?;
            let account = &self.resolver.account;
            let trigger = trigger::read_function_event(kind, &properties, &name, account)?;
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
        self.template.rules.extend(trigger.rule);
        self.template.schedules.extend(trigger.schedule);
        Ok(())
    }

    fn finish(mut self) -> Result<Template, TemplateError> {
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
        physical::name(&self.resolver, logical_id, 0).map_err(|cause| unresolved(logical_id, cause))
    }

    fn arn(&self, logical_id: &str) -> Result<String, TemplateError> {
        physical::arn(&self.resolver, logical_id, 0)
            .map(Option::unwrap_or_default)
            .map_err(|cause| unresolved(logical_id, cause))
    }
}

fn target_table(resolver: &Resolver) -> Result<TargetTable, TemplateError> {
    let mut table = TargetTable::default();
    for (logical_id, resource) in &resolver.resources {
        let wrap = |cause| unresolved(logical_id, cause);
        let destination = match resource["Type"].as_str().unwrap_or_default() {
            "AWS::Events::EventBus" => {
                Destination::Bus(physical::name(resolver, logical_id, 0).map_err(wrap)?)
            }
            "AWS::Serverless::Function" => {
                Destination::Function(physical::name(resolver, logical_id, 0).map_err(wrap)?)
            }
            "AWS::Logs::LogGroup" | "AWS::SNS::Topic" | "AWS::SQS::Queue" => {
                Destination::Sink(logical_id.clone())
            }
            _ => continue,
        };
        if let Some(arn) = physical::arn(resolver, logical_id, 0).map_err(wrap)? {
            table.insert(&arn, destination);
        }
    }
    Ok(table)
}

fn parameters(
    declared: &Map<String, Value>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(TemplateError::UnknownParameter(unknown.clone()));
    }
    let value = |(name, parameter): (&String, &Value)| {
        let value = match (given.get(name), &parameter["Default"]) {
            (Some(given), _) => Value::from(given.as_str()),
            (None, Value::Null) => {
                return Err(TemplateError::ParameterWithoutValue(name.clone()));
            }
            (None, default) => default.clone(),
        };
        let kind = parameter["Type"].as_str().unwrap_or_default();
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        let value = match (&value, is_list) {
            (Value::String(text), true) => {
                text.split(',').map(str::trim).map(Value::from).collect()
            }
            _ => value,
        };
        Ok((name.clone(), value))
    };
    declared.iter().map(value).collect()
}

fn unresolved(logical_id: &str, cause: resolve::ResolveError) -> TemplateError {
    TemplateError::Resolve { logical_id: logical_id.to_owned(), cause }
}

#[cfg(test)]
mod tests;
