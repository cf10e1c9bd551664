//! The jobs: each gathers facts through the ports, decides, and acts.

pub mod audit_report;
pub mod auto_restore;
pub mod crl_audit;
pub mod restore_deadline;

mod conditional;
mod register;
mod side_by_side;
mod stakes;

pub use register::{RegisterError, Told};
pub use stakes::{Certificates, Stakes};
