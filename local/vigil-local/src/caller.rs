//! Who signed a request.

use iam_policy::Principal;

/// The caller of S3 or KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A principal of an account: of the stack's own, or of another.
    Account { id: String, arn: String },
    /// The request is not signed.
    Anonymous,
    /// An AWS service, under its service principal.
    Service(String),
}

impl Caller {
    /// The caller as policies name it.
    pub(crate) fn principal(&self) -> Principal {
        match self {
            Self::Account { arn, .. } => Principal::Aws(arn.clone()),
            Self::Anonymous => Principal::Anyone,
            Self::Service(name) => Principal::Service(name.clone()),
        }
    }

    /// The caller's ARN. A service and an anonymous caller have none.
    pub(crate) fn arn(&self) -> Option<&str> {
        match self {
            Self::Account { arn, .. } => Some(arn),
            Self::Anonymous | Self::Service(_) => None,
        }
    }

    /// The id of the caller's account. A service and an anonymous caller have none.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Account { id, .. } => Some(id),
            Self::Anonymous | Self::Service(_) => None,
        }
    }
}
