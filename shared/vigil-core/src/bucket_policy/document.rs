//! Reads a policy document; what it does not know, it refuses by name rather than skipping it.

use serde_json::{Map, Value};

use super::{
    Principal,
    condition::{self, Condition},
    strings::strings,
};

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its Sid, or its place.
    pub name: String,
    pub allows: bool,
    pub(super) principals: Principals,
    pub(super) actions: Selector,
    pub(super) resources: Selector,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Principals {
    /// `"Principal": "*"`
    Anyone,
    Except(Vec<Principal>),
    These(Vec<Principal>),
}

/// Action or NotAction, Resource or NotResource.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Selector {
    Except(Vec<String>),
    These(Vec<String>),
}

/// The policy is not one that S3 would have taken, or is beyond us.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    #[error("the policy is not JSON")]
    Json(#[from] serde_json::Error),
    #[error("the policy has no Statement")]
    NoStatement,
    #[error("{statement} has no usable {element}")]
    Element { statement: String, element: &'static str },
    #[error("{statement} has an unknown element {element:?}")]
    UnknownElement { statement: String, element: String },
}

pub(super) fn parse(text: &str) -> Result<Vec<Statement>, PolicyError> {
    let document: Map<String, Value> = serde_json::from_str(text)?;
    match document.get("Statement") {
        Some(Value::Array(list)) => {
            list.iter().enumerate().map(|(at, value)| statement(at, value)).collect()
        }
        Some(single @ Value::Object(_)) => Ok(vec![statement(0, single)?]),
        _ => Err(PolicyError::NoStatement),
    }
}

fn statement(at: usize, value: &Value) -> Result<Statement, PolicyError> {
    let mut name = format!("statement {}", at + 1);
    let Value::Object(members) = value else {
        return Err(PolicyError::Element { statement: name, element: "content" });
    };
    if let Some(sid) = members.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty()) {
        name = format!("statement {sid:?}");
    }
    let missing = |element| PolicyError::Element { statement: name.clone(), element };
    const KNOWN: [&str; 9] = [
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
    if let Some(element) = members.keys().find(|member| !KNOWN.contains(&member.as_str())) {
        return Err(PolicyError::UnknownElement { statement: name, element: element.clone() });
    }
    let allows = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return Err(missing("Effect")),
    };
    let principals = principals(members).ok_or_else(|| missing("Principal"))?;
    let actions = selector(members, "Action", "NotAction").ok_or_else(|| missing("Action"))?;
    let resources =
        selector(members, "Resource", "NotResource").ok_or_else(|| missing("Resource"))?;
    let conditions = match members.get("Condition") {
        None => Vec::new(),
        Some(value) => condition::parse(value).ok_or_else(|| missing("Condition"))?,
    };
    Ok(Statement { name, allows, principals, actions, resources, conditions })
}

fn selector(members: &Map<String, Value>, these: &str, except: &str) -> Option<Selector> {
    match (members.get(these), members.get(except)) {
        (Some(value), None) => strings(value).map(Selector::These),
        (None, Some(value)) => strings(value).map(Selector::Except),
        _ => None,
    }
}

fn principals(members: &Map<String, Value>) -> Option<Principals> {
    match (members.get("Principal"), members.get("NotPrincipal")) {
        (Some(Value::String(star)), None) if star == "*" => Some(Principals::Anyone),
        (Some(Value::Object(kinds)), None) => named(kinds).map(Principals::These),
        (None, Some(Value::Object(kinds))) => named(kinds).map(Principals::Except),
        (None, Some(Value::String(star))) if star == "*" => Some(Principals::These(Vec::new())),
        _ => None,
    }
}

fn named(kinds: &Map<String, Value>) -> Option<Vec<Principal>> {
    let mut principals = Vec::new();
    for (kind, value) in kinds {
        let make = match kind.as_str() {
            "AWS" => Principal::Aws,
            "CanonicalUser" => Principal::CanonicalUser,
            "Federated" => Principal::Federated,
            "Service" => Principal::Service,
            _ => return None,
        };
        principals.extend(strings(value)?.into_iter().map(make));
    }
    Some(principals)
}
