//! The CRL must point at the key that signed it.

use super::{CrlSubject, hex};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.authority-key-identifier",
        holds: "authorityKeyIdentifier is there and is the CA's subjectKeyIdentifier.",
        cites: "RFC 5280 §5.2.1",
        kinds: &[ABSENT, ANOTHER_KEY],
    },
    check,
};

const ABSENT: Kind = Kind {
    id: "absent",
    severity: Severity::High,
    title: "The CRL of {ca} has no authorityKeyIdentifier",
    what_happened: "{object} has no authorityKeyIdentifier. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const ANOTHER_KEY: Kind = Kind {
    id: "another-key",
    severity: Severity::High,
    title: "The CRL of {ca} names another key as its signer",
    what_happened: "{object} names key {authority_key_identifier}. The key of {ca} is \
                    {subject_key_identifier}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> Verdict {
    let facts = subject.facts()?;
    let Some(identifier) = &facts.authority_key_identifier else {
        return Ok(vec![Observation::new(ABSENT)]);
    };
    let Some(expected) = &subject.issuer()?.subject_key_identifier else {
        let reason = "the CA's certificate has no subjectKeyIdentifier";
        return Err(NotJudged::not_applicable(reason));
    };
    if identifier == expected {
        return Ok(Vec::new());
    }
    let seen = Observation::new(ANOTHER_KEY)
        .with("authority_key_identifier", hex(identifier))
        .with("subject_key_identifier", hex(expected));
    Ok(vec![seen])
}
