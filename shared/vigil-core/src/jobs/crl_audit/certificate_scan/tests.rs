use std::collections::BTreeSet;

use proptest::prelude::*;
use time::OffsetDateTime;

use super::{choice::SETTLED_AFTER, *};
use crate::{audit_report::Brief, jobs::crl_audit::scan_progress::interval::IssuancePosition};

fn time(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).unwrap()
}

#[derive(Clone, Copy, Debug)]
struct Issued {
    serial: u128,
    at: i64,
    not_after: i64,
    /// When a report has it.
    shown_at: i64,
}

impl Issued {
    fn of(serial: u128, at: i64) -> Self {
        Self { serial, at, not_after: i64::MAX, shown_at: at }
    }

    fn brief(&self) -> Brief<'static> {
        Brief {
            serial: crate::audit_report::Serial::Number(self.serial),
            not_after: self.not_after,
            issued_at: self.at,
            revoked_at: None,
            has_reason: false,
        }
    }
}

const MARGIN: i64 = SETTLED_AFTER.whole_seconds();

/// One CA with its audit reports.
#[derive(Default)]
struct Fleet {
    history: Vec<Issued>,
    state: AuditState,
    scanned: BTreeSet<u128>,
}

impl Fleet {
    /// Plans by a report of `made_at`, with a bound of `most`.
    fn plan(&self, made_at: i64, now: i64, max: usize, bad: u64) -> Plan {
        let progress = self.state.certificate_scan.as_ref();
        let wanted = Wanted { progress, max, as_of: time(now) };
        let mut choice = Choice::new(wanted, time(made_at));
        for issued in self.history.iter().filter(|issued| issued.shown_at <= made_at) {
            choice.take(&issued.brief());
        }
        choice.finish(bad)
    }

    /// Reads the first `budget` of the plan's, and records them.
    fn scan(&mut self, plan: &Plan, budget: usize, now: i64) -> Vec<u128> {
        let list: Vec<u128> =
            plan.list.iter().take(budget).map(|one| serial(one.place.serial.as_ref())).collect();
        let seen = Seen { scanned: list.len(), ..Seen::default() };
        if plan.teaches(seen.scanned) {
            self.state.learn_certificates(plan, &seen, time(now));
        }
        list
    }

    fn run(&mut self, made_at: i64, now: i64, budget: usize) -> Vec<u128> {
        let plan = self.plan(made_at, now, budget, 0);
        let list = self.scan(&plan, budget, now);
        self.scanned.extend(&list);
        list
    }

    fn complete_until(&self, now: i64) -> Result<i64, &'static str> {
        self.state.certificate_scan.as_ref().unwrap().complete_until(time(now))
    }
}

fn serial(text: Option<&String>) -> u128 {
    u128::from_str_radix(text.unwrap(), 16).unwrap()
}

/// The newest first, then what is new, the oldest of it first, and then on to the oldest.
#[test]
fn a_scan_reads_the_newest_then_newer_then_older_certificates() {
    let history = vec![
        Issued::of(1, 10),
        Issued { not_after: 999, ..Issued::of(2, 20) },
        Issued::of(4, 30),
        Issued::of(3, 30),
        Issued::of(5, 40),
    ];
    let mut fleet = Fleet { history, ..Fleet::default() };
    let (report, now) = (40 + MARGIN, 1_000);
    assert_eq!(fleet.run(report, now, 2), [5, 4], "of one second by their serials");
    assert!(fleet.complete_until(now).is_err());
    fleet.history.extend([Issued::of(7, 60), Issued::of(6, 50), Issued::of(8, 61)]);
    assert_eq!(fleet.run(report, now, 0), []);
    assert_eq!(fleet.run(60 + MARGIN, now, 1), [6]);
    assert_eq!(fleet.run(60 + MARGIN, now, 2), [7, 3], "8 waits: others of its time may come");
    assert_eq!(fleet.run(60 + MARGIN, now, 9), [1], "2 has expired");
    assert_eq!(fleet.complete_until(now), Ok(61));
    assert_eq!(fleet.plan(60 + MARGIN, now, 9, 0).left(), 1);
    assert_eq!(fleet.run(61 + MARGIN, now, 9), [8]);
    let caught_up = fleet.plan(61 + MARGIN, now, 9, 0);
    assert!(caught_up.list.is_empty() && !caught_up.teaches(0), "nothing to do, or to write");
    let newer = fleet.plan(100 + MARGIN, now, 9, 0);
    assert!(newer.list.is_empty() && newer.teaches(0), "nothing was issued until 100");
}

#[test]
fn a_ca_without_certificates_is_complete_an_unread_one_is_not() {
    let mut fleet = Fleet::default();
    fleet.run(50 + MARGIN, 1_000, 9);
    assert_eq!(fleet.complete_until(1_000), Ok(51));
    let mut fleet = Fleet { history: vec![Issued::of(1, 10)], ..Fleet::default() };
    fleet.run(50 + MARGIN, 1_000, 0);
    assert_eq!(fleet.state.certificate_scan, None);
}

#[test]
fn unreadable_records_keep_a_scan_incomplete_until_read() {
    let mut fleet = Fleet { history: vec![Issued::of(1, 10)], ..Fleet::default() };
    let (report, now) = (50 + MARGIN, 1_000);
    let plan = fleet.plan(report, now, 9, 1);
    assert_eq!(fleet.scan(&plan, 9, now), [1]);
    assert!(fleet.complete_until(now).is_err());
    // Now it can be read, and lies in the middle of what was read.
    fleet.history.push(Issued::of(2, 9));
    let plan = fleet.plan(report, now, 9, 0);
    assert_eq!((fleet.scan(&plan, 9, now), plan.left()), (vec![], 2));
    assert_eq!(fleet.state.certificate_scan, None);
    assert_eq!(fleet.run(report, now, 9), [1, 2]);
    assert_eq!(fleet.complete_until(now), Ok(51));
}

/// A run that records an older report after a newer one.
#[test]
fn by_a_report_from_before_the_interval_nothing_is_claimed() {
    let history = vec![Issued::of(1, 10), Issued::of(2, 20), Issued::of(3, 30)];
    let mut fleet = Fleet { history, ..Fleet::default() };
    let now = 1_000;
    assert_eq!(fleet.run(30 + MARGIN, now, 1), [3]);
    assert_eq!(fleet.run(15 + MARGIN, now, 9), [], "2 would be passed over");
    assert!(fleet.complete_until(now).is_err());
    assert_eq!(fleet.run(29 + MARGIN, now, 9), [], "others of the second of 3 may be missing");
    assert_eq!(fleet.run(30 + MARGIN, now, 9), [2, 1]);
    assert_eq!(fleet.complete_until(now), Ok(31));
}

/// Two invocations at a time, on the same memory.
#[test]
fn what_two_runs_learn_is_joined() {
    let history = (1..=9).map(|n| Issued::of(n, 10 * n as i64)).collect();
    let mut fleet = Fleet { history, ..Fleet::default() };
    let (report, now) = (90 + MARGIN, 1_000);
    fleet.run(report, now, 2);
    let (one, other) = (fleet.plan(report, now, 9, 0), fleet.plan(report, now, 9, 0));
    assert_eq!(fleet.scan(&one, 5, now), [7, 6, 5, 4, 3]);
    assert_eq!(fleet.scan(&other, 3, now), [7, 6, 5]);
    assert_eq!(fleet.run(report, now, 9), [2, 1]);
}

#[test]
fn newer_certificates_of_all_cas_go_before_old_ones_of_a_big_ca() {
    let plan = |newer: i64, older: i64| {
        let mut fleet = Fleet { history: vec![Issued::of(1_000, 1_000)], ..Fleet::default() };
        fleet.run(1_000 + MARGIN, 5_000, 1);
        let issued = (1..=older).map(|n| Issued::of(n as u128, n));
        let issued = issued.chain((1..=newer).map(|n| Issued::of(n as u128 + 1_000, n + 1_000)));
        fleet.history.extend(issued);
        // It was not known that there are older ones.
        fleet.state.certificate_scan.as_mut().unwrap().interval.from =
            Some(IssuancePosition::after(999));
        fleet.plan(3_000 + MARGIN, 5_000, 900, 0)
    };
    let arn = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/";
    let arn = |n: u8| format!("{arn}00000000-0000-0000-0000-{n:012}").parse().unwrap();
    let plans = [(arn(1), plan(3, 900)), (arn(2), plan(1, 0)), (arn(3), plan(0, 2))];
    let order: Vec<usize> = work_items(&plans).collect();
    assert_eq!(order[..9], [0, 1, 0, 0, 0, 2, 0, 2, 0]);
    assert_eq!(order.len(), 3 + 900 + 1 + 2);
    let plans: Vec<_> = (1..=5).map(|n| (arn(n), plan(0, 900))).collect();
    assert_eq!(work_items(&plans).count(), MAX_A_RUN);
}

prop_compose! {
    fn issued()(
        at in 0..200_i64,
        valid in 0..2_000_i64,
        shown_after in 0..=MARGIN,
    ) -> (i64, i64, i64) {
        (at, at + valid, at + shown_after)
    }
}

proptest! {
    /// Whatever is issued, expires and is throttled: no certificate is read twice, what is claimed
    /// was read, and in the end everything was.
    #[test]
    fn every_live_certificate_is_read_once(
        // Before the CA's first certificate, or when it has many.
        begins in 0..1_200_i64,
        issued in prop::collection::vec(issued(), 0..60),
        runs in prop::collection::vec((0..40_i64, 0..900_i64, 0..12_usize, 0..12_usize), 1..30),
    ) {
        let history = (1..).zip(&issued).map(|(serial, (at, not_after, shown_at))| Issued {
            serial, at: *at, not_after: *not_after, shown_at: *shown_at,
        });
        let mut fleet = Fleet { history: history.collect(), ..Fleet::default() };
        let (mut now, mut newest) = (begins, 0);
        let patient = (0..70).map(|_| (0, 0, 1, 1));
        let late = std::iter::once((2 * MARGIN + 500, 0, 0, 0));
        for (passes, age, budget, reached) in runs.into_iter().chain(late).chain(patient) {
            now += passes;
            // Reports are made now and then; an older one may be noted after a newer one.
            let made_at = if age < 800 { newest.max(now - age) } else { now - age };
            newest = newest.max(made_at);
            let plan = fleet.plan(made_at, now, budget, 0);
            for serial in fleet.scan(&plan, reached.min(budget), now) {
                prop_assert!(fleet.scanned.insert(serial), "{serial} is looked at twice");
            }
            let Some(progress) = &fleet.state.certificate_scan else { continue };
            for issued in fleet.history.iter().filter(|one| one.not_after >= now) {
                let is_claimed = progress.interval.claims(issued.at, issued.serial);
                let was_scanned = fleet.scanned.contains(&issued.serial);
                prop_assert_eq!(is_claimed, was_scanned, "{:?} in {:?}", issued, progress);
            }
        }
        let is_live = |one: &&Issued| one.not_after >= now;
        for issued in fleet.history.iter().filter(is_live) {
            prop_assert!(fleet.scanned.contains(&issued.serial), "{issued:?}");
        }
        prop_assert!(fleet.complete_until(now).is_ok_and(|before| before > 200));
    }
}

/// Two runs that plan alike read the same certificates, and each of them counts once.
#[test]
fn a_certificate_that_two_runs_read_is_counted_once() {
    let issuer = crate::crl::fixture::Issuer::new("Root");
    let certificate = Certificate::from_der(&issuer.named_der(&[(2, b"a.example")])).unwrap();
    let mut fleet =
        Fleet { history: vec![Issued::of(1, 10), Issued::of(2, 20)], ..Fleet::default() };
    let read = |fleet: &mut Fleet, plan: &Plan| {
        let mut seen = Seen { scanned: plan.list.len(), ..Seen::default() };
        plan.list.iter().for_each(|_| seen.traits.add(&certificate));
        fleet.state.learn_certificates(plan, &seen, time(1000));
    };
    let plan = fleet.plan(1000, 1000, 9, 0);
    assert_eq!(plan.list.len(), 2);
    read(&mut fleet, &plan);
    read(&mut fleet, &plan);
    let counted = |fleet: &Fleet| fleet.state.certificate_scan.as_ref().unwrap().traits.clone();
    assert_eq!((counted(&fleet).read, counted(&fleet).names["dns"]), (2, 2));
    // What was issued since is counted on top.
    fleet.history.push(Issued::of(3, 1100));
    let plan = fleet.plan(2000, 2000, 9, 0);
    read(&mut fleet, &plan);
    assert_eq!(counted(&fleet).read, 3);
    // What begins anew counts from zero.
    fleet.state.certificate_scan.as_mut().unwrap().unreadable = 1;
    let plan = fleet.plan(2000, 2000, 9, 0);
    assert!(plan.begins_anew);
    read(&mut fleet, &plan);
    assert_eq!(fleet.state.certificate_scan.as_ref().map_or(0, |of| of.traits.read), 0);
}
