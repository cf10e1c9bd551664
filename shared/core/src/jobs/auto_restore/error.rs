//! How an invocation fails. Lambda repeats it, and a repetition picks up where this one stopped.

use crate::{
    arn::CaArn,
    cloudtrail::Refusal,
    failure::Failure,
    ports::{PortError, PublishError},
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AutoRestoreError {
    #[error("the case {key} is being written by somebody else")]
    Contended { key: String },
    #[error("could not look at the deleted CA")]
    Describe(#[source] PortError),
    #[error("the event is not a CA's deletion to judge")]
    Event(#[source] Refusal),
    #[error("{ca} is listed, but cannot be described")]
    Inconsistent { ca: CaArn },
    #[error("could not read or write the evidence")]
    Ledger(#[source] PortError),
    #[error("could not list the CAs to confirm that one is gone")]
    List(#[source] PortError),
    #[error("the CA's fate is settled, but could not be told")]
    Publish(#[source] PublishError),
    /// We are not allowed to. It has been told as CRITICAL, unless that failed, too.
    #[error("the CA must be restored, and we may not{}", untold(.unpublished.as_deref()))]
    Refused {
        #[source]
        cause: PortError,
        unpublished: Option<Box<PublishError>>,
    },
    #[error("could not restore the CA")]
    Restore(#[source] PortError),
    #[error("{ca} is still DELETED after it was restored")]
    StillDeleted { ca: CaArn },
    #[error("the CA was restored, but could not be looked at afterwards")]
    Verify(#[source] PortError),
    #[error("could not write the evidence as JSON")]
    Write(#[source] serde_json::Error),
}

fn untold(unpublished: Option<&PublishError>) -> String {
    match unpublished {
        Some(error) => format!(" (nor could that be told: {})", crate::failure::chain(error)),
        None => String::new(),
    }
}

impl Failure for AutoRestoreError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Contended { .. } => "CaseContended",
            Self::Describe(_) => "DescribeFailed",
            Self::Event(refusal) => refusal.error_type(),
            Self::Inconsistent { .. } => "InconsistentService",
            Self::Ledger(_) | Self::Write(_) => "EvidenceFailed",
            Self::List(_) => "ListFailed",
            Self::Publish(_) => "PublishFailed",
            Self::Refused { .. } => "RestoreRefused",
            Self::Restore(_) => "RestoreFailed",
            Self::StillDeleted { .. } => "StillDeleted",
            Self::Verify(_) => "VerifyFailed",
        }
    }
}
