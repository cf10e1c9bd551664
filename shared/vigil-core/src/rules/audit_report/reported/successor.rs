//! Certificates end soon, and no successor was issued.

use super::ReportedCa;
use crate::{
    ca::UsageMode,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.successor",
        holds: "Every valid certificate that expires within 30 days has a successor: a later one for the same subject.",
        cites: "AWS Private CA User Guide, Use audit reports; AWS Certificate Manager User Guide, Managed renewal",
        kinds: &[WITHIN_7_DAYS, WITHIN_30_DAYS],
    },
    check,
};

const WITHIN_30_DAYS: Kind = Kind {
    id: "30-days",
    severity: Severity::Low,
    title: "{count} certificate(s) of {ca} expire within 30 days and have no successor",
    what_happened: "{count} valid certificate(s) of {ca} ({ca_id}) expire within 30 days, {soon} of them within 7 days, and no \
                    later certificate has the same subject. The soonest: {first}. As of the audit report of {as_of}.",
    impact: "If they are still in use, connections to what they identify fail when they expire.",
    what_to_do: "Renew those that are in use. If certificates of this CA are not renewed, set `renews` to false in the \
                 settings. List them:",
    first_command: "vigil certificates --ca {arn} --ending-within 30d --without-successor --report-bucket REPORT-BUCKET",
};

const WITHIN_7_DAYS: Kind = Kind {
    id: "7-days",
    severity: Severity::Medium,
    title: "{soon} certificate(s) of {ca} expire within 7 days and have no successor",
    ..WITHIN_30_DAYS
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    if !of.thresholds.renews {
        return Err(NotJudged::not_applicable(
            "the settings say that its certificates are not renewed",
        ));
    }
    if of.ca.usage_mode == Some(UsageMode::ShortLivedCertificate) {
        return Err(NotJudged::not_applicable("the CA issues only short-lived certificates"));
    }
    let Some(successors) = &summary.successors else {
        return Err(NotJudged::unknown("the report is too large for the search for successors"));
    };
    let count = successors.within_30_days.without_successor;
    let soon = successors.within_7_days.without_successor;
    let kind = match (soon, count) {
        (0, 0) => return Ok(Vec::new()),
        (0, _) => WITHIN_30_DAYS,
        (_, _) => WITHIN_7_DAYS,
    };
    let first: Vec<String> =
        successors.without.iter().take(10).map(|one| one.certificate.clone()).collect();
    let seen = Observation::new(kind)
        .with("count", count)
        .with("soon", soon)
        .with("first", first)
        // The same fact as it comes nearer.
        .discriminator("");
    Ok(vec![seen])
}
