//! End-entity certificates are valid for longer than the settings allow.

use super::ReportedCa;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.validity",
        holds: "No valid end-entity certificate has more days than max_validity_days of the settings.",
        cites: "settings/audit-report.json; CA/Browser Forum Baseline Requirements §6.3.2 has limits for public CAs",
        kinds: &[TOO_LONG],
    },
    check,
};

const TOO_LONG: Kind = Kind {
    id: "too-long",
    severity: Severity::Medium,
    title: "{count} certificate(s) of {ca} are valid for more than {limit} days",
    what_happened: "{count} valid end-entity certificate(s) of {ca} ({ca_id}) have more than {limit} days from issuance to \
                    end: {first}. As of the audit report of {as_of}.",
    impact: "A lost key is of use for longer than your policy allows.",
    what_to_do: "Issue them again for fewer days, then revoke them. Limit what principals may ask for. Show the first:",
    first_command: "aws acm-pca get-certificate --certificate-authority-arn {arn} --region {region} --certificate-arn \
                    {worst} --output text",
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    let Some(limit) = of.thresholds.max_validity_days else {
        return Err(NotJudged::not_applicable("the settings have no max_validity_days for the CA"));
    };
    if summary.max_validity_days != Some(limit) {
        return Err(NotJudged::unknown("the newest report was summarised with another limit"));
    }
    let concern = &summary.over_max_validity;
    let Some(worst) = concern.first.first() else { return Ok(Vec::new()) };
    let seen = Observation::new(TOO_LONG)
        .with("count", concern.count)
        .with("limit", limit)
        .with("first", concern.arns())
        .name("worst", worst.certificate.as_str());
    Ok(vec![seen])
}
