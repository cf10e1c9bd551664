//! The CA's own certificate ends within two years.

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
        id: "audit-report.ca-end",
        holds: "The CA's own certificate is valid for two more years.",
        cites: "AWS Private CA User Guide, Manage the CA lifecycle (plan CA succession)",
        kinds: &[MONTHS_24, MONTHS_12, MONTHS_6],
    },
    check,
};

const MONTHS_24: Kind = Kind {
    id: "24-months",
    severity: Severity::Low,
    title: "The certificate of {ca} expires within 24 months",
    what_happened: "The certificate of {ca} ({ca_id}) expires at {ca_end}, in {days} days. Checked at {checked_at}.",
    impact: "From then on, {ca} issues no certificates, and relying parties refuse those that it has issued.",
    what_to_do: "Plan the succession: a new certificate for this CA, or another CA that relying parties trust in time. Get \
                 the request for a new certificate:",
    first_command: CSR,
};

const MONTHS_12: Kind = Kind {
    id: "12-months",
    severity: Severity::Medium,
    title: "The certificate of {ca} expires within 12 months",
    ..MONTHS_24
};

const MONTHS_6: Kind = Kind {
    id: "6-months",
    severity: Severity::High,
    title: "The certificate of {ca} expires within 6 months",
    ..MONTHS_24
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let ca = &of.ca;
    if !matches!(ca.status, CaStatus::Active | CaStatus::Disabled) {
        return Err(NotJudged::not_applicable(format!("the CA is {}", ca.status)));
    }
    let Some(end) = ca.not_after else {
        return Err(NotJudged::unknown("ACM PCA does not say when its certificate expires"));
    };
    let left = end - of.now;
    // Months of 30.44 days, and whole days.
    let kind = if left <= Duration::days(183) {
        MONTHS_6
    } else if left <= Duration::days(365) {
        MONTHS_12
    } else if left <= Duration::days(730) {
        MONTHS_24
    } else {
        return Ok(Vec::new());
    };
    let seen = Observation::new(kind)
        .with("ca_end", rfc3339(end))
        .with("days", left.whole_days())
        .name("checked_at", rfc3339(of.now))
        // The same fact as it comes nearer.
        .discriminator("");
    Ok(vec![seen])
}
