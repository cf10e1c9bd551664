//! What Vigil knows and decides, free of AWS clients, clocks, environment and sockets.

pub mod arn;
pub mod ca;
pub mod cloudtrail;
mod commands;
pub mod failure;
#[cfg(test)]
mod fakes;
pub mod finding;
pub mod instant;
pub mod jobs;
pub mod policy;
pub mod ports;
pub mod span;
