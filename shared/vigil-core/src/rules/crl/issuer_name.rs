//! The CRL's issuer must be the CA's subject.

use super::{CrlSubject, hex};
use crate::{
    der::tag,
    finding::{Kind, Observation, RuleInfo, Severity},
    name,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.issuer-name",
        holds: "The CRL's issuer is the subject of the CA's certificate, and is not empty.",
        cites: "RFC 5280 §5.1.2.3, §6.3.3 (b), §7.1",
        kinds: &[ANOTHER_ENCODING, ANOTHER_NAME, EMPTY],
    },
    check,
};

const ANOTHER_ENCODING: Kind = Kind {
    id: "another-encoding",
    severity: Severity::Medium,
    title: "The CRL of {ca} encodes the issuer's name otherwise than its certificate",
    what_happened: "The issuer of {object} and the subject of the CA's certificate are the same name by \
                    RFC 5280 §7.1, in other octets. Both are in the evidence, in DER. Checked at {as_of}.",
    impact: "Relying parties that compare octets, such as programs in Go and Rust, do not find the CRL for \
             certificates of {ca}.",
    what_to_do: "Let the CA write the name as its certificate has it. Show the CA's certificate:",
    first_command: super::PARSE_CERTIFICATE,
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

const EMPTY: Kind = Kind {
    id: "empty",
    severity: Severity::High,
    title: "The CRL of {ca} has an empty issuer",
    what_happened: "The issuer of {object} is an empty name, which RFC 5280 §5.1.2.3 forbids. Checked at \
                    {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: "The CA copies the name from its certificate. Move to a CA whose certificate has a subject. \
                 Show the CA's certificate:",
    first_command: super::PARSE_CERTIFICATE,
};

/// An RDNSequence without an element.
const NO_NAME: [u8; 2] = [tag::SEQUENCE, 0];

/// ACM PCA copies the name octet by octet, and many relying parties compare it so.
fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    if facts.issuer == NO_NAME {
        return Ok(vec![Observation::new(EMPTY)]);
    }
    let issuer = subject.issuer()?;
    if facts.issuer == issuer.subject {
        return Ok(Vec::new());
    }
    let is_same = name::is_same(&facts.issuer, &issuer.subject);
    let seen = Observation::new(if is_same { ANOTHER_ENCODING } else { ANOTHER_NAME })
        .with("issuer_der", hex(&facts.issuer))
        .with("subject_der", hex(&issuer.subject));
    Ok(vec![seen])
}
