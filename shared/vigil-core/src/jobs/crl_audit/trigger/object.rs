//! An event of S3 about an object, through EventBridge: that it was written, or deleted, and by
//! whom.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::super::Scope;
use crate::service_event::EventError;

pub(super) const CREATED: &str = "Object Created";
pub(super) const DELETED: &str = "Object Deleted";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectEvent {
    pub(crate) id: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// An account's id or a service principal.
    pub(crate) by: String,
    pub(crate) change: ObjectChange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectChange {
    Created,
    Deleted,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(with = "crate::instant::text")]
    time: OffsetDateTime,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
    /// Lifecycle rules are the only ones without.
    #[serde(default)]
    requester: String,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

/// The key is not encoded here, as it is in S3's own notifications.
#[derive(Deserialize)]
struct Object {
    key: String,
}

pub(super) fn read(payload: &Value) -> Result<ObjectEvent, EventError> {
    let Envelope { id, time, detail_type, detail } =
        Envelope::deserialize(payload).map_err(EventError::Shape)?;
    let change = if detail_type == CREATED { ObjectChange::Created } else { ObjectChange::Deleted };
    let by = detail.requester.chars().take(100).collect();
    Ok(ObjectEvent { id, at: time, bucket: detail.bucket.name, key: detail.object.key, by, change })
}

impl ObjectEvent {
    /// Whether the service itself did it: its principal, or that of an opt-in Region.
    pub(super) fn by_service(&self) -> bool {
        self.by.starts_with("acm-pca.") && self.by.ends_with(".amazonaws.com")
    }

    /// Whether the object is the CA's CRL, or one of its partitions.
    pub(super) fn is_at(&self, scope: &Scope) -> bool {
        self.bucket == scope.bucket && scope.holds(&self.key)
    }
}

impl ObjectChange {
    pub(super) fn detail_type(self) -> &'static str {
        match self {
            Self::Created => CREATED,
            Self::Deleted => DELETED,
        }
    }
}
