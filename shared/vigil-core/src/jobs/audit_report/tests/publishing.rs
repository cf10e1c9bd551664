//! The report of the fleet, under the date and under `latest/`.

use super::{
    world::{AT, World, arn},
    *,
};
use crate::{
    fakes,
    finding::Severity,
    fleet::{FleetReport, OpenFinding},
};

const FILES: [&str; 6] = [
    "fleet-report.json",
    "findings.asff.jsonl",
    "findings.csv",
    "findings.json",
    "findings.ocsf.jsonl",
    "report.html",
];

fn page(report: &FleetReport) -> String {
    let is_refused = |of: &&OpenFinding| of.finding.rule == "audit-report.refused";
    let refused = report.findings.iter().filter(is_refused).count();
    format!("{} CAs, {refused} refused", report.cas.len())
}

fn world() -> World {
    World { page: Some(page), ..World::new(&[CaStatus::Active, CaStatus::Deleted]) }
}

fn text(world: &World, folder: &str, name: &str) -> String {
    let key = format!("reports/audit-report/{folder}/{name}");
    String::from_utf8(world.evidence.body(&key)).unwrap()
}

fn written(world: &World) -> usize {
    world.evidence.keys().iter().filter(|key| key.starts_with("reports/audit-report/")).count()
}

#[test]
fn the_page_is_written_under_its_date_and_as_the_latest() {
    let world = world();
    let Outcome::Requested(requests) = world.sweep(AT).unwrap() else { panic!() };
    assert_eq!(requests.fleet_report.as_deref(), Some("reports/audit-report/latest/"));
    for name in FILES {
        assert_eq!(text(&world, "2026-03-01", name), text(&world, "latest", name), "{name}");
    }
    assert_eq!(written(&world), 2 * FILES.len());
    assert_eq!(text(&world, "latest", "report.html"), "2 CAs, 0 refused");
    let model: FleetReport =
        serde_json::from_str(&text(&world, "latest", "fleet-report.json")).unwrap();
    assert_eq!(model.as_of, AT);
    assert_eq!(model.cas[1].arn.as_str(), arn(2));
    assert!(model.cas[1].restorable_until.is_some(), "as ACM PCA lists it");
}

#[test]
fn the_latest_page_is_replaced_and_that_of_a_day_stays() {
    let world = world();
    world.sweep(AT).unwrap();
    let first = text(&world, "2026-03-01", "report.html");
    *world.reports.refuses.lock().unwrap() = true;
    let later = AT + Duration::hours(30);
    assert!(world.sweep(later).is_err(), "a request is refused");
    assert_eq!(text(&world, "2026-03-01", "report.html"), first);
    assert_eq!(text(&world, "latest", "report.html"), "2 CAs, 1 refused");
    assert_eq!(text(&world, "2026-03-02", "report.html"), "2 CAs, 1 refused");
}

#[test]
fn commands_of_the_page_name_bucket_and_key() {
    let world = world();
    let (rule, resource) = ("audit-report.template", arn(1));
    let mut finding = fakes::finding(rule, Severity::High, &resource, AT);
    finding.what_to_do =
        "End it:\n  vigil report ack 1 --key APPROVER-KEY --evidence-bucket EVIDENCE-BUCKET"
            .to_owned();
    let stored = serde_json::json!({"state": "published", "at": "2026-03-01T12:00:00Z",
        "finding": finding});
    world.evidence.put("findings/crl-audit/1.json", &stored.to_string());
    world.sweep(AT).unwrap();
    let model = text(&world, "latest", "fleet-report.json");
    assert!(model.contains("--key alias/approvers --evidence-bucket evidence"), "{model}");
}

#[test]
fn a_page_that_cannot_be_written_hides_no_request() {
    let world = world();
    world.evidence.refuse_writing("reports/audit-report/latest/");
    let error = world.sweep(AT).unwrap_err();
    let AuditReportError::Incomplete { requests, failures } = error else { panic!("{error}") };
    assert_eq!(requests.requests.len(), 2);
    assert!(failures[0].reason.contains("report of the fleet"), "{failures:?}");
}

#[test]
fn a_ca_that_was_not_judged_is_named_on_the_page() {
    let unchecked = |world: &World| {
        let model: FleetReport =
            serde_json::from_str(&text(world, "latest", "fleet-report.json")).unwrap();
        model.unchecked.into_iter().map(|of| (of.what, of.why)).collect::<Vec<_>>()
    };
    let hurried = world();
    hurried.set_now(AT);
    *hurried.pace.left.lock().unwrap() = Duration::seconds(75);
    hurried.run(&serde_json::json!({})).unwrap();
    let why = "no time was left to judge it by its audit report".to_owned();
    assert_eq!(unchecked(&hurried), [(arn(1), why.clone()), (arn(2), why)]);
    let failing = world();
    let ca: crate::arn::CaArn = arn(1).parse().unwrap();
    failing.evidence.fail_reading(&crate::evidence::keys::judged(ca.id()));
    failing.sweep(AT).unwrap_err();
    assert!(unchecked(&failing).iter().any(|(what, _)| *what == arn(1)));
}

#[test]
fn without_time_for_the_page_the_next_run_writes_it() {
    let world = world();
    world.set_now(AT);
    *world.pace.left.lock().unwrap() = Duration::seconds(30);
    let outcome = world.run(&serde_json::json!({})).unwrap();
    let Outcome::Requested(requests) = outcome else { panic!() };
    assert_eq!((requests.fleet_report, written(&world)), (None, 0));
}
