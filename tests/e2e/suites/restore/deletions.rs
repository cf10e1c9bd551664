//! Which deletions are undone, and the facts that each is judged by.

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::{EVIDENCE, World, id};
use serde_json::{Value, json};
use time::Duration;

use super::support::{chain_breaks, explain, restorations};

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

/// The invocation of auto-restore that a trigger of the template set off last.
fn last_invocation(world: &World, trigger: &str) -> Value {
    let invocations = world.stack.invocations();
    let is_it = |invocation: &&vigil_local::Invocation| invocation.trigger.contains(trigger);
    let last = invocations.iter().rev().find(is_it).expect("it was triggered");
    serde_json::to_value(&last.outcome).unwrap()["response"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_event_is_lost_is_found_by_the_sweep() {
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
    assert_eq!(acts, ["seen", "judged", "restoring", "restored", "published"]);
    // CloudTrail's event history had the event that EventBridge lost, so it brings nothing new.
    assert_eq!(case["entries"][0]["source"], "history");
    assert_eq!((restorations(&world), world.findings("auto-restore.").len()), (1, 1));
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fourth_deletion_of_a_ca_is_escalated_not_restored() {
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
    // The sweep comes once an hour here.
    world.advance(Duration::hours(2)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled), "after the pause of an hour");
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_copy_of_an_old_deletion_does_not_judge_a_new_one() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    let old = world.event("DeleteCertificateAuthority");
    world.advance(Duration::hours(1)).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "approved: the deletion stands");

    world.stack.deliver(old);
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "and still does");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_deletion_invokes_no_function() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    let refused = world.pca.delete_certificate_authority().certificate_authority_arn(&ca);
    refused.send().await.unwrap_err();
    world.stack.settled().await;
    let invoked: Vec<_> = world.stack.invocations();
    assert!(invoked.is_empty(), "{invoked:#?}");
}

/// The facts are the newest audit report and the CAs below this one.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_judged_by_report_subordinates_and_tags() {
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
async fn one_deployment_watches_several_regions() {
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
