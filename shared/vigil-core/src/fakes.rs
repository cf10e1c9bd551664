//! Small stand-ins for the ports, with failures on demand. For tests of the jobs.

mod authorities;
mod bus;
mod calls;
mod drive;
mod evidence_store;
mod pace;
mod regions;
mod samples;

pub(crate) use authorities::FakeAuthorities;
pub(crate) use bus::FakeBus;
pub(crate) use calls::{broken, denied};
pub(crate) use drive::{drive, run};
pub(crate) use evidence_store::FakeEvidenceStore;
pub(crate) use pace::FakePace;
pub(crate) use regions::FakeRegions;
pub(crate) use samples::{ARN, deleted_ca, deletion, finding, put_summary};
