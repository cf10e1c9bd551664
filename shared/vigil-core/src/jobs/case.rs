//! A case: the record of one deletion, from the first sight of it to the end that was published.
//!
//! [`auto_restore`](super::auto_restore) and [`dead_mans_switch`](super::dead_mans_switch) open cases
//! and run them; both do so with what is here, and neither knows the other's trigger.

use time::{Duration, OffsetDateTime};

use crate::{
    ca::Ca,
    cloudtrail::Deletion,
    mode::Mode,
    ports::{
        Attachments, Authorities, Bus, EventHistory, EvidenceStore, RegionPorts, Regions,
        Signatures,
    },
    signed::Signers,
};

pub(super) mod act;
pub(super) mod deleter;
pub(super) mod disabled;
mod error;
pub(super) mod findings;
pub(super) mod gather;
pub(super) mod limit;
pub(super) mod lookup;
pub(super) mod machine;
mod outcome;
mod races;
pub(super) mod reactivation;
pub(super) mod record;
pub(super) mod runner;

pub use act::{Act, Judgement, Restorer, Source};
pub use error::{AutoRestoreError, CaFailure};
pub use machine::CaseState;
pub use outcome::{CaseOutcome, Outcome, SweepResult, Swept};
pub use record::{Case, CaseEntry, CaseError};

use record::RecordSlot;

/// The ports that auto-restore needs.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// ACM PCA in each Region that is watched.
    pub regions: &'a dyn Regions,
    /// The evidence bucket.
    pub evidence: &'a dyn EvidenceStore,
    /// The event bus that findings are published on.
    pub bus: &'a dyn Bus,
    /// What says whether a key has signed.
    pub signatures: &'a dyn Signatures,
}

/// What an operator sets for auto-restore. docs/configuration.md has the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account that is watched; `None`: whichever an event names.
    pub account: Option<String>,
    /// The keys of who may approve and acknowledge.
    pub approvers: Signers,
    /// The keys of who may publish policies.
    pub publishers: Signers,
    /// With so much left of a window, the dead man's switch is put to the policies.
    pub last_call: Duration,
    /// A CA that was disabled at most so long before its deletion was disabled for it.
    pub reactivate_within: Duration,
    /// Whether what a restored CA had before is put back, if policy permits.
    pub put_back: bool,
    /// Whether decisions are acted on, or published only.
    pub mode: Mode,
    /// How often a CA is restored within 24 hours; then pauses come in between.
    pub restores_per_day: u32,
    /// How long a sweep waits for an event, and for an invocation that works on a case.
    pub settle: Duration,
}

/// What handles the cases of one Region, with the settings it goes by.
pub(super) struct RegionRun<'a> {
    pub(super) authorities: &'a dyn Authorities,
    pub(super) attachments: &'a dyn Attachments,
    pub(super) history: &'a dyn EventHistory,
    pub(super) lookup: deleter::Lookup,
    pub(super) races: races::Races,
    pub(super) evidence: &'a dyn EvidenceStore,
    pub(super) bus: &'a dyn Bus,
    pub(super) signatures: &'a dyn Signatures,
    pub(super) settings: &'a Settings,
}

impl<'a> RegionRun<'a> {
    pub(super) fn new(region: RegionPorts<'a>, ports: &Ports<'a>, settings: &'a Settings) -> Self {
        let RegionPorts { authorities, attachments, history } = region;
        let Ports { evidence, bus, signatures, .. } = *ports;
        Self {
            authorities,
            attachments,
            history,
            lookup: deleter::Lookup::default(),
            races: races::Races::default(),
            evidence,
            bus,
            signatures,
            settings,
        }
    }

    /// Opens the case of a deletion that was found without its event: `on_record` is CloudTrail's record
    /// of it, where that was asked for and found.
    pub(super) fn open(
        &self,
        ca: &Ca,
        on_record: Option<Deletion>,
        now: OffsetDateTime,
        slot: RecordSlot,
    ) -> Result<Case, AutoRestoreError> {
        let until = ca.restorable_until.unwrap_or(now);
        let source = if on_record.is_some() { Source::History } else { Source::Sweep };
        let deletion = on_record.unwrap_or_else(|| Deletion::without_event(ca, now));
        Case::open_at(slot, source, deletion, (until, now)).map_err(AutoRestoreError::Record)
    }
}

/// By how much two clocks may differ.
pub(super) const SKEW: Duration = Duration::minutes(5);
/// How far a genuine record may be dated ahead of an invocation. Its `now` was read when it started,
/// up to 15 minutes ago (AWS Lambda quotas, function timeout), and clocks differ by [`SKEW`].
pub(super) const AHEAD: Duration = Duration::minutes(20);

/// How often an invocation begins anew when others write what it has read.
pub(super) const TRIES: usize = 5;
