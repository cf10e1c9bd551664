//! Two hundred CAs in two Regions, the people who delete them, and the schedules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::{
    chaos::{Chaos, Evidence, Findings, Service, World},
    random::Random,
};
use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus, CaType},
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore, FakeSealing},
    jobs::{auto_restore, restore_deadline},
    ports::Sealed,
};

mod people;
mod saboteur;
mod tally;

use tally::Tally;

const START: OffsetDateTime = datetime!(2026-11-01 00:00 UTC);
/// Without optimisation, a fleet of two hundred takes minutes.
const CAS: usize = if cfg!(debug_assertions) { 30 } else { 200 };
/// In hours.
const SWEPT_EVERY: i64 = if cfg!(debug_assertions) { 3 } else { 1 };
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];
const DAYS: i64 = 30;
/// In which no CA is deleted, and nothing goes wrong, so that everything is made up for.
const QUIET: i64 = 2;
pub(super) const THRESHOLDS: &str = "14d,7d,3d,1d,6h,1h";

/// What the fleet knows of a deletion, and Vigil has to find out.
#[derive(Clone, Debug)]
pub(super) struct Deletion {
    pub(super) ca: CaArn,
    pub(super) at: OffsetDateTime,
    pub(super) until: OffsetDateTime,
    pub(super) permitted: bool,
    /// When the CA was seen to be DELETED by it for the last time.
    pub(super) deleted_until: OffsetDateTime,
    /// Another principal restored it.
    pub(super) by_hand: bool,
}

#[derive(Clone, Debug)]
enum Happening {
    Approve { place: usize, expires: OffsetDateTime },
    Deadline { attempt: u32 },
    Delete { place: usize, window: i64, grudge: u32 },
    Deliver { event: Box<Value>, attempt: u32 },
    LastResort,
    RestoreByHand { place: usize },
    Sabotage { place: usize, object: i64, body: i64 },
    Sweep { attempt: u32 },
}

pub(super) struct Fleet {
    seed: u64,
    random: Random,
    now: OffsetDateTime,
    agenda: BTreeMap<(OffsetDateTime, u64), Happening>,
    planned: u64,
    approvals: BTreeMap<CaArn, OffsetDateTime>,
    pub(super) deletions: Vec<Deletion>,
    pub(super) gone: BTreeSet<CaArn>,
    pub(super) chaos: &'static Chaos,
    pub(super) world: World<'static>,
    pub(super) evidence: Evidence<'static>,
    pub(super) findings: Findings<'static>,
    counts: BTreeMap<&'static str, usize>,
}

impl Fleet {
    pub(super) fn new(seed: u64) -> Self {
        // For the length of the test: what refers to it is polled and dropped in many places.
        let chaos: &'static Chaos = Box::leak(Box::default());
        let mut random = Random::new(seed);
        let mut by_region: [Vec<Ca>; 2] = Default::default();
        for place in 0..CAS {
            by_region[place % 2].push(ca(place, &mut random));
        }
        let services = REGIONS.iter().zip(by_region).map(|(region, cas)| Service {
            inner: FakeAuthorities::new(START, cas).in_region(region),
            chaos,
        });
        let world =
            World { names: REGIONS.map(str::to_owned).to_vec(), services: services.collect() };
        let mut fleet = Self {
            seed,
            random,
            now: START,
            agenda: BTreeMap::new(),
            planned: 0,
            approvals: BTreeMap::new(),
            deletions: Vec::new(),
            gone: BTreeSet::new(),
            chaos,
            world,
            evidence: Evidence { inner: FakeEvidenceStore::default(), chaos },
            findings: Findings { inner: FakeBus::default(), chaos },
            counts: BTreeMap::new(),
        };
        fleet.plan_deletions();
        fleet
    }

    fn plan(&mut self, at: OffsetDateTime, happening: Happening) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), happening);
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Thirty days with everything that happens, and two quiet ones.
    pub(super) fn live(&mut self) {
        for hour in 0..(DAYS + QUIET) * 24 {
            let at = START + Duration::hours(hour);
            // A schedule can be down, but not two that look after each other.
            let skipped = if hour < DAYS * 24 { self.random.between(0, 120) } else { 99 };
            if skipped != 0 {
                self.plan(at, Happening::Deadline { attempt: 1 });
            }
            if skipped != 1 && hour % SWEPT_EVERY == 0 {
                self.plan(at + Duration::minutes(30), Happening::Sweep { attempt: 1 });
            }
        }
        while let Some(((at, _), happening)) = self.agenda.pop_first() {
            if at >= START + Duration::days(DAYS + QUIET) {
                break;
            }
            self.advance(at);
            self.happen(happening);
        }
        self.advance(START + Duration::days(DAYS + QUIET));
    }

    fn is_quiet(&self) -> bool {
        self.now >= START + Duration::days(DAYS)
    }

    /// Windows end on the way, and it is noted who is still DELETED.
    fn advance(&mut self, to: OffsetDateTime) {
        for service in &self.world.services {
            let mut cas = service.inner.cas.lock().unwrap();
            for deletion in &mut self.deletions {
                let is_it = |ca: &Ca| {
                    ca.arn == deletion.ca
                        && ca.restorable_until == Some(deletion.until)
                        && ca.status == CaStatus::Deleted
                };
                if cas.iter().any(is_it) {
                    deletion.deleted_until = to.min(deletion.until);
                }
            }
            cas.retain(|ca| {
                let ended = ca.restorable_until.is_some_and(|until| until <= to);
                if ended {
                    self.gone.insert(ca.arn.clone());
                }
                !ended
            });
            drop(cas);
            service.inner.set_now(to);
        }
        self.now = to;
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Approve { place, expires } => self.approve(place, expires),
            Happening::Deadline { attempt } => {
                let ended = self.invoke(Kind::Deadline);
                self.again(ended, attempt, Happening::Deadline { attempt: attempt + 1 });
            }
            Happening::Delete { place, window, grudge } => self.delete(place, window, grudge),
            Happening::Deliver { event, attempt } => {
                let ended = self.invoke(Kind::Event(&event));
                let again = Happening::Deliver { event, attempt: attempt + 1 };
                self.again(ended, attempt, again);
            }
            Happening::LastResort => self.last_resort(),
            Happening::RestoreByHand { place } => self.restore_by_hand(place),
            Happening::Sabotage { place, object, body } => self.sabotage(place, object, body),
            Happening::Sweep { attempt } => {
                let ended = self.invoke(Kind::Sweep);
                self.again(ended, attempt, Happening::Sweep { attempt: attempt + 1 });
            }
        }
    }

    /// Lambda tries twice more, after one and after two minutes.
    fn again(&mut self, succeeded: bool, attempt: u32, happening: Happening) {
        if !succeeded {
            self.count("failed attempts");
            if attempt < 3 {
                self.plan(self.now + Duration::minutes(i64::from(attempt)), happening);
            }
        }
    }

    fn invoke(&mut self, kind: Kind<'_>) -> bool {
        if self.is_quiet() {
            self.chaos.calm();
        } else {
            self.planned += 1;
            self.chaos.begin(Random::new(self.seed ^ (self.planned << 20)));
        }
        let settings = settings();
        let sealing = FakeSealing::default();
        let evidence = Sealed::new(&self.evidence, &sealing);
        let ports = auto_restore::Ports {
            regions: &self.world,
            evidence: &evidence,
            bus: &self.findings,
            signatures: &*fakes::KMS,
        };
        let scheduled = json!({});
        let sweep = json!({"task": "sweep"});
        match kind {
            Kind::Deadline => {
                let run = restore_deadline::run(&scheduled, &ports, &settings);
                fakes::drive(run).is_some_and(|ended| ended.is_ok())
            }
            Kind::Event(event) => {
                let run = auto_restore::run(event, &ports, &settings.rescue);
                fakes::drive(run).is_some_and(|ended| ended.is_ok())
            }
            Kind::Sweep => {
                let run = auto_restore::run(&sweep, &ports, &settings.rescue);
                fakes::drive(run).is_some_and(|ended| ended.is_ok())
            }
        }
    }

    fn arn(place: usize) -> CaArn {
        let (region, id) = (REGIONS[place % 2], format!("{place:08}-0000-4000-8000-000000000000"));
        let arn = format!("arn:aws:acm-pca:{region}:111122223333:certificate-authority/{id}");
        arn.parse().unwrap()
    }

    fn with_ca<T>(&self, arn: &CaArn, with: impl FnOnce(&mut Ca) -> T) -> Option<T> {
        let service =
            self.world.services.iter().find(|service| {
                service.inner.cas.lock().unwrap().iter().any(|ca| ca.arn == *arn)
            })?;
        let mut cas = service.inner.cas.lock().unwrap();
        cas.iter_mut().find(|ca| ca.arn == *arn).map(with)
    }

    /// Who is DELETED at the end, and by which deletion.
    pub(super) fn deleted(&self) -> Vec<(CaArn, OffsetDateTime)> {
        let mut deleted = Vec::new();
        for service in &self.world.services {
            let cas = service.inner.cas.lock().unwrap();
            let of = cas.iter().filter(|ca| ca.status == CaStatus::Deleted);
            deleted.extend(of.filter_map(|ca| Some((ca.arn.clone(), ca.restorable_until?))));
        }
        deleted
    }

    pub(super) fn tally(&self) -> Tally {
        let mut tally = self.counts.clone();
        tally.insert("gone", self.gone.len());
        tally.insert("restorations", self.chaos.restored.lock().unwrap().len());
        tally.insert("findings", self.findings.inner.published.lock().unwrap().len());
        tally.extend(self.chaos.faults.lock().unwrap().clone());
        Tally(tally)
    }
}

enum Kind<'a> {
    Deadline,
    Event(&'a Value),
    Sweep,
}

pub(super) fn settings() -> restore_deadline::Settings {
    restore_deadline::Settings {
        thresholds: THRESHOLDS.parse().unwrap(),
        claim_expires_after: Duration::MINUTE,
        permitted: crate::permit::PermittedDeletions::default(),
        rescue: auto_restore::Settings {
            account: Some("111122223333".to_owned()),
            approvers: fakes::signers(),
            publishers: fakes::signers(),
            last_call: Duration::HOUR,
            reactivate_within: Duration::DAY,
            restores_per_day: 3,
            put_back: true,
            mode: crate::mode::Mode::Enforce,
            settle: Duration::minutes(15),
        },
    }
}

fn ca(place: usize, random: &mut Random) -> Ca {
    let made = START - Duration::days(random.between(1, 400));
    let ca = Ca {
        arn: Fleet::arn(place),
        ca_type: if random.once_in(10) { CaType::Root } else { CaType::Subordinate },
        status: CaStatus::Active,
        not_after: Some(START + Duration::days(random.between(60, 2000))),
        // Whose certificate the sweep has read is another suite's matter: no test asks for it.
        serial: None,
        restorable_until: None,
        ..fakes::deleted_ca(made)
    };
    if random.once_in(10) {
        let status = CaStatus::PendingCertificate;
        return Ca { status, serial: None, not_before: None, not_after: None, ..ca };
    }
    ca
}
