//! How a call through a port can fail, with a variant where a job acts differently.

/// The error of a client, such as the SDK's.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A call that failed. `Display` names the operation; the cause is `source()` and is not part of the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// The caller has no permission for the call.
    #[error("{operation} was refused for {resource}")]
    Denied {
        /// The name of the API's operation.
        operation: &'static str,
        /// An ARN or a name.
        resource: String,
        /// The client's error.
        #[source]
        cause: Cause,
    },
    /// The state of the resource does not allow the call.
    #[error("{operation} does not fit the state of {resource}")]
    InvalidState {
        /// The name of the API's operation.
        operation: &'static str,
        /// An ARN or a name.
        resource: String,
        /// The client's error.
        #[source]
        cause: Cause,
    },
    /// The resource does not exist.
    #[error("{operation} did not find {resource}")]
    NotFound {
        /// The name of the API's operation.
        operation: &'static str,
        /// An ARN or a name.
        resource: String,
        /// The client's error.
        #[source]
        cause: Cause,
    },
    /// Any other failure.
    #[error("{operation} failed for {resource}")]
    Other {
        /// The name of the API's operation.
        operation: &'static str,
        /// An ARN or a name.
        resource: String,
        /// The client's error.
        #[source]
        cause: Cause,
    },
    /// Too many calls were made.
    #[error("{operation} was throttled for {resource}")]
    Throttled {
        /// The name of the API's operation.
        operation: &'static str,
        /// An ARN or a name.
        resource: String,
        /// The client's error.
        #[source]
        cause: Cause,
    },
    /// The object is there, and was not written by who keeps its state there.
    #[error("{resource} has no seal of Vigil's")]
    Unauthentic {
        /// The object's key.
        resource: String,
        /// The version that was read.
        etag: super::Etag,
    },
    /// The answer has no time. Deadlines are judged by the service's time only.
    #[error("{operation} was answered for {resource} with no usable Date header ({date:?})")]
    Undated {
        /// The name of the API's operation.
        operation: &'static str,
        /// An ARN or a name.
        resource: String,
        /// The header as it came.
        date: Option<String>,
    },
}

impl PortError {
    /// Whether the same call fails again, however often it is made.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Denied { .. }
            | Self::InvalidState { .. }
            | Self::NotFound { .. }
            | Self::Unauthentic { .. } => true,
            Self::Other { .. } | Self::Throttled { .. } | Self::Undated { .. } => false,
        }
    }
}

/// Findings that could not be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The call failed; any number of the findings may have been published.
    #[error("could not publish {count} finding(s)")]
    Call {
        /// How many were to be published.
        count: usize,
        /// The call's error.
        #[source]
        cause: PortError,
    },
    /// The bus did not take some of them.
    #[error("the bus did not take {} of {count} finding(s): {}", .refused.len(), list(.refused))]
    Refused {
        /// How many were to be published.
        count: usize,
        /// Those that were not.
        refused: Vec<RefusedFinding>,
    },
}

/// A finding that the bus did not take, and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedFinding {
    /// The finding's id.
    pub id: String,
    /// The bus's error code.
    pub code: String,
    /// The bus's message.
    pub message: String,
}

fn list(refused: &[RefusedFinding]) -> String {
    let each = refused.iter().map(|one| format!("{} ({}: {})", one.id, one.code, one.message));
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_failure_names_what_was_not_taken_and_why() {
        let error = PublishError::Refused {
            count: 2,
            refused: vec![RefusedFinding {
                id: "f1".to_owned(),
                code: "ThrottlingException".to_owned(),
                message: "slow down".to_owned(),
            }],
        };
        let want = "the bus did not take 1 of 2 finding(s): f1 (ThrottlingException: slow down)";
        assert_eq!(error.to_string(), want);
    }
}
