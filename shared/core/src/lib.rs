//! What Vigil knows and decides, free of AWS clients, clocks, environment and sockets.

pub mod arn;
pub mod bucket;
pub mod bucket_policy;
pub mod ca;
pub mod certificate;
pub mod crl;
pub mod der;
mod extension;
pub mod finding;
pub mod ports;
pub mod rules;
pub mod signature;
