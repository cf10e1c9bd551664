//! A revoked certificate must be in the CRL, as soon as ACM PCA promises it.

use super::CrlSubject;
use crate::{
    crl::{CrlFacts, comparison::Coverage},
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.completeness",
        holds: "Every certificate that the audit report shows as revoked and not expired is listed, \
                an hour after its revocation at the latest.",
        cites: "RFC 5280 §5.1.2.6; AWS Private CA User Guide, Set up a CRL (30 minutes, retries at \
                15)",
        kinds: &[MISSING],
    },
    check,
};

const MISSING: Kind = Kind {
    id: "missing",
    severity: Severity::High,
    title: "{count} revoked certificate(s) are missing from the CRL of {ca}",
    what_happened: "{ca} revoked {count} certificate(s), the first at {revoked_since}. {object} does \
                    not list them; serials: {first_serials}. Compared with audit report {report} at \
                    {as_of}.",
    impact: "Relying parties go on accepting these revoked certificates until a CRL lists them.",
    what_to_do: super::LET_ACM_PCA_WRITE,
    first_command: super::SHOW_POLICY,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let report = match subject.report() {
        // Of a CA's CRL all parts were held against the report.
        Ok(report) if subject.ca.is_some() => report,
        report => {
            let facts = subject.facts()?;
            let report = report?;
            subject.has_own_report(report)?;
            if report.missing.count > 0 {
                may_lack(facts)?;
            }
            report
        }
    };
    let Coverage { missing, missing_since, report: name, unreadable, .. } = report;
    if missing.count == 0 {
        // A record that cannot be read may be the one of a revocation.
        if *unreadable > 0 {
            let reason = format!("{unreadable} record(s) of the audit report could not be read");
            return Err(NotJudged::unknown(reason));
        }
        return subject.has_own_report(report).map(|()| Vec::new());
    }
    let seen = Observation::new(MISSING)
        .with("count", missing.count)
        .with("first_serials", missing.first.as_slice())
        .with("report", name.as_str())
        .with("revoked_since", missing_since.map(rfc3339));
    Ok(vec![seen])
}

/// Whether what the CRL does not list may be listed in another one.
fn may_lack(facts: &CrlFacts) -> Result<(), NotJudged> {
    let where_else = if facts.delta_base.is_some() {
        "in the base of this delta CRL"
    } else if facts.issuing_distribution_point.is_some() {
        "in another CRL, because the CRL may be one partition of several"
    } else {
        return Ok(());
    };
    let reason = format!("revoked certificates that it does not list may be listed {where_else}");
    Err(NotJudged::unknown(reason))
}
