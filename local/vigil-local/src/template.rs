//! Reads a SAM template: functions, their triggers, buses, buckets, keys.

mod bucket;
mod function;
mod key;
mod parameters;
mod permission;
mod physical;
mod property;
mod reader;
mod resolve;
mod target;
mod trigger;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::account::Account;
use crate::events::{ResourcePolicies, Rule, RuleRecord};
use crate::kms::KeySpec;
use crate::schedule::Schedule;
use crate::topics::Subscription;
use reader::Reader;
use resolve::Resolver;

pub(crate) use bucket::BucketSpec;
pub(crate) use function::FunctionSpec;

/// Everything that the stack takes from a template.
#[derive(Debug, Default)]
pub(crate) struct Template {
    pub(crate) buckets: Vec<BucketSpec>,
    pub(crate) buses: Vec<String>,
    pub(crate) functions: Vec<FunctionSpec>,
    pub(crate) keys: Vec<KeySpec>,
    /// Of keys: name and key.
    pub(crate) aliases: Vec<(String, String)>,
    /// Of topics, queues and log groups.
    pub(crate) policies: ResourcePolicies,
    /// Names and logical ids.
    pub(crate) log_groups: BTreeMap<String, String>,
    /// Names and logical ids.
    pub(crate) queues: BTreeMap<String, String>,
    /// Every rule, whether or not it is enabled.
    pub(crate) records: Vec<RuleRecord>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) subscriptions: Vec<Subscription>,
    /// Logical ids by ARN.
    pub(crate) topics: BTreeMap<String, String>,
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
    #[error("the parameter {name} cannot be {value:?}: {why}")]
    Parameter { name: String, value: String, why: String },
    #[error("the parameter {0} has an AllowedPattern that is no regular expression")]
    AllowedPattern(String),
    #[error("the parameters break the rule {rule}: {why}")]
    Rule { rule: String, why: String },
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
        "{logical_id} is a {kind}, which would invoke functions; vigil-local does not support this type"
    )]
    ResourceType { logical_id: String, kind: String },
    #[error("{logical_id} puts a policy on the bucket {bucket}, which the template does not make")]
    PolicyWithoutBucket { logical_id: String, bucket: String },
    #[error("{logical_id} has a policy that AWS would refuse")]
    ResourcePolicy {
        logical_id: String,
        #[source]
        cause: iam_policy::Malformed,
    },
    #[error("{logical_id} sends to the bus {bus}, which the template does not make")]
    UnknownBus { logical_id: String, bus: String },
}

/// `AWS::StackName`.
const STACK_NAME: &str = "vigil-local";

impl Template {
    /// `given` overrides the defaults of parameters.
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
            stack_name: STACK_NAME.to_owned(),
            parameters: parameters::values(&section("Parameters"), given)?,
            conditions: section("Conditions"),
            mappings: section("Mappings"),
            resources,
        };
        Self::hold_rules(&resolver, &section("Rules"))?;
        resolver.resources = Self::wanted(&resolver)?;
        Reader::new(resolver, document["Globals"]["Function"].clone())?.read()
    }

    /// The template's `Rules` over its parameters.
    fn hold_rules(resolver: &Resolver, rules: &Map<String, Value>) -> Result<(), TemplateError> {
        for (rule, definition) in rules {
            let holds =
                |condition| resolver.holds(condition, 0).map_err(|cause| unresolved(rule, cause));
            let applies = match &definition["RuleCondition"] {
                Value::Null => true,
                condition => holds(condition)?,
            };
            let assertions = definition["Assertions"].as_array().map(Vec::as_slice);
            for assertion in assertions.unwrap_or_default().iter().filter(|_| applies) {
                if !holds(&assertion["Assert"])? {
                    let why = assertion["AssertDescription"].as_str().unwrap_or_default();
                    return Err(TemplateError::Rule { rule: rule.clone(), why: why.to_owned() });
                }
            }
        }
        Ok(())
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

fn unresolved(logical_id: &str, cause: resolve::ResolveError) -> TemplateError {
    TemplateError::Resolve { logical_id: logical_id.to_owned(), cause }
}

#[cfg(test)]
mod tests;
