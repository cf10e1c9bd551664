//! The schedule's turn: deletions whose events were lost, cases that were left open, and what
//! events do not show that CAs were disabled.

use std::collections::BTreeSet;

use futures::future::join_all;
use time::OffsetDateTime;

use super::watch;
use crate::{
    ca::{Ca, CaStatus},
    cloudtrail::Deletion,
    evidence::keys,
    jobs::{
        acknowledgement::{Ack, Acknowledged},
        case::{
            AutoRestoreError, CaFailure, Outcome, Ports, RegionRun, Settings, SweepResult, Swept,
            TRIES,
            act::{Act, Source},
            limit::{self, Restoration, Restorations, Taken, When},
            lookup,
            machine::CaseState,
            record::{Case, Recorded},
            runner::{CaseRunner, Observation},
        },
        dead_mans_switch::{AtDeadline, LastCall},
        isolated::isolated,
        listed::Listed,
        on_record::TOLERANCE,
        stored,
    },
    ports::{Etag, PortError},
};

/// What the sweep of one Region saw and did.
pub(super) struct RegionSweep {
    as_of: Option<OffsetDateTime>,
    region: String,
    seen: usize,
    swept: Vec<Swept>,
    failures: Vec<CaFailure>,
}

/// All Regions at once; one that does not answer does not keep the others from their turn.
pub(super) async fn all(
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AutoRestoreError> {
    let watched =
        ports.regions.names().iter().filter_map(|name| Some((name, ports.regions.of(name)?)));
    let region_sweeps = join_all(watched.map(|(name, region)| async move {
        RegionRun::new(region, ports, settings).sweep(name).await
    }));
    let region_sweeps = region_sweeps.await;
    let as_of = region_sweeps.iter().filter_map(|region| region.as_of).max();
    let watched = match as_of {
        Some(as_of) => isolated(watch::policies(ports, settings, as_of)).await,
        None => Ok(()),
    };
    merged(region_sweeps, watched)
}

fn merged(
    region_sweeps: Vec<RegionSweep>,
    watched: Result<(), AutoRestoreError>,
) -> Result<Outcome, AutoRestoreError> {
    let (mut regions, mut seen, mut deleted) = (Vec::new(), 0, Vec::new());
    let (mut latest, mut failures) = (None, Vec::new());
    for region_sweep in region_sweeps {
        if region_sweep.as_of.is_some() {
            regions.push(region_sweep.region);
        }
        latest = latest.max(region_sweep.as_of);
        seen += region_sweep.seen;
        deleted.extend(region_sweep.swept);
        failures.extend(region_sweep.failures);
    }
    if let Err(error) = watched {
        failures.push(CaFailure::of_all(keys::POLICY_SET, error));
    }
    let as_of = latest.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let outcome = Outcome::Swept { regions, as_of, seen, deleted };
    if failures.is_empty() {
        return Ok(outcome);
    }
    Err(AutoRestoreError::SweepIncomplete { outcome: Box::new(outcome), failures })
}

impl RegionRun<'_> {
    /// One list of all CAs, and a read for each that is DELETED. One that cannot be handled does
    /// not keep the others from their turn.
    async fn sweep(&self, region: &str) -> RegionSweep {
        let region = region.to_owned();
        let listing = match self.authorities.list().await {
            Ok(listing) => listing,
            Err(cause) => {
                let failures = vec![CaFailure::of_all(&region, AutoRestoreError::List(cause))];
                return RegionSweep { as_of: None, region, seen: 0, swept: Vec::new(), failures };
            }
        };
        let (now, seen) = (listing.as_of, listing.cas.len());
        let mut deleted: Vec<&Ca> =
            listing.cas.iter().filter(|ca| ca.status == CaStatus::Deleted).collect();
        // Who has least time left goes first.
        deleted.sort_by_key(|ca| (ca.restorable_until, &ca.arn));
        self.lookup.cover(&deleted, now);
        let mut swept = Vec::new();
        let mut failures = Vec::new();
        for ca in deleted {
            let result = match ca.restorable_until {
                // CREATING and FAILED CAs have no restoration window: nothing can be restored.
                None => Ok(SweepResult::NoWindow),
                Some(until) => isolated(self.sweep_case(ca, until, now))
                    .await
                    .map(|result| result.unwrap_or(SweepResult::EventAwaited)),
            };
            match result {
                Ok(result) => swept.push(Swept { ca: ca.arn.clone(), result }),
                Err(error) => failures.push(CaFailure::new(&ca.arn, error)),
            }
        }
        self.sweep_restored(&region, &listing.cas, now, &mut swept, &mut failures).await;
        self.sweep_disabled(&region, &listing.cas, now, &mut failures).await;
        self.keep_inventory(&region, &listing, &mut failures).await;
        if let Err(error) = isolated(self.watch_permits(&region, &listing)).await {
            failures.push(CaFailure::of_all(&region, error));
        }
        RegionSweep { as_of: Some(now), region, seen, swept, failures }
    }

    async fn sweep_case(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Option<SweepResult>, AutoRestoreError> {
        let mut tries = 1;
        loop {
            match self.sweep_case_once(ca, until, now).await {
                Err(AutoRestoreError::Contended { .. }) if tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    /// `None`: there is no case, and it is too early, or too late, to open one.
    async fn sweep_case_once(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Option<SweepResult>, AutoRestoreError> {
        let is_recent =
            |at: Option<OffsetDateTime>| at.is_some_and(|at| now - at < self.settings.settle);
        let changed_at = ca.last_state_change_at;
        // By this very deletion, or the case is another's.
        let is_deleted = ca
            .restorable_until
            .is_some_and(|of_ca| of_ca.unix_timestamp() == until.unix_timestamp());
        let (place, recorded) = self.find(&ca.arn, until, is_deleted, now).await?;
        let (case, etag) = match recorded {
            Recorded::Case(mut case, etag) if case.is_closed() => {
                let state = case.state();
                if ca.status != CaStatus::Deleted && self.prove(&mut case, &etag, ca, now).await? {
                    let outcome = Box::new(Outcome::of(&case));
                    return Ok(Some(SweepResult::Run { outcome }));
                }
                if let (true, Some(until)) = (is_deleted, ca.restorable_until)
                    && let Some(rescued) = self.last_call(ca, until, now).await?
                {
                    return Ok(Some(SweepResult::Run { outcome: Box::new(rescued) }));
                }
                let may_act = is_deleted && !self.settings.mode.observes();
                let is_another = is_later(changed_at, case.deletion());
                if may_act && !is_another && case.is_withheld() {
                    case.judge_anew(now).map_err(AutoRestoreError::Record)?;
                    return self.sweep_on(ca, *case, Some(etag), now).await;
                }
                if may_act
                    && !is_another
                    && case.is_pausing()
                    && self.resume(&mut case, ca, now).await?
                {
                    return self.sweep_on(ca, *case, Some(etag), now).await;
                }
                let contradicts = match state {
                    CaseState::Restored | CaseState::Reactivated => true,
                    // What was decided was about an earlier deletion, whose window ended at the same second.
                    CaseState::Permitted | CaseState::Escalated => is_another,
                    CaseState::Seen
                    | CaseState::Judged
                    | CaseState::Restoring
                    | CaseState::Lost => false,
                };
                if !is_deleted || !contradicts || is_recent(case.last_at()) {
                    return Ok(Some(SweepResult::Closed { state }));
                }
                self.begin_anew(&mut case, ca, now).await?;
                (*case, Some(etag))
            }
            // What waits for CloudTrail's record is in no invocation's hands.
            Recorded::Case(case, etag)
                if is_deleted && case.state() == CaseState::Seen && !is_recent(changed_at) =>
            {
                (*case, Some(etag))
            }
            Recorded::Case(case, _) if is_recent(case.last_at()) => {
                return Ok(Some(SweepResult::InHand { state: case.state() }));
            }
            Recorded::Case(case, etag) => (*case, Some(etag)),
            Recorded::Absent | Recorded::Blocked(_) | Recorded::Unreadable(_)
                if !is_deleted || is_recent(changed_at) =>
            {
                return Ok(None);
            }
            Recorded::Absent | Recorded::Blocked(_) | Recorded::Unreadable(_) => {
                let over = place.over.clone();
                let mut on_record = self.deletions_on_record(ca, now).await.into_iter();
                let mut case = self.open(ca, on_record.next(), now, place)?;
                join(&mut case, on_record, now)?;
                (case, over)
            }
        };
        self.sweep_on(ca, case, etag, now).await
    }

    /// Goes on with another deletion, by CloudTrail's event history, or else by what the CA itself shows.
    async fn begin_anew(
        &self,
        case: &mut Case,
        ca: &Ca,
        now: OffsetDateTime,
    ) -> Result<(), AutoRestoreError> {
        let mut on_record = self.deletions_on_record(ca, now).await.into_iter();
        let (source, deletion) = match on_record.next() {
            Some(deletion) => (Source::History, deletion),
            None => (Source::Sweep, Deletion::without_event(ca, now)),
        };
        case.reopen(source, deletion, now).map_err(AutoRestoreError::Record)?;
        join(case, on_record, now)
    }

    /// Whether the pause is over after which a CA that was deleted again and again is restored. Then the
    /// deletion is judged anew, for which one of the day's restorations is taken: an approval that came in
    /// the pause counts.
    async fn resume(
        &self,
        case: &mut Case,
        ca: &Ca,
        now: OffsetDateTime,
    ) -> Result<bool, AutoRestoreError> {
        let mut anew = case.clone();
        anew.judge_anew(now).map_err(AutoRestoreError::Record)?;
        let when = When { now, deleted_at: ca.last_state_change_at.unwrap_or(now) };
        let per_day = self.settings.restores_per_day;
        let taken = limit::take(self.evidence, &ca.arn, &anew.occasion(), when, per_day).await?;
        if matches!(taken, Taken::NoneLeft { .. }) {
            return Ok(false);
        }
        *case = anew;
        Ok(true)
    }

    async fn sweep_on(
        &self,
        ca: &Ca,
        case: Case,
        etag: Option<Etag>,
        now: OffsetDateTime,
    ) -> Result<Option<SweepResult>, AutoRestoreError> {
        // The list may be older than what others have done meanwhile. Describing the few CAs that
        // need something done is cheap.
        let observation = match self.authorities.describe(&ca.arn).await {
            Ok(seen) => Observation::Ca(Box::new(seen)),
            Err(PortError::NotFound { .. }) => Observation::Gone { as_of: now },
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        };
        let case = CaseRunner::new(self, case, etag, observation).run().await?;
        Ok(Some(SweepResult::Run { outcome: Box::new(Outcome::of(&case)) }))
    }

    /// restore-deadline puts the dead man's switch to the policies, too; but a CA must not be lost to
    /// one schedule.
    async fn last_call(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Option<Outcome>, AutoRestoreError> {
        if until - now > self.settings.last_call || now >= until {
            return Ok(None);
        }
        // An acknowledgement that cannot be had acknowledges nothing.
        let (read, approvers) = ((self.evidence, self.signatures), &self.settings.approvers);
        let ack = Ack::of(read, approvers, ca, until).await;
        let acknowledged = matches!(ack, Ok(Acknowledged::Yes(ack)) if now < ack.until);
        let call = LastCall { ca, until, acknowledged, now };
        Ok(match Box::pin(self.at_deadline(call)).await? {
            AtDeadline::Ended(outcome) => Some(*outcome),
            AtDeadline::NotRequired | AtDeadline::Withheld { .. } => None,
        })
    }

    /// Cases of CAs that are back, but of which no finding was published: an attempt was cut short
    /// after the restoration, and so was every repetition of it.
    async fn sweep_restored(
        &self,
        region: &str,
        cas: &[Ca],
        now: OffsetDateTime,
        swept: &mut Vec<Swept>,
        failures: &mut Vec<CaFailure>,
    ) {
        let listed = match Listed::below(self.evidence, keys::RESTORATIONS).await {
            Ok(listed) => listed,
            Err(cause) => {
                return failures.push(CaFailure::of_store(region, cause));
            }
        };
        for ca in cas.iter().filter(|ca| listed.may_have(&keys::restorations(&ca.arn))) {
            let current = ca.restorable_until.map(OffsetDateTime::unix_timestamp);
            let open = match isolated(self.restorations(ca)).await {
                Ok(cases) => cases,
                Err(error) => {
                    failures.push(CaFailure::new(&ca.arn, error));
                    continue;
                }
            };
            for until in open {
                if Some(until.unix_timestamp()) == current {
                    continue;
                }
                match isolated(self.sweep_case(ca, until, now)).await {
                    Ok(Some(result @ SweepResult::Run { .. })) => {
                        swept.push(Swept { ca: ca.arn.clone(), result });
                    }
                    Ok(_) => {}
                    Err(error) => failures.push(CaFailure::new(&ca.arn, error)),
                }
            }
        }
        failures.extend(listed.problem().map(|cause| CaFailure::of_store(region, cause)));
    }

    /// The cases for which a CA was restored of late.
    async fn restorations(&self, ca: &Ca) -> Result<BTreeSet<OffsetDateTime>, AutoRestoreError> {
        let record =
            stored::read::<Restorations>(self.evidence, &keys::restorations(&ca.arn)).await;
        let record = record.map_err(AutoRestoreError::EvidenceStore)?.known();
        let restorations = record.into_iter().flat_map(|record| record.restorations);
        let own = keys::cases(&ca.arn);
        let of_case = |one: Restoration| {
            let key = one.case.split('#').next().filter(|key| key.starts_with(&own))?;
            lookup::until_in(key)
        };
        Ok(restorations.filter_map(of_case).collect())
    }
}

/// Whether the CA was deleted by another call than this one, and after it.
fn is_later(changed_at: Option<OffsetDateTime>, than: &Deletion) -> bool {
    changed_at.is_some_and(|at| at > than.at + TOLERANCE)
}

/// Further records of the same moment: more than one contradict each other.
fn join(
    case: &mut Case,
    records: impl Iterator<Item = Deletion>,
    now: OffsetDateTime,
) -> Result<(), AutoRestoreError> {
    for deletion in records {
        let joined = Act::Joined { deletion: Box::new(deletion) };
        case.add(now, joined).map_err(AutoRestoreError::Record)?;
    }
    Ok(())
}
