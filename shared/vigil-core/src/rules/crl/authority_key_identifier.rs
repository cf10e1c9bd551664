//! The CRL must point at the key that signed it.

use std::fmt;

use serde::Serialize;

use super::{CrlSubject, hex};
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.authority-key-identifier",
    holds: "authorityKeyIdentifier is there and is the CA's subjectKeyIdentifier.",
    cites: "RFC 5280 §5.2.1",
    finds: &[("absent", Severity::High), ("another-key", Severity::High)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Absent,
    AnotherKey { authority_key_identifier: String, subject_key_identifier: String },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("The CRL has no authorityKeyIdentifier"),
            Self::AnotherKey { authority_key_identifier, subject_key_identifier } => write!(
                f,
                "The CRL points at key {authority_key_identifier}, and the CA's is \
                 {subject_key_identifier}"
            ),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let Some(identifier) = &facts.authority_key_identifier else {
        let seen = Observation::new(Severity::High, &Detail::Absent);
        return Some(seen.remedy(subject.suspect())).into();
    };
    let issuer = match subject.issuer() {
        Ok(issuer) => issuer,
        Err(verdict) => return verdict,
    };
    let Some(expected) = &issuer.subject_key_identifier else {
        return Verdict::not_applicable("the CA's certificate has no subjectKeyIdentifier");
    };
    if identifier == expected {
        return Verdict::Pass;
    }
    let detail = Detail::AnotherKey {
        authority_key_identifier: hex(identifier),
        subject_key_identifier: hex(expected),
    };
    Some(Observation::new(Severity::High, &detail).remedy(subject.suspect())).into()
}
