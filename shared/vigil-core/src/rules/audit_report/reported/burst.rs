//! More certificates were revoked in one hour than in the 90 days before.

use time::{Duration, OffsetDateTime};

use super::ReportedCa;
use crate::{
    audit_report::Summary,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.revocation-burst",
        holds: "No hour of the last three days has more revocations than the 90 days before it, and at least min_burst.",
        cites: "RFC 5280 §5.3.1; AWS Private CA API Reference, RevokeCertificate",
        kinds: &[BURST],
    },
    check,
};

const BURST: Kind = Kind {
    id: "burst",
    severity: Severity::High,
    title: "{count} certificates of {ca} were revoked within one hour",
    what_happened: "In the hour from {hour}, {count} certificates of {ca} ({ca_id}) were revoked; in the 90 days before, \
                    {before}. As of the audit report of {as_of}.",
    impact: "Relying parties that check revocation refuse these certificates. What they identify may be unreachable.",
    what_to_do: "Find out whether it was meant. A revocation cannot be undone: issue those certificates again that are in \
                 use. CloudTrail records who revoked:",
    first_command: concat!(
        "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=RevokeCertificate\nWhen that is done, end this finding",
        acknowledge!()
    ),
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    let mut found = Vec::new();
    for of_hour in summary.revoked_by_recent_hour.iter() {
        let before = before(summary, of_hour.hour);
        if of_hour.count >= of.thresholds.min_burst.max(1) && of_hour.count > before {
            let seen = Observation::new(BURST)
                .with("count", of_hour.count)
                .with("hour", rfc3339(of_hour.hour))
                .with("before", before)
                .about(&rfc3339(of_hour.hour));
            found.push(seen);
        }
    }
    Ok(found)
}

/// Revocations of the 90 days before the hour's day, and of the day up to the hour.
fn before(summary: &Summary, hour: OffsetDateTime) -> u64 {
    let day = hour.date();
    let first = (hour - Duration::days(90)).date();
    let days = summary.revoked_over_time.days.iter();
    let of_days = days.filter(|(date, _)| (first..day).contains(date)).map(|(_, count)| count);
    let hours = summary.revoked_by_recent_hour.iter();
    let of_hours = hours.filter(|one| one.hour.date() == day && one.hour < hour);
    of_days.chain(of_hours.map(|one| one.count)).fold(0, u64::saturating_add)
}
