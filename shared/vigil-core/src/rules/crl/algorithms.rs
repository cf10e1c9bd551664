//! The algorithm must be the same inside and outside of what is signed, strong, and the CA's own.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.algorithms",
    holds: "The signature algorithm is named twice alike, is strong, and is the one configured.",
    cites: "RFC 5280 §5.1.1.2; AWS Private CA API Reference, CertificateAuthorityConfiguration",
    finds: &[
        ("disagree", Severity::High),
        ("not-configured", Severity::Medium),
        ("weak", Severity::High),
    ],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Disagree { inside: String, outside: String },
    NotConfigured { algorithm: String, configured: String },
    Weak { algorithm: String },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disagree { inside, outside } => write!(
                f,
                "The CRL names {inside} inside and {outside} outside of what is signed, or their \
                 parameters differ"
            ),
            Self::NotConfigured { algorithm, configured } => {
                write!(f, "The CRL is signed with {algorithm}, and the CA is set to {configured}")
            }
            Self::Weak { algorithm } => write!(f, "The CRL is signed with {algorithm}"),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let (inside, outside) = (&facts.inner_algorithm, &facts.outer_algorithm);
    let algorithm = inside.to_string();
    let mut details = Vec::new();
    if inside.raw != outside.raw {
        let outside = outside.to_string();
        details.push((Severity::High, Detail::Disagree { inside: algorithm.clone(), outside }));
    }
    if algorithm.starts_with("MD5") || algorithm.starts_with("SHA1") {
        details.push((Severity::High, Detail::Weak { algorithm: algorithm.clone() }));
    }
    let configured = subject.ca.as_ref().and_then(|ca| ca.signing_algorithm.clone());
    if let Some(configured) = configured.filter(|configured| *configured != algorithm) {
        details.push((Severity::Medium, Detail::NotConfigured { algorithm, configured }));
    }
    let seen = details
        .iter()
        .map(|(severity, detail)| Observation::new(*severity, detail).remedy(subject.suspect()));
    Verdict::from_observations(seen.collect())
}
