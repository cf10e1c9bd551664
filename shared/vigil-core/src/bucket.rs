//! How a bucket is set up, as far as CRLs and audit reports depend on it.

use serde::Serialize;

/// A fact that was asked for: known, or not to be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// The fact as AWS answered.
    Known(T),
    /// Why it could not be had.
    Unknown(String),
}

impl<T> Fact<T> {
    /// The fact.
    ///
    /// # Errors
    ///
    /// The reason why it is not known.
    pub fn known(&self) -> Result<&T, &str> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unknown(why) => Err(why),
        }
    }
}

/// One bucket, as the GetBucket* calls of S3 and GetPublicAccessBlock describe it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BucketFacts {
    /// The bucket's name.
    pub name: String,
    /// The Region; `None` if there is no such bucket.
    pub region: Fact<Option<String>>,
    /// The policy's text; `None` if the bucket has none.
    pub policy: Fact<Option<String>>,
    /// The bucket's own settings; S3 takes the account's together with them.
    pub public_access_block: Fact<PublicAccessBlock>,
    /// ObjectOwnership; `None` if never set, which is ObjectWriter.
    pub ownership: Fact<Option<String>>,
    /// The default encryption (GetBucketEncryption).
    pub encryption: Fact<Encryption>,
    /// The key of a bucket that is encrypted with one that it names.
    pub key: Fact<Option<KeyFacts>>,
    /// Whether versioning is Enabled.
    pub versioning: Fact<bool>,
    /// Whether our account owns the bucket.
    pub owned: Fact<bool>,
    /// The canonical user id of the account that owns the bucket, as its ACL names it; `None` if it
    /// names none.
    pub owner_id: Fact<Option<String>>,
    /// Whether S3 sends events about the bucket's objects to EventBridge.
    pub event_notifications: Fact<bool>,
    /// The lifecycle rules that are enabled and do something to objects' current versions.
    pub lifecycle: Fact<Vec<LifecycleRule>>,
    /// Where server access logs go; `None` if there are none.
    pub access_logs: Fact<Option<String>>,
    /// Whether Object Lock is enabled.
    pub object_lock: Fact<bool>,
    /// What the bucket's ACL grants to others than its owner.
    pub acl: Fact<Vec<AclGrant>>,
}

/// One grant of a bucket's ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AclGrant {
    /// Whom it is for.
    pub to: AclGrantee,
    /// READ, WRITE, READ_ACP, WRITE_ACP or FULL_CONTROL.
    pub permission: String,
}

/// Whom a grant is for (Amazon S3 User Guide, Access control list (ACL) overview).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AclGrantee {
    /// Everyone, signed in or not.
    AllUsers,
    /// Every principal of any AWS account.
    AuthenticatedUsers,
    /// The service that delivers server access logs.
    LogDelivery,
    /// Another account's canonical user id or mail address, or a group without a documented meaning.
    Other(String),
}

/// A lifecycle rule, as far as it concerns the current version of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LifecycleRule {
    /// The rule's ID; empty if it has none.
    pub id: String,
    /// It applies to keys that begin so.
    pub prefix: String,
    /// It applies to some of them only: those with certain tags, or of a certain size.
    pub narrowed: bool,
    /// It deletes objects, or puts a delete marker before them.
    pub expires: bool,
    /// The storage classes that it moves objects to.
    pub moves_to: Vec<String>,
}

/// All off if never set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`: a request that sets a public ACL is refused.
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`: public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`: a public bucket policy is refused.
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`: a public policy admits only the own account and AWS services.
    pub restrict_public_buckets: bool,
}

/// The bucket's default encryption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// SSE-KMS; without a key it is the AWS managed one.
    Kms {
        /// The key as the bucket names it: an ARN, an id or an alias.
        key: Option<String>,
        /// Whether S3 asks for data keys per bucket, not per object.
        bucket_key: bool,
    },
    /// None that S3 names.
    None,
    /// Another algorithm, as S3 names it.
    Other(String),
    /// SSE-S3: keys of S3 (`AES256`).
    SseS3,
}

/// A KMS key that objects are encrypted with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyFacts {
    /// The key's ARN.
    pub arn: String,
    /// The key is AWS's own (`aws/s3`): its policy cannot be changed.
    pub is_aws_managed: bool,
    /// As KMS names it; only `Enabled` encrypts.
    pub state: String,
    /// The key policy's text.
    pub policy: String,
}

impl BucketFacts {
    /// Whether there is such a bucket; also true if that is not known.
    pub fn exists(&self) -> bool {
        self.region != Fact::Known(None)
    }

    /// What could not be learnt, and why. The owner's id is read with the ACL.
    pub fn unknown(&self) -> Vec<(&'static str, &str)> {
        let facts = [
            ("location", self.region.known().err()),
            ("policy", self.policy.known().err()),
            ("public access block", self.public_access_block.known().err()),
            ("object ownership", self.ownership.known().err()),
            ("encryption", self.encryption.known().err()),
            ("encryption key", self.key.known().err()),
            ("versioning", self.versioning.known().err()),
            ("owner", self.owned.known().err()),
            ("event notifications", self.event_notifications.known().err()),
            ("lifecycle", self.lifecycle.known().err()),
            ("access logging", self.access_logs.known().err()),
            ("object lock", self.object_lock.known().err()),
            ("ACL", self.acl.known().err()),
        ];
        facts.into_iter().filter_map(|(what, why)| why.map(|why| (what, why))).collect()
    }
}

/// S3's ARNs name neither Region nor account.
pub fn bucket_arn(partition: &str, name: &str) -> String {
    format!("arn:{partition}:s3:::{name}")
}
