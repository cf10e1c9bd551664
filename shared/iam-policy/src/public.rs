//! Is a bucket policy public, in the meaning of S3 Block Public Access?

use crate::condition::Condition;
use crate::{Effect, Policy, Statement};

/// Keys that make a grant to everyone non-public when they name fixed values (S3 User Guide, "The
/// meaning of public").
const NARROWING_KEYS: [&str; 9] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
];

impl Policy {
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(Statement::is_public)
    }
}

impl Statement {
    fn is_public(&self) -> bool {
        self.effect == Effect::Allow
            && self.principals.name_everyone()
            && !self.conditions.iter().any(narrows)
    }
}

fn narrows(condition: &Condition) -> bool {
    let compares = ["StringEquals", "StringLike", "ArnEquals", "ArnLike", "IpAddress"];
    compares.contains(&condition.operator.as_str())
        && NARROWING_KEYS.contains(&condition.key.to_ascii_lowercase().as_str())
        && condition.values.iter().all(|value| !value.contains(['*', '?']) && !value.contains("${"))
}
