//! `vigil doctor`: whether a deployment would see a deletion and tell the operators.
//!
//! It gathers facts (`facts`), then judges them (`checks`). It changes nothing, and publishes one test
//! finding.

#![warn(missing_docs)]

mod buckets;
mod checks;
mod deployment;
mod expected;
mod facts;
mod key_policy;

pub use checks::{Check, CheckResult, judge};
pub use deployment::{
    Concurrency, Deployment, EventRule, Function, Owner, Subscription, Target, Trail,
};
pub use expected::{FUNCTIONS, RULES, SCHEDULES};
pub use facts::{
    Facts, Fetched, KeyUse, Options, Ports, PublishedTest, StackNames, Unreached, gather,
};

#[cfg(test)]
mod tests;
