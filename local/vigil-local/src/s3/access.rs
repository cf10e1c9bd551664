//! Decides whether a request is allowed, before its body is read.

use std::sync::Arc;

use http::{HeaderMap, Uri};
use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use time::format_description::well_known::Rfc3339;

use super::config::BucketConfig;
use super::events::Requester;
use super::{Shared, acl, auth, internal, trail};
use crate::caller::Caller;
use crate::kms::Kms;
use iam_policy::{Context, Decision, Policy, Request};

/// Decides by the caller, the bucket policy, the object's ACL, Block Public Access and the KMS key.
pub(crate) struct Access(pub(crate) Arc<Shared>);

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let caller = auth::caller(cx.credentials(), &self.0.account);
        let operation = cx.s3_op().name();
        let path = cx.s3_path();
        let Some(bucket) = path.get_bucket_name() else {
            if let Some(credentials) = cx.credentials() {
                let action =
                    if operation == "ListBuckets" { "ListAllMyBuckets" } else { operation };
                let action = format!("s3:{action}");
                let permitted = self.0.roles.permit(&credentials.access_key, &action, "*");
                permitted.map_err(|why| denied(&action, &why))?;
            }
            return self.only_for_the_owner(&caller, operation);
        };
        trail::note(operation, bucket, &Requester::from_access(cx, caller.clone()));
        let key = path.get_object_key();
        if let Some(key) = key {
            self.0.check_key(bucket, key)?;
        }
        if operation == "CreateBucket" {
            return self.only_for_the_owner(&caller, operation);
        }
        // A copy reads as well as it writes, and only the account may read everything.
        if matches!(operation, "CopyObject" | "UploadPartCopy") {
            self.only_for_the_owner(&caller, operation)?;
        }
        if let Some(credentials) = cx.credentials() {
            let resource = arn(bucket, key);
            for action in actions(operation, cx.headers(), is_of_version(cx.uri())) {
                let permitted = self.0.roles.permit(&credentials.access_key, &action, &resource);
                permitted.map_err(|why| denied(&action, &why))?;
            }
        }
        if !self.0.bucket_exists(bucket) {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        let config = self.0.configs.read(bucket).map_err(internal)?;
        let access_key = cx.credentials().map(|credentials| credentials.access_key.as_str());
        let role = access_key.and_then(|key| self.0.roles.principal(key)).map(|(_, role)| role);
        let question = Question {
            principal_arn: role.or_else(|| caller.arn().map(str::to_owned)),
            owner: &self.0.account.id,
            caller: &caller,
            operation,
            bucket,
            key,
            headers: cx.headers(),
            is_of_version: is_of_version(cx.uri()),
            now: self.0.clock.now(),
        };
        question.decide(&config)?;
        question.decide_for_the_key(&config, &self.0.kms, access_key)
    }
}

impl Access {
    fn only_for_the_owner(&self, caller: &Caller, operation: &str) -> S3Result<()> {
        match caller {
            Caller::Account { id, .. } if *id == self.0.account.id => Ok(()),
            Caller::Account { .. } | Caller::Anonymous | Caller::Service(_) => Err(s3_error!(
                AccessDenied,
                "Access Denied: {operation} is for the account {} only",
                self.0.account.id
            )),
        }
    }
}

struct Question<'a> {
    /// The account that owns the bucket.
    owner: &'a str,
    caller: &'a Caller,
    /// Of a session, its role.
    principal_arn: Option<String>,
    operation: &'a str,
    bucket: &'a str,
    key: Option<&'a str>,
    headers: &'a HeaderMap,
    /// A version is named.
    is_of_version: bool,
    now: time::OffsetDateTime,
}

impl Question<'_> {
    fn decide(&self, config: &BucketConfig) -> S3Result<()> {
        match self.caller {
            Caller::Account { id, .. } if id == self.owner => self.decide_for_the_owner(config),
            Caller::Account { .. } | Caller::Anonymous => self.decide_for_everybody(config),
            Caller::Service(_) => self.decide_for_a_service(config),
        }
    }

    /// A principal of the owner's account may do everything that the policy does not deny.
    fn decide_for_the_owner(&self, config: &BucketConfig) -> S3Result<()> {
        // The owner can always put a policy right again (S3 API reference, PutBucketPolicy).
        if matches!(self.operation, "GetBucketPolicy" | "PutBucketPolicy" | "DeleteBucketPolicy") {
            return Ok(());
        }
        for action in actions(self.operation, self.headers, self.is_of_version) {
            if let Decision::Denied(why) = self.ask(config, &action)? {
                return Err(denied(&action, &why));
            }
        }
        Ok(())
    }

    /// A service has no rights but those that the bucket policy gives it.
    fn decide_for_a_service(&self, config: &BucketConfig) -> S3Result<()> {
        for action in actions(self.operation, self.headers, self.is_of_version) {
            match self.ask(config, &action)? {
                Decision::Allowed => {}
                Decision::Denied(why) => return Err(denied(&action, &why)),
                Decision::Silent => {
                    return Err(denied(&action, "no statement of the bucket policy allows it"));
                }
            }
        }
        Ok(())
    }

    /// Other accounts and unsigned requests: by the policy, or by a public ACL.
    fn decide_for_everybody(&self, config: &BucketConfig) -> S3Result<()> {
        for action in actions(self.operation, self.headers, self.is_of_version) {
            match self.ask(config, &action)? {
                Decision::Denied(why) => return Err(denied(&action, &why)),
                // S3 User Guide: RestrictPublicBuckets leaves a public policy to the account and
                // to services.
                Decision::Allowed if !self.is_restricted(config)? => {}
                Decision::Allowed | Decision::Silent => {
                    if !self.is_open_by_acl(config) {
                        return Err(denied(&action, "nothing opens it to this caller"));
                    }
                }
            }
        }
        Ok(())
    }

    fn is_restricted(&self, config: &BucketConfig) -> S3Result<bool> {
        let Some(text) = &config.policy else { return Ok(false) };
        let policy = Policy::of_bucket(text, self.bucket).map_err(internal)?;
        Ok(config.block().restrict_public_buckets && policy.is_public())
    }

    fn is_open_by_acl(&self, config: &BucketConfig) -> bool {
        // ACLs are kept of latest versions alone.
        let counts = !config.block().ignore_public_acls && !config.acls_are_disabled();
        let acl = match self.operation {
            _ if self.is_of_version || !counts => return false,
            "GetObject" | "HeadObject" => self.key.map_or("private", |key| config.object_acl(key)),
            // S3 User Guide, Access control list (ACL) overview: WRITE and READ on a bucket.
            "DeleteObject" | "PutObject" => return acl::is_world_writable(&config.acl),
            "HeadBucket" | "ListObjects" | "ListObjectsV2" => &config.acl,
            _ => return false,
        };
        acl::is_world_readable(acl)
    }

    fn ask(&self, config: &BucketConfig, action: &str) -> S3Result<Decision> {
        let Some(text) = &config.policy else { return Ok(Decision::Silent) };
        let policy = Policy::of_bucket(text, self.bucket).map_err(internal)?;
        let resource = arn(self.bucket, self.key);
        let (principal, context) = (&self.caller.principal(), &self.context());
        Ok(policy.decide(&Request { principal, action, resource: &resource, context }))
    }

    /// The bucket's KMS key, or the one that a write names, must serve the caller. An object counts
    /// as encrypted as its bucket is now: nothing is, in fact.
    fn decide_for_the_key(
        &self,
        config: &BucketConfig,
        kms: &Kms,
        access_key: Option<&str>,
    ) -> S3Result<()> {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let (action, asked) = match self.operation {
            "CompleteMultipartUpload" | "CopyObject" | "PutObject" => {
                ("kms:GenerateDataKey", header("x-amz-server-side-encryption"))
            }
            "GetObject" | "HeadObject" => ("kms:Decrypt", None),
            _ => return Ok(()),
        };
        let key = match asked {
            Some(_) => header("x-amz-server-side-encryption-aws-kms-key-id"),
            None => config.encryption.kms_key_id.as_deref(),
        };
        if !asked.unwrap_or(&config.encryption.algorithm).starts_with("aws:kms") {
            return Ok(());
        }
        // S3 User Guide, S3 Bucket Keys: the encryption context is then the bucket's ARN.
        let object = if config.encryption.bucket_key_enabled { None } else { self.key };
        let encrypted = arn(self.bucket, object);
        let who = (self.caller, access_key);
        kms.may(action, key, who, self.context(), &encrypted).map_err(|not| {
            if not.code == "AccessDenied" {
                return denied(action, &not.why);
            }
            let code = S3ErrorCode::from_bytes(not.code.as_bytes());
            let mut error =
                S3Error::with_message(code.unwrap_or(S3ErrorCode::InvalidRequest), not.why);
            error.set_status_code(http::StatusCode::BAD_REQUEST);
            error
        })
    }

    fn context(&self) -> Context {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        // The stack speaks plain HTTP. A signed request stands for one that goes to AWS over TLS;
        // an unsigned one is what a relying party sends when it fetches a CRL over HTTP.
        let secure = !matches!(self.caller, Caller::Anonymous);
        let is_service = matches!(self.caller, Caller::Service(_));
        // Only a service may state its source. A caller of the account could invent one.
        let source = |name| if is_service { header(name) } else { None };
        let now = self.now.format(&Rfc3339).unwrap_or_default();
        Context::default()
            .with("aws:CurrentTime", &now)
            .with("aws:EpochTime", &self.now.unix_timestamp().to_string())
            .with_optional("s3:TlsVersion", secure.then_some("1.3"))
            .with_optional("aws:PrincipalAccount", self.caller.account())
            .with_optional("aws:PrincipalArn", self.principal_arn.as_deref())
            .with("aws:PrincipalIsAWSService", if is_service { "true" } else { "false" })
            .with("aws:SecureTransport", if secure { "true" } else { "false" })
            .with_optional("aws:SourceAccount", source("x-amz-source-account"))
            .with_optional("aws:SourceArn", source("x-amz-source-arn"))
            .with_optional("s3:x-amz-acl", header("x-amz-acl"))
    }
}

fn arn(bucket: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
        None => format!("arn:aws:s3:::{bucket}"),
    }
}

/// The IAM actions that an operation needs (Service Authorization Reference, Amazon S3).
fn actions(operation: &str, headers: &HeaderMap, is_of_version: bool) -> Vec<String> {
    let action = match operation {
        "DeleteObject" if is_of_version => "DeleteObjectVersion",
        "GetObject" | "HeadObject" if is_of_version => "GetObjectVersion",
        "GetObjectAcl" if is_of_version => "GetObjectVersionAcl",
        "PutObjectAcl" if is_of_version => "PutObjectVersionAcl",
        "DeleteObjectTagging" if is_of_version => "DeleteObjectVersionTagging",
        "GetObjectTagging" if is_of_version => "GetObjectVersionTagging",
        "PutObjectTagging" if is_of_version => "PutObjectVersionTagging",
        "CompleteMultipartUpload" | "CreateMultipartUpload" | "UploadPart" => "PutObject",
        "CopyObject" | "UploadPartCopy" => "PutObject",
        "DeleteBucketEncryption" | "PutBucketEncryption" => "PutEncryptionConfiguration",
        "DeleteObjects" => "DeleteObject",
        "DeleteBucketLifecycle" | "PutBucketLifecycleConfiguration" => "PutLifecycleConfiguration",
        "DeletePublicAccessBlock" | "PutPublicAccessBlock" => "PutBucketPublicAccessBlock",
        "GetBucketEncryption" => "GetEncryptionConfiguration",
        "GetBucketLifecycleConfiguration" => "GetLifecycleConfiguration",
        "GetBucketNotificationConfiguration" => "GetBucketNotification",
        "GetObjectLockConfiguration" => "GetBucketObjectLockConfiguration",
        "GetPublicAccessBlock" => "GetBucketPublicAccessBlock",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "HeadObject" => "GetObject",
        "ListObjectVersions" => "ListBucketVersions",
        "ListParts" => "ListMultipartUploadParts",
        "PutBucketNotificationConfiguration" => "PutBucketNotification",
        "PutObjectLockConfiguration" => "PutBucketObjectLockConfiguration",
        other => other,
    };
    let mut actions = vec![format!("s3:{action}")];
    if operation == "PutObject" && headers.contains_key("x-amz-acl") {
        actions.push("s3:PutObjectAcl".to_owned());
    }
    actions
}

fn is_of_version(uri: &Uri) -> bool {
    uri.query().unwrap_or_default().split('&').any(|pair| pair.starts_with("versionId="))
}

fn denied(action: &str, why: &str) -> S3Error {
    s3_error!(AccessDenied, "Access Denied: {action}: {why}")
}
