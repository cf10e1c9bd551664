//! The grammar: from JSON to statements. An element that is not known is refused, never skipped.

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::malformed::{Malformed, Problem};
use crate::principal::Principals;
use crate::statement::{Patterns, Statement};
use crate::texts::strings;
use crate::{Owner, Policy};

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

/// IAM User Guide, "Version": variables are plain text in a policy of 2008-10-17.
const VARIABLES_SINCE: &str = "2012-10-17";

impl Policy {
    /// Reads the policy of a resource, such as a bucket, a key or a CA. The service that owns the
    /// resource has accepted it already, so names of principals, actions and resources are taken as
    /// they are. (S3 replaces the ARN of a deleted user by the user's unique id, for instance.)
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the text does not follow the policy grammar.
    pub fn of_resource(text: &str) -> Result<Self, Malformed> {
        let document = serde_json::from_str(text).map_err(|_| Problem::NotJson.of_document())?;
        Self::read(&document, Owner::Resource)
    }

    pub(crate) fn read(document: &Value, owner: Owner) -> Result<Self, Malformed> {
        let Value::Object(document) = document else { return Err(Problem::NotJson.of_document()) };
        for (field, value) in document {
            match field.as_str() {
                "Id" | "Statement" => {}
                "Version" if value == "2012-10-17" || value == "2008-10-17" => {}
                "Version" => return Err(Problem::Version.of_document()),
                _ => return Err(Problem::UnknownField(field.clone()).of_document()),
            }
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => return Err(Problem::Missing("Statement").of_document()),
        };
        let has_version = document.contains_key("Version");
        let has_variables =
            document.get("Version").is_some_and(|version| version == VARIABLES_SINCE);
        Ok(Self { has_version, ..Self::of_statements(statements, owner, has_variables)? })
    }

    /// `has_variables`: the policy is of the version that has policy variables.
    pub(crate) fn of_statements(
        statements: &[Value],
        owner: Owner,
        has_variables: bool,
    ) -> Result<Self, Malformed> {
        let statements = statements.iter().enumerate();
        let statements = statements.map(|(at, value)| {
            let statement = statement(at, value, owner)?;
            Ok(Statement { has_variables, ..statement })
        });
        let statements = statements.collect::<Result<_, _>>()?;
        Ok(Self { statements, has_version: false, owner })
    }
}

fn statement(at: usize, value: &Value, owner: Owner) -> Result<Statement, Malformed> {
    let sid = value["Sid"].as_str().filter(|sid| !sid.is_empty());
    let name = match sid {
        Some(sid) => format!("statement {sid:?}"),
        None => format!("statement {}", at + 1),
    };
    fields(&name, value, owner).map_err(|problem| problem.of_statement(&name))
}

fn fields(name: &str, value: &Value, owner: Owner) -> Result<Statement, Problem> {
    let fields = value.as_object().ok_or(Problem::Statement)?;
    if let Some(unknown) = fields.keys().find(|field| !STATEMENT_FIELDS.contains(&field.as_str())) {
        return Err(Problem::UnknownField(unknown.clone()));
    }
    let allows = match fields.get("Effect") {
        Some(Value::String(effect)) if effect == "Allow" => true,
        Some(Value::String(effect)) if effect == "Deny" => false,
        Some(Value::String(other)) => return Err(Problem::Effect(other.clone())),
        Some(other) => return Err(Problem::Effect(other.to_string())),
        None => return Err(Problem::Missing("Effect")),
    };
    let principals = match owner {
        Owner::Identity if fields.keys().any(|field| field.ends_with("Principal")) => {
            return Err(Problem::Principal);
        }
        // The policy belongs to the caller.
        Owner::Identity => Principals::everyone(),
        Owner::Bucket | Owner::Key | Owner::Resource => {
            let (element, negated) = one_of(fields, "Principal", "NotPrincipal")?;
            Principals::read(element, negated).ok_or(Problem::Principal)?
        }
    };
    let (actions, negated) = one_of(fields, "Action", "NotAction")?;
    // IAM compares the names of actions without regard to case, ARNs with it.
    let actions = patterns(actions).ok_or(Problem::Action)?;
    let actions = Patterns::new(actions, negated, |text| text.to_ascii_lowercase());
    let (resources, negated) = one_of(fields, "Resource", "NotResource")?;
    let resources = patterns(resources).ok_or(Problem::Resource)?;
    let resources = Patterns::new(resources, negated, str::to_owned);
    let conditions = match fields.get("Condition") {
        None => Vec::new(),
        Some(block) => conditions(block).ok_or(Problem::Condition)?,
    };
    Ok(Statement {
        name: name.to_owned(),
        allows,
        principals,
        actions,
        resources,
        conditions,
        has_variables: true,
    })
}

/// The element or its negation, and whether it is the negation.
fn one_of<'a>(
    fields: &'a Map<String, Value>,
    plain: &'static str,
    negated: &str,
) -> Result<(&'a Value, bool), Problem> {
    match (fields.get(plain), fields.get(negated)) {
        (Some(value), None) => Ok((value, false)),
        (None, Some(value)) => Ok((value, true)),
        (None, None) => Err(Problem::Missing(plain)),
        (Some(_), Some(_)) => Err(Problem::Both(plain)),
    }
}

fn patterns(element: &Value) -> Option<Vec<String>> {
    strings(element).filter(|patterns| !patterns.is_empty())
}

fn conditions(block: &Value) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator, keys) in block.as_object()? {
        for (key, values) in keys.as_object()? {
            let (operator, key) = (operator.clone(), key.clone());
            conditions.push(Condition { operator, key, values: strings(values)? });
        }
    }
    Some(conditions)
}
