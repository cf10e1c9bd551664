//! Ports in memory, with failures on demand, for tests of the jobs. The contract suite of
//! `tests/testkit` holds them to what the real adapters do.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod authorities;
mod bus;
mod calls;
mod drive;
mod evidence_store;
mod pace;
mod regions;
mod samples;
mod signatures;

pub use authorities::FakeAuthorities;
pub use bus::FakeBus;
pub use calls::{broken, denied};
pub use drive::{drive, run};
pub use evidence_store::FakeEvidenceStore;
pub use pace::FakePace;
pub use regions::FakeRegions;
pub use samples::{ARN, bucket_facts, deleted_ca, deletion, finding, put_summary};
pub use signatures::{
    APPROVERS, FakeSealing, FakeSignatures, KMS, SECRET, put_policies, put_signed, signed, signers,
};
