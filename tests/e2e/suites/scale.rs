//! One invocation of crl-audit audits as many CAs as an account may have, each with a small CRL.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::sync::Arc;

use e2e::world::World;
use serde_json::{Value, json};
use time::Duration;
use tokio::{sync::Semaphore, task::JoinSet};
use vigil_local::InvocationResult;

/// The quota of CAs in an account and Region (AWS General Reference).
const CAS: usize = 200;
const BUCKET: &str = "crl-bucket";

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_cas_are_audited_in_one_invocation() {
    let world = Arc::new(World::start().await);
    world.crl_bucket(BUCKET).await;
    // Otherwise each CRL that is published here would start an audit.
    world.stack.lose_events(true);
    // audit-report would request 200 reports, one a second: ACM PCA's quota.
    let rule = "--name=vigil-local-AuditReportHourly";
    let disable = || e2e::cli::aws(world.stack.endpoint(), &["events", "disable-rule", rule]);
    tokio::task::block_in_place(disable).unwrap();
    // On a slow machine, 200 at once would wait longer for S3 than the service does.
    let few = Arc::new(Semaphore::new(16));
    let mut making = JoinSet::new();
    for _ in 0..CAS {
        let (world, few) = (world.clone(), few.clone());
        making.spawn(async move {
            let _one = few.acquire().await.unwrap();
            world.active_root(Some(BUCKET)).await
        });
    }
    let cas = making.join_all().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    let csr = parameters.serialize_request(&key).unwrap().pem().unwrap();
    for ca in &cas {
        world.issue(ca, csr.as_bytes(), "EndEntityCertificate", 30).await;
    }
    // The first audit fetches 200 certificates, which takes more than ten seconds at ACM PCA's
    // quota; the next ones have them stored.
    for hour in 1..=2 {
        let before = audits(&world).len();
        world.advance(Duration::hours(1)).await;
        let audits = audits(&world).split_off(before);
        let [(took, audit)] = audits.as_slice() else { panic!("one invocation: {audits:#?}") };
        println!("hour {hour}: {CAS} CAs in {took} ms");
        assert_eq!((&audit["audited"], &audit["continued_from"]), (&json!(CAS), &json!(null)));
        assert!(audit["passed"].as_u64().unwrap() >= 10 * CAS as u64, "{audit}");
    }
    world.assert_nothing_failed();
}

/// How long each of crl-audit's invocations took, and what it said.
fn audits(world: &World) -> Vec<(u64, Value)> {
    let invocations = world.stack.invocations().into_iter();
    let audits = invocations.filter(|done| done.function == "vigil-crl-audit");
    let said = audits.map(|done| match done.outcome {
        InvocationResult::Response(audit) => (done.duration_ms, audit),
        InvocationResult::Error(error) => (done.duration_ms, error),
    });
    said.collect()
}
