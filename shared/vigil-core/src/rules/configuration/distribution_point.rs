//! A certificate must say where its revocation is published.

use super::enabled;
use crate::{
    ca::Ca,
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<Ca> = Rule {
    info: RuleInfo {
        id: "ca.distribution-point",
        holds: "Certificates name the CRL, or an OCSP responder.",
        cites: "RFC 5280 §4.2.1.13; AWS Private CA API Reference, \
                CrlDistributionPointExtensionConfiguration (OmitExtension)",
        kinds: &[OMITTED],
    },
    check,
};

const OMITTED: Kind = Kind {
    id: "omitted",
    severity: Severity::Medium,
    title: "Certificates of {ca} name neither its CRL nor an OCSP responder",
    what_happened: "{ca} publishes a CRL, but OmitExtension is true and OCSP is off. Checked at {as_of}.",
    impact: "Relying parties that do not get the CRL's URL by other means (as in Matter) accept revoked \
             certificates.",
    what_to_do: "Set CrlDistributionPointExtensionConfiguration.OmitExtension to false, or enable OCSP. Only \
                 certificates issued from then on name it. Show the configuration that the update has to \
                 repeat:",
    first_command: commands::REVOCATION_CONFIGURATION,
};

fn check(ca: &Ca) -> RuleAnswer {
    let crl = enabled(ca)?;
    if !crl.omit_extension || ca.ocsp_enabled {
        return Ok(Vec::new());
    }
    Ok(vec![Observation::new(OMITTED)])
}
