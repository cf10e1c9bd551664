//! What a service or IAM refuses when a policy is attached, beyond the grammar.

use serde_json::Value;

use crate::malformed::{Malformed, Problem};
use crate::wildcard::Wildcard;
use crate::{Owner, Policy, Principal, Statement};

impl Policy {
    /// Reads a policy that is about to be put on `bucket` (the bucket's name).
    ///
    /// # Errors
    ///
    /// [`Malformed`] where S3 answers `MalformedPolicy`: a text outside of the grammar, a principal
    /// that cannot exist, an action of another service, a resource of another bucket.
    pub fn of_bucket(text: &str, bucket: &str) -> Result<Self, Malformed> {
        let policy = Self::of_owner(text, Owner::Bucket)?;
        let of_s3 = |action: &str| action == "*" || has_prefix(action, "s3:");
        policy.check(of_s3, |resource| is_of_bucket(resource, bucket))
    }

    /// Reads a policy that is about to be put on a KMS key.
    ///
    /// # Errors
    ///
    /// [`Malformed`] where KMS answers `MalformedPolicyDocumentException`: a text outside of the
    /// grammar, a principal that cannot exist, an action of another service, a resource that is
    /// neither `*` nor an ARN.
    pub fn of_key(text: &str) -> Result<Self, Malformed> {
        let policy = Self::of_owner(text, Owner::Key)?;
        policy.check(|action| action == "*" || has_prefix(action, "kms:"), is_arn_or_star)
    }

    /// Reads a policy document of a user or of a role. It has no principal.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for a document outside of the grammar, for a `Principal`, for an action without
    /// a service, and for a resource that is neither `*` nor an ARN.
    pub fn of_identity(document: &Value) -> Result<Self, Malformed> {
        Self::read(document, Owner::Identity)?.check(is_action, is_arn_or_star)
    }

    /// Reads the statements of all policies of one role. There may be none.
    ///
    /// # Errors
    ///
    /// As [`Policy::of_identity`].
    pub fn of_role(statements: &[Value]) -> Result<Self, Malformed> {
        let policy = Self::of_statements(statements, Owner::Identity, true)?;
        if policy.statements.is_empty() {
            return Ok(policy);
        }
        policy.check(is_action, is_arn_or_star)
    }

    fn of_owner(text: &str, owner: Owner) -> Result<Self, Malformed> {
        let document = serde_json::from_str(text).map_err(|_| Problem::NotJson.of_document())?;
        Self::read(&document, owner)
    }

    fn check(
        self,
        is_action: impl Fn(&str) -> bool,
        is_resource: impl Fn(&str) -> bool,
    ) -> Result<Self, Malformed> {
        if self.statements.is_empty() {
            return Err(Problem::Missing("Statement").of_document());
        }
        for statement in &self.statements {
            let found = problem(statement, &is_action, &is_resource);
            if let Some(problem) = found {
                return Err(problem.of_statement(statement.name()));
            }
        }
        Ok(self)
    }
}

fn problem(
    statement: &Statement,
    is_action: impl Fn(&str) -> bool,
    is_resource: impl Fn(&str) -> bool,
) -> Option<Problem> {
    if !statement.principals.named().iter().all(is_principal) {
        return Some(Problem::Principal);
    }
    if !statement.actions().texts().iter().all(|action| is_action(action)) {
        return Some(Problem::Action);
    }
    let are_resources = statement.resources().texts().iter().all(|resource| is_resource(resource));
    (!are_resources).then_some(Problem::Resource)
}

fn is_principal(principal: &Principal) -> bool {
    match principal {
        Principal::Aws(name) => {
            let is_account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
            name == "*" || name.starts_with("arn:") || is_account
        }
        Principal::Anyone
        | Principal::CanonicalUser(_)
        | Principal::Federated(_)
        | Principal::Service(_) => true,
    }
}

fn is_action(action: &str) -> bool {
    action == "*" || action.contains(':')
}

fn has_prefix(action: &str, service: &str) -> bool {
    action.get(..service.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(service))
}

fn is_arn_or_star(resource: &str) -> bool {
    resource == "*" || resource.starts_with("arn:")
}

fn is_of_bucket(resource: &str, bucket: &str) -> bool {
    let Some(rest) = resource.strip_prefix("arn:aws:s3:::") else { return resource == "*" };
    let named = rest.split('/').next().unwrap_or(rest);
    Wildcard::iam(named).fits(bucket)
}
