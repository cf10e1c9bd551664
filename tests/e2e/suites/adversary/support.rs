//! The steps of this suite.

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use aws_sdk_kms::{
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use e2e::world::{APPROVER_KEY, EVIDENCE, POLICY_KEY, World, id};
use time::{Duration, OffsetDateTime};
use vigil_core::{
    policy::Publication,
    signed::{self, Signature, Signed, Statement},
};

pub(super) const HUGE: usize = 2 * 1024 * 1024;

pub(super) async fn put_text(world: &World, key: &str, text: impl Into<Vec<u8>>) {
    let put = world.s3.put_object().bucket(EVIDENCE).key(key).body(text.into().into());
    put.send().await.expect("the evidence bucket takes the object");
}

/// The end of the CA's window.
pub(super) async fn window_end(world: &World, ca: &str) -> OffsetDateTime {
    let described = world.pca.describe_certificate_authority().certificate_authority_arn(ca);
    let described = described.send().await.unwrap().certificate_authority.unwrap();
    let until = described.restorable_until.expect("a deleted CA has a window");
    OffsetDateTime::from_unix_timestamp(until.secs()).unwrap()
}

/// Where the record of the CA's present deletion goes.
pub(super) async fn case_key(world: &World, ca: &str) -> String {
    let form = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let until = window_end(world, ca).await.format(form).unwrap();
    format!("cases/{}/{until}.json", id(ca))
}

/// Replaces the evidence bucket's policy.
pub(super) async fn deny(world: &World, actions: &[&str], resource: &str) {
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": actions,
        "Resource": [format!("arn:aws:s3:::{EVIDENCE}/{resource}"), format!("arn:aws:s3:::{EVIDENCE}")],
    }]});
    let put = world.s3.put_bucket_policy().bucket(EVIDENCE).policy(policy.to_string());
    put.send().await.expect("the bucket takes the policy");
}

/// The CA after the end of the window that it is in.
pub(super) async fn after_the_window(world: &World) -> Duration {
    let week = Duration::days(7) + Duration::hours(1);
    world.advance(week).await;
    week
}

pub(super) async fn assert_not_lost(world: &World, ca: &str, attack: &str) {
    let status = world.status(ca).await;
    let is_back = matches!(status, Some(Status::Active | Status::Disabled));
    assert!(is_back, "{attack}: the CA is {status:?}");
}

/// A signature of the key for this statement, as carol can make it.
pub(super) async fn sign<T: Statement>(world: &World, key: &str, statement: &T) -> Signature {
    let kms =
        testkit::kms::client_at(world.stack.endpoint(), "carol", vigil_local::SECRET, "us-east-1");
    let digest = signed::digest(statement).unwrap();
    let call = kms.sign().key_id(key).message_type(MessageType::Digest);
    let call = call.signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
    let made = call.message(Blob::new(digest.as_slice())).send().await.unwrap();
    let signature = BASE64_STANDARD.encode(made.signature.unwrap());
    Signature { key: made.key_id.unwrap(), signature }
}

/// Puts a statement that `vigil` would not make, with a good signature of the approvers.
pub(super) async fn put_signed<T: Statement>(
    world: &World,
    key: &str,
    statement: &serde_json::Value,
) {
    let statement: T = serde_json::from_value(statement.clone()).unwrap();
    let signatures = vec![sign(world, APPROVER_KEY, &statement).await];
    put_text(world, key, Signed { statement, signatures }.to_json().unwrap()).await;
}

/// Publishes policies that `vigil` would refuse, with a good signature of the publishers.
pub(super) async fn publish_hostile(world: &World, text: String) {
    let files = serde_json::json!([{"name": "x.cedar", "text": text}]);
    let statement = serde_json::json!({"version": 1, "author": "mallory",
        "published_at": "2026-01-05T09:00:00Z", "files": files});
    let statement: Publication = serde_json::from_value(statement).unwrap();
    let signatures = vec![sign(world, POLICY_KEY, &statement).await];
    let signed = Signed { statement, signatures }.to_json().unwrap();
    put_text(world, "policies/set.json", signed).await;
}
