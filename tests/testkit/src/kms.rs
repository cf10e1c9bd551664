//! A client of KMS, and the keys that people and functions sign with.

use aws_sdk_kms::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{KeySpec, KeyUsageType},
};

/// A client of a KMS that listens at a URL.
pub fn client_at(endpoint: &str, access_key_id: &str, secret: &str, region: &str) -> Client {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key_id, secret, None, None, "test"))
        .endpoint_url(endpoint)
        .region(Region::new(region.to_owned()))
        .build();
    Client::from_conf(config)
}

/// The ARN of a new signing key. Its policy lets `signer` sign, and everyone in the account verify.
///
/// # Panics
///
/// If KMS does not make the key.
pub async fn signing_key(client: &Client, account: &str, signer: &str) -> String {
    let root = format!("arn:aws:iam::{account}:root");
    let admin = ["kms:DescribeKey", "kms:DisableKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy"];
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": root}, "Action": admin, "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": root},
         "Action": ["kms:GetPublicKey", "kms:Verify"], "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:user/{signer}")},
         "Action": "kms:Sign", "Resource": "*"},
    ]});
    let made = client
        .create_key()
        .key_spec(KeySpec::EccNistP256)
        .key_usage(KeyUsageType::SignVerify)
        .policy(policy.to_string())
        .send()
        .await
        .expect("KMS makes a key");
    made.key_metadata.and_then(|of| of.arn).expect("a key has an ARN")
}
