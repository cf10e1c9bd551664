//! After the service said that it could not make or write a CRL, a newer one must have come.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::{CrlState, CrlSubject, GenerationFailure};
use crate::{
    crl::comparison::BACKDATED,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.generation",
    holds: "The service can generate the CRL and write it to the bucket.",
    cites: "AWS Private CA User Guide, Using Amazon EventBridge: CRL Generation",
    finds: &[("failed", Severity::High)],
    remedy: super::REPUBLISH,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Failed {
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
        reason: &'a str,
    },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Failed { reason, .. } = self;
        write!(f, "CRL generation failed: {reason}")
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    match &subject.history.failure {
        Some(failure) if !is_overcome(failure, &subject.crl) => {
            failed(subject, failure.at, failure.reason.as_deref())
        }
        Some(_) | None => Verdict::Pass,
    }
}

/// A CRL that was made after the failure, by its own word; when the object was written says less,
/// because others can write it.
pub(super) fn is_overcome(failure: &GenerationFailure, crl: &CrlState) -> bool {
    match crl {
        CrlState::Read { facts, signature } if !matches!(signature, Some(Err(_))) => {
            facts.this_update.is_some_and(|this_update| this_update + BACKDATED > failure.at)
        }
        _ => false,
    }
}

fn failed(subject: &CrlSubject, at: OffsetDateTime, reason: Option<&str>) -> Verdict {
    let reason = reason.unwrap_or("the event gives no reason");
    let seen = Observation::new(Severity::High, &Detail::Failed { at, reason });
    let remedy = if reason.contains("bucket permissions") {
        subject.republish()
    } else {
        format!(
            "The failure is the service's own. {} If it lasts, ask AWS Support.",
            subject.republish()
        )
    };
    Some(seen.remedy(remedy)).into()
}
