//! How an invocation fails. Lambda repeats it, and a repetition picks up where this one stopped.

use super::{Outcome, record::CaseError};
use crate::{
    arn::CaArn,
    cloudtrail::EventRejection,
    failure::{Failure, chain},
    jobs::isolated::Panicked,
    ports::{PortError, PublishError},
};

/// Why a case, or a sweep, did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum AutoRestoreError {
    #[error("{key} was written by another invocation meanwhile")]
    Contended { key: String },
    #[error("could not describe the CA")]
    Describe(#[source] PortError),
    #[error("the event is not one to act on")]
    Event(#[source] EventRejection),
    #[error("the event is not one to act on, and could not be kept ({})", chain(.unkept))]
    EventNotKept {
        #[source]
        refusal: EventRejection,
        unkept: Box<PortError>,
    },
    /// And the approval of a single group depends on it. The next attempt may succeed.
    #[error("it could not be asked who deleted the CA: {why}")]
    EventHistory { why: String },
    #[error("{ca} is listed, but cannot be described")]
    Inconsistent { ca: CaArn },
    #[error("could not read or write the evidence")]
    EvidenceStore(#[source] PortError),
    #[error("could not list the CAs")]
    List(#[source] PortError),
    #[error(transparent)]
    Panicked(#[from] Panicked),
    #[error("the outcome for the CA is certain, but could not be published")]
    Publish(#[source] PublishError),
    #[error("could not read the tags, policy or permissions of the CA")]
    ReadAttributes(#[source] PortError),
    #[error("the CA was restored, but what it had before could not be compared or put back")]
    PutBack(#[source] PortError),
    #[error("the CA was restored, but could not be set to ACTIVE")]
    Reactivate(#[source] PortError),
    #[error("the case's record does not take what happened")]
    Record(#[source] CaseError),
    /// We are not allowed to. It has been published as CRITICAL, unless that failed, too.
    #[error("the CA must be restored, and we may not{}", could_not_publish(.unpublished.as_deref()))]
    Refused {
        #[source]
        cause: PortError,
        unpublished: Option<Box<PublishError>>,
    },
    #[error("could not restore the CA")]
    Restore(#[source] PortError),
    #[error("{ca} is still DELETED after it was restored")]
    StillDeleted { ca: CaArn },
    /// Raised after every Region and every CA has had its turn, so that one failure cannot hide the
    /// others.
    #[error("the sweep failed in part: {}", each(.failures))]
    SweepIncomplete { outcome: Box<Outcome>, failures: Vec<CaFailure> },
    /// The CA is restored. A finding was published, unless that failed, too.
    #[error("the CA was restored, and that could not be put on record{}", could_not_publish(.unpublished.as_deref()))]
    Unrecorded {
        #[source]
        cause: PortError,
        unpublished: Option<Box<PublishError>>,
    },
    #[error("the CA was changed, but could not be described afterwards")]
    Verify(#[source] PortError),
    #[error("could not write state as JSON")]
    Write(#[source] serde_json::Error),
}

/// What a sweep failed on.
#[derive(Debug)]
pub struct CaFailure {
    /// The Region.
    pub region: String,
    /// `None`: on what concerns all CAs of the Region.
    pub ca: Option<CaArn>,
    /// What went wrong.
    pub error: Box<AutoRestoreError>,
}

impl CaFailure {
    pub(in crate::jobs) fn new(ca: &CaArn, error: AutoRestoreError) -> Self {
        let region = ca.region().to_owned();
        Self { region, ca: Some(ca.clone()), error: Box::new(error) }
    }

    pub(in crate::jobs) fn of_store(region: &str, cause: PortError) -> Self {
        Self::of_all(region, AutoRestoreError::EvidenceStore(cause))
    }

    pub(in crate::jobs) fn of_all(region: &str, error: AutoRestoreError) -> Self {
        Self { region: region.to_owned(), ca: None, error: Box::new(error) }
    }
}

fn each(failures: &[CaFailure]) -> String {
    let each = failures.iter().map(|failure| match &failure.ca {
        Some(ca) => format!("{ca}: {}", chain(&failure.error)),
        None => format!("{}: {}", failure.region, chain(&failure.error)),
    });
    each.collect::<Vec<_>>().join("; ")
}

fn could_not_publish(unpublished: Option<&PublishError>) -> String {
    match unpublished {
        Some(error) => format!(" (nor could that be published: {})", chain(error)),
        None => String::new(),
    }
}

impl Failure for AutoRestoreError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Contended { .. } => "CaseContended",
            Self::Describe(_) => "DescribeFailed",
            Self::Event(refusal) | Self::EventNotKept { refusal, .. } => refusal.error_type(),
            Self::EventHistory { .. } => "EventHistoryFailed",
            Self::Inconsistent { .. } => "InconsistentService",
            Self::EvidenceStore(_) | Self::Record(_) | Self::Write(_) => "EvidenceFailed",
            Self::List(_) => "ListFailed",
            Self::ReadAttributes(_) => "ObserveFailed",
            Self::Panicked(_) => "Panicked",
            Self::PutBack(_) => "MendFailed",
            Self::Publish(_) => "PublishFailed",
            Self::Reactivate(_) => "ReactivateFailed",
            Self::Refused { .. } => "RestoreRefused",
            Self::Restore(_) => "RestoreFailed",
            Self::StillDeleted { .. } => "StillDeleted",
            Self::SweepIncomplete { .. } => "SweepIncomplete",
            Self::Unrecorded { .. } => "RestoredUnrecorded",
            Self::Verify(_) => "VerifyFailed",
        }
    }
}
