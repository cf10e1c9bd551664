//! The CRL's issuer must be the CA's subject.

use super::{CrlSubject, hex};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.issuer-name",
        holds: "The CRL's issuer is the subject of the CA's certificate.",
        cites: "RFC 5280 §5.1.2.3, §6.3.3 (b)",
        kinds: &[ANOTHER_NAME],
    },
    check,
};

const ANOTHER_NAME: Kind = Kind {
    id: "another-name",
    severity: Severity::High,
    title: "The CRL of {ca} names another issuer",
    what_happened: "The issuer of {object} is not the subject of the CA's certificate. Both are in the \
                    evidence, in DER. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

/// Octet by octet: ACM PCA copies the name, and many relying parties compare it so.
fn check(subject: &CrlSubject) -> RuleAnswer {
    let (facts, issuer) = (subject.facts()?, subject.issuer()?);
    if facts.issuer == issuer.subject {
        return Ok(Vec::new());
    }
    let seen = Observation::new(ANOTHER_NAME)
        .with("issuer_der", hex(&facts.issuer))
        .with("subject_der", hex(&issuer.subject));
    Ok(vec![seen])
}
