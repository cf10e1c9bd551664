//! The jobs: each gathers facts through the ports, decides, and acts.

pub mod audit_report;
pub mod auto_restore;
pub mod crl_audit;
pub mod restore_deadline;

mod conditional;
mod finding_store;
mod impact;
mod side_by_side;

pub use finding_store::{FindingStoreError, Published};
pub use impact::{Certificates, Impact};

#[cfg(test)]
mod scenarios;
