//! An entry's dates must be possible.

use time::Duration;

use super::{CrlSubject, Profile};
use crate::{
    crl::comparison::BACKDATED,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.entry-dates",
        holds: "No entry is dated in the future, after its CRL was made, or before the CA was created, and \
                no invalidityDate is later than its revocation.",
        cites: "RFC 5280 §5.1.2.6, §5.3.2; CA/Browser Forum Baseline Requirements §7.2.2",
        kinds: &[AFTER_CRL, BEFORE_CA, FUTURE, INVALID_LATER],
    },
    check,
};

const AFTER_CRL: Kind = Kind {
    id: "after-this-update",
    severity: Severity::Medium,
    title: "The CRL of {ca} has a revocation dated after the CRL was made",
    what_happened: "An entry of {object} is dated {last}. The CRL's thisUpdate is {this_update}. \
                    Checked at {as_of}.",
    impact: "One of the two dates is wrong, or the CRL was altered. Relying parties may take the \
             certificate as valid until the entry's date.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
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
    title: "The CRL of {ca} has {entries} with an invalidityDate after the revocation",
    what_happened: "Entries of {object} have an invalidityDate later than their revocationDate: \
                    {count}. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

/// A CA may renew its certificate and keep its old entries. They leave the CRL when their certificates
/// expire; these rarely live for longer.
const RENEWED_WITHIN: Duration = Duration::days(3 * 366);

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let entries = &facts.entries;
    let mut seen = Vec::new();
    // ACM PCA dates a CRL an hour before it makes it.
    let backdated = if subject.profile == Profile::AcmPca { BACKDATED } else { Duration::ZERO };
    if let Some(last) = entries.last_revocation.filter(|last| *last > subject.as_of) {
        seen.push(Observation::new(FUTURE).with("last", rfc3339(last)));
    } else if let (Some(last), Some(this_update)) = (entries.last_revocation, facts.this_update)
        && last > this_update + backdated
    {
        let late = Observation::new(AFTER_CRL).with("last", rfc3339(last));
        seen.push(late.with("this_update", rfc3339(this_update)));
    }
    // Not the certificate's notBefore: a CA whose certificate was renewed keeps its old entries.
    // Where the CA is not known, its certificate shows at least the year.
    let created_at = match &subject.ca {
        Some(ca) => ca.created_at,
        None => subject.issuer.as_ref().ok().map(|issuer| issuer.not_before - RENEWED_WITHIN),
    };
    if let (Some(first), Some(created_at)) = (entries.first_revocation, created_at)
        && first < created_at.replace_nanosecond(0).unwrap_or(created_at)
    {
        let early = Observation::new(BEFORE_CA).with("first", rfc3339(first));
        seen.push(early.with("created_at", rfc3339(created_at)));
    }
    let count = entries.invalid_after_revocation;
    if count > 0 {
        let entries = super::counted(count, "entry", "entries");
        seen.push(Observation::new(INVALID_LATER).with("count", count).name("entries", entries));
    }
    Ok(seen)
}
