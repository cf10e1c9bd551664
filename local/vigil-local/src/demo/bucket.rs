//! The customer's CRL bucket, set up as the AWS Private CA User Guide recommends.

use aws_sdk_s3::types::{
    BucketLoggingStatus, BucketVersioningStatus, EventBridgeConfiguration, LoggingEnabled,
    NotificationConfiguration, PublicAccessBlockConfiguration, VersioningConfiguration,
};
use serde_json::{Value, json};

use super::{DemoError, cast::Person};

pub(super) struct CrlBucket {
    name: &'static str,
    account: String,
    /// The CA whose CRL ACM PCA may write here; `None` for every CA of the account.
    ca: Option<String>,
}

impl CrlBucket {
    pub(super) fn new(name: &'static str, account: &str) -> Self {
        Self { name, account: account.to_owned(), ca: None }
    }

    pub(super) fn narrow_to(&mut self, ca: &str) {
        self.ca = Some(ca.to_owned());
    }

    pub(super) async fn create(&self, owner: &Person) -> Result<(), DemoError> {
        let Self { name, .. } = *self;
        owner.s3.create_bucket().bucket(name).send().await?;
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        owner
            .s3
            .put_public_access_block()
            .bucket(name)
            .public_access_block_configuration(block)
            .send()
            .await?;
        let versioning =
            VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        owner
            .s3
            .put_bucket_versioning()
            .bucket(name)
            .versioning_configuration(versioning)
            .send()
            .await?;
        self.enable_monitoring(owner).await?;
        self.set_policy(owner).await
    }

    /// Turns on EventBridge notifications and access logs.
    async fn enable_monitoring(&self, owner: &Person) -> Result<(), DemoError> {
        let Self { name, .. } = *self;
        let notifications = NotificationConfiguration::builder()
            .event_bridge_configuration(EventBridgeConfiguration::builder().build())
            .build();
        let put = owner.s3.put_bucket_notification_configuration().bucket(name);
        put.notification_configuration(notifications).send().await?;
        let logs = format!("{name}-logs");
        owner.s3.create_bucket().bucket(&logs).send().await?;
        let logging = LoggingEnabled::builder().target_bucket(logs).target_prefix("").build();
        let logging = logging.map_err(|_| DemoError::Missing("the target of access logs"))?;
        let status = BucketLoggingStatus::builder().logging_enabled(logging).build();
        owner.s3.put_bucket_logging().bucket(name).bucket_logging_status(status).send().await?;
        Ok(())
    }

    /// Sets the policy of the user guide ("Access policies for CRLs in Amazon S3"), and requires TLS.
    pub(super) async fn set_policy(&self, who: &Person) -> Result<(), DemoError> {
        let mut source = json!({"aws:SourceAccount": self.account});
        if let Some(ca) = &self.ca {
            source["aws:SourceArn"] = json!(ca);
        }
        let service = json!({
            "Sid": "AllowPrivateCA",
            "Effect": "Allow",
            "Principal": {"Service": "acm-pca.amazonaws.com"},
            "Action": [
                "s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation",
            ],
            "Resource": self.resources(),
            "Condition": {"StringEquals": source},
        });
        self.put_policy(who, &[service, self.tls_only()]).await
    }

    /// Removes the statement for ACM PCA, as a clean-up of an unknown service principal would.
    pub(super) async fn break_policy(&self, who: &Person) -> Result<(), DemoError> {
        self.put_policy(who, &[self.tls_only()]).await
    }

    fn tls_only(&self) -> Value {
        json!({
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": self.resources(),
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        })
    }

    fn resources(&self) -> [String; 2] {
        [format!("arn:aws:s3:::{}", self.name), format!("arn:aws:s3:::{}/*", self.name)]
    }

    async fn put_policy(&self, who: &Person, statements: &[Value]) -> Result<(), DemoError> {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        who.s3.put_bucket_policy().bucket(self.name).policy(policy.to_string()).send().await?;
        Ok(())
    }
}
