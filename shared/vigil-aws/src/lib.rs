//! The world, through the AWS SDK: the ports of `vigil-core`, and the glue to Lambda. It decides
//! nothing.

pub mod audit_reports;
pub mod authorities;
pub mod buckets;
pub mod bus;
pub mod clients;
pub mod config;
pub mod distribution;
pub mod evidence_bucket;
pub mod keys;
pub mod lambda;
pub mod objects;
pub mod pace;
pub mod regions;
pub mod telemetry;

mod answer;
mod date;
#[cfg(test)]
mod wire;
