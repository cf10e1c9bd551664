//! A CRL must have been made in the past.

use super::CrlSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.this-update",
        holds: "thisUpdate is not in the future, lies before nextUpdate, and never runs backwards.",
        cites: "RFC 5280 §5.1.2.4, §5.1.2.5",
        kinds: &[FUTURE, NOT_BEFORE_NEXT, ROLLED_BACK, UNREADABLE],
    },
    check,
};

const FUTURE: Kind = Kind {
    id: "future",
    severity: Severity::High,
    title: "The CRL of {ca} is dated in the future: {this_update}",
    what_happened: "The thisUpdate of {object} is {this_update}, later than now ({as_of}).",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const NOT_BEFORE_NEXT: Kind = Kind {
    id: "not-before-next",
    title: "The CRL of {ca} ends before it begins",
    what_happened: "{object} has thisUpdate {this_update} and nextUpdate {next_update}. Checked at \
                    {as_of}.",
    ..FUTURE
};

const ROLLED_BACK: Kind = Kind {
    id: "rolled-back",
    title: "An older CRL of {ca} has replaced a newer one",
    what_happened: "{object} was made at {this_update}. A CRL made at {seen_before} was seen before. Seen \
                    at {as_of}.",
    impact: "Certificates that were revoked after the older CRL was made are accepted again.",
    ..FUTURE
};

const UNREADABLE: Kind = Kind {
    id: "unreadable",
    title: "The CRL of {ca} has no readable thisUpdate",
    what_happened: "The thisUpdate of {object} is not a time of RFC 5280. Checked at {as_of}.",
    ..FUTURE
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let Some(this_update) = facts.this_update else {
        return Ok(vec![Observation::new(UNREADABLE)]);
    };
    let observe = |kind| Observation::new(kind).with("this_update", rfc3339(this_update));
    let mut seen = Vec::new();
    if this_update > subject.as_of {
        seen.push(observe(FUTURE));
    }
    if let Some(next_update) = facts.next_update.filter(|next| *next <= this_update) {
        seen.push(observe(NOT_BEFORE_NEXT).with("next_update", rfc3339(next_update)));
    }
    // crl.crl-number reports an older CRL that has its number.
    let before = subject.history.this_update.filter(|at| *at > this_update);
    if let Some(seen_before) = before.filter(|_| !subject.history.is_after(facts)) {
        seen.push(observe(ROLLED_BACK).with("seen_before", rfc3339(seen_before)));
    }
    Ok(seen)
}
