//! There must be no delta CRL in the place of the complete CRL.

use super::{CrlSubject, hex};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.delta",
        holds: "The CRL is not a delta CRL.",
        cites: "RFC 5280 §5.2.4; AWS Private CA API Reference, CrlConfiguration (no delta CRLs)",
        kinds: &[DELTA],
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

fn check(subject: &CrlSubject) -> Verdict {
    let base = subject.facts()?.delta_base.as_deref();
    let seen = base.map(|base| Observation::new(DELTA).with("base_number", hex(base)));
    Ok(seen.into_iter().collect())
}
