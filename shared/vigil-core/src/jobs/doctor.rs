//! `vigil doctor`: whether a deployment would see a deletion and tell the operators.
//!
//! It gathers facts (`facts`), then judges them (`checks`). It changes nothing, and publishes one test
//! finding.

#![warn(missing_docs)]

mod checks;
mod expected;
mod facts;
mod key_policy;

pub use checks::{Check, Outcome, judge};
pub use expected::{FUNCTIONS, RULES, SCHEDULES};
pub use facts::{
    Concurrency, Deployment, Facts, Fetched, Function, KeyUse, Options, Place, Ports,
    PublishedTest, Rule, Subscription, Target, Trail, Unreached, gather,
};

#[cfg(test)]
mod tests;
