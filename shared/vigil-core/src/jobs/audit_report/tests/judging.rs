//! The rules put to each CA: what is published when, and how it ends.

use super::{
    world::{AT, World, arn, certificate, event},
    *,
};
use crate::{
    evidence::keys,
    fakes::{APPROVERS, signed},
    fleet::{FleetReport, RuleStatus},
    jobs::FindingAck,
};

const COMPROMISE: &str = "audit-report.ca-compromise";

fn model(report: &FleetReport) -> String {
    serde_json::to_string(report).unwrap()
}

/// A CA whose newest report has a certificate that was revoked because a CA is compromised.
fn compromised() -> World {
    let world = World { page: Some(model), ..World::new(&[CaStatus::Active]) };
    let reason = "CERTIFICATE_AUTHORITY_COMPROMISE";
    world.put_report(&json!([certificate("2027-01-01T00:00:00+0000", Some(reason))]));
    assert!(matches!(world.run(&event("success")).unwrap(), Outcome::Analysed(_)));
    world
}

fn statuses(world: &World, rule: &str) -> Vec<Status> {
    world.findings(rule).iter().map(|finding| finding.status).collect()
}

fn ack(world: &World) -> FindingAck {
    FindingAck {
        finding: world.findings(COMPROMISE)[0].id.clone(),
        rule: COMPROMISE.to_owned(),
        ca: arn(1).parse().unwrap(),
        by: "carol".to_owned(),
        note: "the test CA of 2025".to_owned(),
    }
}

fn put(world: &World, ack: FindingAck, keys: &[&str]) {
    let key = keys::finding_acknowledgement(&ack.finding);
    let body = signed(ack, keys).to_json().unwrap();
    world.evidence.put(&key, &String::from_utf8(body).unwrap());
}

fn page(world: &World) -> FleetReport {
    world.sweep(AT + Duration::HOUR).unwrap();
    let page = world.evidence.body("reports/audit-report/latest/report.html");
    serde_json::from_slice(&page).unwrap()
}

#[test]
fn a_finding_that_reports_keep_ends_when_it_is_acknowledged() {
    let world = compromised();
    assert_eq!(statuses(&world, COMPROMISE), [Status::New]);
    world.sweep(AT).unwrap();
    assert_eq!(statuses(&world, COMPROMISE), [Status::New], "published once");
    put(&world, ack(&world), &[APPROVERS]);
    let report = page(&world);
    assert_eq!(statuses(&world, COMPROMISE), [Status::New, Status::Resolved]);
    let because = world.findings(COMPROMISE)[1].evidence["resolved_because"].clone();
    assert_eq!(because, "carol has acknowledged it: the test CA of 2025");
    assert_eq!(report.acknowledged.len(), 1);
    let verdict = report.verdicts.iter().find(|of| of.rule == COMPROMISE).unwrap();
    assert_eq!(verdict.result, RuleStatus::Acknowledged, "and not passed");
    assert!(report.findings.iter().all(|of| of.finding.rule != COMPROMISE));
}

#[test]
fn what_is_beyond_fifty_findings_follows_acknowledgements() {
    let rule = "audit-report.unknown-subordinate";
    let world = World { page: Some(model), ..World::new(&[CaStatus::Active]) };
    let subordinates = (0x101..0x138).map(|n| {
        let mut of = certificate("2027-01-01T00:00:00+0000", None);
        of["serial"] = json!(format!("{n:04x}"));
        of["certificateArn"] = json!(format!("{}/certificate/{n:04x}", arn(1)));
        of["templateArn"] =
            json!("arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1");
        of
    });
    world.put_report(&Value::Array(subordinates.collect()));
    world.run(&event("success")).unwrap();
    let report = page(&world);
    assert_eq!(statuses(&world, rule), vec![Status::New; 50]);
    let verdict = report.verdicts.iter().find(|of| of.rule == rule).unwrap();
    assert_eq!(verdict.reason.as_deref(), Some("5 more were found: 50 are shown"));
    for finding in world.findings(rule) {
        let ack = FindingAck {
            finding: finding.id,
            rule: rule.to_owned(),
            ca: arn(1).parse().unwrap(),
            by: "carol".to_owned(),
            note: "CAs of the factory".to_owned(),
        };
        put(&world, ack, &[APPROVERS]);
    }
    world.sweep(AT + Duration::hours(2)).unwrap();
    let count = |wanted| statuses(&world, rule).iter().filter(|status| **status == wanted).count();
    assert_eq!((count(Status::New), count(Status::Resolved)), (55, 50));
}

#[test]
fn an_acknowledgement_that_does_not_count_is_a_finding() {
    let refused = "audit-report.acknowledgement";
    type Spoil = fn(&mut FindingAck);
    let table: [(&str, Spoil, &[&str]); 5] = [
        ("a foreign key", |_| (), &["arn:aws:kms:us-east-1:111122223333:key/other"]),
        ("no key", |_| (), &[]),
        ("another rule", |ack| ack.rule = "audit-report.template".to_owned(), &[APPROVERS]),
        ("another CA", |ack| ack.ca = arn(2).parse().unwrap(), &[APPROVERS]),
        ("no name of a key", |ack| ack.note.clear(), &["x"]),
    ];
    for (name, spoil, keys) in table {
        let world = compromised();
        let mut spoiled = ack(&world);
        spoil(&mut spoiled);
        put(&world, spoiled, keys);
        let report = page(&world);
        assert_eq!(statuses(&world, COMPROMISE), [Status::New], "{name}");
        assert_eq!(statuses(&world, refused), [Status::New], "{name}");
        assert!(report.acknowledged.is_empty(), "{name}");
        put(&world, ack(&world), &[APPROVERS]);
        page(&world);
        assert_eq!(statuses(&world, refused), [Status::New, Status::Resolved], "{name}");
    }
}

#[test]
fn while_kms_fails_an_acknowledged_finding_stays_silent() {
    let world = compromised();
    put(&world, ack(&world), &[APPROVERS]);
    page(&world);
    world.signatures.calls.fail_next("is_signed", broken("Verify"));
    assert!(world.sweep(AT + Duration::hours(2)).is_err());
    world.sweep(AT + Duration::hours(3)).unwrap();
    assert_eq!(statuses(&world, COMPROMISE), [Status::New, Status::Resolved]);
}

#[test]
fn settings_that_cannot_be_used_are_a_finding_that_ends() {
    let world = compromised();
    let rule = "audit-report.settings";
    world.evidence.put(keys::REPORT_SETTINGS, "[\"hostile\"]");
    page(&world);
    assert_eq!(statuses(&world, rule), [Status::New]);
    let settings = json!({"schema": "vigil.audit-report-settings/1", "default": {"renews": false}});
    world.evidence.put(keys::REPORT_SETTINGS, &settings.to_string());
    let report = page(&world);
    assert_eq!(statuses(&world, rule), [Status::New, Status::Resolved]);
    let verdict = report.verdicts.iter().find(|of| of.rule == "audit-report.successor").unwrap();
    assert_eq!(verdict.result, RuleStatus::NotApplicable);
}

/// One CA in 90 days: the other 199 of the quota last for 17,910 days.
#[test]
fn the_quota_of_cas_is_judged_by_the_settings() {
    let world = compromised();
    let rule = "audit-report.ca-quota";
    page(&world);
    assert!(statuses(&world, rule).is_empty());
    let settings =
        json!({"schema": "vigil.audit-report-settings/1", "default": {"quota_days": 17_910}});
    world.evidence.put(keys::REPORT_SETTINGS, &settings.to_string());
    page(&world);
    assert_eq!(statuses(&world, rule), [Status::New]);
}

#[test]
fn what_was_found_of_a_ca_ends_with_it() {
    let world = compromised();
    world.sweep(AT).unwrap();
    *world.authorities.cas.lock().unwrap() = Vec::new();
    world.sweep(AT + Duration::HOUR).unwrap();
    assert_eq!(statuses(&world, COMPROMISE), [Status::New, Status::Resolved]);
}

#[test]
fn a_ca_that_auto_restore_lists_elsewhere_is_known() {
    let world = compromised();
    let mut subordinate = certificate("2027-01-01T00:00:00+0000", None);
    subordinate["templateArn"] =
        json!("arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1");
    let serial = subordinate["serial"].as_str().unwrap().to_owned();
    let report = "00000002-0000-4000-8000-000000000000";
    let key = world::key(&arn(1), report);
    let body = json!([subordinate]).to_string().into_bytes();
    world.objects.objects.lock().unwrap().insert(key, body);
    world.reports.made.lock().unwrap().push(world::Made {
        ca: arn(1),
        id: report.to_owned(),
        at: AT + Duration::HOUR,
        status: ReportStatus::Success,
    });
    world.set_now(AT + Duration::HOUR);
    world.run(&world::event_of(&arn(1), report, "success")).unwrap();
    let rule = "audit-report.unknown-subordinate";
    assert!(statuses(&world, rule).is_empty(), "the hourly run compares");
    world.sweep(AT + Duration::hours(2)).unwrap();
    assert_eq!(statuses(&world, rule), [Status::New]);
    let elsewhere = arn(7).replace("us-east-1", "eu-west-1");
    let inventory = json!({"as_of": "2026-03-01T12:00:00Z", "cas": {elsewhere: {
        "status": "ACTIVE", "common_name": "x", "not_after": null, "serial": serial,
        "identity": null, "snapshot_at": null}}});
    world.evidence.put("state/inventory/eu-west-1.json", &inventory.to_string());
    world.sweep(AT + Duration::hours(3)).unwrap();
    assert_eq!(statuses(&world, rule), [Status::New, Status::Resolved]);
    // A CA that was renewed keeps its certificates of before.
    world.evidence.put(
        "state/inventory/eu-west-1.json",
        "{\"as_of\": \"2026-03-01T12:00:00Z\", \"cas\": {}}",
    );
    world.sweep(AT + Duration::hours(4)).unwrap();
    assert_eq!(statuses(&world, rule).len(), 2);
}

#[test]
fn one_ca_that_cannot_be_judged_hides_no_other() {
    let world = World::new(&[CaStatus::Active, CaStatus::Active]);
    world.evidence.fail_reading(&keys::newest_report(arn(1).rsplit('/').next().unwrap()));
    let error = world.sweep(AT).unwrap_err();
    assert!(error.to_string().contains(&arn(1)), "{error}");
    assert!(!statuses(&world, "audit-report.ca-end").is_empty());
}

/// The CA of number 2 has the same subject as that of number 1, and ends later.
#[test]
fn a_certificate_of_the_succeeding_ca_is_a_successor() {
    let inventory = |subject: &str| {
        let known = |end: &str, subject: &str| {
            json!({"status": "ACTIVE", "common_name": "x", "not_after": end, "serial": "7",
                   "identity": {"subject": subject, "issuer": "r", "key": null,
                                "authority_key": null}, "snapshot_at": null})
        };
        json!({"as_of": "2026-03-01T12:00:00Z", "cas": {
            arn(1): known("2027-01-01T00:00:00Z", "s"),
            arn(2): known("2037-01-01T00:00:00Z", subject)}})
    };
    let without = |subject: &str, tag: Option<&str>, has_report: bool| {
        let world = World::new(&[CaStatus::Active, CaStatus::Active]);
        let next = "00000002-0000-4000-8000-000000000000";
        world.evidence.put("state/inventory/us-east-1.json", &inventory(subject).to_string());
        if has_report {
            let newest = json!({"report": next, "bucket": "reports", "key": world::key(&arn(2), next),
                "created_at": "2026-03-01T11:00:00Z"});
            let id = arn(2);
            let id = id.rsplit('/').next().unwrap();
            world.evidence.put(&keys::newest_report(id), &newest.to_string());
        }
        if let Some(tag) = tag {
            let mut attached = world.authorities.attached.lock().unwrap();
            let tags = &mut attached.entry(arn(1)).or_default().tags;
            tags.insert("vigil:successor".to_owned(), Some(tag.to_owned()));
        }
        let body = json!([certificate("2027-01-01T00:00:00+0000", None)]).to_string();
        let key = world::key(&arn(2), next);
        world.objects.objects.lock().unwrap().insert(key, body.into_bytes());
        world.put_report(&json!([certificate("2026-03-20T00:00:00+0000", None)]));
        world.run(&event("success")).unwrap();
        let id = arn(1);
        let key = format!("summaries/{}/{}.json", id.rsplit('/').next().unwrap(), world::REPORT);
        let summary = world.evidence.json(&key)["summary"].clone();
        let succeeding = summary["succeeding"].as_array().unwrap().len();
        let noted = summary["not_judged"].as_array().unwrap().len();
        (summary["successors"]["within_30_days"]["without_successor"].clone(), succeeding, noted)
    };
    assert_eq!(without("s", None, true), (json!(0), 1, 0), "of the same subject");
    assert_eq!(without("other", None, true), (json!(1), 0, 0), "of another subject");
    assert_eq!(without("other", Some(&arn(2)), true), (json!(0), 1, 0), "by its tag");
    assert_eq!(without("s", Some("garbage"), true), (json!(0), 1, 0), "a tag that names no CA");
    assert_eq!(without("s", None, false), (json!(1), 0, 1), "without a report, it is said");
}

#[test]
fn a_panic_over_one_ca_keeps_no_other_from_the_page() {
    let world = World { page: Some(model), ..World::new(&[CaStatus::Active, CaStatus::Active]) };
    let first = arn(1);
    world.evidence.panic_reading(&keys::judged(first.rsplit('/').next().unwrap()));
    let error = world.sweep(AT).unwrap_err().to_string();
    assert!(error.contains(&format!("{first}: Vigil panicked")), "{error}");
    assert!(!error.contains(&arn(2)), "{error}");
    assert!(!world.evidence.body("reports/audit-report/latest/report.html").is_empty());
}
