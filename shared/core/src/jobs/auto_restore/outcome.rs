//! What an invocation did, and if nothing, why: the result that Lambda shows.

use serde::Serialize;
use time::OffsetDateTime;

use super::case::{Case, Ending};
use crate::{arn::CaArn, policy::Verdict};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// This delivery of the event changed nothing: the case is closed.
    Duplicate {
        ca: CaArn,
        case: String,
    },
    /// Nothing can be done any more.
    Gone {
        ca: CaArn,
        case: String,
        findings: Vec<String>,
    },
    /// Somebody restored the CA before this event arrived.
    NotDeleted {
        ca: CaArn,
        status: String,
    },
    /// The event tells of a call that was refused.
    NothingDeleted {
        reason: String,
    },
    Restored {
        ca: CaArn,
        case: String,
        status: String,
        policies: Vec<String>,
        errors: Vec<String>,
        findings: Vec<String>,
    },
    Stood {
        ca: CaArn,
        case: String,
        policies: Vec<String>,
        findings: Vec<String>,
    },
    /// The CA was restored and deleted anew; that deletion has its own event.
    Superseded {
        ca: CaArn,
        #[serde(with = "time::serde::rfc3339")]
        deleted_again_at: OffsetDateTime,
    },
}

impl Outcome {
    pub(super) fn of(ca: &CaArn, key: &str, closed: &Case, ending: Ending) -> Self {
        let (ca, case, findings) = (ca.clone(), key.to_owned(), closed.findings.clone());
        let (policies, errors) = match closed.judgement.as_ref().map(|judged| &judged.verdict) {
            Some(Verdict::Restore { policies, errors }) => (policies.clone(), errors.clone()),
            Some(Verdict::Stand { policies }) => (policies.clone(), Vec::new()),
            None => (Vec::new(), Vec::new()),
        };
        match ending {
            Ending::Gone { .. } => Self::Gone { ca, case, findings },
            Ending::Restored { status, .. } => {
                Self::Restored { ca, case, status, policies, errors, findings }
            }
            Ending::Stood { .. } => Self::Stood { ca, case, policies, findings },
            Ending::Superseded { deleted_again_at } => Self::Superseded { ca, deleted_again_at },
        }
    }
}
