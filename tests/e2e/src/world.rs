//! A stack with Vigil deployed, and the steps that scenarios begin with.

use std::{fs, path::Path};

use aws_sdk_acmpca::Client as Acmpca;
use aws_sdk_s3::{
    Client as S3,
    types::{
        BucketVersioningStatus, ServerSideEncryption, ServerSideEncryptionByDefault,
        ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
    },
};
use pca_local::Clock;
use serde_json::{Value, json};
use testkit::{pca, s3};
use time::{OffsetDateTime, macros::datetime};
use vigil_local::{SECRET, Stack};

use crate::root;

mod authorities;

/// When each world's clock begins.
pub const START: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);
/// Who subscribes to the topics.
pub const ALERT_EMAIL: &str = "pki@example.com";
/// The parameter OnCallEmail.
pub const ON_CALL_EMAIL: &str = "on-call@example.com";
/// Who approves deletions and publishes policies, with the two keys.
pub const CAROL: &str = "arn:aws:iam::111122223333:user/carol";
/// The key that approvals are signed with.
pub const APPROVER_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/ApproverKey";
/// The key that policies are signed with.
pub const POLICY_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/PolicyKey";
const STATE_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/StateKey";
/// The evidence bucket of each world.
pub const EVIDENCE: &str = "vigil-evidence-111122223333-us-east-1";

/// A stack with Vigil deployed, on a clock that stands still until a test moves it.
pub struct World {
    /// The local stack, with Vigil deployed.
    pub stack: Stack,
    /// A client of ACM PCA, as the user bob.
    pub pca: Acmpca,
    /// A client of S3, as the user bob.
    pub s3: S3,
}

impl World {
    /// Starts a stack with the template's defaults.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// For a scenario of days: auto-restore sweeps every hour only.
    pub async fn start_for_days() -> Self {
        Self::start_with(&[("SweepSchedule", "rate(1 hour)")]).await
    }

    /// With other values for the template's parameters.
    pub async fn start_with(parameters: &[(&str, &str)]) -> Self {
        let template = root().join("infra/template.yaml");
        Self::deploy(&template, None, Clock::frozen_at(START), parameters).await
    }

    /// With another template, over what is in the folder `data`.
    pub async fn deploy(
        template: &Path,
        data: Option<&Path>,
        clock: Clock,
        parameters: &[(&str, &str)],
    ) -> Self {
        let mut stack = Stack::builder()
            .template(template)
            .functions_dir(functions_dir())
            .parameter("AlertEmail", ALERT_EMAIL)
            .parameter("OnCallEmail", ON_CALL_EMAIL)
            .parameter("Approvers", CAROL)
            .parameter("Publishers", CAROL)
            .clock(clock);
        // An attacker who may write any object is what most tests are about. Older templates never stop one.
        if fs::read_to_string(template).is_ok_and(|text| text.contains("ProtectEvidence:")) {
            stack = stack.parameter("ProtectEvidence", "false");
        }
        if let Some(data) = data {
            stack = stack.data_dir(data);
        }
        for (name, value) in parameters {
            stack = stack.parameter(*name, *value);
        }
        let stack = stack.start().await.expect("the stack starts");
        let pca = pca::client_at(stack.endpoint(), "bob", SECRET, "us-east-1");
        let s3 = s3::client_at(stack.endpoint(), "bob", SECRET, "us-east-1");
        Self { stack, pca, s3 }
    }

    /// Creates and describes CAs in another Region from now on.
    pub fn move_to(&mut self, region: &str) {
        self.pca = pca::client_at(self.stack.endpoint(), "bob", SECRET, region);
    }

    /// Replaces the last snapshot of a CA with one that has more than the CA: a tag, a permission
    /// and a resource policy.
    pub async fn store_attachments(&self, ca: &str) {
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
        // A snapshot that is older than the deletion by more than an hour is not put back.
        let now = self.stack.timeline().clock().now();
        let as_of = now.format(&time::format_description::well_known::Rfc3339);
        let as_of = as_of.expect("a year of four digits");
        let snapshot = serde_json::json!({"ca": ca, "as_of": as_of,
            "policy": policy.to_string(), "permissions": [permission],
            "tags": {"owner": "pki-team"},
            "revocation": {"crl": null, "ocsp_enabled": true, "ocsp_custom_cname": null}});
        self.put_sealed(&format!("state/snapshots/{}.json", id(ca)), &snapshot).await;
    }

    /// Puts a record as auto-restore would: with the seal that it alone can make.
    pub async fn put_sealed(&self, key: &str, body: &Value) {
        let function = "lambda-vigil-auto-restore";
        let kms = testkit::kms::client_at(self.stack.endpoint(), function, SECRET, "us-east-1");
        let sealing = vigil_aws::signatures::KmsSealing::new(kms, STATE_KEY.to_owned());
        let secret = vigil_core::ports::Sealing::secret(&sealing).await.expect("its role may");
        let sealed = vigil_core::ports::seal(&secret, key, body.to_string().into_bytes());
        let put = self.s3.put_object().bucket(EVIDENCE).key(key).body(sealed.into()).send().await;
        put.expect("the evidence bucket takes the object");
    }

    /// Runs `vigil` as this operator would, with the stack in the place of AWS: whether it succeeded,
    /// and what it printed.
    pub async fn vigil(&self, who: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = tokio::process::Command::new(crate::binary("vigil"));
        command
            .args(arguments)
            .env_clear()
            .env("AWS_ENDPOINT_URL", self.stack.endpoint())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", who)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("VIGIL_APPROVER_KEY", APPROVER_KEY)
            .env("VIGIL_POLICY_KEY", POLICY_KEY)
            .env("VIGIL_EVIDENCE_BUCKET", EVIDENCE);
        let output = command.output().await.expect("the program runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// carol approves the deletion of a CA, now or within a week.
    pub async fn approve(&self, ca: &str) {
        let arguments = ["approve", ca, "--by", "carol", "--reason", "CHG-1042"];
        let (is_done, text) = self.vigil("carol", &arguments).await;
        assert!(is_done, "{text}");
    }

    /// carol acknowledges a finding of audit-report.
    pub async fn acknowledge(&self, finding: &str) {
        let arguments = ["report", "ack", finding, "--by", "carol", "--note", "it is known"];
        let (is_done, text) = self.vigil("carol", &arguments).await;
        assert!(is_done, "{text}");
    }

    /// carol publishes these policies in place of those before.
    pub async fn publish(&self, policies: &str) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("own.cedar");
        fs::write(&file, policies).expect("the file is written");
        let file = file.display().to_string();
        let (is_done, text) =
            self.vigil("carol", &["policy", "publish", &file, "--author", "carol"]).await;
        assert!(is_done, "{text}");
    }

    /// Moves the clock, and waits until what that caused is done.
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

    /// Enables versioning of a bucket.
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

    /// Without a bucket key, so that the encryption context has the objects' ARNs.
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

    /// The findings whose rule's id begins so, in the order in which they reached the bus.
    pub fn findings(&self, rule: &str) -> Vec<Value> {
        self.stack
            .events()
            .into_iter()
            .filter(|seen| seen.event["source"] == "vigil")
            .map(|seen| seen.event["detail"].clone())
            .filter(|finding| finding["rule"].as_str().is_some_and(|id| id.starts_with(rule)))
            .collect()
    }

    /// No invocation of a function failed.
    pub fn assert_nothing_failed(&self) {
        let failed: Vec<_> = self
            .stack
            .invocations()
            .into_iter()
            .filter(|done| !done.succeeded())
            .map(|done| (done.function, done.trigger, done.outcome))
            .collect();
        assert!(failed.is_empty(), "{failed:#?}");
        self.assert_everyone_was_told();
    }

    /// EventBridge could make every delivery. Every finding is in the log group, and each from LOW
    /// upwards in the mailbox.
    pub fn assert_everyone_was_told(&self) {
        let undelivered = self.stack.failed_invocations();
        assert!(undelivered.is_empty(), "not delivered: {undelivered:?}");
        let published = self.findings("");
        let logged = self.lines("targets", "FindingsLog");
        assert_eq!(logged.len(), published.len(), "every finding is logged");
        let mails = self.mails(ALERT_EMAIL);
        for finding in published.iter().filter(|one| one["severity"] != "INFORMATIONAL") {
            let title = finding["title"].as_str().expect("a finding has a title");
            let is_about =
                |mail: &Value| mail["text"].as_str().is_some_and(|it| it.contains(title));
            assert!(mails.iter().any(is_about), "no mail says: {title}");
        }
    }

    /// The mails to an address, oldest first.
    pub fn mails(&self, address: &str) -> Vec<Value> {
        self.lines("mailboxes", address)
    }

    /// What reached a topic, queue, log group or mailbox of the stack.
    pub fn lines(&self, folder: &str, name: &str) -> Vec<Value> {
        let path = self.stack.data_dir().join(folder).join(format!("{name}.jsonl"));
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// Writes a JSON object into the evidence bucket.
    pub async fn put(&self, key: &str, body: &Value) {
        let body = body.to_string().into_bytes().into();
        let put = self.s3.put_object().bucket(EVIDENCE).key(key).body(body).send().await;
        put.expect("the evidence bucket takes the object");
    }

    /// The keys under a prefix of the evidence bucket.
    pub async fn evidence(&self, prefix: &str) -> Vec<String> {
        let listed = self.s3.list_objects_v2().bucket(EVIDENCE).prefix(prefix).send().await;
        let listed = listed.expect("the evidence bucket is listed");
        listed.contents().iter().filter_map(|object| object.key.clone()).collect()
    }

    /// The content of an object.
    pub async fn object(&self, bucket: &str, key: &str) -> Vec<u8> {
        let object = self.s3.get_object().bucket(bucket).key(key).send().await;
        let body = object.expect("the object is there").body.collect().await;
        body.expect("the object can be read").to_vec()
    }
}

/// The key policy of the user guide for a bucket without a bucket key.
pub fn key_policy(service_may: &[&str], bucket: &str) -> Value {
    let objects = [
        "acm-pca-permission-test-key",
        "acm-pca-permission-test-key-private",
        "audit-report/*",
        "crl/*",
    ];
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
