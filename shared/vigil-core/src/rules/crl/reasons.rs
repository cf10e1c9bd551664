//! Reason codes must be ones that ACM PCA can give.

use super::{CrlSubject, Profile};
use crate::{
    crl::CrlFacts,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.reasons",
        holds: "Reason codes are those of RFC 5280 and of onlySomeReasons, and in AWS Private CA those of \
                RevokeCertificate.",
        cites: "RFC 5280 §5.2.5, §5.3.1; AWS Private CA API Reference, RevokeCertificate; CA/Browser Forum \
                Baseline Requirements §7.2.2.1",
        kinds: &[ABSENT, NOT_ALLOWED, OUT_OF_SCOPE],
    },
    check,
};

const ABSENT: Kind = Kind {
    id: "absent",
    severity: Severity::Medium,
    title: "The CRL of {ca} has {entries} of CA certificates without a reason",
    what_happened: "{object} is for CA certificates alone, and has entries without a reasonCode: {count}. \
                    The Baseline Requirements demand one of each. Checked at {as_of}.",
    impact: "The CRL breaks the Baseline Requirements, by which browsers judge public CAs.",
    what_to_do: "Have the CA give each entry its reason. Show what the CRL says now:",
    first_command: super::SHOW_CRL,
};

const NOT_ALLOWED: Kind = Kind {
    id: "not-allowed",
    severity: Severity::Medium,
    title: "The CRL of {ca} has reason codes that are not allowed: {named}",
    what_happened: "Entries of {object} have reason codes that RFC 5280 or RevokeCertificate does not \
                    allow: {named}. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

/// Of other CAs than ACM PCA.
const NOT_ALLOWED_OF_OTHERS: Kind = Kind {
    what_happened: "Entries of {object} have reason codes that {rules} not allow: {named}. Checked at {as_of}.",
    impact: "Some relying parties reject a CRL with such a code. Auditors of public CAs ask for a reason.",
    what_to_do: "Have the CA give these entries a reason that is allowed. Show what the CRL says now:",
    first_command: super::SHOW_CRL,
    ..NOT_ALLOWED
};

const OUT_OF_SCOPE: Kind = Kind {
    id: "out-of-scope",
    severity: Severity::Medium,
    title: "The CRL of {ca} has reasons that its onlySomeReasons excludes: {named}",
    what_happened: "Entries of {object} have reason codes that onlySomeReasons of its \
                    issuingDistributionPoint does not have: {named}. Checked at {as_of}.",
    impact: "Relying parties that read this CRL for its reasons alone may pass over these entries.",
    what_to_do: "Configure the CA to list these revocations in the CRL for their reasons. Show what the \
                 CRL says now:",
    first_command: super::SHOW_CRL,
};

const NAMES: [(usize, &str); 7] = [
    (0, "unspecified"),
    (2, "cACompromise"),
    (6, "certificateHold"),
    (7, "unused (7)"),
    (8, "removeFromCRL"),
    (10, "aACompromise"),
    (11, "below 0 or over 10"),
];

fn is_allowed(code: usize, subject: &CrlSubject, facts: &CrlFacts) -> bool {
    match (code, subject.profile) {
        (7 | 11, _) => false,
        // ACM PCA has no hold, hence nothing to remove from it.
        (6 | 8, Profile::AcmPca) => false,
        // RFC 5280 §5.3.1: only a delta CRL removes.
        (8, Profile::Rfc5280) => facts.delta_base.is_some(),
        // Baseline Requirements §7.2.2.1: 1, 3, 4, 5 and 9, of certificates that are not CAs'.
        (6 | 8 | 10, Profile::Cabf) => false,
        (0, Profile::Cabf) => is_of_cas(facts),
        (2, Profile::Cabf) => facts
            .issuing_distribution_point
            .as_ref()
            .is_none_or(|point| !point.only_contains_user_certs),
        _ => true,
    }
}

/// Whether all entries are for certificates of CAs.
fn is_of_cas(facts: &CrlFacts) -> bool {
    facts.issuing_distribution_point.as_ref().is_some_and(|point| point.only_contains_ca_certs)
}

/// How many entries lack the reason that Baseline Requirements §7.2.2.1 demand for certificates of CAs.
/// Of other certificates, none is "unspecified".
fn absent(subject: &CrlSubject, facts: &CrlFacts) -> u64 {
    if subject.profile != Profile::Cabf || !is_of_cas(facts) {
        return 0;
    }
    let entries = &facts.entries;
    let given: u64 = entries.reasons.iter().sum();
    entries.count.saturating_sub(given + entries.malformed)
}

fn check(subject: &CrlSubject) -> RuleAnswer {
    let mut seen = not_allowed(subject)?;
    seen.extend(out_of_scope(subject.facts()?));
    Ok(seen)
}

/// reasonCode, number in ReasonFlags, and name. An entry without a reason may have any of them.
const FLAGS: [(usize, u16, &str); 8] = [
    (1, 1, "keyCompromise"),
    (2, 2, "cACompromise"),
    (3, 3, "affiliationChanged"),
    (4, 4, "superseded"),
    (5, 5, "cessationOfOperation"),
    (6, 6, "certificateHold"),
    (9, 7, "privilegeWithdrawn"),
    (10, 8, "aACompromise"),
];

/// RFC 5280 §5.2.5: a CRL for some reasons has entries of these alone.
fn out_of_scope(facts: &CrlFacts) -> Option<Observation> {
    let point =
        facts.issuing_distribution_point.as_ref().filter(|point| point.only_some_reasons)?;
    let named: Vec<_> = FLAGS
        .into_iter()
        .filter(|(_, flag, _)| point.some_reasons >> flag & 1 == 0)
        .map(|(code, _, name)| (facts.entries.reasons[code], name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    (!named.is_empty()).then(|| {
        let seen = Observation::new(OUT_OF_SCOPE).name("named", named.join(", "));
        seen.with("reasons", named)
    })
}

fn not_allowed(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let mut seen = Vec::new();
    let absent = absent(subject, facts);
    if absent > 0 {
        let entries = super::counted(absent, "entry", "entries");
        seen.push(Observation::new(ABSENT).with("count", absent).name("entries", entries));
    }
    let counts: Vec<_> = NAMES
        .into_iter()
        .filter(|(code, _)| !is_allowed(*code, subject, facts))
        .map(|(code, name)| (name, facts.entries.reasons[code]))
        .filter(|(_, count)| *count > 0)
        .collect();
    if !counts.is_empty() {
        let named: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let (kind, rules) = match subject.profile {
            Profile::AcmPca => (NOT_ALLOWED, "RFC 5280 and RevokeCertificate do"),
            Profile::Rfc5280 => (NOT_ALLOWED_OF_OTHERS, "RFC 5280 §5.3.1 does"),
            Profile::Cabf => {
                (NOT_ALLOWED_OF_OTHERS, "Baseline Requirements §7.2.2.1 and RFC 5280 do")
            }
        };
        let other = Observation::new(kind).name("named", named.join(", ")).name("rules", rules);
        seen.push(other.with("counts", serde_json::to_value(counts).unwrap_or_default()));
    }
    Ok(seen)
}
