//! The functions of a template.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::property::Properties;
use super::target::TargetTable;
use super::{STACK_NAME, TemplateError, resolve};
use crate::events::Destination;
use crate::lambda::AsyncConfig;
use crate::roles::Role;
use crate::sinks::{Sink, SinkKind};

/// What the template says about one function; where its binary is, is not its business.
#[derive(Clone, Debug)]
pub(crate) struct FunctionSpec {
    pub(crate) logical_id: String,
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The folder of `CodeUri`: directory, package and binary share one name.
    pub(crate) binary: String,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) memory_mb: u32,
    pub(crate) timeout: Duration,
    pub(crate) asynchronous: AsyncConfig,
    /// ReservedConcurrentExecutions.
    pub(crate) reserved: Option<u32>,
    pub(crate) tags: BTreeMap<String, String>,
    /// The path of its role, which the role's ARN has and that of its sessions has not.
    pub(crate) role_path: String,
    /// The statements of its role.
    pub(crate) role: Vec<Value>,
}

impl FunctionSpec {
    /// CloudFormation ends the name that SAM's role is given with random characters.
    pub(crate) fn role(&self) -> Role {
        let name = format!("{STACK_NAME}-{}Role-LOCAL", self.logical_id);
        Role { path: self.role_path.clone(), name, statements: self.role.clone() }
    }
}

pub(super) fn read(
    properties: &Properties,
    name: String,
    arn: String,
    targets: &TargetTable,
) -> Result<FunctionSpec, TemplateError> {
    let code = properties.required("CodeUri")?;
    // As cargo-lambda names both: the zip, and the binary in it.
    let folder = code.strip_suffix("/bootstrap.zip").unwrap_or(&code);
    let binary = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if binary.is_empty() || binary == "." || binary == ".." {
        let value = Value::from(code);
        return Err(properties.invalid("CodeUri", &value, "a folder with the binary's name"));
    }
    let mut environment = BTreeMap::new();
    if let Some(outer) = properties.nested("Environment")?
        && let Some(variables) = outer.nested("Variables")?
    {
        for (name, value) in variables.entries() {
            let text = resolve::text(value).ok_or_else(|| {
                variables.invalid(&format!("Environment {name}"), value, "a text")
            })?;
            environment.insert(name.clone(), text);
        }
    }
    if let Some(logging) = properties.nested("LoggingConfig")? {
        // Lambda hands both on to the runtime, which does the filtering.
        for (property, variable) in [
            ("LogFormat", "AWS_LAMBDA_LOG_FORMAT"),
            ("ApplicationLogLevel", "AWS_LAMBDA_LOG_LEVEL"),
        ] {
            if let Some(value) = logging.text(property)? {
                environment.insert(variable.to_owned(), value);
            }
        }
    }
    let asynchronous = read_asynchronous(properties, targets)?;
    let mut role = read_role(properties)?;
    role.extend(granted_by_sam(&asynchronous));
    Ok(FunctionSpec {
        logical_id: properties.logical_id.clone(),
        name,
        arn,
        binary,
        environment,
        // Lambda's and SAM's defaults.
        memory_mb: properties.number("MemorySize")?.unwrap_or(128),
        timeout: Duration::from_secs(u64::from(properties.number("Timeout")?.unwrap_or(3))),
        asynchronous,
        reserved: properties.number("ReservedConcurrentExecutions")?,
        tags: read_tags(properties)?,
        role_path: properties.text("RolePath")?.unwrap_or_else(|| "/".to_owned()),
        role,
    })
}

fn read_tags(properties: &Properties) -> Result<BTreeMap<String, String>, TemplateError> {
    let Some(tags) = properties.nested("Tags")? else { return Ok(BTreeMap::new()) };
    let tag = |(name, value): (&String, &Value)| Some((name.clone(), resolve::text(value)?));
    Ok(tags.entries().filter_map(tag).collect())
}

/// `Policies` as documents; managed policies and SAM's policy templates are not read.
fn read_role(properties: &Properties) -> Result<Vec<Value>, TemplateError> {
    let documents = match properties.value("Policies") {
        None => return Ok(Vec::new()),
        Some(Value::Array(documents)) => documents.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let mut statements = Vec::new();
    for document in documents {
        match document.get("Statement") {
            Some(Value::Array(several)) => statements.extend(several.iter().cloned()),
            Some(one @ Value::Object(_)) => statements.push(one.clone()),
            _ => {
                let want = "policy documents with a Statement";
                return Err(properties.invalid("Policies", document, want));
            }
        }
    }
    Ok(statements)
}

/// What SAM adds to the role: the destination of failures, and AWS's managed policy for logs.
fn granted_by_sam(asynchronous: &AsyncConfig) -> Vec<Value> {
    let mut added = vec![json!({
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*",
    })];
    added.extend(asynchronous.on_failure.as_ref().map(|sink| {
        let action = match sink.kind {
            SinkKind::Topic => "sns:Publish",
            _ => "sqs:SendMessage",
        };
        json!({"Effect": "Allow", "Action": action, "Resource": sink.arn})
    }));
    added
}

fn read_asynchronous(
    properties: &Properties,
    targets: &TargetTable,
) -> Result<AsyncConfig, TemplateError> {
    let mut config = AsyncConfig::default();
    if let Some(dead_letters) = properties.nested("DeadLetterQueue")? {
        let arn = dead_letters.required("TargetArn")?;
        config.dead_letters =
            Some(sink(properties, "DeadLetterQueue", &arn, targets)?.logical_id.clone());
    }
    let Some(invoke) = properties.nested("EventInvokeConfig")? else { return Ok(config) };
    if let Some(retries) = invoke.number("MaximumRetryAttempts")? {
        let few = u8::try_from(retries).ok().filter(|retries| *retries <= 2);
        config.retries = few.ok_or_else(|| {
            invoke.invalid("MaximumRetryAttempts", &Value::from(retries), "0, 1 or 2")
        })?;
    }
    if let Some(seconds) = invoke.number("MaximumEventAgeInSeconds")? {
        config.max_age = Duration::from_secs(u64::from(seconds));
    }
    if let Some(destinations) = invoke.nested("DestinationConfig")? {
        if let Some(success) = destinations.value("OnSuccess") {
            return Err(invoke.invalid("OnSuccess", success, "no destination but OnFailure"));
        }
        if let Some(failure) = destinations.nested("OnFailure")? {
            let arn = failure.required("Destination")?;
            config.on_failure = Some(sink(properties, "OnFailure", &arn, targets)?.clone());
        }
    }
    Ok(config)
}

fn sink<'a>(
    properties: &Properties,
    name: &str,
    arn: &str,
    targets: &'a TargetTable,
) -> Result<&'a Sink, TemplateError> {
    match targets.by_arn(arn) {
        Some(Destination::Sink(sink)) => Ok(sink),
        Some(Destination::Bus(_) | Destination::Function(_) | Destination::Nowhere) | None => {
            Err(properties.invalid(name, &Value::from(arn), "a queue or topic of this template"))
        }
    }
}

/// `Globals.Function` under a function's own properties: objects are merged, lists are joined,
/// everything else is replaced (SAM specification, "Globals section").
pub(super) fn with_globals(globals: &Value, own: &Value) -> Value {
    match (globals, own) {
        (Value::Object(globals), Value::Object(own)) => {
            let mut merged: Map<String, Value> = globals.clone();
            for (key, value) in own {
                let merged_value = match globals.get(key) {
                    Some(global) => with_globals(global, value),
                    None => value.clone(),
                };
                merged.insert(key.clone(), merged_value);
            }
            Value::Object(merged)
        }
        (Value::Array(globals), Value::Array(own)) => globals.iter().chain(own).cloned().collect(),
        (global, Value::Null) => global.clone(),
        (_, own) => own.clone(),
    }
}
