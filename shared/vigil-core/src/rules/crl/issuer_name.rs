//! The CRL's issuer must be the CA's subject.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.issuer-name",
    holds: "The CRL's issuer is the subject of the CA's certificate.",
    cites: "RFC 5280 §5.1.2.3, §6.3.3 (b)",
    finds: &[("another-name", Severity::High)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    AnotherName { issuer_der: String, subject_der: String },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The CRL names another issuer than this CA")
    }
}

/// Octet by octet: the service copies the name, and many relying parties compare it so.
fn check(subject: &CrlSubject) -> Verdict {
    let (facts, issuer) = match (subject.facts(), subject.issuer()) {
        (Ok(facts), Ok(issuer)) => (facts, issuer),
        (Err(verdict), _) | (_, Err(verdict)) => return verdict,
    };
    if facts.issuer == issuer.subject {
        return Verdict::Pass;
    }
    let detail = Detail::AnotherName {
        issuer_der: super::hex(&facts.issuer),
        subject_der: super::hex(&issuer.subject),
    };
    Some(Observation::new(Severity::High, &detail).remedy(subject.suspect())).into()
}
