//! What a restored CA gets back: its status, its attachments and its CRLs.

use std::collections::BTreeSet;

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::{EVIDENCE, World, id};
use serde_json::{Value, json};
use time::Duration;

use super::support::{chain_breaks, explain, restorations};

#[tokio::test(flavor = "multi_thread")]
async fn a_subordinate_active_until_its_deletion_is_active_again() {
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
    // Vigil's own calls (restore, make ACTIVE) have invoked no function.
    let invocations = world.stack.invocations();
    let own =
        invocations.iter().filter(|invocation| invocation.function == "vigil-auto-restore").count();
    assert_eq!(own, 2, "one for the disabling, one for the deletion");
    let cases = world.evidence(&format!("cases/{}/", id(&ca))).await;
    let case = world.object(EVIDENCE, &cases[0]).await;
    let explained = explain(&world, &case).await;
    let reactivation = json!({"permission": "granted", "policies": ["reactivate-subordinates"]});
    assert_eq!(explained["reactivation"], reactivation, "{explained:#}");
    world.assert_nothing_failed();
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
async fn with_put_back_what_the_last_snapshot_had_is_put_back() {
    let world = World::start_with(&[("PutBack", "true")]).await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.disable(&ca).await;
    world.stack.settled().await;
    let kept = world.evidence(&format!("state/snapshots/{}", id(&ca))).await;
    assert_eq!(kept.len(), 1, "the snapshot is taken at the disabling");
    world.store_attachments(&ca).await;
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

/// auto-restore reads this from the state that crl-audit has written.
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
    assert_eq!(acts.last().unwrap(), &"first-crl", "{acts:?}");
    assert_eq!(chain_breaks(&case), None);
    assert!(world.findings("auto-restore.restoration-unverified").is_empty());
    world.assert_nothing_failed();
}
