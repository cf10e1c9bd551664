//! The CA still issues certificates for longer than it will itself be valid.

use time::Duration;

use super::ReportedCa;
use crate::{
    ca::CaStatus,
    commands::CSR,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.issuance-limit",
        holds: "The CA's own certificate is valid for longer than the longest that it has issued in the last 90 days.",
        cites: "AWS Private CA User Guide, Manage the CA lifecycle; AWS Private CA API Reference, IssueCertificate (a \
                validity beyond the CA's end is refused)",
        kinds: &[TOO_SHORT],
    },
    check,
};

const TOO_SHORT: Kind = Kind {
    id: "too-short",
    severity: Severity::Medium,
    title: "{ca} expires in {left} days, and still issues certificates for {longest} days",
    what_happened: "The certificate of {ca} ({ca_id}) expires at {ca_end}, in {left} days. In the 90 days to the audit report \
                    of {as_of} it has issued a certificate for {longest} days.",
    impact: "ACM PCA refuses the next request for so long a validity. Renewals that ask for it fail.",
    what_to_do: "Renew the CA's certificate, or have clients ask for less. Get the request for a new certificate:",
    first_command: CSR,
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    if of.ca.status != CaStatus::Active {
        return Err(NotJudged::not_applicable(format!("the CA is {}", of.ca.status)));
    }
    let Some(longest) = summary.longest_recent_validity_days else {
        return Err(NotJudged::not_applicable("it has issued nothing in the last 90 days"));
    };
    let Some(end) = of.ca.not_after else {
        return Err(NotJudged::unknown("ACM PCA does not say when its certificate expires"));
    };
    let left = end - of.now;
    if left >= Duration::days(longest.into()) {
        return Ok(Vec::new());
    }
    let seen = Observation::new(TOO_SHORT)
        .with("ca_end", rfc3339(end))
        .with("left", left.whole_days().max(0))
        .with("longest", longest);
    Ok(vec![seen])
}
