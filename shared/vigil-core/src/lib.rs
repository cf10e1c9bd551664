//! What Vigil knows and decides, free of AWS clients, clocks, environment and sockets.

pub mod anchor;
pub mod arn;
pub mod audit_report;
pub mod bucket;
pub mod bucket_policy;
pub mod ca;
pub mod certificate;
pub mod certificate_traits;
pub mod cloudtrail;
mod commands;
pub mod crl;
pub mod der;
pub mod distribution;
mod distribution_point_name;
pub mod evidence;
pub mod export;
mod extension;
pub mod failure;
pub mod finding;
pub mod fleet;
mod general_name;
pub mod hidden;
pub mod impact;
pub mod instant;
pub mod inventory;
pub mod jobs;
pub mod mode;
pub mod name;
pub mod permit;
pub mod policy;
pub mod ports;
pub mod rules;
pub mod service_event;
pub mod signature;
pub mod signed;
pub mod snapshot;
pub mod span;
pub mod thousands;
mod uri;

#[cfg(test)]
mod schemas;

#[cfg(any(test, feature = "fakes"))]
pub mod fakes;
