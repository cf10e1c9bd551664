//! Audit reports that are refused, and reports whose events are lost.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use e2e::world::{EVIDENCE, World, id};
use serde_json::{Value, json};
use time::Duration;

const REPORTS: &str = "vigil-audit-reports-111122223333-us-east-1";

async fn summaries(world: &World, ca: &str) -> Vec<String> {
    world.evidence(&format!("summaries/{}/", id(ca))).await
}

fn statuses(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["status"].as_str().unwrap()).collect()
}

/// The report bucket loses its policy: six CAs of six are refused, for one cause.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_bucket_without_policy_is_one_finding_that_ends() {
    let world = World::start_for_days().await;
    let mut cas = Vec::new();
    for _ in 0..6 {
        cas.push(world.active_root(None).await);
    }
    let policy = world.s3.get_bucket_policy().bucket(REPORTS).send().await.unwrap().policy.unwrap();
    world.s3.delete_bucket_policy().bucket(REPORTS).send().await.unwrap();
    world.advance(Duration::hours(3) + Duration::minutes(10)).await;
    let refused = world.findings("audit-report.refused");
    assert_eq!(statuses(&refused), ["NEW"], "{refused:#?}");
    let finding = &refused[0];
    assert_eq!(finding["severity"], "HIGH");
    assert_eq!(finding["evidence"]["kind"], "bucket-policy", "{finding:#}");
    let named = finding["evidence"]["certificate_authorities"].as_array().unwrap();
    assert!(cas.iter().all(|ca| named.contains(&json!(ca))), "{finding:#}");
    let remedy = finding["what_to_do"].as_str().unwrap();
    assert!(remedy.contains(&format!("arn:aws:s3:::{REPORTS}/*")), "{remedy}");

    let put = world.s3.put_bucket_policy().bucket(REPORTS).policy(policy);
    put.send().await.unwrap();
    world.advance(Duration::hours(1)).await;
    let refused = world.findings("audit-report.refused");
    assert_eq!(statuses(&refused), ["NEW", "RESOLVED"], "{refused:#?}");
    for ca in &cas {
        assert_eq!(summaries(&world, ca).await.len(), 1, "{ca}");
    }
    world.assert_everyone_was_told();
}

/// While no event reaches a rule, ACM PCA makes the report. The next hourly run finds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_whose_event_is_lost_is_summarised_an_hour_later() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.stack.lose_events(true);
    world.advance(Duration::hours(1) + Duration::minutes(5)).await;
    world.stack.lose_events(false);
    assert_eq!(summaries(&world, &ca).await, Vec::<String>::new());
    world.advance(Duration::hours(1)).await;
    let summaries = summaries(&world, &ca).await;
    let [summary] = summaries.as_slice() else { panic!("one summary: {summaries:?}") };
    let summary: Value = serde_json::from_slice(&world.object(EVIDENCE, summary).await).unwrap();
    assert_eq!(summary["schema"], "vigil.audit-report/1");
    assert_eq!(summary["summary"]["issued"], 1, "the root's own: {summary:#}");
    assert_eq!(summary["summary"]["apart"]["other_serial"]["count"], 0);
    assert_eq!(summary["summary"]["complete"], true);
    assert_eq!(summary["summary"]["as_of"], summary["created_at"]);
    world.assert_nothing_failed();
}

/// Each hour the function writes what an operator opens: the page, and the findings in each form.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_fleet_lies_in_the_evidence_bucket() {
    let world = World::start_for_days().await;
    world.crl_bucket("crls").await;
    let ca = world.active_root(Some("crls")).await;
    world.advance(Duration::hours(26)).await;
    let latest = world.evidence("reports/audit-report/latest/").await;
    let names: Vec<&str> = latest.iter().filter_map(|key| key.rsplit('/').next()).collect();
    let want = [
        "findings.asff.jsonl",
        "findings.csv",
        "findings.json",
        "findings.ocsf.jsonl",
        "fleet-report.json",
        "report.html",
    ];
    assert_eq!(names, want);
    let of_days = world.evidence("reports/audit-report/2").await;
    let pages: Vec<_> = of_days.iter().filter(|key| key.ends_with("/report.html")).collect();
    assert!((2..=3).contains(&pages.len()), "one of each day: {pages:?}");
    let page = world.object(EVIDENCE, "reports/audit-report/latest/report.html").await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains(id(&ca)), "{page}");
    let model = world.object(EVIDENCE, "reports/audit-report/latest/fleet-report.json").await;
    let model: Value = serde_json::from_slice(&model).unwrap();
    assert_eq!(model["unchecked"], json!([]), "every object of the bucket could be read");
    assert_eq!(model["cas"][0]["certificates"]["issued"], 1);
    assert!(model["verdicts"].as_array().is_some_and(|all| !all.is_empty()));
    world.assert_nothing_failed();
}

/// A template that reports never forget is a finding until carol has acknowledged it.
#[tokio::test(flavor = "multi_thread")]
async fn a_finding_that_reports_keep_ends_with_its_acknowledgement() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    let csr = parameters.serialize_request(&key).unwrap().pem().unwrap();
    world.issue(&ca, csr.as_bytes(), "CodeSigningCertificate", 30).await;
    world.advance(Duration::hours(3)).await;
    let found = world.findings("audit-report.template");
    assert_eq!(statuses(&found), ["NEW"], "{found:#?}");
    let finding = found[0]["id"].as_str().unwrap();
    assert_eq!(found[0]["evidence"]["template"], "CodeSigningCertificate/V1");

    let refused = ["report", "ack", finding, "--by", "carol", "--note", " "];
    let (is_done, text) = world.vigil("carol", &refused).await;
    assert!(!is_done && text.contains("--note is empty"), "{text}");
    world.acknowledge(finding).await;
    world.advance(Duration::hours(25)).await;
    let found = world.findings("audit-report.template");
    assert_eq!(statuses(&found), ["NEW", "RESOLVED"], "{found:#?}");
    let model = world.object(EVIDENCE, "reports/audit-report/latest/fleet-report.json").await;
    let model: Value = serde_json::from_slice(&model).unwrap();
    assert_eq!(model["acknowledged"][0]["note"], "it is known");
    let (is_done, text) =
        world.vigil("carol", &["report", "ack", finding, "--by", "c", "--note", "n"]).await;
    assert!(!is_done && text.contains("is resolved"), "{text}");
    world.assert_nothing_failed();
}

/// A subordinate whose certificate no CA of the account has is CRITICAL.
#[tokio::test(flavor = "multi_thread")]
async fn a_subordinate_that_no_ca_of_the_account_is_is_a_finding() {
    let world = World::start_for_days().await;
    let root = world.active_root(None).await;
    world.active_subordinate(&root).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["rogue".to_owned()]).unwrap();
    let csr = parameters.serialize_request(&key).unwrap().pem().unwrap();
    world.issue(&root, csr.as_bytes(), "SubordinateCACertificate_PathLen0", 30).await;
    world.advance(Duration::hours(3)).await;
    let found = world.findings("audit-report.unknown-subordinate");
    assert_eq!(statuses(&found), ["NEW"], "of two subordinates, one is known: {found:#?}");
    assert_eq!(found[0]["severity"], "CRITICAL");
    world.assert_nothing_failed();
}

/// What the lifecycle of the report bucket deletes after 90 days has a tag; the newest of the month has none.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_superseded_has_the_tag_of_the_lifecycle() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.advance(Duration::hours(1) + Duration::minutes(5)).await;
    world.advance(Duration::hours(24)).await;
    world.assert_nothing_failed();
    let listed = world.s3.list_objects_v2().bucket(REPORTS);
    let listed = listed.prefix(format!("audit-report/{}/", id(&ca))).send().await.unwrap();
    let mut reports: Vec<_> =
        listed.contents().iter().map(|it| (it.last_modified, it.key.clone().unwrap())).collect();
    reports.sort();
    assert_eq!(reports.len(), 2, "{reports:?}");
    let mut tags: Vec<Vec<String>> = Vec::new();
    for (_, key) in &reports {
        let tagged = world.s3.get_object_tagging().bucket(REPORTS).key(key).send().await.unwrap();
        tags.push(tagged.tag_set.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect());
    }
    assert_eq!(tags, [vec!["vigil:superseded=true".to_owned()], vec![]], "{reports:?}");
    let rules = world.s3.get_bucket_lifecycle_configuration().bucket(REPORTS).send().await.unwrap();
    let rules = rules.rules.unwrap();
    let rule = rules.iter().find(|rule| rule.id() == Some("SupersededReports")).unwrap();
    let filter = rule.filter().and_then(|filter| filter.and()).unwrap();
    let tag = &filter.tags()[0];
    assert_eq!((tag.key(), tag.value()), ("vigil:superseded", "true"));
    assert_eq!(rule.expiration().and_then(|expiration| expiration.days()), Some(90));
}
