//! A deletion and what follows, through the real function binaries: auto-restore and
//! restore-deadline on the stack that infra/template.yaml describes.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    collections::BTreeSet,
    io::Write as _,
    process::{Command, Stdio},
};

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::{EVIDENCE, START, World, id};
use serde_json::{Value, json};
use time::{Duration, format_description::well_known::Rfc3339};

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_undone_once_however_often_its_event_arrives() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled), "restored as it was");

    let deletion = world.event("DeleteCertificateAuthority");
    for _ in 0..3 {
        world.stack.deliver(deletion.clone());
    }
    world.stack.settled().await;
    let cases = world.evidence(&format!("cases/{}/", id(&ca))).await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    let findings = world.findings("auto-restore.");
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(restorations(&world), 1);

    let case = world.object(EVIDENCE, &cases[0]).await;
    let case: Value = serde_json::from_slice(&case).unwrap();
    assert!(case.to_string().contains("arn:aws:iam::111122223333:user/bob"), "{case:#}");
    assert_eq!(chain_breaks(&case), None);
    let mut forged = case.clone();
    forged["entries"][0]["deletion"]["by"]["arn"] = json!("arn:aws:iam::111122223333:user/eve");
    assert_eq!(chain_breaks(&forged), Some(0));
    let removed = world.s3.delete_object().bucket(EVIDENCE).key(&cases[0]).send().await;
    removed.expect_err("evidence is only added to");
    world.assert_nothing_failed();
}

/// The chain of a case's acts, checked by another program in another language.
fn chain_breaks(case: &Value) -> Option<u64> {
    const CHECK: &str = r#"
import hashlib, json, sys
previous = "0" * 64
for place, entry in enumerate(json.load(sys.stdin)["entries"]):
    claimed = entry.pop("hash")
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if entry["previous"] != previous or hashlib.sha256(text.encode()).hexdigest() != claimed:
        sys.exit(str(place))
    previous = claimed
"#;
    let mut python = Command::new(e2e::tool("python"));
    python.args(["-c", CHECK]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut python = python.spawn().unwrap();
    python.stdin.take().unwrap().write_all(case.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (!output.status.success()).then(|| said.trim().parse().expect("the place of the break"))
}

fn restorations(world: &World) -> usize {
    let events = world.stack.events();
    let is_restoration =
        |event: &Value| event["detail"]["eventName"] == "RestoreCertificateAuthority";
    events.iter().filter(|seen| is_restoration(&seen.event)).count()
}

/// The invocation of auto-restore that a trigger of the template set off last.
fn last_invocation(world: &World, trigger: &str) -> Value {
    let invocations = world.stack.invocations();
    let is_it = |invocation: &&vigil_local::Invocation| invocation.trigger.contains(trigger);
    let last = invocations.iter().rev().find(is_it).expect("it was triggered");
    serde_json::to_value(&last.outcome).unwrap()["response"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subordinate_that_was_active_until_its_deletion_is_active_again() {
    let world = World::start().await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Active));
    assert_eq!(restorations(&world), 1);
    let findings = world.findings("auto-restore.");
    let ids: BTreeSet<_> = findings.iter().map(|finding| finding["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{findings:#?}");
    assert_eq!(findings.last().unwrap()["evidence"]["status"], "ACTIVE");
    // Our own calls (restore, make ACTIVE) have set nothing off.
    let invocations = world.stack.invocations();
    let own = invocations.iter().filter(|invocation| invocation.function == "auto-restore").count();
    assert_eq!(own, 2, "one for the disabling, one for the deletion");
    let cases = world.evidence(&format!("cases/{}/", id(&ca))).await;
    let case = world.object(EVIDENCE, &cases[0]).await;
    let explained = explain(&world, &case).await;
    let reactivation = json!({"permission": "granted", "policies": ["back-into-service"]});
    assert_eq!(explained["reactivation"], reactivation, "{explained:#}");
    world.assert_nothing_failed();
}

/// What `vigil policy explain` makes of a case's record, offline.
async fn explain(world: &World, case: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("case.json");
    std::fs::write(&record, case).unwrap();
    let record = record.display().to_string();
    let (is_done, text) = vigil(world, &["policy", "explain", &record, "--json"]).await;
    assert!(is_done, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabling_whose_event_comes_last_still_counts() {
    let world = World::start().await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.stack.lose_events(true);
    world.disable(&ca).await;
    let disabling = world.event("UpdateCertificateAuthority");
    world.delete_disabled(&ca, 7).await;
    let deletion = world.event("DeleteCertificateAuthority");
    world.stack.lose_events(false);

    world.stack.deliver(deletion);
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled));
    world.stack.deliver(disabling);
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Active));
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_event_is_lost_is_found_by_the_sweep_and_the_late_event_joins() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.stack.lose_events(true);
    world.disable(&ca).await;
    world.delete_disabled(&ca, 7).await;
    let deletion = world.event("DeleteCertificateAuthority");
    world.stack.lose_events(false);
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));

    world.advance(Duration::minutes(16)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled), "the sweep has found it");
    let sweep = last_invocation(&world, "Sweep");
    assert_eq!(sweep["outcome"], "swept", "{sweep:#}");
    world.stack.deliver(deletion);
    world.stack.settled().await;
    let cases = world.evidence(&format!("cases/{}/", id(&ca))).await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    let case: Value = serde_json::from_slice(&world.object(EVIDENCE, &cases[0]).await).unwrap();
    let acts: Vec<_> = case["entries"].as_array().unwrap().iter().map(|of| &of["act"]).collect();
    assert_eq!(acts, ["seen", "judged", "restoring", "restored", "told", "joined"]);
    assert_eq!((restorations(&world), world.findings("auto-restore.").len()), (1, 1));
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deletes_again_and_again_is_left_to_people() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    for turn in 1..=4 {
        world.delete(&ca, 7).await;
        let want = if turn <= 3 { Status::Disabled } else { Status::Deleted };
        assert_eq!(world.status(&ca).await, Some(want), "deletion {turn}");
        world.advance(Duration::minutes(20)).await;
    }
    let escalated = world.findings("auto-restore.escalated");
    assert_eq!(escalated.len(), 1, "{escalated:#?}");
    assert_eq!(escalated[0]["severity"], "CRITICAL");
    world.advance(Duration::days(4)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "it is for people now");
    let alerts = world.findings("restore-deadline.threshold");
    assert!(alerts.len() >= 2, "who are told on: {alerts:#?}");
    world.assert_nothing_failed();
}

/// Runs `vigil` as somebody at a terminal would, with the stack for AWS.
async fn vigil(world: &World, arguments: &[&str]) -> (bool, String) {
    let mut command = tokio::process::Command::new(e2e::binary("vigil"));
    command
        .args(arguments)
        .env_clear()
        .env("AWS_ENDPOINT_URL", world.stack.endpoint())
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "carol")
        .env("AWS_SECRET_ACCESS_KEY", vigil_local::SECRET)
        .env("VIGIL_EVIDENCE_BUCKET", EVIDENCE);
    let output = command.output().await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acknowledges_is_not_reminded_until_the_date_they_gave() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    let ack = ["deadline", "ack", &ca, "--until", "2026-01-10", "--by", "carol"];
    let (is_done, text) = vigil(&world, &ack).await;
    assert!(!is_done && text.contains("is ACTIVE, not DELETED"), "{text}");

    approve(&world, &ca).await;
    world.delete(&ca, 7).await;
    let (is_done, text) = vigil(&world, &ack).await;
    assert!(is_done && text.contains("the last alert before that will still come"), "{text}");
    // 7 d and 3 d before the end pass until then, 1 d after it.
    world.advance(Duration::days(6) + Duration::hours(2)).await;
    let alerts = world.findings("restore-deadline.threshold");
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!(alerts[0]["evidence"]["threshold"], "1d");
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_ca_resolves_the_alerts_of_its_deadline() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    approve(&world, &ca).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::days(4) + Duration::hours(2)).await;
    let alerts = world.findings("restore-deadline.threshold").len();
    assert_eq!(alerts, 2);
    world.pca.restore_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();
    world.advance(Duration::hours(2)).await;
    let resolved = world.findings("restore-deadline.threshold").split_off(alerts);
    assert!(resolved.iter().all(|finding| finding["status"] == "RESOLVED"), "{resolved:#?}");
    assert_eq!(resolved.len(), 2);
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_copy_of_an_old_deletion_does_not_judge_a_new_one() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    let old = world.event("DeleteCertificateAuthority");
    world.advance(Duration::hours(1)).await;
    approve(&world, &ca).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "approved: the deletion stands");

    world.stack.deliver(old);
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "and still does");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_deletion_is_nobodys_business() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    let refused = world.pca.delete_certificate_authority().certificate_authority_arn(&ca);
    refused.send().await.unwrap_err();
    world.stack.settled().await;
    let invoked: Vec<_> = world.stack.invocations();
    assert!(invoked.is_empty(), "{invoked:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_runs_down_is_announced_once_at_each_threshold() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    approve(&world, &ca).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::days(7) - Duration::minutes(1)).await;
    let alerts = world.findings("restore-deadline.threshold");
    let severities: Vec<_> =
        alerts.iter().map(|alert| alert["severity"].as_str().unwrap().to_owned()).collect();
    // 14 d is longer than the window: it is skipped.
    assert_eq!(severities.len(), 5, "{alerts:#?}");
    assert_eq!(severities.last().map(String::as_str), Some("CRITICAL"));
    let command = format!("restore-certificate-authority --certificate-authority-arn {ca}");
    let last = alerts.last().unwrap();
    assert!(last["remediation"].as_str().unwrap().contains(&command), "{last:#}");

    world.advance(Duration::hours(2)).await;
    assert_eq!(world.status(&ca).await, None, "gone for good");
    let gone = world.findings("restore-deadline.gone");
    assert_eq!(gone.len(), 1, "{gone:#?}");
    assert_eq!(gone[0]["severity"], "INFORMATIONAL", "it was announced");
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_against_the_last_snapshot_is_put_back() {
    let world = World::start().await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.disable(&ca).await;
    world.stack.settled().await;
    let kept = world.evidence(&format!("state/snapshots/{}", id(&ca))).await;
    assert_eq!(kept.len(), 1, "the disabling was the last moment to look");
    world.remember_more(&ca).await;
    world.delete_disabled(&ca, 7).await;
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Active));

    let tags = world.pca.list_tags().certificate_authority_arn(&ca).send().await.unwrap();
    assert_eq!(tags.tags()[0].value(), Some("pki-team"));
    let held = world.pca.list_permissions().certificate_authority_arn(&ca).send().await.unwrap();
    assert_eq!(held.permissions().len(), 1);
    let policy = world.pca.get_policy().resource_arn(&ca).send().await.unwrap();
    assert!(policy.policy().unwrap().contains("444455556666"));
    let described = world.pca.describe_certificate_authority().certificate_authority_arn(&ca);
    let described = described.send().await.unwrap().certificate_authority.unwrap();
    let revocation = described.revocation_configuration.unwrap();
    assert!(revocation.ocsp_configuration.unwrap().enabled);
    let findings = world.findings("auto-restore.restored");
    let put_back = findings[0]["evidence"]["put_back"].as_str().unwrap();
    assert_eq!(put_back.split(", ").count(), 4, "{put_back}");
    world.assert_nothing_failed();
}

/// What a deletion is judged by: the newest audit report, and what the CA has signed.
#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_a_ca_is_known_when_its_deletion_is_judged() {
    let world = World::start_for_days().await;
    let root = world.active_root(None).await;
    world.active_subordinate(&root).await;
    world.advance(Duration::hours(26)).await;
    world.delete(&root, 7).await;
    let cases = world.evidence(&format!("cases/{}/", id(&root))).await;
    let case: Value = serde_json::from_slice(&world.object(EVIDENCE, &cases[0]).await).unwrap();
    let judged = &case["entries"][1]["judgement"];
    assert_eq!(judged["unknown"], json!([]), "{judged:#}");
    // Its own certificate and the subordinate's.
    assert_eq!(judged["request"]["context"]["certificates"]["valid"], 2);
    assert_eq!(judged["request"]["context"]["subordinates"]["active"], 1);
    assert_eq!(judged["request"]["context"]["tagsKnown"], true);
    let verdict = judged["verdict"].clone();
    world.assert_nothing_failed();

    let explained = explain(&world, case.to_string().as_bytes()).await;
    assert_eq!(explained["verdict"], verdict, "{explained:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_deployment_looks_after_several_regions() {
    let regions = ("Regions", "us-east-1,eu-west-1");
    let mut world = World::start_with(&[regions, ("SweepSchedule", "rate(1 hour)")]).await;
    let here = world.active_root(None).await;
    world.move_to("eu-west-1");
    let there = world.active_root(None).await;
    assert!(there.contains(":eu-west-1:"), "{there}");
    world.delete(&there, 7).await;
    assert_eq!(world.status(&there).await, Some(Status::Disabled), "by its event");
    world.stack.lose_events(true);
    world.delete_disabled(&there, 7).await;
    world.move_to("us-east-1");
    world.disable(&here).await;
    world.delete_disabled(&here, 7).await;
    world.stack.lose_events(false);
    world.advance(Duration::hours(2)).await;
    assert_eq!(world.status(&here).await, Some(Status::Disabled), "by the sweep");
    world.move_to("eu-west-1");
    assert_eq!(world.status(&there).await, Some(Status::Disabled), "by the sweep, there too");
    world.assert_nothing_failed();
}

/// Policy lets the deletion stand, and does not let the window end.
#[tokio::test(flavor = "multi_thread")]
async fn the_dead_mans_switch_takes_back_what_is_in_use() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    let policies = include_str!("../../infra/policies/default.cedar");
    let anybody = r#"@id("anybody") permit(principal,
        action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    let body = format!("{policies}\n{anybody}").into_bytes().into();
    let put = world.s3.put_object().bucket(EVIDENCE).key("policies/own.cedar").body(body);
    put.send().await.unwrap();
    world.delete(&ca, 7).await;
    world.advance(Duration::days(7) - Duration::hours(2)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "it stands");
    world.advance(Duration::hours(1) + Duration::minutes(5)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled), "it is taken back");
    let restored = world.findings("auto-restore.restored");
    assert!(restored[0]["title"].as_str().unwrap().contains("about to end"), "{restored:#?}");
    world.advance(Duration::hours(2)).await;
    let resolved = world.findings("restore-deadline.threshold");
    assert_eq!(resolved.last().unwrap()["status"], "RESOLVED");
    world.assert_nothing_failed();
}

/// auto-restore learns of it from what crl-audit has read.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_crl_proves_that_a_restored_ca_works() {
    let world = World::start_for_days().await;
    let bucket = "crl-bucket";
    world.crl_bucket(bucket).await;
    let ca = world.active_root(Some(bucket)).await;
    // The first certificate brings the first CRL.
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    let csr = parameters.serialize_request(&key).unwrap().pem().unwrap();
    world.issue(&ca, csr.as_bytes(), "EndEntityCertificate", 30).await;
    world.advance(Duration::hours(2)).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled));
    // A CRL of two days is renewed after one, and a DISABLED CA signs CRLs as an ACTIVE one does.
    world.advance(Duration::hours(27)).await;
    let cases = world.evidence(&format!("cases/{}/", id(&ca))).await;
    let case: Value = serde_json::from_slice(&world.object(EVIDENCE, &cases[0]).await).unwrap();
    let acts: Vec<_> = case["entries"].as_array().unwrap().iter().map(|of| &of["act"]).collect();
    assert_eq!(acts.last().unwrap(), &"proven", "{acts:?}");
    assert_eq!(chain_breaks(&case), None);
    assert!(world.findings("auto-restore.unproven").is_empty());
    world.assert_nothing_failed();
}

async fn approve(world: &World, ca: &str) {
    let expires = (START + Duration::days(2)).format(&Rfc3339).unwrap();
    let approval =
        json!({"ca": ca, "approved_by": "carol", "reason": "CHG-1042", "expires": expires});
    world.put(&format!("approvals/{}.json", id(ca)), &approval).await;
}
