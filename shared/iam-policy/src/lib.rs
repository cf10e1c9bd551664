//! Reads IAM policies and says what one means for a request. Pure: no network, no clock.
//!
//! This is the only policy reader of the project. `vigil-core` judges the policies of CRL buckets
//! with it; `pca-local` and `vigil-local` enforce policies with it. Source: IAM User Guide, "Policy
//! evaluation logic" and "IAM JSON policy elements".
//!
//! Two questions can be asked of a [`Policy`]:
//!
//! - [`Policy::evaluate`] is for an observer. A condition on an unknown key gives
//!   [`Effect::Unclear`], and the caller decides which side is safe.
//! - [`Policy::decide`] is for enforcement. It fails closed: what is unknown never makes an Allow
//!   apply and never lifts a Deny.

mod accept;
mod address;
mod condition;
mod context;
mod evaluate;
mod malformed;
mod principal;
mod public;
mod read;
mod statement;
mod texts;
mod three_valued;
mod variable;
pub mod wildcard;

pub use address::AddressRange;
pub use condition::Condition;
pub use context::Context;
pub use evaluate::{Decision, Effect, Request};
pub use malformed::{Malformed, Problem};
pub use principal::{Principal, account_of};
pub use statement::{Patterns, Statement};

/// A policy document that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
    has_version: bool,
    owner: Owner,
}

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Bucket,
    /// A user or a role.
    Identity,
    Key,
    /// A resource whose kind does not matter here.
    Resource,
}

impl Policy {
    /// The statements, in the order of the document.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether the document states its `Version`. Without one, IAM applies `2008-10-17`.
    pub fn has_version(&self) -> bool {
        self.has_version
    }

    /// The same policy for one who knows whose the canonical user id is: a Deny that excepts it in its
    /// `NotPrincipal` excepts the account.
    #[must_use]
    pub fn with_account_of_user(mut self, user: &str, account: &str) -> Self {
        for statement in self.statements.iter_mut().filter(|statement| !statement.allows) {
            statement.principals.except_as_account(user, account);
        }
        self
    }

    /// The values that conditions on `key` name, in any statement. Case of `key` does not matter.
    pub fn condition_values(&self, key: &str) -> impl Iterator<Item = &str> {
        let conditions = self.statements.iter().flat_map(|statement| statement.conditions());
        let conditions = conditions.filter(move |condition| condition.is_on(key));
        conditions.flat_map(|condition| condition.values().iter().map(String::as_str))
    }
}

impl Owner {
    /// For the texts of [`Decision::Denied`].
    fn name(self) -> &'static str {
        match self {
            Self::Bucket => "the bucket policy",
            Self::Identity => "the identity's policy",
            Self::Key => "the key's policy",
            Self::Resource => "the resource's policy",
        }
    }
}

#[cfg(test)]
mod tests;
