//! The algorithm must be the same inside and outside of what is signed, strong, and the CA's own.

use super::CrlSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.algorithms",
        holds: "Both signature algorithms of the CRL are equal, strong, and the one that the CA is \
                configured with.",
        cites: "RFC 5280 §5.1.1.2; AWS Private CA API Reference, CertificateAuthorityConfiguration",
        kinds: &[DIFFERS, MISMATCH, WEAK],
    },
    check,
};

const DIFFERS: Kind = Kind {
    id: "differs-from-configuration",
    severity: Severity::Medium,
    title: "The CRL of {ca} is signed with {algorithm}, not {configured}",
    what_happened: "{object} is signed with {algorithm}. {ca} is configured with {configured}. \
                    Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const MISMATCH: Kind = Kind {
    id: "inner-outer-mismatch",
    severity: Severity::High,
    title: "The CRL of {ca} names two different signature algorithms",
    what_happened: "{object} names {inside} in the signed part and {outside} outside of it, or \
                    their parameters differ. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const WEAK: Kind = Kind {
    id: "weak",
    severity: Severity::High,
    title: "The CRL of {ca} is signed with the weak algorithm {algorithm}",
    what_happened: "{object} is signed with {algorithm}, for which signatures can be forged. Checked \
                    at {as_of}.",
    impact: "An attacker may forge a CRL that hides revocations by {ca}. Many relying parties reject \
             this one.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> Verdict {
    let facts = subject.facts()?;
    let (inside, outside) = (&facts.inner_algorithm, &facts.outer_algorithm);
    let algorithm = inside.to_string();
    let mut seen = Vec::new();
    if inside.raw != outside.raw {
        let mismatch = Observation::new(MISMATCH).with("inside", algorithm.as_str());
        seen.push(mismatch.with("outside", outside.to_string()));
    }
    if algorithm.starts_with("MD5") || algorithm.starts_with("SHA1") {
        seen.push(Observation::new(WEAK).with("algorithm", algorithm.as_str()));
    }
    let configured = subject.ca.as_ref().and_then(|ca| ca.signing_algorithm.clone());
    if let Some(configured) = configured.filter(|configured| *configured != algorithm) {
        let differs = Observation::new(DIFFERS).with("algorithm", algorithm);
        seen.push(differs.with("configured", configured));
    }
    Ok(seen)
}
