//! The configuration of buckets, in memory and in one JSON file per bucket beside the data.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use s3s::dto::PublicAccessBlockConfiguration;
use serde::{Deserialize, Serialize};

/// The configuration of one bucket, as AWS gives it to a new one (since April 2023: Block Public
/// Access on, ACLs disabled; since January 2023: SSE-S3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BucketConfig {
    /// The bucket policy, to the byte as it was put.
    pub(crate) policy: Option<String>,
    /// `None` once it was deleted, which is not the same as all four settings off.
    pub(crate) public_access_block: Option<PublicAccessBlock>,
    /// The account's, which stands above every bucket's: put here when a bucket's is read.
    #[serde(skip)]
    pub(super) account_block: PublicAccessBlock,
    pub(crate) encryption: Encryption,
    /// `Enabled` or `Suspended`; `None` if it never was enabled.
    pub(crate) versioning: Option<String>,
    pub(crate) ownership: Option<String>,
    pub(crate) acl: String,
    /// What the bucket's ACL grants beside the canned one: a canonical user id, and a permission.
    pub(crate) acl_grants: Vec<(String, String)>,
    /// Whether S3 sends events about objects to EventBridge.
    pub(crate) event_bridge: bool,
    pub(crate) lifecycle: Vec<Lifecycle>,
    pub(crate) access_logs: Option<AccessLogs>,
    /// Set when the bucket was made, or by PutObjectLockConfiguration; never unset.
    pub(crate) object_lock: bool,
    /// Canned ACLs of objects; an object that is not listed is `private`.
    pub(crate) object_acls: BTreeMap<String, String>,
    /// Tags of objects, by key.
    pub(crate) object_tags: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PublicAccessBlock {
    pub(crate) block_public_acls: bool,
    pub(crate) block_public_policy: bool,
    pub(crate) ignore_public_acls: bool,
    pub(crate) restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// A setting that is left out is off (S3 API reference).
    pub(super) fn of(asked: &PublicAccessBlockConfiguration) -> Self {
        Self {
            block_public_acls: asked.block_public_acls.unwrap_or(false),
            block_public_policy: asked.block_public_policy.unwrap_or(false),
            ignore_public_acls: asked.ignore_public_acls.unwrap_or(false),
            restrict_public_buckets: asked.restrict_public_buckets.unwrap_or(false),
        }
    }

    /// S3 applies the most restrictive combination of the account's settings and the bucket's.
    fn and(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }
}

/// The account's Block Public Access, in memory and in a JSON file. `None` if it was never set, or
/// was deleted.
#[derive(Debug)]
pub(super) struct AccountBlock {
    path: PathBuf,
    block: Mutex<Option<PublicAccessBlock>>,
}

impl AccountBlock {
    pub(super) fn open(path: PathBuf) -> Result<Self, ConfigError> {
        let block = match std::fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map_err(|cause| ConfigError::Unreadable { path: path.clone(), cause })?,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
            Err(cause) => return Err(ConfigError::Read { path, cause }),
        };
        Ok(Self { path, block: Mutex::new(block) })
    }

    pub(super) fn get(&self) -> Option<PublicAccessBlock> {
        *self.block.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Readers get the new settings only after they are on disk.
    pub(super) fn set(&self, block: Option<PublicAccessBlock>) -> Result<(), ConfigError> {
        let mut now = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        let json = serde_json::to_vec_pretty(&block).expect("the record has string keys only");
        let write = |cause| ConfigError::Write { path: self.path.clone(), cause };
        std::fs::write(&self.path, json).map_err(write)?;
        *now = block;
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    pub(crate) algorithm: String,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) bucket_key_enabled: bool,
}

pub(crate) const BUCKET_OWNER_ENFORCED: &str = "BucketOwnerEnforced";

/// A lifecycle rule, as far as it is kept: nothing here ever carries one out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Lifecycle {
    pub(crate) id: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) prefix: String,
    /// Those that an object must have.
    #[serde(default)]
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) expires_after_days: Option<i32>,
    pub(crate) noncurrent_expires_after_days: Option<i32>,
    /// Of multipart uploads that nothing completed.
    pub(crate) aborts_uploads_after_days: Option<i32>,
    /// Days and storage class.
    pub(crate) transitions: Vec<(i32, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessLogs {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
}

impl Default for BucketConfig {
    fn default() -> Self {
        Self {
            policy: None,
            public_access_block: Some(PublicAccessBlock {
                block_public_acls: true,
                block_public_policy: true,
                ignore_public_acls: true,
                restrict_public_buckets: true,
            }),
            account_block: PublicAccessBlock::default(),
            encryption: Encryption::default(),
            versioning: None,
            ownership: Some(BUCKET_OWNER_ENFORCED.to_owned()),
            acl: "private".to_owned(),
            acl_grants: Vec::new(),
            event_bridge: false,
            lifecycle: Vec::new(),
            access_logs: None,
            object_lock: false,
            object_acls: BTreeMap::new(),
            object_tags: BTreeMap::new(),
        }
    }
}

impl Default for Encryption {
    fn default() -> Self {
        Self { algorithm: "AES256".to_owned(), kms_key_id: None, bucket_key_enabled: false }
    }
}

impl BucketConfig {
    /// The settings in force: a deleted block blocks nothing, but the account's still does.
    pub(crate) fn block(&self) -> PublicAccessBlock {
        self.public_access_block.unwrap_or_default().and(self.account_block)
    }

    pub(crate) fn acls_are_disabled(&self) -> bool {
        self.ownership.as_deref() == Some(BUCKET_OWNER_ENFORCED)
    }

    /// Whether the bucket's ACL grants anything to others than its owner.
    pub(crate) fn has_acl(&self) -> bool {
        self.acl != "private" || !self.acl_grants.is_empty()
    }

    pub(crate) fn object_acl(&self, key: &str) -> &str {
        self.object_acls.get(key).map_or("private", String::as_str)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("could not read the bucket configuration {path}")]
    Read {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("the bucket configuration {path} is not what vigil-local writes")]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: serde_json::Error,
    },
    #[error("could not write the bucket configuration {path}")]
    Write {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
}

/// The configurations of all buckets.
#[derive(Debug)]
pub(crate) struct Configs {
    account: AccountBlock,
    folder: PathBuf,
    known: Mutex<HashMap<String, BucketConfig>>,
}

impl Configs {
    /// The account's is beside the folder.
    pub(crate) fn in_folder(folder: PathBuf) -> Result<Self, ConfigError> {
        let account = AccountBlock::open(folder.with_file_name("account.json"))?;
        Ok(Self { account, folder, known: Mutex::default() })
    }

    pub(super) fn account(&self) -> &AccountBlock {
        &self.account
    }

    pub(crate) fn read(&self, bucket: &str) -> Result<BucketConfig, ConfigError> {
        let account_block = self.account.get().unwrap_or_default();
        Ok(BucketConfig { account_block, ..self.kept(bucket)? })
    }

    fn kept(&self, bucket: &str) -> Result<BucketConfig, ConfigError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(bucket) {
            return Ok(config.clone());
        }
        let path = self.path(bucket);
        let config = match std::fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map_err(|cause| ConfigError::Unreadable { path, cause })?,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => BucketConfig::default(),
            Err(cause) => return Err(ConfigError::Read { path, cause }),
        };
        known.insert(bucket.to_owned(), config);
        Ok(known[bucket].clone())
    }

    /// Changes one configuration. Readers see the change only after it is on disk.
    pub(crate) fn change(
        &self,
        bucket: &str,
        change: impl FnOnce(&mut BucketConfig),
    ) -> Result<(), ConfigError> {
        let before = self.kept(bucket)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let config = known.entry(bucket.to_owned()).or_insert(before);
        let mut changed = config.clone();
        change(&mut changed);
        if changed != *config {
            self.write(bucket, &changed)?;
            *config = changed;
        }
        Ok(())
    }

    pub(crate) fn forget(&self, bucket: &str) -> Result<(), ConfigError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(bucket);
        let path = self.path(bucket);
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(ConfigError::Write { path, cause })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn write(&self, bucket: &str, config: &BucketConfig) -> Result<(), ConfigError> {
        let path = self.path(bucket);
        let json = serde_json::to_vec_pretty(config).expect("the record has string keys only");
        let beside = path.with_extension("json.new");
        std::fs::write(&beside, json)
            .and_then(|()| std::fs::rename(&beside, &path))
            .map_err(|cause| ConfigError::Write { path, cause })
    }

    fn path(&self, bucket: &str) -> PathBuf {
        self.folder.join(format!("{bucket}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_bucket_is_as_private_as_aws_makes_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = Configs::in_folder(folder.path().join("b")).unwrap().read("new").unwrap();
        assert!(config.block().block_public_acls && config.block().restrict_public_buckets);
        assert!(config.acls_are_disabled());
        assert_eq!(config.encryption.algorithm, "AES256");
        assert_eq!(config.versioning, None);
    }

    #[test]
    fn a_change_outlives_the_process_and_a_deleted_bucket_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let configs = || Configs::in_folder(folder.path().to_owned()).unwrap();
        let first = configs();
        first.change("kept", |config| config.policy = Some("{}".to_owned())).unwrap();
        first.change("kept", |config| config.public_access_block = None).unwrap();

        let second = configs();
        let kept = second.read("kept").unwrap();
        assert_eq!(kept.policy.as_deref(), Some("{}"));
        assert_eq!(kept.public_access_block, None);
        second.forget("kept").unwrap();
        assert_eq!(second.read("kept").unwrap(), BucketConfig::default());
    }

    #[test]
    fn a_damaged_configuration_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("b.json"), "{").unwrap();
        let configs = Configs::in_folder(folder.path().to_owned()).unwrap();
        let error = configs.read("b").unwrap_err();
        assert!(error.to_string().contains("b.json"), "{error}");
    }
}
