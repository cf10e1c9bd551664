//! A CA whose certificates live long needs a way to take one back.

use std::fmt;

use serde::Serialize;

use super::{enabled, short_lived, update};
use crate::{
    ca::{Ca, CaType},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<Ca> = Rule {
    id: "ca.revocation",
    holds: "A CA that may issue long-lived certificates tells of revocations by CRL or OCSP.",
    cites: "AWS Private CA User Guide, Planning your certificate revocation method; NIST SP 800-57 \
            part 1, §5.3.6",
    finds: &[("none", Severity::Medium), ("none", Severity::Low)],
    remedy: "Enable OCSP or a CRL; certificates issued before do not name it.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    None,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The CA has neither CRL nor OCSP: what it revokes stays accepted")
    }
}

/// Low for a root: it signs few certificates, and many roots publish theirs by other means.
fn check(ca: &Ca) -> Verdict {
    if short_lived(ca) {
        return Verdict::not_applicable("it issues only short-lived certificates");
    }
    if ca.ocsp_enabled || enabled(ca).is_ok() {
        return Verdict::Pass;
    }
    let severity = if ca.ca_type == CaType::Root { Severity::Low } else { Severity::Medium };
    let remedy = format!(
        "{} '{{\"OcspConfiguration\": {{\"Enabled\": true}}}}'. Reissue the certificates that must \
         be revocable: those that exist name no responder and no CRL.",
        update(ca)
    );
    Some(Observation::new(severity, &Detail::None).remedy(remedy)).into()
}
