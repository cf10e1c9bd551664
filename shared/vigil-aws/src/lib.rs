//! The ports of `vigil-core` through the AWS SDK, and what connects a job to Lambda. This crate
//! decides nothing.

pub mod audit_reports;
pub mod authorities;
pub mod buckets;
pub mod bus;
pub mod clients;
pub mod config;
pub mod dead_letters;
pub mod deployment;
pub mod distribution;
pub mod event_history;
pub mod evidence_bucket;
pub mod keys;
pub mod lambda;
pub mod objects;
pub mod pace;
pub mod regions;
pub mod report_files;
pub mod security_hub;
pub mod signatures;
pub mod telemetry;
pub mod topic;

mod answer;
mod date;
mod json_calls;
#[cfg(test)]
mod wire;
