//! Why a document was not taken as a policy.

/// A document that is not a policy, or not one that its owner may have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", place(.statement.as_deref()))]
pub struct Malformed {
    /// The text is the one that S3 sends with `MalformedPolicy`, as far as S3's text is known.
    pub problem: Problem,
    /// `statement "Sid"` or `statement 2`, if the problem is in a statement.
    pub statement: Option<String>,
}

/// What is wrong with a policy document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// An `Action` that is empty, has the wrong type, or belongs to another service.
    #[error("Policy has invalid action")]
    Action,
    /// An element and its negation in one statement, such as `Action` and `NotAction`.
    #[error("Fields {0} and Not{0} exclude each other")]
    Both(&'static str),
    /// A `Condition` that is not an object of operators, keys and values.
    #[error("Conditions must be an object of operators, keys and values")]
    Condition,
    /// An `Effect` other than `Allow` and `Deny`.
    #[error("Invalid effect: {0}")]
    Effect(String),
    /// An element that every policy or statement must have.
    #[error("Missing required field {0}")]
    Missing(&'static str),
    /// The text is not a JSON object.
    #[error("Policies must be valid JSON and the first byte must be '{{'")]
    NotJson,
    /// A `Principal` of a form that is not documented, or one in an identity's policy.
    #[error("Invalid principal in policy")]
    Principal,
    /// A `Resource` that is empty, has the wrong type, or belongs to another bucket.
    #[error("Policy has invalid resource")]
    Resource,
    /// A statement that is not a JSON object.
    #[error("A statement must be a JSON object")]
    Statement,
    /// An element that the policy language does not have.
    #[error("Unknown field {0}")]
    UnknownField(String),
    /// A `Version` other than `2012-10-17` and `2008-10-17`.
    #[error("The policy must contain a valid version string")]
    Version,
}

impl Problem {
    pub(crate) fn of_document(self) -> Malformed {
        Malformed { problem: self, statement: None }
    }

    pub(crate) fn of_statement(self, name: &str) -> Malformed {
        Malformed { problem: self, statement: Some(name.to_owned()) }
    }
}

fn place(statement: Option<&str>) -> String {
    statement.map_or_else(String::new, |statement| format!(" ({statement})"))
}
