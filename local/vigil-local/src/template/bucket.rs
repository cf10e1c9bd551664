//! The buckets of a template, with the configuration that they start with.

use serde_json::Value;

use super::property::Properties;
use super::{TemplateError, resolve};
use crate::s3::{BucketConfig, Encryption, Lifecycle, PublicAccessBlock};

/// A bucket that the stack makes when it starts.
#[derive(Clone, Debug)]
pub(crate) struct BucketSpec {
    pub(crate) name: String,
    pub(crate) config: BucketConfig,
}

pub(super) fn read(properties: &Properties, name: String) -> Result<BucketSpec, TemplateError> {
    let mut config = BucketConfig::default();
    if let Some(block) = properties.nested("PublicAccessBlockConfiguration")? {
        config.public_access_block = Some(PublicAccessBlock {
            block_public_acls: block.flag("BlockPublicAcls")?.unwrap_or(false),
            block_public_policy: block.flag("BlockPublicPolicy")?.unwrap_or(false),
            ignore_public_acls: block.flag("IgnorePublicAcls")?.unwrap_or(false),
            restrict_public_buckets: block.flag("RestrictPublicBuckets")?.unwrap_or(false),
        });
    }
    if let Some(encryption) = properties.nested("BucketEncryption")? {
        config.encryption = read_encryption(&encryption)?;
    }
    if let Some(versioning) = properties.nested("VersioningConfiguration")? {
        config.versioning = Some(versioning.required("Status")?);
    }
    if let Some(controls) = properties.nested("OwnershipControls")? {
        let ownership = first(&controls, "Rules")?;
        config.ownership = Some(ownership.required("ObjectOwnership")?);
    }
    if let Some(lifecycle) = properties.nested("LifecycleConfiguration")? {
        let rules = lifecycle.list("Rules")?.iter();
        let rules = rules.map(|rule| read_rule(&properties.logical_id, rule));
        config.lifecycle = rules.collect::<Result<_, _>>()?;
    }
    config.object_lock = properties.flag("ObjectLockEnabled")?.unwrap_or(false);
    Ok(BucketSpec { name, config })
}

/// The bucket that an `AWS::S3::BucketPolicy` goes to, and the policy's text.
pub(super) fn read_policy(properties: &Properties) -> Result<(String, String), TemplateError> {
    let document = properties.value("PolicyDocument");
    let document = document.ok_or_else(|| properties.missing("PolicyDocument"))?;
    let text = match document {
        Value::String(text) => text.clone(),
        document => document.to_string(),
    };
    Ok((properties.required("Bucket")?, text))
}

/// As far as S3 keeps it here: prefix, tags and days.
fn read_rule(logical_id: &str, rule: &Value) -> Result<Lifecycle, TemplateError> {
    let rule = Properties::new(logical_id, Some(rule.clone()))?;
    let nested_days = |property: &str, member: &str| match rule.nested(property)? {
        Some(nested) => days(&nested, member),
        None => Ok(None),
    };
    let tag = |tag: &Value| {
        let tag = Properties::new(logical_id, Some(tag.clone()))?;
        Ok((tag.required("Key")?, tag.required("Value")?))
    };
    let tags = rule.list("TagFilters")?.iter().map(tag).collect::<Result<_, TemplateError>>()?;
    Ok(Lifecycle {
        tags,
        id: rule.text("Id")?,
        enabled: rule.required("Status")? == "Enabled",
        prefix: rule.text("Prefix")?.unwrap_or_default(),
        expires_after_days: days(&rule, "ExpirationInDays")?,
        noncurrent_expires_after_days: nested_days(
            "NoncurrentVersionExpiration",
            "NoncurrentDays",
        )?,
        aborts_uploads_after_days: nested_days(
            "AbortIncompleteMultipartUpload",
            "DaysAfterInitiation",
        )?,
        transitions: Vec::new(),
    })
}

fn days(properties: &Properties, name: &str) -> Result<Option<i32>, TemplateError> {
    let number = properties.number(name)?;
    Ok(number.map(|days| i32::try_from(days).unwrap_or(i32::MAX)))
}

fn read_encryption(encryption: &Properties) -> Result<Encryption, TemplateError> {
    let rule = first(encryption, "ServerSideEncryptionConfiguration")?;
    let by_default = rule.nested("ServerSideEncryptionByDefault")?;
    let by_default = by_default.ok_or_else(|| rule.missing("ServerSideEncryptionByDefault"))?;
    Ok(Encryption {
        algorithm: by_default.required("SSEAlgorithm")?,
        kms_key_id: by_default.value("KMSMasterKeyID").and_then(resolve::text),
        bucket_key_enabled: rule.flag("BucketKeyEnabled")?.unwrap_or(false),
    })
}

fn first(properties: &Properties, name: &'static str) -> Result<Properties, TemplateError> {
    let rule = properties.list(name)?.first().ok_or_else(|| properties.missing(name))?;
    Properties::new(&properties.logical_id, Some(rule.clone()))
}
