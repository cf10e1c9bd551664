//! There must be no delta CRL in the place of the complete CRL, and where deltas are named, they are found.

use super::{CrlSubject, Profile, hex};
use crate::{
    crl::{CrlFacts, FaultKind},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.delta",
        holds: "The CRL is not a delta CRL; of a CA other than ACM PCA, a delta CRL is well-formed. \
                freshestCRL names the place of deltas alone.",
        cites: "RFC 5280 §5.2.4, §5.2.6; AWS Private CA API Reference, CrlConfiguration (no delta CRLs)",
        kinds: &[DELTA, FRESHEST_FIELDS, ILL_FORMED],
    },
    check,
};

const DELTA: Kind = Kind {
    id: "delta",
    severity: Severity::High,
    title: "A delta CRL is in the place of the complete CRL of {ca}",
    what_happened: "{object} lists only changes since CRL {base_number}. ACM PCA makes no delta CRLs. \
                    Checked at {as_of}.",
    impact: "Relying parties reject this CRL, or miss every revocation made before CRL {base_number}.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const FRESHEST_FIELDS: Kind = Kind {
    id: "freshest-fields",
    severity: Severity::Medium,
    title: "freshestCRL in the CRL of {ca} has fields that must be omitted",
    what_happened: "The distribution points in freshestCRL of {object} have fields that RFC 5280 §5.2.6 \
                    forbids beside distributionPoint: {parts}. Checked at {as_of}.",
    impact: "Some relying parties do not fetch the delta CRL, and do not see new revocations.",
    what_to_do: "Configure the CA to name the place of its delta CRLs alone. Show what the CRL says now:",
    first_command: super::SHOW_CRL,
};

const ILL_FORMED: Kind = Kind {
    id: "ill-formed",
    severity: Severity::High,
    title: "The delta CRL of {ca} cannot be used: {reason}",
    what_happened: "{object} is a delta CRL on CRL {base_number}, and {reason}. Checked at {as_of}.",
    impact: "Relying parties cannot combine it with its base. They do not see new revocations.",
    what_to_do: "Let the CA make a new delta CRL on a base that it has published. Show this one:",
    first_command: super::SHOW_CRL,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let fields = super::of_fault(facts, FRESHEST_FIELDS, FaultKind::FreshestField);
    let delta = facts.delta_base.as_deref().and_then(|base| of_delta(subject.profile, facts, base));
    Ok(fields.into_iter().chain(delta).collect())
}

fn of_delta(profile: Profile, facts: &CrlFacts, base: &[u8]) -> Option<Observation> {
    let seen = |kind| Observation::new(kind).with("base_number", hex(base));
    if profile == Profile::AcmPca {
        return Some(seen(DELTA));
    }
    let reason = match facts.number.as_deref() {
        None => Some("it has no CRLNumber"),
        // RFC 5280 §5.2.4 (c): it is combined with a complete CRL from its base on and below its own number.
        Some(number) if !is_above(number, base) => Some("its CRLNumber is not above its base's"),
        // RFC 5280 §5.2.6: a complete CRL names its deltas, and a delta CRL names none.
        Some(_) if facts.has_freshest => Some("it has a freshestCRL extension"),
        Some(_) => None,
    };
    reason.map(|reason| seen(ILL_FORMED).with("reason", reason))
}

/// Both without leading zeros.
fn is_above(number: &[u8], base: &[u8]) -> bool {
    (number.len(), number) > (base.len(), base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_above_another_by_its_value() {
        for (number, base, above) in [
            (&[2][..], &[1][..], true),
            (&[1], &[1], false),
            (&[1], &[2], false),
            (&[1, 0], &[0xff], true),
            (&[0xff], &[1, 0], false),
        ] {
            assert_eq!(is_above(number, base), above, "{number:?} {base:?}");
        }
    }
}
