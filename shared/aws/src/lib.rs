//! The world, through the AWS SDK: the ports of `vigil-core`, and the glue to Lambda. It decides
//! nothing.

pub mod authorities;
pub mod bus;
pub mod clients;
pub mod config;
pub mod lambda;
pub mod ledger;
pub mod telemetry;

mod answer;
mod date;
#[cfg(test)]
mod wire;
