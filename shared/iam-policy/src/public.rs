//! Whether S3 Block Public Access treats a bucket policy as public.

use crate::{Condition, Policy, Principal, Statement};

/// A grant to everyone is not public if one of these keys has fixed values.
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
    /// Whether the policy grants something to everyone (S3 User Guide, "The meaning of public").
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(Statement::is_public)
    }
}

impl Statement {
    fn is_public(&self) -> bool {
        self.allows
            && self.named_principals().contains(&Principal::Anyone)
            && !self.conditions.iter().any(narrows)
    }
}

fn narrows(condition: &Condition) -> bool {
    let compares = ["StringEquals", "StringLike", "ArnEquals", "ArnLike", "IpAddress"];
    compares.contains(&condition.operator.as_str())
        && NARROWING_KEYS.contains(&condition.key.to_ascii_lowercase().as_str())
        && condition.values.iter().all(|value| !value.contains(['*', '?']) && !value.contains("${"))
}
