//! The number of CAs of a Region, which ACM PCA limits.

use time::{Duration, OffsetDateTime};

use crate::{
    ca::Ca,
    finding::{Finding, Kind, Names, Observation, RuleInfo, Severity},
};

/// Within so many days a quota that is reached is more severe.
const SOON_DAYS: u64 = 90;
/// The default quota (L-799883CD). It can be raised; what it was raised to is not known.
const QUOTA: u64 = 200;

/// The Region's CAs come near their quota.
pub(crate) const CA_QUOTA: RuleInfo = RuleInfo {
    id: "audit-report.ca-quota",
    holds: "At the rate of the last 90 days, the Region does not reach 200 CAs within quota_days. DELETED ones count.",
    cites: "AWS General Reference, AWS Private CA endpoints and quotas (L-799883CD)",
    kinds: &[REACHED, SOON, WITHIN],
};

pub(crate) const WITHIN: Kind = Kind {
    id: "within",
    severity: Severity::Low,
    title: "Region {region} reaches the quota of {quota} CAs on {day}",
    what_happened: "Region {region} has {count} CAs, {recent} of them created in the last 90 days. DELETED ones count until \
                    their restoration window ends. At this rate, {quota} are reached on {day}. Checked at {as_of}.",
    impact: "From then on, ACM PCA refuses to create a CA in this Region.",
    what_to_do: "Have the quota raised in time, or delete CAs that are not used. Show the quota:",
    first_command: "aws service-quotas get-service-quota --service-code acm-pca --quota-code L-799883CD --region {region}",
};

/// As WITHIN, in less than SOON_DAYS.
pub(crate) const SOON: Kind = Kind { id: "soon", severity: Severity::Medium, ..WITHIN };

pub(crate) const REACHED: Kind = Kind {
    id: "reached",
    severity: Severity::High,
    title: "Region {region} has {count} CAs, and the default quota is {quota}",
    what_happened: "Region {region} has {count} CAs, DELETED ones among them. The default quota is {quota}. Checked at {as_of}.",
    impact: "Unless the quota was raised, ACM PCA refuses to create a CA in this Region.",
    ..WITHIN
};

/// The finding about the quota, or its id for its end. `None`: there is no CA. `within_days`: the Region has
/// no settings of its own, so those for every CA apply.
pub(crate) fn ca_quota(
    cas: &[Ca],
    within_days: u32,
    now: OffsetDateTime,
) -> Option<(Finding, bool)> {
    let first = &cas.first()?.arn;
    let count = cas.len() as u64;
    let since = now - Duration::days(90);
    let recent = cas.iter().filter(|ca| ca.created_at.is_some_and(|at| at > since)).count() as u64;
    let left = QUOTA.saturating_sub(count);
    let days = left.checked_mul(90)?.checked_div(recent).unwrap_or(u64::MAX);
    let is_found = left == 0 || days <= SOON_DAYS || days <= within_days.into();
    let day = now + Duration::days(i64::try_from(days.min(100_000)).unwrap_or_default());
    let kind = match days {
        _ if left == 0 => REACHED,
        0..=SOON_DAYS => SOON,
        _ => WITHIN,
    };
    let seen = Observation::new(kind)
        .with("count", count)
        .with("recent", recent)
        .with("quota", QUOTA)
        .with("day", day.date().to_string())
        // The same fact as it comes nearer.
        .discriminator("");
    let names = Names::new("the list of CAs").of_ca(first, None);
    // A Region has no ARN of its own.
    let (partition, region, account) = (first.partition(), first.region(), first.account());
    let resource = format!("arn:{partition}:acm-pca:{region}:{account}:certificate-authority/*");
    Some((seen.finding(&CA_QUOTA, &names, &resource, now), is_found))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{fakes, rules::fixtures::assert_presentable};

    const NOW: OffsetDateTime = datetime!(2026-03-01 0:00 UTC);

    fn cas(old: usize, new: usize) -> Vec<Ca> {
        let ca = |at| Ca { created_at: Some(at), ..fakes::deleted_ca(NOW) };
        let mut cas = vec![ca(NOW - Duration::days(500)); old];
        cas.extend(vec![ca(NOW - Duration::days(10)); new]);
        cas
    }

    #[test]
    fn the_day_of_the_last_ca_is_forecast_from_90_days() {
        for (old, new, want) in [
            (1, 0, None),
            (100, 0, None),
            (190, 1, None),
            (190, 3, Some(("within", "2026-09-27"))),
            (0, 100, Some(("soon", "2026-05-30"))),
            (0, 99, Some(("within", "2026-05-31"))),
            (199, 0, None),
            (200, 0, Some(("reached", "2299-12-15"))),
            (300, 5, Some(("reached", "2026-03-01"))),
        ] {
            let (finding, is_found) = ca_quota(&cas(old, new), 365, NOW).unwrap();
            let kind = finding.evidence["kind"].as_str().unwrap();
            let day = finding.evidence["day"].as_str().unwrap();
            assert_eq!(is_found.then_some((kind, day)), want, "{old} {new}");
            if is_found {
                assert_presentable(&finding);
            }
        }
        assert!(ca_quota(&[], 365, NOW).is_none());
    }

    #[test]
    fn quota_days_say_how_early_it_is_a_finding() {
        // 210 days are left with these, and 90 with 100 new ones.
        let is_found = |cas: &[Ca], days| ca_quota(cas, days, NOW).unwrap().1;
        for (days, want) in [(0, false), (209, false), (210, true), (u32::MAX, true)] {
            assert_eq!(is_found(&cas(190, 3), days), want, "{days}");
            assert!(is_found(&cas(0, 100), days), "{days}: soon is always found");
        }
    }
}
