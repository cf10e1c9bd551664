//! A CA whose certificates live long needs a way to publish revocations.

use super::{enabled, short_lived};
use crate::{
    ca::{Ca, CaType},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<Ca> = Rule {
    info: RuleInfo {
        id: "ca.revocation",
        holds: "A CA that may issue long-lived certificates publishes revocations by CRL or OCSP.",
        cites: "AWS Private CA User Guide, Planning your certificate revocation method; NIST SP 800-57 \
                part 1, §5.3.6",
        kinds: &[NONE, NONE_FOR_ROOT],
    },
    check,
};

const NONE: Kind = Kind {
    id: "none",
    severity: Severity::Medium,
    title: "{ca} has neither a CRL nor OCSP: revocations are not published",
    what_happened: "{ca} has neither a CRL nor OCSP enabled. Checked at {as_of}.",
    impact: "Relying parties go on accepting certificates of {ca} that are revoked.",
    what_to_do: "Enable OCSP, or a CRL. Reissue the certificates that must be revocable: existing ones name \
                 neither. Enable OCSP:",
    first_command: crate::commands::ENABLE_OCSP,
};

/// A root signs few certificates, and many roots publish their revocations by other means.
const NONE_FOR_ROOT: Kind = Kind {
    id: "none-for-root",
    severity: Severity::Low,
    title: "{ca}, a root, has neither a CRL nor OCSP",
    impact: "Unless revocations are published by other means, relying parties go on accepting subordinate CAs \
             that {ca} has revoked.",
    ..NONE
};

fn check(ca: &Ca) -> RuleAnswer {
    if short_lived(ca) {
        return Err(NotJudged::not_applicable("the CA issues only short-lived certificates"));
    }
    if ca.ocsp_enabled || enabled(ca).is_ok() {
        return Ok(Vec::new());
    }
    let kind = if ca.ca_type == CaType::Root { NONE_FOR_ROOT } else { NONE };
    Ok(vec![Observation::new(kind)])
}
