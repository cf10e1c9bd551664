//! Valid certificates of a CA that publishes no revocations.

use super::ReportedCa;
use crate::{
    ca::{CaType, UsageMode},
    commands::ENABLE_OCSP,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.unrevocable",
        holds: "A CA with valid certificates publishes revocations, by CRL or OCSP.",
        cites: "AWS Private CA User Guide, Planning your certificate revocation method",
        kinds: &[VALID, VALID_OF_ROOT],
    },
    check,
};

const VALID: Kind = Kind {
    id: "valid",
    severity: Severity::Medium,
    title: "{count} valid certificate(s) of {ca} cannot be revoked: it has neither CRL nor OCSP",
    what_happened: "{ca} ({ca_id}) has {count} valid certificate(s), the last of which expires at {last_end}, and neither a CRL nor \
                    OCSP. As of the audit report of {as_of}.",
    impact: "If one of their keys is lost, relying parties accept it until the certificate expires.",
    what_to_do: "Enable OCSP or a CRL. Only certificates that are issued from then on name it: issue those again that must \
                 be revocable. Enable OCSP:",
    first_command: ENABLE_OCSP,
};

const VALID_OF_ROOT: Kind = Kind {
    id: "valid-of-root",
    severity: Severity::Low,
    title: "{count} valid certificate(s) of {ca}, a root, cannot be revoked",
    ..VALID
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    if of.ca.usage_mode == Some(UsageMode::ShortLivedCertificate) {
        return Err(NotJudged::not_applicable("the CA issues only short-lived certificates"));
    }
    if of.ca.ocsp_enabled || of.ca.crl.as_ref().is_some_and(|crl| crl.enabled) {
        return Ok(Vec::new());
    }
    // Without a root's own certificate, which no CRL could revoke.
    let count = summary.valid.saturating_sub(summary.valid_roots);
    if count == 0 {
        return Ok(Vec::new());
    }
    let kind = if of.ca.ca_type == CaType::Root { VALID_OF_ROOT } else { VALID };
    let last_end = summary.latest_not_after_without_roots.or(summary.latest_not_after);
    let last_end = last_end.map(crate::instant::rfc3339);
    Ok(vec![Observation::new(kind).with("count", count).with("last_end", last_end)])
}
