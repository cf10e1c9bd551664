//! A policy set that fits the schema, and under what names its policies are known.

use std::sync::LazyLock;

use cedar_policy::{
    ActionConstraint, EntityUid, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};

use super::bounds::{self, MAX_BYTES, MAX_DEPTH, MAX_FILE_BYTES, MAX_FILES, MAX_OPERATORS};

/// A debug build takes 53 KiB for a level of brackets.
const STACK_BYTES: usize = 64 * 1024 * 1024;

const SCHEMA: &str = include_str!("../../../../infra/policies/schema.cedarschema");
const BUILT_IN: &str = include_str!("../../../../infra/policies/default.cedar");

/// Parsing takes milliseconds, and one environment judges many deletions.
static PARSED_SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let (schema, _warnings) =
        Schema::from_cedarschema_str(SCHEMA).expect("the embedded schema is tested to parse");
    schema
});

static PARSED_BUILT_IN: LazyLock<Policies> = LazyLock::new(|| {
    Policies::parse(&[("default.cedar".to_owned(), BUILT_IN.as_bytes().to_vec())])
        .expect("the embedded policies are tested to load")
});

/// Policies that have been validated against the schema.
#[derive(Clone, Debug)]
pub struct Policies(PolicySet);

/// Why a policy set is not used. Nothing in it is used then: half a set can permit what the other
/// half forbids.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum PolicyError {
    #[error("two policies are called {0:?}; the second is in {1}")]
    Duplicate(String, String),
    #[error("{file} is nested {depth} levels deep; policies may be nested {MAX_DEPTH} levels deep")]
    Deep { file: String, depth: usize },
    #[error("there is no policy in {0}")]
    Empty(String),
    #[error("{file} does not fit the schema: {problems}")]
    Invalid { file: String, problems: String },
    #[error("{file} has a policy with more than {MAX_OPERATORS} operators")]
    Long { file: String },
    #[error("{0} files are too many: {MAX_FILES} are read")]
    Many(usize),
    #[error("{file} is not UTF-8")]
    NotText { file: String },
    #[error("{file} is larger than {MAX_FILE_BYTES} bytes")]
    Large { file: String },
    #[error("all policies together are larger than {MAX_BYTES} bytes")]
    LargeTogether,
    #[error("the policies could not be parsed: {0}")]
    Stopped(String),
    #[error("{file} does not parse: {problems}")]
    Syntax { file: String, problems: String },
    /// No request would fill its slots.
    #[error("{0} has a policy template; write a policy")]
    Template(String),
}

impl Policies {
    /// The policies of `infra/policies/default.cedar`.
    pub fn built_in() -> Self {
        PARSED_BUILT_IN.clone()
    }

    /// Loads files of policies, all or none. A policy is called by its `@id` annotation, or else
    /// by its file and place in it.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] if any file is not used; then none is.
    pub fn parse(files: &[(String, Vec<u8>)]) -> Result<Self, PolicyError> {
        // Before Cedar sees any: its parser is recursive, and a deep text ends the process.
        bounds::check(files)?;
        // How large the caller's stack is, is not ours to know. A test has 2 MiB.
        std::thread::scope(|scope| {
            let parser = std::thread::Builder::new().stack_size(STACK_BYTES);
            let parser = parser.spawn_scoped(scope, || load(files)).map_err(PolicyError::thread)?;
            parser.join().unwrap_or(Err(PolicyError::Stopped("the parser panicked".to_owned())))
        })
    }

    /// Whether a policy answers at the last threshold. A set that replaces the built-in one without such
    /// a policy has no dead man's switch.
    pub fn has_switch(&self) -> bool {
        let is_it = |action: &EntityUid| action.id().unescaped() == "RestoreAtDeadline";
        self.0.policies().any(|policy| match policy.action_constraint() {
            ActionConstraint::Any => false,
            ActionConstraint::Eq(action) => is_it(&action),
            ActionConstraint::In(actions) => actions.iter().any(is_it),
        })
    }

    /// What the policies are called, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.0.policies().map(|policy| policy.id().to_string()).collect();
        names.sort();
        names
    }

    pub(super) fn set(&self) -> &PolicySet {
        &self.0
    }

    pub(super) fn schema(&self) -> &'static Schema {
        &PARSED_SCHEMA
    }
}

fn load(files: &[(String, Vec<u8>)]) -> Result<Policies, PolicyError> {
    let mut all = PolicySet::new();
    for (file, body) in files {
        add(&mut all, file, body)?;
    }
    Ok(Policies(all))
}

impl PolicyError {
    fn thread(error: std::io::Error) -> Self {
        Self::Stopped(error.to_string())
    }
}

fn add(all: &mut PolicySet, file: &str, body: &[u8]) -> Result<(), PolicyError> {
    let file = || file.to_owned();
    let text = std::str::from_utf8(body).map_err(|_| PolicyError::NotText { file: file() })?;
    let parsed: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
        PolicyError::Syntax { file: file(), problems: joined(errors.iter()) }
    })?;
    if parsed.num_of_templates() > 0 {
        return Err(PolicyError::Template(file()));
    }
    if parsed.is_empty() {
        return Err(PolicyError::Empty(file()));
    }
    let checked = Validator::new(PARSED_SCHEMA.clone()).validate(&parsed, ValidationMode::Strict);
    if !checked.validation_passed() {
        let problems = joined(checked.validation_errors());
        return Err(PolicyError::Invalid { file: file(), problems });
    }
    for policy in parsed.policies() {
        // Cedar numbers the policies of one text: policy0, policy1, …
        let place = policy.id().to_string();
        let name = match policy.annotation("id") {
            Some(id) if !id.trim().is_empty() => id.to_owned(),
            _ => format!("{}#{place}", file()),
        };
        let named = policy.new_id(PolicyId::new(&name));
        all.add(named).map_err(|_| PolicyError::Duplicate(name, file()))?;
    }
    Ok(())
}

fn joined(problems: impl Iterator<Item = impl ToString>) -> String {
    problems.map(|problem| problem.to_string()).collect::<Vec<_>>().join("; ")
}
