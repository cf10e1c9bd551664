//! A CRL with extensions must say that it is version 2.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.version",
    holds: "The CRL says that it is version 2.",
    cites: "RFC 5280 §5.1.2.1",
    finds: &[("not-v2", Severity::High)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    NotV2 { encoded: Option<u64> },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotV2 { encoded: None } => f.write_str("The CRL names no version, so it is v1"),
            Self::NotV2 { encoded: Some(encoded) } => {
                write!(f, "The CRL's version is encoded as {encoded}, where v2 is 1")
            }
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let wrong = (facts.version != Some(1)).then_some(Detail::NotV2 { encoded: facts.version });
    wrong.map(|detail| Observation::new(Severity::High, &detail).remedy(subject.suspect())).into()
}
