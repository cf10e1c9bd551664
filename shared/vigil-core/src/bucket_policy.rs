//! Policies of buckets and of their keys, as `iam-policy` reads them.
//!
//! In this crate a policy without a qualifier is a Cedar policy, so these have names of their own.

pub use iam_policy::{
    AddressRange, Condition, Context, Effect, Malformed, Policy as BucketPolicy, Principal,
    Request, Statement, account_of, wildcard::Wildcard,
};
