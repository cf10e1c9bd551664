//! Only the service may have written what lies in the CRL's place.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::{CrlState, CrlSubject, ForeignWrite};
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.writer",
    holds: "The service itself has written the CRL last.",
    cites: "AWS Private CA User Guide, Security best practices; Amazon S3 User Guide, EventBridge \
            event message structure (requester)",
    finds: &[("forged", Severity::High), ("genuine", Severity::Low)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    /// The CA has not signed what was written.
    Forged {
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
        by: &'a str,
    },
    /// It has.
    Genuine {
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
        by: &'a str,
    },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, what) = match self {
            Self::Forged { by, .. } => (by, "what the CA has not signed"),
            Self::Genuine { by, .. } => (by, "a CRL that the CA has signed"),
        };
        write!(f, "Not the service but {by} has put {what} in the CRL's place")
    }
}

/// Low while the CA's signature holds: so it looks when people put an earlier version back.
fn check(subject: &CrlSubject) -> Verdict {
    let foreign = subject.history.foreign_write.as_ref();
    let foreign = foreign.filter(|write| !write.is_overcome_by(&subject.crl));
    let Some(ForeignWrite { at, by }) = foreign else { return Verdict::Pass };
    let genuine = match &subject.crl {
        CrlState::Missing => return Verdict::not_applicable("there is no CRL object to judge"),
        CrlState::NotChecked(reason) => return Verdict::unknown(reason),
        CrlState::Read { signature, .. } => matches!(signature, Some(Ok(()))),
        CrlState::TooLarge { .. } | CrlState::Unreadable(_) => false,
    };
    let (severity, detail) = if genuine {
        (Severity::Low, Detail::Genuine { at: *at, by })
    } else {
        (Severity::High, Detail::Forged { at: *at, by })
    };
    Some(Observation::new(severity, &detail).remedy(subject.suspect())).into()
}
