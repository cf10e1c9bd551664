//! KMS through AWS's own SDK: keys sign and make MACs, and their policies decide for whom.

use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{
    KeySpec, KeyUsageType, MacAlgorithmSpec, MessageType, SigningAlgorithmSpec,
};
use serde_json::json;
use testkit::kms::{client_at, signing_key};
use vigil_local::{SECRET, Stack};

use crate::support::bare;

fn kms_as(stack: &Stack, access_key: &str) -> Client {
    client_at(stack.endpoint(), access_key, SECRET, "us-east-1")
}

async fn key(client: &Client, spec: KeySpec, usage: KeyUsageType) -> String {
    let made = client.create_key().key_spec(spec).key_usage(usage).send().await.unwrap();
    made.key_metadata.unwrap().arn.unwrap()
}

async fn sign(client: &Client, key: &str, algorithm: SigningAlgorithmSpec) -> Blob {
    let call = client.sign().key_id(key).signing_algorithm(algorithm).message(Blob::new("text"));
    call.send().await.unwrap().signature.unwrap()
}

/// The error code, or nothing for a signature that holds.
async fn verify(
    client: &Client,
    key: &str,
    algorithm: SigningAlgorithmSpec,
    message: &[u8],
    signature: &Blob,
) -> Option<String> {
    let call = client.verify().key_id(key).signing_algorithm(algorithm).message(Blob::new(message));
    let answer = call.signature(signature.clone()).send().await;
    answer.err().map(|error| error.code().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_hold_for_their_message_and_key_only() {
    use SigningAlgorithmSpec::{EcdsaSha256, RsassaPkcs1V15Sha384, RsassaPssSha256};
    let stack = bare().start().await.unwrap();
    let kms = kms_as(&stack, "local");
    let ecc = key(&kms, KeySpec::EccNistP256, KeyUsageType::SignVerify).await;
    let rsa = key(&kms, KeySpec::Rsa2048, KeyUsageType::SignVerify).await;
    let other = key(&kms, KeySpec::EccNistP256, KeyUsageType::SignVerify).await;
    for (key, algorithm) in
        [(&ecc, EcdsaSha256), (&rsa, RsassaPkcs1V15Sha384), (&rsa, RsassaPssSha256)]
    {
        let signature = sign(&kms, key, algorithm.clone()).await;
        assert_eq!(verify(&kms, key, algorithm.clone(), b"text", &signature).await, None);
        let forged = verify(&kms, key, algorithm, b"other text", &signature).await;
        assert_eq!(forged.as_deref(), Some("KMSInvalidSignatureException"));
    }
    let signature = sign(&kms, &ecc, EcdsaSha256).await;
    let of_other = verify(&kms, &other, EcdsaSha256, b"text", &signature).await;
    assert_eq!(of_other.as_deref(), Some("KMSInvalidSignatureException"));
    let misused = verify(&kms, &rsa, EcdsaSha256, b"text", &signature).await;
    assert_eq!(misused.as_deref(), Some("InvalidKeyUsageException"));

    // A digest is signed as its message is.
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"text");
    let call = kms.verify().key_id(&ecc).signing_algorithm(EcdsaSha256);
    let call = call.message_type(MessageType::Digest).message(Blob::new(digest.as_ref()));
    assert!(call.signature(signature.clone()).send().await.unwrap().signature_valid);

    let public = kms.get_public_key().key_id(&ecc).send().await.unwrap();
    let key = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
        public.public_key.unwrap().into_inner(),
    );
    key.verify(b"text", signature.as_ref()).unwrap();
    stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn macs_hold_for_their_message_and_key_only() {
    let stack = bare().start().await.unwrap();
    let kms = kms_as(&stack, "local");
    let made = key(&kms, KeySpec::Hmac256, KeyUsageType::GenerateVerifyMac).await;
    let sha256 = MacAlgorithmSpec::HmacSha256;
    let call = kms.generate_mac().key_id(&made).mac_algorithm(sha256.clone());
    let mac = call.message(Blob::new("state")).send().await.unwrap().mac.unwrap();
    assert_eq!(mac.as_ref().len(), 32);
    for (message, want) in [("state", None), ("other", Some("KMSInvalidMacException"))] {
        let call = kms.verify_mac().key_id(&made).mac_algorithm(sha256.clone());
        let answer = call.message(Blob::new(message)).mac(mac.clone()).send().await;
        assert_eq!(answer.err().and_then(|error| error.code().map(str::to_owned)).as_deref(), want);
    }
    let signing = key(&kms, KeySpec::EccNistP256, KeyUsageType::SignVerify).await;
    let call = kms.generate_mac().key_id(&signing).mac_algorithm(sha256);
    let misused = call.message(Blob::new("state")).send().await.unwrap_err();
    assert_eq!(misused.code(), Some("InvalidKeyUsageException"));
    kms.disable_key().key_id(&made).send().await.unwrap();
    let call = kms.generate_mac().key_id(&made).mac_algorithm(MacAlgorithmSpec::HmacSha256);
    let disabled = call.message(Blob::new("state")).send().await.unwrap_err();
    assert_eq!(disabled.code(), Some("DisabledException"));
    stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_policy_says_who_may_sign() {
    let stack = bare().start().await.unwrap();
    let (carol, mallory) = (kms_as(&stack, "carol"), kms_as(&stack, "mallory"));
    let key = signing_key(&mallory, "111122223333", "carol").await;
    let signature = sign(&carol, &key, SigningAlgorithmSpec::EcdsaSha256).await;
    let algorithm = SigningAlgorithmSpec::EcdsaSha256;
    assert_eq!(verify(&mallory, &key, algorithm.clone(), b"text", &signature).await, None);
    let call = mallory.sign().key_id(&key).signing_algorithm(algorithm);
    let refused = call.message(Blob::new("text")).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
    stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_history_has_who_signed_with_a_key() {
    let stack = bare().start().await.unwrap();
    let carol = kms_as(&stack, "carol");
    let key = signing_key(&carol, "111122223333", "carol").await;
    sign(&carol, &key, SigningAlgorithmSpec::EcdsaSha256).await;
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    let credential = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/cloudtrail/aws4_request, \
                      SignedHeaders=host, Signature=0";
    let headers = [("x-amz-target", target), ("authorization", credential)];
    let request = json!({"LookupAttributes": [
        {"AttributeKey": "ResourceName", "AttributeValue": key}]});
    let (status, found) = crate::support::http_json(&stack, "POST", "/", &headers, &request).await;
    assert_eq!(status, 200, "{found}");
    let events: Vec<_> = found["Events"].as_array().unwrap().iter().collect();
    assert_eq!((events.len(), &events[0]["EventName"]), (1, &json!("Sign")), "{found}");
    let record: serde_json::Value =
        serde_json::from_str(events[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["userIdentity"]["arn"], "arn:aws:iam::111122223333:user/carol");
    assert!(!record.to_string().contains("dGV4dA"), "the message is not recorded");
    stack.shutdown().await;
}
