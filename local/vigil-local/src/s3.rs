//! Amazon S3 for one machine: objects in files, bucket configuration beside them, and bucket
//! policies that are enforced.
//!
//! Objects are kept by `s3s-fs`; what it lacks is added here, versions of objects among it.

mod access;
mod account_block;
mod acl;
mod acl_calls;
mod archive;
mod auth;
mod bucket_config;
mod config;
mod deletes;
mod events;
mod history;
mod host;
mod listing;
mod locks;
mod messages;
mod object_tags;
mod objects;
mod service;
mod trail;
mod unset;
mod versions;
mod watched_config;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use iam_policy::{Malformed, Policy};
use pca_local::{Clock, EventSink};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Error, S3Result, s3_error};

use crate::account::Account;
use crate::kms::Kms;
use crate::roles::Roles;

pub(crate) use account_block::is_control;
pub use auth::SECRET;
pub(crate) use config::{BucketConfig, Encryption, Lifecycle, PublicAccessBlock};

#[derive(Debug, thiserror::Error)]
pub enum S3StartError {
    #[error("could not read what the account blocks in S3")]
    AccountBlock(#[source] config::ConfigError),
    #[error("could not create the folder {path} for S3")]
    CreateFolder {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("could not open the folder {path} for S3: {cause:?}")]
    OpenFolder { path: PathBuf, cause: s3s_fs::Error },
    #[error("the bucket {bucket} of the template does not have the name of a bucket")]
    BucketName { bucket: String },
    #[error("the policy of the bucket {bucket} would be refused by S3")]
    BucketPolicy {
        bucket: String,
        #[source]
        cause: Malformed,
    },
    #[error("the bucket {bucket} of the template could not be configured")]
    Configure {
        bucket: String,
        #[source]
        cause: config::ConfigError,
    },
}

/// What the operations and the access check share.
pub(crate) struct Shared {
    account: Account,
    archive: archive::Archive,
    clock: Clock,
    configs: config::Configs,
    /// Where the events of S3 and CloudTrail go; known once the buses are.
    events: OnceLock<Arc<dyn EventSink>>,
    histories: history::Histories,
    kms: Kms,
    locks: locks::ObjectLocks,
    roles: Roles,
    /// The folder that holds one folder per bucket.
    root: PathBuf,
}

/// The service, and what is done to it from inside.
pub(crate) struct LocalBuckets {
    service: S3Service,
    shared: Arc<Shared>,
}

/// The service with its trail.
#[derive(Clone)]
pub(crate) struct Service {
    s3: S3Service,
    shared: Arc<Shared>,
}

/// S3 over `<folder>/objects`, `<folder>/buckets` and `<folder>/versions`.
pub(crate) fn open(
    folder: &Path,
    account: Account,
    clock: Clock,
    kms: Kms,
    roles: Roles,
) -> Result<LocalBuckets, S3StartError> {
    let (root, configs) = (folder.join("objects"), folder.join("buckets"));
    let (old, histories) = (folder.join("versions/objects"), folder.join("versions/histories"));
    for path in [&root, &configs, &old, &histories] {
        std::fs::create_dir_all(path)
            .map_err(|cause| S3StartError::CreateFolder { path: path.clone(), cause })?;
    }
    let files = |root: &Path| {
        s3s_fs::FileSystem::new(root)
            .map_err(|cause| S3StartError::OpenFolder { path: root.to_owned(), cause })
    };
    let (files, archive) = (files(&root)?, files(&old)?);
    let region = account.region.clone();
    let shared = Arc::new(Shared {
        account,
        archive: archive::Archive::new(root.clone(), old),
        clock,
        configs: config::Configs::in_folder(configs).map_err(S3StartError::AccountBlock)?,
        events: OnceLock::new(),
        histories: history::Histories::in_folder(histories),
        kms,
        locks: locks::ObjectLocks::default(),
        roles,
        root,
    });
    let mut builder =
        S3ServiceBuilder::new(service::LocalS3 { archive, files, shared: shared.clone() });
    builder.set_host(host::S3Hosts::of_region(&region));
    builder.set_auth(auth::OneSecret);
    builder.set_access(access::Access(shared.clone()));
    // Clients that take the time from our answers may sign for another day than the system's.
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = u32::MAX;
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    Ok(LocalBuckets { service: builder.build(), shared })
}

impl LocalBuckets {
    /// Makes a bucket of the template, unless a former run has: what was changed since then stays
    /// changed, as CloudFormation would leave it.
    pub(crate) fn provide(&self, bucket: &str, config: &BucketConfig) -> Result<(), S3StartError> {
        let bucket_name = || bucket.to_owned();
        if self.shared.bucket_exists(bucket) {
            return Ok(());
        }
        if !s3s::path::check_bucket_name(bucket) {
            return Err(S3StartError::BucketName { bucket: bucket_name() });
        }
        if let Some(text) = &config.policy {
            Policy::of_bucket(text, bucket)
                .map_err(|cause| S3StartError::BucketPolicy { bucket: bucket_name(), cause })?;
        }
        self.shared
            .configs
            .change(bucket, |kept| kept.clone_from(config))
            .map_err(|cause| S3StartError::Configure { bucket: bucket_name(), cause })?;
        let path = self.shared.root.join(bucket);
        std::fs::create_dir(&path).map_err(|cause| S3StartError::CreateFolder { path, cause })
    }

    /// From here on its events go to `events`.
    pub(crate) fn into_service(self, events: Arc<dyn EventSink>) -> Service {
        // Set once: this consumes what could set it again.
        let _ = self.shared.events.set(events);
        Service { s3: self.service, shared: self.shared }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Shared {
    fn bucket_exists(&self, bucket: &str) -> bool {
        s3s::path::check_bucket_name(bucket) && self.root.join(bucket).is_dir()
    }

    /// A prefix is a folder on the disk, and a folder is not an object.
    fn object_exists(&self, bucket: &str, key: &str) -> bool {
        key.ends_with('/') || self.root.join(bucket).join(key).is_file()
    }

    /// Refuses keys that files cannot hold, rather than storing them somewhere else.
    fn check_key(&self, bucket: &str, key: &str) -> S3Result<()> {
        let parts = key.strip_suffix('/').unwrap_or(key).split('/');
        if parts.into_iter().any(|part| matches!(part, "" | "." | "..") || part.contains('\0')) {
            return Err(s3_error!(
                InvalidArgument,
                "vigil-local keeps objects in files: a key cannot hold an empty part, \".\" or \"..\""
            ));
        }
        // s3s-fs keeps an object's attributes in a file named after bucket and key in base64.
        let base64_len = |text: &str| text.len().div_ceil(3) * 4;
        if base64_len(bucket) + base64_len(key) + 32 > 255 {
            return Err(s3_error!(
                KeyTooLongError,
                "vigil-local keeps objects in files: bucket and key are limited to about 160 bytes"
            ));
        }
        Ok(())
    }
}

/// A failure of the stack itself: the cause is in the log, the client learns that there was one.
fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> S3Error {
    let mut error = s3_error!(InternalError, "{cause}");
    error.set_source(Box::new(cause));
    error
}
