//! An entry's dates must be possible.

use super::CrlSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.entry-dates",
        holds: "No entry is dated in the future or before the CA was created, and no invalidityDate is \
                later than its revocation.",
        cites: "RFC 5280 §5.1.2.6, §5.3.2",
        kinds: &[BEFORE_CA, FUTURE, INVALID_LATER],
    },
    check,
};

const BEFORE_CA: Kind = Kind {
    id: "before-ca",
    severity: Severity::Medium,
    title: "The CRL of {ca} has a revocation dated before the CA was created",
    what_happened: "An entry of {object} is dated {first}. {ca} was created at {created_at}. Checked at \
                    {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const FUTURE: Kind = Kind {
    id: "future",
    severity: Severity::Medium,
    title: "The CRL of {ca} has a revocation dated in the future",
    what_happened: "An entry of {object} is dated {last}, later than now ({as_of}).",
    impact: "Some relying parties accept the certificate until that date. ACM PCA does not make such \
             entries.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const INVALID_LATER: Kind = Kind {
    id: "invalid-later",
    severity: Severity::Low,
    title: "Entries in the CRL of {ca} became invalid after their revocation: {count}",
    what_happened: "Entries of {object} have an invalidityDate later than their revocationDate: \
                    {count}. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> Verdict {
    let entries = &subject.facts()?.entries;
    let mut seen = Vec::new();
    if let Some(last) = entries.last_revocation.filter(|last| *last > subject.as_of) {
        seen.push(Observation::new(FUTURE).with("last", rfc3339(last)));
    }
    // Not the certificate's notBefore: a CA whose certificate was renewed keeps its old entries.
    let created_at = subject.ca.as_ref().and_then(|ca| ca.created_at);
    if let (Some(first), Some(created_at)) = (entries.first_revocation, created_at)
        && first < created_at.replace_nanosecond(0).unwrap_or(created_at)
    {
        let early = Observation::new(BEFORE_CA).with("first", rfc3339(first));
        seen.push(early.with("created_at", rfc3339(created_at)));
    }
    let count = entries.invalid_after_revocation;
    if count > 0 {
        seen.push(Observation::new(INVALID_LATER).with("count", count));
    }
    Ok(seen)
}
