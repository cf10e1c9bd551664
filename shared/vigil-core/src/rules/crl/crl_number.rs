//! CRLNumber must be there, in bounds, and never run backwards.

use super::{CrlSubject, hex};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.crl-number",
        holds: "CRLNumber is there, has at most 20 octets, and is not below one seen before.",
        cites: "RFC 5280 §5.2.3",
        kinds: &[ABSENT, ROLLED_BACK, TOO_LONG],
    },
    check,
};

const ABSENT: Kind = Kind {
    id: "absent",
    severity: Severity::High,
    title: "The CRL of {ca} has no CRLNumber",
    what_happened: "{object} has no CRLNumber extension. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const ROLLED_BACK: Kind = Kind {
    id: "rolled-back",
    severity: Severity::High,
    title: "An older CRL of {ca} has replaced a newer one",
    what_happened: "The CRLNumber of {object} went back from {seen_before} to {number} (hexadecimal). \
                    Seen at {as_of}.",
    impact: "Certificates that were revoked after the older CRL was made are accepted again.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const TOO_LONG: Kind = Kind {
    id: "too-long",
    severity: Severity::High,
    title: "The CRLNumber in the CRL of {ca} has {octets} octets; at most 20 are allowed",
    what_happened: "The CRLNumber of {object} has {octets} octets. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> Verdict {
    let facts = subject.facts()?;
    let Some(number) = &facts.number else { return Ok(vec![Observation::new(ABSENT)]) };
    let mut seen = Vec::new();
    if number.len() > 20 {
        seen.push(Observation::new(TOO_LONG).with("octets", number.len()));
    }
    if let Some(before) = &subject.history.number
        && subject.history.is_after(facts)
    {
        let older = Observation::new(ROLLED_BACK).with("number", hex(number));
        seen.push(older.with("seen_before", hex(before)));
    }
    Ok(seen)
}
