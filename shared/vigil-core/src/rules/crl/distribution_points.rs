//! A revocation counts only where relying parties find the CRL that the certificate names.

use super::{CrlSubject, Named};
use crate::{
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.distribution-points",
        holds: "The CRL, or a partition of it, is where each valid certificate says. Vigil reads every \
                certificate of the newest audit report, newest first, some each hour; \
                each run's report says how many are left (`certificates`).",
        cites: "RFC 5280 §4.2.1.13, §5.2.5; AWS Private CA User Guide, Set up a CRL (partitioned CRLs; \
                changing the bucket)",
        kinds: &[NO_CRL],
    },
    check,
};

const NO_CRL: Kind = Kind {
    id: "no-crl-at-distribution-point",
    severity: Severity::High,
    title: "Certificates of {ca} name {count} URL(s) where none of its CRLs is",
    what_happened: "Valid certificates of {ca} name {count} URL(s) as their CRL distribution point \
                    where none of its CRLs is: {first_urls}. Checked at {as_of}.",
    impact: "Relying parties cannot check the revocation of these certificates, of which the last \
             expires at {valid_until}.",
    what_to_do: "If the CA was switched from partitions to one CRL, or its bucket, path or CNAME was \
                 changed, change it back until the last of these certificates has expired. Otherwise \
                 reissue them. Show the CA's CRL configuration:",
    first_command: commands::REVOCATION_CONFIGURATION,
};

const SHOWN: usize = 10;

/// A certificate that is bound to a partition stays bound to it. One that was issued while another
/// bucket or host name was configured goes on naming that one.
fn check(subject: &CrlSubject) -> RuleAnswer {
    let Named { points, places, scanned } = subject.named.as_ref().map_err(NotJudged::unknown)?;
    let wrong: Vec<_> = points
        .iter()
        .filter(|(url, until)| **until >= subject.as_of && !places.contains(*url))
        .collect();
    let Some(valid_until) = wrong.iter().map(|(_, until)| **until).max() else {
        return Ok(Vec::new());
    };
    let first_urls: Vec<_> = wrong.iter().take(SHOWN).map(|(url, _)| url.as_str()).collect();
    let seen = Observation::new(NO_CRL)
        .with("count", wrong.len())
        .with("first_urls", first_urls)
        .with("valid_until", rfc3339(valid_until))
        .with("scanned", serde_json::to_value(scanned).unwrap_or_default());
    Ok(vec![match scanned {
        Some(scanned) => seen.also(format!("There may be more URLs. {scanned}.")),
        None => seen,
    }])
}
