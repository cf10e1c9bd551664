//! The ACL calls of buckets and objects.

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::acl;
use super::service::LocalS3;

impl LocalS3 {
    pub(super) fn bucket_acl(&self, bucket: &str) -> S3Result<GetBucketAclOutput> {
        let account = &self.shared.account.id;
        let config = self.config(bucket)?;
        let mut grants = acl::grants(&config.acl, account);
        grants.extend(config.acl_grants.into_iter().map(acl::to_account));
        Ok(GetBucketAclOutput { grants: Some(grants), owner: Some(acl::owner(account)) })
    }

    pub(super) fn object_acl(&self, bucket: &str, key: &str) -> S3Result<GetObjectAclOutput> {
        self.must_exist(bucket, key)?;
        let account = &self.shared.account.id;
        let config = self.config(bucket)?;
        let grants = acl::grants(config.object_acl(key), account);
        let owner = Some(acl::owner(account));
        Ok(GetObjectAclOutput { grants: Some(grants), owner, request_charged: None })
    }

    pub(super) fn set_bucket_acl(&self, input: PutBucketAclInput) -> S3Result<()> {
        let mut grants = acl::by_headers(&input)?;
        let listed = input.access_control_policy.and_then(|list| list.grants);
        let listed = listed.unwrap_or_default();
        let canned = match (&input.acl, grants.is_empty(), listed.is_empty()) {
            (Some(canned), true, true) => canned.as_str().to_owned(),
            (None, false, true) => "private".to_owned(),
            (None, true, false) => {
                grants = acl::to_accounts(&listed, &self.shared.account.id);
                acl::canned(&listed)?.to_owned()
            }
            _ => {
                return Err(s3_error!(
                    NotImplemented,
                    "vigil-local takes one canned ACL, a list of grants, or grants in headers"
                ));
            }
        };
        let config = self.config(&input.bucket)?;
        acl::check(&canned, &config)?;
        if !grants.is_empty() && config.acls_are_disabled() {
            return Err(s3_error!(AccessControlListNotSupported, "The bucket does not allow ACLs"));
        }
        self.configure(&input.bucket, |config| {
            config.acl = canned;
            config.acl_grants = grants;
        })
    }

    pub(super) fn set_object_acl(&self, input: PutObjectAclInput) -> S3Result<()> {
        self.must_exist(&input.bucket, &input.key)?;
        let canned = asked_acl(
            input.acl.as_ref().map(ObjectCannedACL::as_str),
            input.access_control_policy,
        )?;
        acl::check(&canned, &self.config(&input.bucket)?)?;
        self.configure(&input.bucket, |config| {
            config.object_acls.insert(input.key, canned);
        })
    }

    pub(super) fn must_exist(&self, bucket: &str, key: &str) -> S3Result<()> {
        if self.shared.object_exists(bucket, key) {
            return Ok(());
        }
        Err(s3_error!(NoSuchKey, "The specified key does not exist."))
    }
}

fn asked_acl(canned: Option<&str>, list: Option<AccessControlPolicy>) -> S3Result<String> {
    match (canned, list.and_then(|list| list.grants)) {
        (Some(canned), None) => Ok(canned.to_owned()),
        (None, Some(grants)) => acl::canned(&grants).map(str::to_owned),
        _ => Err(s3_error!(
            NotImplemented,
            "vigil-local takes one canned ACL, or a list of grants that comes to one"
        )),
    }
}
