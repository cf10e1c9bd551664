use serde_json::json;

use super::*;
use crate::{
    ca::CaStatus,
    failure::Failure,
    fakes::{FakeEvidenceStore, broken, denied},
    finding::Status,
    ports::{CreatedReport, ReportStatus},
};

mod history;
mod judging;
mod largest;
mod publishing;
mod reading_on;
mod refusing;
mod sweeping;
mod thirty_days;
mod world;

use world::{World, arn, certificate, event, throttled};

#[test]
fn every_active_or_disabled_ca_is_asked_for_one_call_a_second() {
    use CaStatus::{Active, Deleted, Disabled, Expired};
    let world = World::new(&[Active, Deleted, Disabled, Expired, Active]);
    let requests = world.requests();
    let requested = |result: &RequestResult| matches!(result, RequestResult::Requested { .. });
    assert_eq!(
        requests.iter().map(requested).collect::<Vec<_>>(),
        [true, false, true, false, true]
    );
    let RequestResult::Skipped { reason } = &requests[1] else { panic!() };
    assert!(reason.starts_with("it is DELETED"), "{reason}");
    let second = Duration::milliseconds(1100);
    assert_eq!(*world.pace.pauses.lock().unwrap(), [Duration::ZERO, second, second]);
}

#[test]
fn an_early_report_is_skipped_and_throttling_is_waited_out() {
    let world = World::new(&[CaStatus::Active, CaStatus::Active]);
    let too_soon = CreatedReport::TooSoon { reason: "one is being made".to_owned() };
    *world.reports.answers.lock().unwrap() = vec![Ok(too_soon), Err(throttled()), Err(throttled())];
    let requests = world.requests();
    let RequestResult::Skipped { reason } = &requests[0] else { panic!("{requests:?}") };
    let words = "less than 30 minutes ago, or is being made: one is being made";
    assert!(reason.ends_with(words), "{reason}");
    assert!(matches!(requests[1], RequestResult::Requested { .. }));
    assert_eq!(world.reports.asked.lock().unwrap().len(), 4);
    let pauses: Vec<_> =
        world.pace.pauses.lock().unwrap().iter().map(|pause| pause.whole_milliseconds()).collect();
    assert_eq!(pauses, [0, 1100, 2200, 4400]);
}

#[test]
fn what_there_was_no_time_for_is_named_and_so_is_what_failed() {
    let world = World::new(&[CaStatus::Active, CaStatus::Active, CaStatus::Active]);
    *world.reports.answers.lock().unwrap() = vec![Err(broken("create"))];
    *world.pace.left.lock().unwrap() = Duration::milliseconds(1100);
    let error = world.run(&json!({})).unwrap_err();
    assert_eq!(error.error_type(), "RequestsIncomplete");
    let text = error.to_string();
    assert!(text.starts_with("1 of 3 CAs failed"), "{text}");
    assert!(text.contains(&format!("{}: create failed for x: broken", arn(1))), "{text}");
    let AuditReportError::Incomplete { requests, .. } = error else { panic!() };
    assert_eq!(requests.continued_from, Some(arn(3).parse().unwrap()), "it is continued later");
}

#[test]
fn a_report_is_summarised_once_however_often_its_event_comes() {
    let world = World::new(&[CaStatus::Active]);
    world.put_report(&json!([
        certificate("2026-03-20T00:00:00+0000", None),
        certificate("2026-12-01T00:00:00+0000", Some("KEY_COMPROMISE")),
        {"serial": "broken"},
    ]));
    let Outcome::Analysed(analysis) = world.run(&event("success")).unwrap() else { panic!() };
    let key = format!("summaries/00000000-0000-0000-0000-000000000001/{}.json", world::REPORT);
    assert_eq!(analysis.summary, key);
    assert_eq!(
        (analysis.issued, analysis.valid, analysis.revoked, analysis.unreadable),
        (2, 1, 1, 1)
    );
    let summary = world.evidence.json(&key);
    assert_eq!(summary["summary"]["revoked_by_reason"]["KEY_COMPROMISE"], 1);
    assert_eq!(summary["summary"]["expiring_within_30_days"], 1);
    assert_eq!(summary["summary"]["unreadable"]["first"][0]["number"], 3);
    let rules =
        ["audit-report.unreadable-records", "audit-report.incomplete", "audit-report.successor"];
    assert_eq!(world.published(), rules.map(|rule| (rule.to_owned(), Status::New)));

    let again = world.run(&event("success")).unwrap();
    assert!(matches!(again, Outcome::Duplicate { summary, .. } if summary == key));
    assert_eq!(world.published().len(), 3);
}

#[test]
fn a_report_opens_its_findings_and_a_clean_one_resolves_them() {
    let world = World::new(&[CaStatus::Active]);
    world.put_report(&json!([
        // The CA of the fakes ends 300 days after AT.
        certificate("2026-12-26T12:00:00+0000", None),
        certificate("2026-12-26T12:00:01+0000", Some("CERTIFICATE_AUTHORITY_COMPROMISE")),
        certificate("2026-12-26T12:00:01+0000", None),
    ]));
    world.run(&event("success")).unwrap();
    let rules: Vec<_> = world.published().into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["audit-report.outliving-ca", "audit-report.ca-compromise"]);
    assert_eq!(world.findings("audit-report.ca-compromise")[0].evidence["count"], 1);

    world.put_report(&json!([]));
    // The fake knows one report: the summary of the first one is put aside instead.
    let world = World { evidence: without_summaries(&world.evidence), ..world };
    world.run(&event("success")).unwrap();
    let resolved = |(_, status): &(String, Status)| *status == Status::Resolved;
    assert_eq!(world.published().iter().filter(|published| resolved(published)).count(), 2);
}

fn without_summaries(evidence: &FakeEvidenceStore) -> FakeEvidenceStore {
    let copy = FakeEvidenceStore::default();
    for key in evidence.keys().into_iter().filter(|key| !key.starts_with("summaries/")) {
        copy.put(&key, &evidence.json(&key).to_string());
    }
    copy
}

#[test]
fn a_failed_report_is_a_finding_that_the_next_report_resolves() {
    let world = World::new(&[CaStatus::Active]);
    let failed = world.run(&event("failure")).unwrap();
    assert!(matches!(failed, Outcome::Failed { .. }));
    world.run(&event("failure")).unwrap();
    let rule = "audit-report.failed".to_owned();
    assert_eq!(world.published(), [(rule.clone(), Status::New)], "once");
    world.put_report(&json!([]));
    world.run(&event("success")).unwrap();
    assert_eq!(world.published()[1..], [(rule, Status::Resolved)]);
}

#[test]
fn every_report_that_cannot_be_had_is_named() {
    let world = World::new(&[CaStatus::Active]);
    let name = || world.run(&event("success")).unwrap_err().error_type();
    assert_eq!(name(), "ReportNotThere");
    world.put_report(&json!({"not": "a list"}));
    assert_eq!(name(), "NotAReport");
    world.put_report(&json!("x".repeat(200_000)));
    assert_eq!(name(), "ReportTooLarge");
    *world.reports.status.lock().unwrap() = Some(ReportStatus::Creating);
    assert_eq!(name(), "ReportNotThere");
    world.authorities.calls.fail_next("describe", denied("describe"));
    assert_eq!(name(), "DescribeFailed");

    world.authorities.cas.lock().unwrap().clear();
    let gone = world.run(&event("success")).unwrap();
    assert!(matches!(gone, Outcome::Nothing { reason, .. } if reason.contains("no such CA")));
    for resource in [json!([arn(1)]), json!([arn(1), "../../x"])] {
        let mut event = event("success");
        event["resources"] = resource;
        assert_eq!(world.run(&event).unwrap_err().error_type(), "MalformedEvent");
    }
}
