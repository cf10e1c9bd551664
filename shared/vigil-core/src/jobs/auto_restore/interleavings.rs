//! Whatever order events, repetitions and sweeps come in, wherever invocations are cut short and
//! however they interleave call by call: one restoration, one record that verifies, one finding.

use std::{
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    sync::{LazyLock, atomic::Ordering},
    task::{Context, Poll, Waker},
};

use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    ca::CaStatus,
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore},
    jobs::restore_deadline,
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const DELETION: &str = include_str!("../../../../../infra/events/deletion.json");
const DISABLING: &str = include_str!("../../../../../infra/events/disabling.json");
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings {
    account: None,
    approvers: fakes::signers(),
    publishers: fakes::signers(),
    last_call: Duration::HOUR,
    reactivate_within: Duration::DAY,
    restores_per_day: 3,
    put_back: true,
    mode: crate::mode::Mode::Enforce,
    settle: Duration::minutes(15),
});

/// What the dead man's switch is there for.
const ANYBODY: &str = r#"@id("anybody")
    permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;

const TURNS: usize = 120;
/// AWS Lambda ends a function then (AWS Lambda quotas, function timeout).
const LONGEST_RUN: Duration = Duration::minutes(15);

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// An invocation ends where it is: its environment is lost, its calls so far are not.
    Crash(usize),
    /// The next call of some kind fails.
    Fail(usize),
    Pass(i64),
    /// An invocation makes its next call.
    Proceed(usize),
    Start(Trigger),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// restore-deadline's schedule.
    Deadline,
    Deletion,
    Disabling,
    Sweep,
}

fn trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        3 => Just(Trigger::Deletion),
        2 => Just(Trigger::Disabling),
        2 => Just(Trigger::Sweep)
    ]
}

/// In the last hour of a window.
fn trigger_at_the_end() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        3 => Just(Trigger::Deadline),
        1 => Just(Trigger::Deletion),
        3 => Just(Trigger::Sweep)
    ]
}

fn turn(trigger: impl Strategy<Value = Trigger>) -> impl Strategy<Value = Turn> {
    prop_oneof![
        3 => trigger.prop_map(Turn::Start),
        24 => (0_usize..8).prop_map(Turn::Proceed),
        2 => (0_usize..8).prop_map(Turn::Crash),
        2 => (0_usize..7).prop_map(Turn::Fail),
        1 => (1_i64..40).prop_map(Turn::Pass),
    ]
}

struct World {
    authorities: FakeAuthorities,
    evidence: FakeEvidenceStore,
    bus: FakeBus,
    deletion: Value,
    disabling: Value,
    sweep: Value,
    deadline: restore_deadline::Settings,
}

/// Whether it succeeded.
type Invocation<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;

impl World {
    fn new() -> Self {
        let world = Self {
            authorities: FakeAuthorities::new(AT + Duration::SECOND, vec![fakes::deleted_ca(AT)]),
            evidence: FakeEvidenceStore::default(),
            bus: FakeBus::default(),
            deletion: serde_json::from_str(DELETION).unwrap(),
            disabling: serde_json::from_str(DISABLING).unwrap(),
            sweep: json!({"task": "sweep"}),
            deadline: restore_deadline::Settings {
                thresholds: "1d,1h".parse().unwrap(),
                claim_expires_after: Duration::MINUTE,
                permitted: crate::permit::PermittedDeletions::default(),
                rescue: SETTINGS.clone(),
            },
        };
        for calls in [&world.authorities.calls, &world.evidence.calls, &world.bus.calls] {
            calls.waiting.store(true, Ordering::Relaxed);
        }
        world
    }

    fn start(&self, trigger: Trigger) -> Invocation<'_> {
        let Self { authorities, evidence, bus, .. } = self;
        let ports = Ports { regions: authorities, evidence, bus, signatures: &*fakes::KMS };
        let event = match trigger {
            Trigger::Deadline => {
                let run = async move {
                    restore_deadline::run(&json!({}), &ports, &self.deadline).await.is_ok()
                };
                return Box::pin(run);
            }
            Trigger::Deletion => &self.deletion,
            Trigger::Disabling => &self.disabling,
            Trigger::Sweep => &self.sweep,
        };
        Box::pin(async move { run(event, &ports, &SETTINGS).await.is_ok() })
    }

    /// The deletion stands, and of its window less than an hour is left.
    fn at_the_end() -> Self {
        let world = Self::new();
        let built_in = include_str!("../../../../../infra/policies/default.cedar");
        let ours = format!("{built_in}{ANYBODY}");
        fakes::put_policies(&world.evidence, &[("ours.cedar", &ours)]);
        world.complete(Trigger::Deletion);
        world.authorities.set_now(AT + Duration::days(7) - Duration::minutes(50));
        world
    }

    fn fail(&self, which: usize) {
        let (authorities, evidence) = (&self.authorities.calls, &self.evidence.calls);
        match which {
            0 => authorities.fail_next("describe", fakes::broken("describe")),
            1 => authorities.fail_next("restore", fakes::broken("restore")),
            2 => authorities.fail_next("update_status", fakes::broken("update_status")),
            3 => evidence.fail_next("create", fakes::broken("create")),
            4 => evidence.fail_next("replace", fakes::broken("replace")),
            5 => evidence.fail_next("read", fakes::broken("read")),
            _ => self.bus.calls.fail_next("publish", fakes::broken("publish")),
        }
    }

    fn now(&self) -> OffsetDateTime {
        *self.authorities.now.lock().unwrap()
    }

    fn pass(&self, minutes: i64) {
        self.authorities.set_now(self.now() + Duration::minutes(minutes));
    }

    /// To its end, and again until it succeeds, as Lambda and the next sweep would. Each failure that
    /// a turn has planned fails one try at most.
    fn complete(&self, trigger: Trigger) {
        for _ in 0..=TURNS {
            let mut invocation = self.start(trigger);
            let ended = loop {
                if let Poll::Ready(ended) = poll(&mut invocation) {
                    break ended;
                }
            };
            if ended {
                return;
            }
        }
        panic!("{trigger:?} does not succeed");
    }
}

fn poll(invocation: &mut Invocation<'_>) -> Poll<bool> {
    invocation.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Plays the turns; what still runs then is cut short, as is what ran for too long.
fn play(world: &World, turns: &[Turn]) {
    let mut running: Vec<(OffsetDateTime, Invocation<'_>)> = Vec::new();
    for turn in turns {
        match *turn {
            Turn::Crash(which) if !running.is_empty() => {
                drop(running.swap_remove(which % running.len()));
            }
            Turn::Proceed(which) if !running.is_empty() => {
                let which = which % running.len();
                if poll(&mut running[which].1).is_ready() {
                    drop(running.swap_remove(which));
                }
            }
            Turn::Crash(_) | Turn::Proceed(_) => {}
            Turn::Fail(which) => world.fail(which),
            Turn::Pass(minutes) => {
                world.pass(minutes);
                running.retain(|(since, _)| world.now() - *since <= LONGEST_RUN);
            }
            Turn::Start(trigger) => running.push((world.now(), world.start(trigger))),
        }
    }
}

/// One restoration, and one case that is closed.
fn check_case(world: &World, want: &CaStatus) -> Result<(), TestCaseError> {
    prop_assert_eq!(&world.authorities.status(), want);
    prop_assert_eq!(world.authorities.changed("restore"), 1);
    prop_assert!(world.authorities.changed("update_status") <= 1);
    let keys = world.evidence.keys();
    let cases: Vec<_> = keys.iter().filter(|key| key.starts_with("cases/")).collect();
    prop_assert_eq!(cases.len(), 1, "{:?}", keys);
    let case = Case::read(&world.evidence.body(cases[0])).unwrap();
    prop_assert!(case.is_closed(), "{:?}", case.state());
    Ok(())
}

fn check(world: &World, want: &CaStatus) -> Result<(), TestCaseError> {
    check_case(world, want)?;
    let published = world.bus.published.lock().unwrap();
    // What could not be read for longer than it is waited for is reported beside the restoration.
    let (others, restored): (Vec<_>, Vec<_>) =
        published.iter().partition(|finding| finding.rule != "auto-restore.restored");
    let are_read_failures =
        others.iter().all(|other| other.rule == "auto-restore.evidence-suspicious");
    prop_assert!(are_read_failures, "{:#?}", others);
    let ids: BTreeSet<&str> = restored.iter().map(|finding| finding.id.as_str()).collect();
    prop_assert_eq!(ids.len(), 1, "{:#?}", published);
    let newest = restored.iter().max_by_key(|finding| finding.evidence["case_acts"].as_u64());
    let last = newest.unwrap();
    prop_assert_eq!(last.evidence["status"].as_str(), Some(want.as_str()));
    Ok(())
}

proptest! {
    // PROPTEST_CASES=100000 makes a night of it.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every event arrives in the end: the CA is restored and back in service.
    #[test]
    fn every_interleaving_ends_with_the_ca_in_service(turns in prop::collection::vec(turn(trigger()), 0..TURNS)) {
        let world = World::new();
        play(&world, &turns);
        for trigger in [Trigger::Deletion, Trigger::Disabling, Trigger::Deletion] {
            world.complete(trigger);
        }
        for _ in 0..3 {
            world.pass(20);
            world.complete(Trigger::Sweep);
        }
        check(&world, &CaStatus::Active)?;
    }

    /// The deletion's event is lost, and invocations die at will: the sweep suffices.
    #[test]
    fn without_any_event_of_the_deletion_sweeps_suffice(turns in prop::collection::vec(turn(trigger()), 0..TURNS)) {
        let world = World::new();
        let turns: Vec<_> = turns
            .into_iter()
            .filter(|turn| {
                !matches!(turn, Turn::Start(Trigger::Deletion | Trigger::Disabling))
            })
            .collect();
        play(&world, &turns);
        for _ in 0..3 {
            world.pass(20);
            world.complete(Trigger::Sweep);
        }
        check(&world, &CaStatus::Disabled)?;
    }

    /// Both functions put the switch to the policies, and either may be cut short anywhere.
    #[test]
    fn the_dead_mans_switch_ends_with_one_restoration(turns in prop::collection::vec(turn(trigger_at_the_end()), 0..TURNS)) {
        let world = World::at_the_end();
        let turns: Vec<_> = turns.into_iter().filter(|turn| !matches!(turn, Turn::Pass(_))).collect();
        play(&world, &turns);
        world.complete(Trigger::Deadline);
        for _ in 0..2 {
            world.pass(20);
            world.complete(Trigger::Sweep);
        }
        check_case(&world, &CaStatus::Disabled)?;
        let published = world.bus.published.lock().unwrap();
        let restored = published.iter().filter(|finding| finding.rule == "auto-restore.restored");
        let ids: BTreeSet<&str> = restored.map(|finding| finding.id.as_str()).collect();
        prop_assert_eq!(ids.len(), 1, "{:#?}", published);
    }
}
