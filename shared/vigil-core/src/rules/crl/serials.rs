//! The serial numbers in a CRL must be serial numbers of this CA, each of them once.

use super::{CrlSubject, Profile};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.serials",
        holds: "Serials are positive, of at most 20 octets, unique, dated, and of this CA's \
                certificates.",
        cites: "RFC 5280 §4.1.2.2, §5.1.2.6, §5.3.3",
        kinds: &[DUPLICATE, INDIRECT, LONG, NEGATIVE, UNDATED, ZERO],
    },
    check,
};

const DUPLICATE: Kind = Kind {
    id: "duplicate",
    severity: Severity::Medium,
    title: "The CRL of {ca} has {entries} with a repeated serial",
    what_happened: "Entries of {object} repeat the serial of another entry of their issuer: {count}. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const INDIRECT: Kind = Kind {
    id: "indirect",
    severity: Severity::High,
    title: "The CRL of {ca} has {entries} with a certificateIssuer",
    what_happened: "Entries of {object} name the issuer of their certificates, as only those of an indirect \
                    CRL do: {count}. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    ..DUPLICATE
};

const LONG: Kind = Kind {
    id: "too-long",
    title: "The CRL of {ca} has {entries} with a serial of more than 20 octets",
    what_happened: "Serials of {object} have more than 20 octets: {count}. Checked at {as_of}.",
    ..DUPLICATE
};

const NEGATIVE: Kind = Kind {
    id: "negative",
    title: "The CRL of {ca} has {entries} with a negative serial",
    what_happened: "Serials of {object} are negative numbers: {count}. Checked at {as_of}.",
    ..DUPLICATE
};

const UNDATED: Kind = Kind {
    id: "undated",
    severity: Severity::High,
    title: "The CRL of {ca} has {entries} without a readable revocation date",
    what_happened: "Entries of {object} have no revocation date that RFC 5280 allows: {count}. Checked at \
                    {as_of}.",
    impact: super::NOT_USABLE,
    ..DUPLICATE
};

const ZERO: Kind = Kind {
    id: "zero",
    title: "The CRL of {ca} has {entries} with the serial 0",
    what_happened: "Serials of {object} are zero: {count}. Checked at {as_of}.",
    ..DUPLICATE
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let entries = &facts.entries;
    // Other CAs may make CRLs for others (RFC 5280 §5.2.5), and then name whose an entry is.
    let may_be_indirect = subject.profile != Profile::AcmPca
        && facts.issuing_distribution_point.as_ref().is_some_and(|point| point.indirect_crl);
    let repeated = [entries.duplicate_serials, entries.repeated_indirect];
    let counts = [
        (DUPLICATE, repeated.into_iter().flatten().sum::<u64>()),
        (INDIRECT, if may_be_indirect { 0 } else { entries.indirect + entries.named_own }),
        (LONG, entries.long_serials),
        (NEGATIVE, entries.negative_serials),
        (UNDATED, entries.undated),
        (ZERO, entries.zero_serials),
    ];
    let found = counts.into_iter().filter(|(_, count)| *count > 0);
    let observed = |(kind, count): (Kind, u64)| {
        let entries = super::counted(count, "entry", "entries");
        Observation::new(kind).with("count", count).name("entries", entries)
    };
    let seen: Vec<_> = found.map(observed).collect();
    if seen.is_empty() && repeated.contains(&None) {
        let reason = "repeated serials were not counted; everything else about serials holds";
        return Err(NotJudged::unknown(reason));
    }
    Ok(seen)
}
