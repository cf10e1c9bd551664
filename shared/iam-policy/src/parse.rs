//! Reads the policy of a bucket or of a KMS key, refusing what S3 and KMS refuse, or that of a role.

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::principal::Principals;
use crate::wildcard::Wildcard;
use crate::{Effect, Patterns, Policy, Statement};

/// Why S3 answers `MalformedPolicy`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("Policies must be valid JSON and the first byte must be '{{'")]
    NotJson,
    #[error("Missing required field {0}")]
    Missing(&'static str),
    #[error("The policy must contain a valid version string")]
    Version,
    #[error("Unknown field {0}")]
    UnknownField(String),
    #[error("Invalid effect: {0}")]
    Effect(String),
    #[error("Invalid principal in policy")]
    Principal,
    #[error("Policy has invalid action")]
    Action,
    #[error("Policy has invalid resource")]
    Resource,
    #[error("Conditions must be an object of operators, keys and values")]
    Condition,
}

const STATEMENT_FIELDS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

impl Policy {
    /// `bucket` is the one that the policy is put on: S3 refuses resources of another.
    pub fn parse(text: &str, bucket: &str) -> Result<Self, Malformed> {
        let Ok(Value::Object(document)) = serde_json::from_str(text) else {
            return Err(Malformed::NotJson);
        };
        check_head(&document)?;
        Self::read(statements(&document)?, Owner::Bucket(bucket))
    }

    /// The policy of a KMS key.
    pub fn of_key(text: &str) -> Result<Self, Malformed> {
        let Ok(Value::Object(document)) = serde_json::from_str(text) else {
            return Err(Malformed::NotJson);
        };
        check_head(&document)?;
        Self::read(statements(&document)?, Owner::Key)
    }

    /// A policy document of a user or of a role.
    pub fn of_identity(document: &Value) -> Result<Self, Malformed> {
        let document = document.as_object().ok_or(Malformed::NotJson)?;
        check_head(document)?;
        Self::read(statements(document)?, Owner::Identity)
    }

    /// The statements of a role's policies. They have no principal: it is the role.
    pub fn of_role(statements: &[Value]) -> Result<Self, Malformed> {
        Self::read(statements, Owner::Identity)
    }

    fn read(statements: &[Value], owner: Owner<'_>) -> Result<Self, Malformed> {
        let statements = statements.iter().enumerate();
        let statements = statements.map(|(at, statement)| parse_statement(statement, at, owner));
        Ok(Self { statements: statements.collect::<Result<_, _>>()? })
    }
}

fn check_head(document: &Map<String, Value>) -> Result<(), Malformed> {
    for (field, value) in document {
        match field.as_str() {
            "Id" | "Statement" => {}
            "Version" if value == "2012-10-17" || value == "2008-10-17" => {}
            "Version" => return Err(Malformed::Version),
            _ => return Err(Malformed::UnknownField(field.clone())),
        }
    }
    Ok(())
}

fn statements(document: &Map<String, Value>) -> Result<&[Value], Malformed> {
    match document.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => Ok(statements.as_slice()),
        Some(one @ Value::Object(_)) => Ok(std::slice::from_ref(one)),
        _ => Err(Malformed::Missing("Statement")),
    }
}

/// What a policy belongs to.
#[derive(Clone, Copy)]
enum Owner<'a> {
    Bucket(&'a str),
    /// A user or a role.
    Identity,
    Key,
}

impl Owner<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Bucket(_) => "the bucket policy",
            Self::Identity => "the identity's policy",
            Self::Key => "the key's policy",
        }
    }

    /// S3 and KMS take no other service's actions.
    fn knows_action(self, action: &str) -> bool {
        match self {
            Self::Bucket(_) => {
                action == "*" || action.starts_with("s3:") || action.starts_with("S3:")
            }
            Self::Identity => action == "*" || action.contains(':'),
            Self::Key => action == "*" || action.starts_with("kms:"),
        }
    }

    fn knows_resource(self, resource: &str) -> bool {
        match self {
            Self::Bucket(bucket) => is_of_bucket(resource, bucket),
            Self::Identity | Self::Key => resource == "*" || resource.starts_with("arn:"),
        }
    }
}

fn parse_statement(statement: &Value, at: usize, owner: Owner<'_>) -> Result<Statement, Malformed> {
    let fields = statement.as_object().ok_or(Malformed::Missing("Statement"))?;
    if let Some(unknown) = fields.keys().find(|name| !STATEMENT_FIELDS.contains(&name.as_str())) {
        return Err(Malformed::UnknownField(unknown.clone()));
    }
    let effect = match fields.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(other) => return Err(Malformed::Effect(other.to_owned())),
        None => return Err(Malformed::Missing("Effect")),
    };
    let principals = match owner {
        Owner::Bucket(_) | Owner::Key => {
            let (principal, negated) = one_of(fields, "Principal", "NotPrincipal")?;
            Principals::parse(principal, negated).ok_or(Malformed::Principal)?
        }
        Owner::Identity if fields.keys().any(|name| name.ends_with("Principal")) => {
            return Err(Malformed::Principal);
        }
        Owner::Identity => Principals::everyone(),
    };
    let actions = patterns(fields, "Action", "NotAction", Malformed::Action, |action| {
        owner.knows_action(action).then(|| Wildcard::iam(&action.to_ascii_lowercase()))
    })?;
    let resources = patterns(fields, "Resource", "NotResource", Malformed::Resource, |resource| {
        owner.knows_resource(resource).then(|| Wildcard::iam(resource))
    })?;
    let name = match fields.get("Sid").and_then(Value::as_str) {
        Some(sid) => format!("statement {sid:?} of {}", owner.name()),
        None => format!("statement {} of {}", at + 1, owner.name()),
    };
    let conditions = conditions(fields.get("Condition"))?;
    Ok(Statement { name, effect, principals, actions, resources, conditions })
}

fn is_of_bucket(resource: &str, bucket: &str) -> bool {
    let Some(rest) = resource.strip_prefix("arn:aws:s3:::") else { return resource == "*" };
    let named = rest.split('/').next().unwrap_or(rest);
    Wildcard::iam(named).fits(bucket)
}

fn one_of<'a>(
    fields: &'a Map<String, Value>,
    plain: &'static str,
    negated: &str,
) -> Result<(&'a Value, bool), Malformed> {
    match (fields.get(plain), fields.get(negated)) {
        (Some(value), None) => Ok((value, false)),
        (None, Some(value)) => Ok((value, true)),
        _ => Err(Malformed::Missing(plain)),
    }
}

fn patterns(
    fields: &Map<String, Value>,
    plain: &'static str,
    negated: &str,
    invalid: Malformed,
    read: impl Fn(&str) -> Option<Wildcard>,
) -> Result<Patterns, Malformed> {
    let (value, negated) = one_of(fields, plain, negated)?;
    let any_of: Option<Vec<Wildcard>> =
        strings(value).and_then(|texts| texts.iter().map(|text| read(text)).collect());
    match any_of {
        Some(any_of) if !any_of.is_empty() => Ok(Patterns { any_of, negated }),
        _ => Err(invalid),
    }
}

fn conditions(block: Option<&Value>) -> Result<Vec<Condition>, Malformed> {
    let Some(block) = block else { return Ok(Vec::new()) };
    let mut conditions = Vec::new();
    for (operator, keys) in block.as_object().ok_or(Malformed::Condition)? {
        for (key, values) in keys.as_object().ok_or(Malformed::Condition)? {
            let values = strings(values).ok_or(Malformed::Condition)?;
            conditions.push(Condition { operator: operator.clone(), key: key.clone(), values });
        }
    }
    Ok(conditions)
}

/// A string or a list of them; IAM lets booleans and numbers stand for their texts.
pub(crate) fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(string).collect(),
        one => string(one).map(|text| vec![text]),
    }
}

fn string(value: &Value) -> Option<String> {
    match value {
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Null | Value::Object(_) => None,
    }
}
