//! An entry's dates must be possible.

use time::{Duration, OffsetDateTime};

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
        kinds: &[AFTER_CRL, BEFORE_CA, BEFORE_CERTIFICATE, FUTURE, INVALID_LATER],
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

const BEFORE_CERTIFICATE: Kind = Kind {
    id: "before-certificate",
    severity: Severity::Low,
    title: "The CRL of {ca} has a revocation dated long before its certificate",
    what_happened: "An entry of {object} is dated {first}. The oldest certificate of the CA's key that is \
                    known is valid from {not_before} on. Checked at {as_of}.",
    impact: "If the CA is not older than this certificate, the date is wrong, or the CRL was altered.",
    what_to_do: "If the CA's certificate was renewed, also pass the older one with --issuer. Show what the \
                 CRL says now:",
    first_command: super::SHOW_CRL,
};

const FUTURE: Kind = Kind {
    id: "future",
    severity: Severity::Medium,
    title: "The CRL of {ca} has a revocation dated in the future",
    what_happened: "An entry of {object} is dated {last}, later than now ({as_of}).",
    impact: "Some relying parties accept the certificate until that date. {maker} does not make such \
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
    // ACM PCA dates a CRL an hour before it makes it, and other CAs do the like: PKITS calls such CRLs good.
    // The lint of zlint for the Baseline Requirements does not.
    let backdated = if subject.profile == Profile::Cabf { Duration::ZERO } else { BACKDATED };
    if let Some(last) = entries.last_revocation.filter(|last| *last > subject.as_of) {
        seen.push(Observation::new(FUTURE).with("last", rfc3339(last)));
    } else if let (Some(last), Some(this_update)) = (entries.last_revocation, facts.this_update)
        && last > this_update + backdated
    {
        let late = Observation::new(AFTER_CRL).with("last", rfc3339(last));
        seen.push(late.with("this_update", rfc3339(this_update)));
    }
    seen.extend(entries.first_revocation.and_then(|first| too_early(subject, first)));
    let count = entries.invalid_after_revocation;
    if count > 0 {
        let entries = super::counted(count, "entry", "entries");
        seen.push(Observation::new(INVALID_LATER).with("count", count).name("entries", entries));
    }
    Ok(seen)
}

/// Not the certificate's notBefore: a CA whose certificate was renewed keeps its old entries. Where the
/// CA is not known, its certificates show at least the year.
fn too_early(subject: &CrlSubject, first: OffsetDateTime) -> Option<Observation> {
    let early = |kind| Observation::new(kind).with("first", rfc3339(first));
    if let Some(ca) = &subject.ca {
        let created_at = ca.created_at?;
        let is_early = first < created_at.replace_nanosecond(0).unwrap_or(created_at);
        return is_early.then(|| early(BEFORE_CA).with("created_at", rfc3339(created_at)));
    }
    let issuer = subject.issuer.as_ref().ok()?;
    let since = subject.history.key_since.unwrap_or(issuer.not_before);
    let is_early = first < since - RENEWED_WITHIN;
    is_early.then(|| early(BEFORE_CERTIFICATE).with("not_before", rfc3339(since)))
}
