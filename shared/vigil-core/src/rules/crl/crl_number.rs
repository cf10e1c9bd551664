//! CRLNumber must be there, in bounds, and never run backwards.

use time::OffsetDateTime;

use super::{CrlSubject, hex};
use crate::{
    crl::CrlFacts,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.crl-number",
        holds: "CRLNumber is there, has at most 20 octets, and is above that of every other CRL seen before.",
        cites: "RFC 5280 §5.2.3",
        kinds: &[ABSENT, REUSED, ROLLED_BACK, TOO_LONG],
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

const REUSED: Kind = Kind {
    id: "reused",
    severity: Severity::High,
    title: "Two different CRLs of {ca} have the same CRLNumber",
    what_happened: "{object} was made at {this_update} with CRLNumber {number} (hexadecimal). A CRL \
                    made at {seen_before} has the same number. Seen at {as_of}.",
    impact: "Relying parties that keep CRLs by their number may not take the newer one. They then \
             accept revoked certificates.",
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

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let Some(number) = &facts.number else { return Ok(vec![Observation::new(ABSENT)]) };
    let mut seen = Vec::new();
    let octets = content_octets(number);
    if octets > 20 {
        seen.push(Observation::new(TOO_LONG).with("octets", octets));
    }
    if let Some(before) = reused_since(subject, facts) {
        let again = Observation::new(REUSED).with("number", hex(number));
        let again = again.with("seen_before", rfc3339(before));
        seen.push(again.with("this_update", facts.this_update.map(rfc3339)));
    }
    if let Some(before) = &subject.history.number
        && subject.history.is_after(facts)
    {
        let older = Observation::new(ROLLED_BACK).with("number", hex(number));
        seen.push(older.with("seen_before", hex(before)));
    }
    Ok(seen)
}

/// As the INTEGER is encoded: an octet for the sign is one of them.
fn content_octets(magnitude: &[u8]) -> usize {
    magnitude.len() + usize::from(magnitude.first().is_some_and(|octet| octet & 0x80 != 0))
}

/// thisUpdate of another CRL with this number, if one was seen.
fn reused_since(subject: &CrlSubject, facts: &CrlFacts) -> Option<OffsetDateTime> {
    let before = subject.history.this_update?;
    let is_same_number = subject.history.number.is_some() && subject.history.number == facts.number;
    let is_later = facts.this_update.is_some_and(|at| at > before);
    let is_other = match (&subject.history.digest, &facts.signed_digest) {
        (Some(seen), Some(now)) => seen != now,
        (None, _) | (_, None) => false,
    };
    (is_same_number && (is_later || is_other)).then_some(before)
}
