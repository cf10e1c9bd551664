//! Whoever holds a certificate must be able to find out where its revocation would stand.

use std::fmt;

use serde::Serialize;

use super::{enabled, update};
use crate::{
    ca::Ca,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<Ca> = Rule {
    id: "ca.distribution-point",
    holds: "Certificates name the CRL, or an OCSP responder.",
    cites: "RFC 5280 §4.2.1.13; AWS Private CA API Reference, \
            CrlDistributionPointExtensionConfiguration (OmitExtension)",
    finds: &[("omitted", Severity::Medium)],
    remedy: "Let certificates name the CRL again, or enable OCSP.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Omitted,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates of this CA name neither its CRL nor an OCSP responder")
    }
}

fn check(ca: &Ca) -> Verdict {
    let crl = match enabled(ca) {
        Ok(crl) => crl,
        Err(verdict) => return verdict,
    };
    if !crl.omit_extension || ca.ocsp_enabled {
        return Verdict::Pass;
    }
    let remedy = format!(
        "Unless every relying party is told the CRL's address by other means (as Matter does), set \
         CrlDistributionPointExtensionConfiguration.OmitExtension to false, or enable OCSP: {} \
         '{{\"OcspConfiguration\": {{\"Enabled\": true}}}}'",
        update(ca)
    );
    Some(Observation::new(Severity::Medium, &Detail::Omitted).remedy(remedy)).into()
}
