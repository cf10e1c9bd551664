//! The buckets: the stack's own are there and of this account, and those of CRLs send events.

use std::collections::BTreeMap;

use super::deployment::Owner;

/// The stack's own, by name; `None` for one that does not exist.
pub(super) type Buckets = BTreeMap<String, Result<Option<Owner>, String>>;

/// Of CRLs: whether it sends events; `None` for one that does not exist.
pub(super) type CrlBuckets = BTreeMap<String, Result<Option<bool>, String>>;

/// The functions that say which buckets the stack uses, and the variables in which they do.
pub(super) const NAMED_BY: &[(&str, &str)] =
    &[("auto-restore", "VIGIL_EVIDENCE_BUCKET"), ("audit-report", "VIGIL_REPORT_BUCKET")];

/// What is wrong with the first bucket that cannot be used, and what mends it.
pub(super) fn wrong_bucket(buckets: &Buckets) -> Option<(String, &'static str)> {
    buckets.iter().find_map(|(bucket, owner)| match owner {
        Ok(Some(Owner::Foreign)) => Some((
            format!("the bucket {bucket} belongs to another account"),
            "make deploy with another Name, or with TakeOver=false",
        )),
        Ok(None) => Some((
            format!("the bucket {bucket} does not exist"),
            "make deploy with TakeOver=false, which makes the bucket",
        )),
        Ok(Some(Owner::Own)) | Err(_) => None,
    })
}

/// The same of the buckets that CAs write their CRLs to.
pub(super) fn wrong_crl_bucket(buckets: &CrlBuckets) -> Option<(String, String)> {
    buckets.iter().find_map(|(bucket, sends)| match sends {
        Ok(None) => Some((
            format!("the CRL bucket {bucket} does not exist"),
            format!(
                "aws s3 mb s3://{bucket}, with a policy for CRLs, or name another bucket: aws acm-pca \
                 update-certificate-authority"
            ),
        )),
        Ok(Some(false)) => Some((
            format!("the CRL bucket {bucket} sends no events to EventBridge"),
            format!(
                "aws s3api put-bucket-notification-configuration --bucket {bucket} \
                 --notification-configuration '{{\"EventBridgeConfiguration\":{{}}}}' (replaces the bucket's \
                 other notifications)"
            ),
        )),
        Ok(Some(true)) | Err(_) => None,
    })
}
