//! The CA comes near the number of certificates that ACM PCA allows it.

use time::{Duration, OffsetDateTime};

use super::ReportedCa;
use crate::{
    ca::CrlType,
    commands::DESCRIBE,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.certificate-quota",
        holds: "At the rate of the last 90 days, the CA does not reach its quota of certificates within quota_days.",
        cites: "AWS General Reference, AWS Private CA endpoints and quotas (1,000,000 certificates of a CA with a complete \
                CRL, else 100,000,000)",
        kinds: &[REACHED, SOON, WITHIN],
    },
    check,
};

const WITHIN: Kind = Kind {
    id: "within",
    severity: Severity::Medium,
    title: "{ca} reaches its quota of {quota} certificates on {day}",
    what_happened: "{ca} ({ca_id}) has issued {issued} certificates, {recent} of them in the 90 days to the audit report of \
                    {as_of}. At this rate it reaches the quota of {quota} on {day}.",
    impact: "From then on, ACM PCA refuses every request for a certificate of {ca}.",
    what_to_do: "Plan another CA for new certificates, or a partitioned CRL, with which the quota is 100,000,000. The quota \
                 cannot be raised. Show the CA's configuration:",
    first_command: DESCRIBE,
};

const SOON: Kind = Kind { id: "soon", severity: Severity::High, ..WITHIN };

const REACHED: Kind = Kind {
    id: "reached",
    severity: Severity::Critical,
    title: "{ca} has issued {issued} certificates, and its quota is {quota}",
    what_happened: "{ca} ({ca_id}) has issued {issued} certificates as of the audit report of {as_of}. Its quota is {quota}.",
    impact: "ACM PCA refuses every request for a certificate of {ca}, or will soon.",
    ..WITHIN
};

const WITH_COMPLETE_CRL: u64 = 1_000_000;
const OTHERWISE: u64 = 100_000_000;
const SOON_DAYS: u64 = 90;

fn check(of: &ReportedCa) -> RuleAnswer {
    let summary = of.summary()?;
    let crl = of.ca.crl.as_ref().filter(|crl| crl.enabled);
    let is_complete = crl.is_some_and(|crl| crl.crl_type != Some(CrlType::Partitioned));
    let quota = if is_complete { WITH_COMPLETE_CRL } else { OTHERWISE };
    let first = (summary.as_of - Duration::days(90)).date();
    let days = summary.issued_over_time.days.iter();
    let counts = days.filter(|(day, _)| *day >= first).map(|(_, count)| count);
    let recent = counts.fold(0, u64::saturating_add);
    let left = quota.saturating_sub(summary.issued);
    let Some(days) = days_until(left, recent) else { return Ok(Vec::new()) };
    let kind = match days {
        0 => REACHED,
        1..=SOON_DAYS => SOON,
        _ if days <= of.thresholds.quota_days.into() => WITHIN,
        _ => return Ok(Vec::new()),
    };
    let seen = Observation::new(kind)
        .with("quota", quota)
        .with("issued", summary.issued)
        .with("recent", recent)
        .with("day", day(summary.as_of, days))
        // The same fact as it comes nearer.
        .discriminator("");
    Ok(vec![seen])
}

/// In how many days `left` are used up, at `recent` in 90 days.
pub(super) fn days_until(left: u64, recent: u64) -> Option<u64> {
    if left == 0 {
        return Some(0);
    }
    left.checked_mul(90)?.checked_div(recent).map(|days| days.max(1))
}

pub(super) fn day(from: OffsetDateTime, days: u64) -> String {
    let days = Duration::days(i64::try_from(days).unwrap_or(i64::MAX / 100_000));
    from.checked_add(days).map_or_else(|| rfc3339(from), |at| at.date().to_string())
}
