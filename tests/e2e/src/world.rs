//! A stack with Vigil deployed on it, and the steps that scenarios begin with.

use aws_sdk_acmpca::{
    Client as Acmpca,
    config::{BehaviorVersion, Credentials, Region},
    primitives::Blob,
    types::{
        Asn1Subject, CertificateAuthorityConfiguration, CertificateAuthorityStatus as Status,
        CertificateAuthorityType as Kind, CrlConfiguration, KeyAlgorithm, RevocationConfiguration,
        S3ObjectAcl, SigningAlgorithm, Validity, ValidityPeriodType,
    },
};
use aws_sdk_s3::{
    Client as S3,
    types::{
        BucketVersioningStatus, ServerSideEncryption, ServerSideEncryptionByDefault,
        ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
    },
};
use pca_local::Clock;
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::datetime};
use vigil_local::{SECRET, Stack};

use crate::root;

pub const START: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);
pub const EVIDENCE: &str = "vigil-evidence-111122223333-us-east-1";

/// The whole of it, on a clock that stands still until it is moved.
pub struct World {
    pub stack: Stack,
    pub pca: Acmpca,
    pub s3: S3,
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// For a scenario of days: auto-restore sweeps every hour only.
    pub async fn start_for_days() -> Self {
        Self::start_with(&[("SweepSchedule", "rate(1 hour)")]).await
    }

    /// With other values for the template's parameters.
    pub async fn start_with(parameters: &[(&str, &str)]) -> Self {
        let mut stack = Stack::builder()
            .template(root().join("infra/template.yaml"))
            .functions_dir(functions_dir())
            .clock(Clock::frozen_at(START));
        for (name, value) in parameters {
            stack = stack.parameter(*name, *value);
        }
        let stack = stack.start().await.expect("the stack starts");
        let (pca, s3) = clients(stack.endpoint(), "bob", "us-east-1");
        Self { stack, pca, s3 }
    }

    /// From now on CAs are made, and looked at, in another Region.
    pub fn move_to(&mut self, region: &'static str) {
        self.pca = clients(self.stack.endpoint(), "bob", region).0;
    }

    /// Makes the last snapshot of a CA one that had more than the CA has now: a tag, a permission
    /// and a resource policy.
    pub async fn remember_more(&self, ca: &str) {
        let read = [
            "Describe*",
            "GetCertificate",
            "GetCertificateAuthorityCertificate",
            "ListPermissions",
            "ListTags",
        ];
        let read =
            read.map(|name| format!("acm-pca:{}", name.replace('*', "CertificateAuthority")));
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "1", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
             "Action": read, "Resource": ca},
            {"Sid": "2", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
             "Action": ["acm-pca:IssueCertificate"], "Resource": ca,
             "Condition": {"StringEquals": {"acm-pca:TemplateArn":
                "arn:aws:acm-pca:::template/EndEntityCertificate/V1"}}},
        ]});
        let permission = serde_json::json!({"principal": "acm.amazonaws.com",
            "source_account": "111122223333",
            "actions": ["IssueCertificate", "GetCertificate", "ListPermissions"]});
        let snapshot = serde_json::json!({"ca": ca, "as_of": "2026-01-05T09:00:00Z",
            "policy": policy.to_string(), "permissions": [permission],
            "tags": {"owner": "pki-team"},
            "revocation": {"crl": null, "ocsp_enabled": true, "ocsp_custom_cname": null}});
        self.put(&format!("state/snapshots/{}.json", id(ca)), &snapshot).await;
    }

    pub async fn advance(&self, by: time::Duration) {
        let timeline = self.stack.timeline();
        timeline.advance_to(timeline.clock().now() + by).await;
    }

    /// A bucket that CAs write their CRLs to, with the policy that the service's console gives it (user
    /// guide, "Access policies for CRLs in Amazon S3").
    pub async fn crl_bucket(&self, bucket: &str) {
        self.s3.create_bucket().bucket(bucket).send().await.expect("a bucket");
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "acm-pca.amazonaws.com"},
            "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        }]});
        let put = self.s3.put_bucket_policy().bucket(bucket).policy(policy.to_string());
        put.send().await.expect("a policy of the documented form");
    }

    pub async fn keep_versions(&self, bucket: &str) {
        let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
        let put = self.s3.put_bucket_versioning().bucket(bucket);
        put.versioning_configuration(versioning.build()).send().await.expect("versions are kept");
    }

    /// The ARN of a new key whose policy lets the service write CRLs to the bucket (user guide,
    /// "Encrypting your CRLs").
    pub fn key_for(&self, bucket: &str) -> String {
        let policy =
            format!("--policy={}", key_policy(&["kms:GenerateDataKey", "kms:Decrypt"], bucket));
        let made = ["kms", "create-key", &policy, "--query=KeyMetadata.Arn", "--output=text"];
        crate::cli::aws(self.stack.endpoint(), &made).expect("a key")
    }

    /// A bucket key is not used: the objects' ARNs are what is asked for.
    pub async fn encrypt_with(&self, bucket: &str, key: &str) {
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::AwsKms)
            .kms_master_key_id(key)
            .build()
            .expect("it is complete");
        let rule =
            ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default);
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build());
        let put = self.s3.put_bucket_encryption().bucket(bucket);
        put.server_side_encryption_configuration(rules.build().expect("it is complete"))
            .send()
            .await
            .expect("the bucket takes it");
    }

    /// An ACTIVE root CA with a certificate of ten years.
    pub async fn active_root(&self, crl_bucket: Option<&str>) -> String {
        let ca = self.create(Kind::Root, crl_bucket).await;
        let csr = self.pca.get_certificate_authority_csr().certificate_authority_arn(&ca);
        let csr = csr.send().await.expect("a CSR").csr.expect("a CSR");
        let own = self.issue(&ca, csr.as_bytes(), "RootCACertificate", 3650).await;
        let own = self.pca.get_certificate().certificate_authority_arn(&ca).certificate_arn(own);
        let own = own.send().await.expect("a certificate").certificate.expect("a certificate");
        self.pca
            .import_certificate_authority_certificate()
            .certificate_authority_arn(&ca)
            .certificate(Blob::new(own))
            .send()
            .await
            .expect("the import is accepted");
        ca
    }

    /// An ACTIVE CA below `root`, with a certificate of a year.
    pub async fn active_subordinate(&self, root: &str) -> String {
        let ca = self.create(Kind::Subordinate, None).await;
        let csr = self.pca.get_certificate_authority_csr().certificate_authority_arn(&ca);
        let csr = csr.send().await.expect("a CSR").csr.expect("a CSR");
        let own = self.issue(root, csr.as_bytes(), "SubordinateCACertificate_PathLen0", 365).await;
        let own = self.pca.get_certificate().certificate_authority_arn(root).certificate_arn(own);
        let own = own.send().await.expect("a certificate");
        self.pca
            .import_certificate_authority_certificate()
            .certificate_authority_arn(&ca)
            .certificate(Blob::new(own.certificate.expect("a certificate")))
            .certificate_chain(Blob::new(own.certificate_chain.expect("a chain")))
            .send()
            .await
            .expect("the import is accepted");
        ca
    }

    async fn create(&self, kind: Kind, crl_bucket: Option<&str>) -> String {
        let subject = Asn1Subject::builder().common_name(kind.as_str()).build();
        let configuration = CertificateAuthorityConfiguration::builder()
            .key_algorithm(KeyAlgorithm::EcPrime256v1)
            .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
            .subject(subject)
            .build()
            .expect("it is complete");
        self.pca
            .create_certificate_authority()
            .certificate_authority_type(kind)
            .certificate_authority_configuration(configuration)
            .set_revocation_configuration(
                crl_bucket.map(|bucket| publishes_to(bucket, S3ObjectAcl::BucketOwnerFullControl)),
            )
            .send()
            .await
            .expect("the CA is created")
            .certificate_authority_arn
            .expect("it has an ARN")
    }

    /// The certificate's ARN.
    pub async fn issue(&self, ca: &str, csr: &[u8], template: &str, days: i64) -> String {
        let validity = Validity::builder().r#type(ValidityPeriodType::Days).value(days);
        self.pca
            .issue_certificate()
            .certificate_authority_arn(ca)
            .csr(Blob::new(csr))
            .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
            .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
            .validity(validity.build().expect("it is complete"))
            .send()
            .await
            .expect("the certificate is issued")
            .certificate_arn
            .expect("it has an ARN")
    }

    /// Disables and deletes the CA, as quickly as a script would, and waits for what follows.
    pub async fn delete(&self, ca: &str, window_days: i32) {
        self.disable(ca).await;
        self.delete_disabled(ca, window_days).await;
        self.stack.settled().await;
    }

    pub async fn publish_with_acl(&self, ca: &str, bucket: &str, acl: S3ObjectAcl) {
        self.pca
            .update_certificate_authority()
            .certificate_authority_arn(ca)
            .revocation_configuration(publishes_to(bucket, acl))
            .send()
            .await
            .expect("the CA can be updated");
    }

    pub async fn disable(&self, ca: &str) {
        self.pca
            .update_certificate_authority()
            .certificate_authority_arn(ca)
            .status(Status::Disabled)
            .send()
            .await
            .expect("the CA can be disabled");
    }

    pub async fn delete_disabled(&self, ca: &str, window_days: i32) {
        self.pca
            .delete_certificate_authority()
            .certificate_authority_arn(ca)
            .permanent_deletion_time_in_days(window_days)
            .send()
            .await
            .expect("a disabled CA can be deleted");
    }

    /// `None` when the CA is gone.
    pub async fn status(&self, ca: &str) -> Option<Status> {
        let described =
            self.pca.describe_certificate_authority().certificate_authority_arn(ca).send().await;
        described.ok()?.certificate_authority?.status
    }

    /// The newest CloudTrail event of an operation.
    pub fn event(&self, operation: &str) -> Value {
        self.stack
            .events()
            .into_iter()
            .rev()
            .map(|seen| seen.event)
            .find(|event| event["detail"]["eventName"] == operation)
            .expect("the operation was called")
    }

    /// The findings whose rule begins so, in the order in which they reached the bus.
    pub fn findings(&self, rule: &str) -> Vec<Value> {
        self.stack
            .events()
            .into_iter()
            .filter(|seen| seen.event["source"] == "vigil")
            .map(|seen| seen.event["detail"].clone())
            .filter(|finding| finding["rule"].as_str().is_some_and(|id| id.starts_with(rule)))
            .collect()
    }

    /// Every function did what it was invoked for.
    pub fn assert_nothing_failed(&self) {
        let failed: Vec<_> = self
            .stack
            .invocations()
            .into_iter()
            .filter(|done| !done.succeeded())
            .map(|done| (done.function, done.trigger, done.outcome))
            .collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }

    pub async fn put(&self, key: &str, body: &Value) {
        let body = body.to_string().into_bytes().into();
        let put = self.s3.put_object().bucket(EVIDENCE).key(key).body(body).send().await;
        put.expect("the evidence bucket takes the object");
    }

    pub async fn evidence(&self, prefix: &str) -> Vec<String> {
        let listed = self.s3.list_objects_v2().bucket(EVIDENCE).prefix(prefix).send().await;
        let listed = listed.expect("the evidence bucket is listed");
        listed.contents().iter().filter_map(|object| object.key.clone()).collect()
    }

    pub async fn object(&self, bucket: &str, key: &str) -> Vec<u8> {
        let object = self.s3.get_object().bucket(bucket).key(key).send().await;
        let body = object.expect("the object is there").body.collect().await;
        body.expect("the object can be read").to_vec()
    }
}

/// As the user guide has it for a bucket without a bucket key: the account, and the service.
pub fn key_policy(service_may: &[&str], bucket: &str) -> Value {
    let objects = ["acm-pca-permission-test-key", "acm-pca-permission-test-key-private", "crl/*"];
    let objects = objects.map(|object| format!("arn:aws:s3:::{bucket}/{object}"));
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
         "Action": service_may, "Resource": "*",
         "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": objects}}},
    ]})
}

/// The last part of an ARN.
pub fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn functions_dir() -> std::path::PathBuf {
    let folder = crate::binary("auto-restore");
    folder.parent().expect("a binary is in a folder").to_owned()
}

fn clients(endpoint: &str, access_key_id: &str, region: &'static str) -> (Acmpca, S3) {
    let credentials = Credentials::new(access_key_id, SECRET, None, None, "e2e");
    let region = Region::new(region);
    let pca = aws_sdk_acmpca::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials.clone())
        .endpoint_url(endpoint)
        .region(region.clone())
        .build();
    let s3 = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .force_path_style(true)
        .region(region)
        .build();
    (Acmpca::from_conf(pca), S3::from_conf(s3))
}

fn publishes_to(bucket: &str, acl: S3ObjectAcl) -> RevocationConfiguration {
    let crl = CrlConfiguration::builder()
        .enabled(true)
        .expiration_in_days(2)
        .s3_bucket_name(bucket)
        .s3_object_acl(acl)
        .build()
        .expect("it is complete");
    RevocationConfiguration::builder().crl_configuration(crl).build()
}
