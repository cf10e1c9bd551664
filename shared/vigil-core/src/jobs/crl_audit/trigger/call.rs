//! An event of CloudTrail about a call that changes a CRL bucket, or a CA's configuration.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{arn::CaArn, service_event::EventError};

pub(super) const DETAIL_TYPE: &str = "AWS API Call via CloudTrail";

/// A call on a bucket. That it failed, or what it changed, is not asked: the audit looks itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BucketCall {
    pub(crate) id: String,
    /// `None`: it changes what is allowed in all buckets of the account.
    pub(crate) bucket: Option<String>,
    /// As CloudTrail names it: `PutBucketPolicy`.
    pub(crate) name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaCall {
    pub(crate) id: String,
    pub(crate) ca: CaArn,
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Envelope<P> {
    id: String,
    detail: Detail<P>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail<P> {
    event_name: String,
    request_parameters: P,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnBucket {
    bucket_name: String,
}

/// Who blocks public access for the whole account names no bucket. CloudTrail has other names for
/// these calls than S3 Control (Amazon S3 User Guide, "Amazon S3 CloudTrail events").
const OF_ACCOUNT: [&str; 2] = ["DeleteAccountPublicAccessBlock", "PutAccountPublicAccessBlock"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnCa {
    certificate_authority_arn: String,
}

pub(super) fn on_bucket(payload: &Value) -> Result<BucketCall, EventError> {
    let Envelope { id, detail } = read::<Value>(payload)?;
    let bucket = if OF_ACCOUNT.contains(&detail.event_name.as_str()) {
        None
    } else {
        let on = OnBucket::deserialize(detail.request_parameters).map_err(EventError::Shape)?;
        Some(on.bucket_name)
    };
    Ok(BucketCall { id, bucket, name: detail.event_name })
}

pub(super) fn on_ca(payload: &Value) -> Result<CaCall, EventError> {
    let Envelope { id, detail } = read::<OnCa>(payload)?;
    let ca = detail.request_parameters.certificate_authority_arn;
    let ca = ca.parse().map_err(EventError::Arn)?;
    Ok(CaCall { id, ca, name: detail.event_name })
}

fn read<P: DeserializeOwned>(payload: &Value) -> Result<Envelope<P>, EventError> {
    Envelope::deserialize(payload).map_err(EventError::Shape)
}

impl BucketCall {
    pub(super) fn concerns(&self, bucket: &str) -> bool {
        self.bucket.as_deref().is_none_or(|changed| changed == bucket)
    }

    pub(super) fn about(&self) -> &str {
        self.bucket.as_deref().unwrap_or("the account's buckets")
    }

    /// After it, or its repetition, the CRLs themselves may be gone.
    pub(super) fn removes_bucket(&self) -> bool {
        self.name == "DeleteBucket"
    }
}
