//! Why an event is not one to act on.

use crate::{arn::ArnError, failure::Failure};

/// A variant each, because each asks for something else: a rule to be corrected, a sender to be
/// informed, or nothing at all.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum EventRejection {
    #[error(
        "the record's CA does not lie where the record says: {ca} in account {account}, {region}"
    )]
    Elsewhere { ca: String, account: String, region: String },
    /// Not an error of ours: nothing was done.
    #[error("the call itself failed with {code}: {message}")]
    FailedCall { code: String, message: String },
    #[error("{field} is not usable: {found}")]
    Malformed { field: &'static str, found: String },
    #[error("{field} is missing")]
    Missing { field: &'static str },
    #[error("requestParameters.certificateAuthorityArn does not name a CA")]
    NotACa(#[source] ArnError),
    #[error(
        "detail-type is {detail_type:?} of {source_name:?}, \
         not \"AWS API Call via CloudTrail\" of \"aws.acm-pca\""
    )]
    NotCloudTrail { detail_type: String, source_name: String },
    #[error("the event is not a JSON object")]
    NotAnEvent,
    /// Not an error of ours either: the CA was enabled, or its revocation changed.
    #[error("the CA's status was set to {status:?}, not to DISABLED")]
    NotDisabled { status: String },
    #[error("{ca} belongs to another account than {own}, which is watched")]
    OtherAccount { ca: String, own: String },
    #[error(
        "the record is of {name:?} at {event_source:?}, which is neither a deletion nor a disabling"
    )]
    OtherCall { name: String, event_source: String },
    #[error("{ca} lies in a Region that is not watched: VIGIL_REGIONS has {watched}")]
    OtherRegion { ca: String, watched: String },
}

impl Failure for EventRejection {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Elsewhere { .. } => "EventFromElsewhere",
            Self::FailedCall { .. } => "FailedCall",
            Self::Malformed { .. } | Self::Missing { .. } | Self::NotAnEvent => "MalformedEvent",
            Self::NotACa(ArnError::OtherService(..)) => "ArnOfAnotherService",
            Self::NotACa(_) => "NotACertificateAuthority",
            Self::NotCloudTrail { .. } => "NotACloudTrailEvent",
            Self::NotDisabled { .. } => "NotDisabled",
            Self::OtherAccount { .. } => "AccountNotWatched",
            Self::OtherCall { .. } => "NotADeletion",
            Self::OtherRegion { .. } => "RegionNotWatched",
        }
    }
}
