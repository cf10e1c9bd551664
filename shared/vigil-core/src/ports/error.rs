//! How a call to the world can fail, told apart where a job acts differently.

pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// `Display` names the step; the cause is reached through `source()`, never repeated in the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    #[error("{operation} was refused for {resource}")]
    Denied {
        operation: &'static str,
        resource: String,
        #[source]
        cause: Cause,
    },
    #[error("{operation} does not fit the state of {resource}")]
    InvalidState {
        operation: &'static str,
        resource: String,
        #[source]
        cause: Cause,
    },
    #[error("{operation} did not find {resource}")]
    NotFound {
        operation: &'static str,
        resource: String,
        #[source]
        cause: Cause,
    },
    #[error("{operation} failed for {resource}")]
    Other {
        operation: &'static str,
        resource: String,
        #[source]
        cause: Cause,
    },
    #[error("{operation} was throttled for {resource}")]
    Throttled {
        operation: &'static str,
        resource: String,
        #[source]
        cause: Cause,
    },
    /// Without the service's time nothing can be said about deadlines.
    #[error("{operation} was answered for {resource} with no usable Date header ({date:?})")]
    Undated { operation: &'static str, resource: String, date: Option<String> },
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    #[error("could not publish {count} finding(s)")]
    Call {
        count: usize,
        #[source]
        cause: PortError,
    },
    #[error("the bus did not take {} of {count} finding(s): {}", .refused.len(), list(.refused))]
    Refused { count: usize, refused: Vec<RefusedFinding> },
}

/// A finding that the bus did not take, and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedFinding {
    pub id: String,
    pub code: String,
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
