//! A deletion and what follows, through the real function binaries: auto-restore and
//! restore-deadline on the stack that infra/template.yaml describes.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::{START, World, id};
use serde_json::json;
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
    let restored = world
        .stack
        .events()
        .iter()
        .filter(|seen| seen.event["detail"]["eventName"] == "RestoreCertificateAuthority")
        .count();
    assert_eq!(restored, 1);

    let case = world.object(e2e::world::EVIDENCE, &cases[0]).await;
    let case: serde_json::Value = serde_json::from_slice(&case).unwrap();
    assert!(case.to_string().contains("arn:aws:iam::111122223333:user/bob"), "{case:#}");
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
    let world = World::start().await;
    let ca = world.active_root(None).await;
    approve(&world, &ca).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::days(7) - Duration::minutes(1)).await;
    let alerts = world.findings("restore-deadline.");
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
    world.assert_nothing_failed();
}

async fn approve(world: &World, ca: &str) {
    let expires = (START + Duration::days(2)).format(&Rfc3339).unwrap();
    let approval =
        json!({"ca": ca, "approved_by": "carol", "reason": "CHG-1042", "expires": expires});
    world.put(&format!("approvals/{}.json", id(ca)), &approval).await;
}
