//! The jobs: each gathers facts through the ports, decides, and acts.

pub mod auto_restore;
pub mod restore_deadline;
