//! The jobs: each gathers facts through the ports, decides, and acts.

pub mod assess;
pub mod audit_report;
pub mod auto_restore;
pub mod crl_audit;
pub mod doctor;
pub mod last_resort;
pub mod notify;
pub mod replay;
pub mod restore_deadline;

mod acknowledgement;
mod authentic;
mod case;
mod conditional;
mod dead_mans_switch;
mod finding_acknowledgement;
mod finding_store;
pub mod fleet;
mod impact;
mod in_order;
mod isolated;
mod listed;
mod on_record;
mod policy_set;
mod stored;

pub use crate::impact::{Certificates, Impact};
pub use finding_acknowledgement::{FindingAck, can_be_acknowledged};
pub use finding_store::{FindingStoreError, Published};

#[cfg(test)]
mod scenarios;
