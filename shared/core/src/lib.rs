//! What Vigil knows and decides, free of AWS clients, clocks, environment and sockets.

pub mod arn;
pub mod ca;
pub mod cloudtrail;
pub mod failure;
pub mod finding;
pub mod policy;
pub mod ports;
pub mod span;
