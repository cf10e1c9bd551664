//! The configuration calls that change who sees what becomes of objects, and for how long they
//! stay: notifications, lifecycle, access logging, Object Lock.

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::config::{AccessLogs, Lifecycle};
use super::service::LocalS3;

impl LocalS3 {
    pub(super) fn notifications(
        &self,
        bucket: &str,
    ) -> S3Result<GetBucketNotificationConfigurationOutput> {
        let on = self.config(bucket)?.event_bridge;
        Ok(GetBucketNotificationConfigurationOutput {
            event_bridge_configuration: on.then(EventBridgeConfiguration::default),
            ..Default::default()
        })
    }

    pub(super) fn put_notifications(
        &self,
        bucket: &str,
        asked: &NotificationConfiguration,
    ) -> S3Result<()> {
        let others =
            asked.lambda_function_configurations.as_ref().is_some_and(|all| !all.is_empty())
                || asked.queue_configurations.as_ref().is_some_and(|all| !all.is_empty())
                || asked.topic_configurations.as_ref().is_some_and(|all| !all.is_empty());
        if others {
            return Err(s3_error!(NotImplemented, "vigil-local notifies EventBridge only"));
        }
        let on = asked.event_bridge_configuration.is_some();
        self.configure(bucket, |config| config.event_bridge = on)
    }

    pub(super) fn lifecycle(
        &self,
        bucket: &str,
    ) -> S3Result<GetBucketLifecycleConfigurationOutput> {
        let rules = self.config(bucket)?.lifecycle;
        if rules.is_empty() {
            return Err(s3_error!(
                NoSuchLifecycleConfiguration,
                "The lifecycle configuration does not exist"
            ));
        }
        let rules = rules.into_iter().map(shown).collect();
        Ok(GetBucketLifecycleConfigurationOutput { rules: Some(rules), ..Default::default() })
    }

    pub(super) fn put_lifecycle(
        &self,
        bucket: &str,
        asked: Option<BucketLifecycleConfiguration>,
    ) -> S3Result<()> {
        let rules = asked.map(|asked| asked.rules).unwrap_or_default();
        if rules.is_empty() {
            return Err(s3_error!(MalformedXML, "a lifecycle configuration has a rule"));
        }
        let rules = rules.into_iter().map(kept).collect::<S3Result<Vec<_>>>()?;
        self.configure(bucket, |config| config.lifecycle = rules)
    }

    pub(super) fn access_logs(&self, bucket: &str) -> S3Result<GetBucketLoggingOutput> {
        let logs = self.config(bucket)?.access_logs;
        let logging_enabled = logs.map(|logs| LoggingEnabled {
            target_bucket: logs.bucket,
            target_grants: None,
            target_object_key_format: None,
            target_prefix: logs.prefix,
        });
        Ok(GetBucketLoggingOutput { logging_enabled })
    }

    /// Kept, not done: no access log is written here.
    pub(super) fn put_access_logs(&self, bucket: &str, asked: BucketLoggingStatus) -> S3Result<()> {
        let logs = asked.logging_enabled;
        if let Some(logs) = &logs
            && !self.shared.bucket_exists(&logs.target_bucket)
        {
            return Err(s3_error!(
                InvalidTargetBucketForLogging,
                "The target bucket for logging does not exist"
            ));
        }
        let logs = logs.map(|on| AccessLogs { bucket: on.target_bucket, prefix: on.target_prefix });
        self.configure(bucket, |config| config.access_logs = logs)
    }

    pub(super) fn object_lock(&self, bucket: &str) -> S3Result<GetObjectLockConfigurationOutput> {
        if !self.config(bucket)?.object_lock {
            return Err(s3_error!(
                ObjectLockConfigurationNotFoundError,
                "Object Lock configuration does not exist for this bucket"
            ));
        }
        let enabled = ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED);
        let configuration =
            ObjectLockConfiguration { object_lock_enabled: Some(enabled), rule: None };
        Ok(GetObjectLockConfigurationOutput { object_lock_configuration: Some(configuration) })
    }

    /// Objects are not held back from being deleted; that the bucket says it would is what is kept.
    pub(super) fn put_object_lock(
        &self,
        bucket: &str,
        asked: Option<&ObjectLockConfiguration>,
    ) -> S3Result<()> {
        if asked.is_some_and(|asked| asked.rule.is_some()) {
            return Err(s3_error!(NotImplemented, "vigil-local keeps no default retention"));
        }
        if self.config(bucket)?.versioning.as_deref() != Some("Enabled") {
            return Err(s3_error!(
                InvalidBucketState,
                "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
            ));
        }
        self.configure(bucket, |config| config.object_lock = true)
    }
}

fn shown(rule: Lifecycle) -> LifecycleRule {
    let status = if rule.enabled { ExpirationStatus::ENABLED } else { ExpirationStatus::DISABLED };
    let transition = |(days, class): (i32, String)| Transition {
        date: None,
        days: Some(days),
        storage_class: Some(TransitionStorageClass::from(class)),
    };
    let transitions: Vec<_> = rule.transitions.into_iter().map(transition).collect();
    LifecycleRule {
        abort_incomplete_multipart_upload: rule
            .aborts_uploads_after_days
            .map(|days| AbortIncompleteMultipartUpload { days_after_initiation: Some(days) }),
        expiration: rule.expires_after_days.map(|days| LifecycleExpiration {
            date: None,
            days: Some(days),
            expired_object_delete_marker: None,
        }),
        filter: Some(filter(rule.prefix, rule.tags)),
        id: rule.id,
        noncurrent_version_expiration: rule.noncurrent_expires_after_days.map(|days| {
            NoncurrentVersionExpiration {
                newer_noncurrent_versions: None,
                noncurrent_days: Some(days),
            }
        }),
        noncurrent_version_transitions: None,
        prefix: None,
        status: ExpirationStatus::from_static(status),
        transitions: (!transitions.is_empty()).then_some(transitions),
    }
}

fn filter(prefix: String, tags: Vec<(String, String)>) -> LifecycleRuleFilter {
    let mut filter = LifecycleRuleFilter {
        and: None,
        object_size_greater_than: None,
        object_size_less_than: None,
        prefix: Some(prefix),
        tag: None,
    };
    if !tags.is_empty() {
        let tag = |(key, value)| Tag { key: Some(key), value: Some(value) };
        filter.and = Some(LifecycleRuleAndOperator {
            object_size_greater_than: None,
            object_size_less_than: None,
            prefix: filter.prefix.take(),
            tags: Some(tags.into_iter().map(tag).collect()),
        });
    }
    filter
}

fn kept(rule: LifecycleRule) -> S3Result<Lifecycle> {
    let refused =
        || s3_error!(NotImplemented, "vigil-local keeps lifecycle rules by prefix and days");
    let filter_prefix = match rule.filter {
        Some(
            LifecycleRuleFilter { and: Some(_), .. } | LifecycleRuleFilter { tag: Some(_), .. },
        ) => {
            return Err(refused());
        }
        Some(filter) => filter.prefix,
        None => None,
    };
    let days = match rule.expiration {
        Some(LifecycleExpiration { date: Some(_), .. }) => return Err(refused()),
        Some(expiration) => expiration.days,
        None => None,
    };
    let transitions = rule.transitions.unwrap_or_default().into_iter().map(|to| {
        let (Some(days), Some(class)) = (to.days, to.storage_class) else { return Err(refused()) };
        Ok((days, class.as_str().to_owned()))
    });
    Ok(Lifecycle {
        id: rule.id,
        enabled: rule.status.as_str() == ExpirationStatus::ENABLED,
        prefix: filter_prefix.or(rule.prefix).unwrap_or_default(),
        tags: Vec::new(),
        expires_after_days: days,
        noncurrent_expires_after_days: rule
            .noncurrent_version_expiration
            .and_then(|expiration| expiration.noncurrent_days),
        aborts_uploads_after_days: rule
            .abort_incomplete_multipart_upload
            .and_then(|abort| abort.days_after_initiation),
        transitions: transitions.collect::<S3Result<_>>()?,
    })
}
