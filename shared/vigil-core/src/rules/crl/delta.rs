//! Where the complete CRL belongs there must be no delta CRL.

use std::fmt;

use serde::Serialize;

use super::{CrlSubject, hex};
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.delta",
    holds: "The CRL is not a delta CRL.",
    cites: "RFC 5280 §5.2.4; AWS Private CA API Reference, CrlConfiguration (no delta CRLs)",
    finds: &[("delta", Severity::High)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Delta { base_number: String },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Delta { base_number } = self;
        write!(
            f,
            "The CRL lists only changes since CRL {base_number}, and the service makes no such"
        )
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let base = facts.delta_base.as_deref().map(|base| Detail::Delta { base_number: hex(base) });
    base.map(|detail| Observation::new(Severity::High, &detail).remedy(subject.suspect())).into()
}
