//! What events did not bring, and CAs without a report.

use super::{
    world::{AT, REPORT, World, arn, event, event_of},
    *,
};
use crate::{fakes, finding::Severity};

fn summaries(world: &World) -> Vec<String> {
    let keys = world.evidence.keys().into_iter();
    keys.filter(|key| key.starts_with("summaries/")).collect()
}

/// One CA whose first report was requested, and whose event did not come.
fn requested() -> World {
    let world = World::new(&[CaStatus::Active]);
    *world.objects.has_all.lock().unwrap() = true;
    world.sweep(AT).unwrap();
    world
}

#[test]
fn a_report_whose_event_is_lost_is_summarised_by_the_sweep() {
    let world = requested();
    assert!(world.continuations().is_empty(), "its event has the first turn");
    let Outcome::Requested(requests) = world.sweep(AT + Duration::HOUR).unwrap() else { panic!() };
    assert_eq!((requests.started, requests.not_due), (vec![REPORT.to_owned()], 1));
    let started = world.continuations();
    assert_eq!(started.len(), 1);
    assert!(matches!(world.run(&started[0]).unwrap(), Outcome::Analysed(_)));
    assert_eq!(summaries(&world).len(), 1);
    // Whatever comes later changes nothing.
    assert!(matches!(world.run(&event("success")).unwrap(), Outcome::Duplicate { .. }));
    assert!(matches!(world.run(&started[0]).unwrap(), Outcome::Duplicate { .. }));
    world.sweep(AT + Duration::hours(2)).unwrap();
    assert!(world.continuations().is_empty() && summaries(&world).len() == 1);
}

#[test]
fn event_and_sweep_at_once_make_one_summary() {
    for first in [true, false] {
        let world = requested();
        world.sweep(AT + Duration::HOUR).unwrap();
        let mut both = [event("success"), world.continuations().remove(0)];
        if first {
            both.reverse();
        }
        world.evidence.calls.waiting.store(true, std::sync::atomic::Ordering::Relaxed);
        let (ports, settings) = (world.ports(), World::settings());
        let at_once = futures::future::join(
            run(&both[0], &ports, &settings),
            run(&both[1], &ports, &settings),
        );
        let (one, other) = fakes::drive(at_once).unwrap();
        let analysed = [one.unwrap(), other.unwrap()]
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Analysed(_)))
            .count();
        assert_eq!((analysed, summaries(&world).len()), (1, 1));
    }
}

#[test]
fn a_start_that_is_lost_is_made_again_and_not_for_ever() {
    let world = requested();
    let mut starts = 0;
    for hour in 1..23 {
        world.sweep(AT + Duration::hours(hour)).unwrap();
        starts += world.continuations().len();
    }
    assert_eq!(starts, 5, "every two hours, five times");
}

#[test]
fn a_request_whose_answer_is_lost_is_found_in_the_bucket() {
    let world = World::new(&[CaStatus::Active]);
    // The attempt is on record, and the answer cannot be written.
    *world.reports.answers.lock().unwrap() = vec![Err(broken("create"))];
    world.sweep(AT).unwrap_err();
    world.put_report(&json!([]));
    let state = world
        .evidence
        .json("state/audit-report/requests/00000000-0000-0000-0000-000000000001.json");
    assert_eq!(
        (&state["unanswered"][0], &state["pending"]),
        (&json!(AT.unix_timestamp()), &json!([]))
    );
    // ACM PCA makes no other one so soon, and an hour later the report is found.
    let too_soon = CreatedReport::TooSoon { reason: "30 minutes".to_owned() };
    *world.reports.answers.lock().unwrap() = vec![Ok(too_soon)];
    world.sweep(AT + Duration::HOUR).unwrap();
    world.sweep(AT + Duration::hours(2)).unwrap();
    let started = world.continuations();
    assert!(started.iter().any(|event| event.to_string().contains(REPORT)), "{started:?}");
}

#[test]
fn a_report_that_stays_creating_is_a_finding_that_ends() {
    let world = requested();
    *world.reports.status.lock().unwrap() = Some(ReportStatus::Creating);
    for hour in 1..8 {
        world.sweep(AT + Duration::hours(hour)).unwrap();
    }
    let told = world.findings("audit-report.unfinished");
    let [finding] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((finding.as_of, &finding.evidence["hours"]), (AT + Duration::hours(6), &json!(6)));
    *world.reports.status.lock().unwrap() = Some(ReportStatus::Success);
    world.sweep(AT + Duration::hours(8)).unwrap();
    assert_eq!(world.findings("audit-report.unfinished")[1].status, Status::Resolved);
    assert_eq!(world.continuations().len(), 1, "and it is summarised");
}

#[test]
fn a_ca_without_a_recent_report_is_a_finding_that_grows() {
    let world = World::new(&[CaStatus::Active, CaStatus::Deleted]);
    *world.reports.refuses.lock().unwrap() = true;
    for hour in 0..80 {
        world.sweep(AT + Duration::hours(hour)).unwrap_err();
    }
    let told = world.findings("audit-report.stale");
    let told: Vec<_> =
        told.iter().map(|one| (one.severity, one.as_of - AT, &*one.resource)).collect();
    let ca = arn(1);
    assert_eq!(
        told,
        [
            (Severity::Medium, Duration::hours(37), &*ca),
            (Severity::High, Duration::hours(73), &*ca),
        ]
    );
    *world.reports.refuses.lock().unwrap() = false;
    *world.objects.has_all.lock().unwrap() = true;
    world.sweep(AT + Duration::hours(80)).unwrap();
    world.run(&event("success")).unwrap();
    world.sweep(AT + Duration::hours(81)).unwrap();
    let last = world.findings("audit-report.stale").pop().unwrap();
    assert_eq!((last.status, world.findings("audit-report.stale").len()), (Status::Resolved, 3));
}

#[test]
fn a_thousand_cas_are_all_asked_though_each_invocation_dies() {
    let world = World::new(&vec![CaStatus::Active; 1000]);
    *world.objects.has_all.lock().unwrap() = true;
    let calls = &world.evidence.calls;
    calls.waiting.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut hours = 0;
    let asked = || {
        let mut asked = world.reports.asked.lock().unwrap().clone();
        let all = asked.len();
        asked.sort();
        asked.dedup();
        (asked.len(), all)
    };
    while asked().0 < 1000 {
        assert!(hours < 24, "{:?} of 1000 within a day", asked());
        world.set_now(AT + Duration::hours(hours));
        // It dies in the middle of its work, wherever that is.
        let (ports, settings, event) = (world.ports(), World::settings(), json!({}));
        let mut run = Box::pin(run(&event, &ports, &settings));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..700 {
            assert!(run.as_mut().poll(&mut context).is_pending());
        }
        hours += 1;
    }
    let (distinct, all) = asked();
    assert!(all - distinct <= usize::try_from(hours).unwrap(), "{all} requests");
    assert!(hours > 3, "each invocation did only a part");
}

#[test]
fn what_has_no_time_left_is_continued_later() {
    let world = World::new(&[const { CaStatus::Active }; 5]);
    *world.pace.left.lock().unwrap() = Duration::milliseconds(1100 * 2);
    let Outcome::Requested(requests) = world.run(&json!({})).unwrap() else { panic!() };
    assert_eq!(requests.requests.len(), 3);
    assert_eq!(requests.continued_from, Some(arn(4).parse().unwrap()));
    let rest = world.continuations();
    assert_eq!(rest[0]["detail"]["from"], arn(4));
    *world.pace.left.lock().unwrap() = Duration::MINUTE;
    world.run(&rest[0]).unwrap();
    let asked = world.reports.asked.lock().unwrap().clone();
    assert_eq!(asked, (1..=5).map(arn).collect::<Vec<_>>());
}

/// Each hour, there is time for the first CA alone.
#[test]
fn every_ca_has_a_turn_though_time_is_always_short() {
    let all: Vec<_> = (1..=6).map(arn).collect();
    // How many CAs are followed up before the time is up, and what then shows whose turn it was.
    for (lasting, rule) in [(1, "audit-report.stale"), (6 + 1, "audit-report.ca-end")] {
        let world = World::new(&[const { CaStatus::Active }; 6]);
        *world.reports.refuses.lock().unwrap() = true;
        let sweep = |hour, lasting| {
            world.set_now(AT + Duration::hours(hour));
            let pace = fakes::FakePace::with_turns(usize::MAX);
            *pace.lasting.lock().unwrap() = lasting;
            let ports = Ports { pace: &pace, ..world.ports() };
            fakes::run(run(&json!({}), &ports, &World::settings())).unwrap_err();
        };
        sweep(-40, 0);
        assert!(world.findings(rule).is_empty());
        (0..12).for_each(|hour| sweep(hour, lasting));
        let mut judged: Vec<_> =
            world.findings(rule).into_iter().map(|finding| finding.resource).collect();
        judged.sort();
        judged.dedup();
        assert_eq!(judged, all, "{rule}");
    }
}

#[test]
fn counts_are_those_of_the_reports_creation() {
    let summary = |after: Duration| {
        let world = World::new(&[CaStatus::Active]);
        world.put_report(&json!([
            certificate("2026-03-01T12:00:00+0000", None),
            certificate("2026-03-31T12:00:00+0000", None),
        ]));
        world.set_now(AT + after);
        world.run(&event("success")).unwrap();
        world.evidence.json(&summaries(&world)[0])
    };
    let (at_once, late) = (summary(Duration::ZERO), summary(Duration::DAY));
    assert_eq!(at_once["summary"], late["summary"]);
    assert_eq!(at_once["summary"]["valid"], 2);
    assert_eq!(late["created_at"], "2026-03-01T12:00:00Z");
    assert_eq!(late["analysed_at"], "2026-03-02T12:00:00Z");
    assert_eq!(late["schema"], "vigil.audit-report/1");
}

#[test]
fn a_report_in_another_bucket_is_not_ours() {
    let world = World::new(&[CaStatus::Active]);
    let foreign = event_of(&arn(1), REPORT, "success");
    let settings = Settings { report_bucket: "other".to_owned(), ..World::settings() };
    let outcome = fakes::run(run(&foreign, &world.ports(), &settings)).unwrap();
    assert!(
        matches!(outcome, Outcome::Nothing { reason, .. } if reason.contains("another bucket"))
    );
}

/// The second report of March supersedes the first, and that of April supersedes neither.
#[test]
fn a_report_that_is_not_the_newest_of_its_month_is_tagged() {
    let world = requested();
    let keys = |world: &World| world.objects.superseded.lock().unwrap().clone();
    world.run(&event("success")).unwrap();
    assert!(keys(&world).is_empty());
    for (days, tagged) in [(1, 1), (31, 1)] {
        world.sweep(AT + Duration::days(days)).unwrap();
        let made = world.reports.made.lock().unwrap().last().unwrap().id.clone();
        let Outcome::Analysed(analysis) = world.run(&event_of(&arn(1), &made, "success")).unwrap()
        else {
            panic!()
        };
        let superseded = analysis.superseded.map(|one| one.key);
        let first = world::key(&arn(1), REPORT);
        assert_eq!(superseded, (days == 1).then_some(first), "after {days} days");
        assert_eq!(keys(&world).len(), tagged);
    }
}

#[test]
fn a_tag_that_is_denied_stops_no_analysis() {
    let world = requested();
    *world.objects.denies_tags.lock().unwrap() = true;
    world.run(&event("success")).unwrap();
    world.sweep(AT + Duration::days(1)).unwrap();
    let made = world.reports.made.lock().unwrap().last().unwrap().id.clone();
    let outcome = world.run(&event_of(&arn(1), &made, "success")).unwrap();
    let Outcome::Analysed(analysis) = outcome else { panic!() };
    let why = analysis.superseded.unwrap().not_tagged.unwrap();
    assert!(why.contains("tag was refused"), "{why}");
}
