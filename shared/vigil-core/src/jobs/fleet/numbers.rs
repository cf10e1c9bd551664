//! The numbers of a CA's newest audit report, from its summary.

use std::collections::BTreeMap;

use serde_json::Value;
use time::{Date, Duration, OffsetDateTime, macros::format_description};

use super::read;
use crate::{
    arn::CaArn,
    audit_report::{Document, Newest},
    evidence::keys,
    fleet::{CertificateNumbers, FleetReport, Growth, Unchecked},
    instant,
    ports::EvidenceStore,
};

pub(super) async fn newest(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    report: &mut FleetReport,
) -> Option<CertificateNumbers> {
    let newest: Newest = read(evidence, &keys::newest_report(ca.id()), report).await?;
    let document: Value = read(evidence, &keys::summary(ca, &newest.report), report).await?;
    let source = format!("s3://{}/{}", newest.bucket, newest.key);
    let because = document["summary"]["incomplete_because"].as_array();
    for why in because.into_iter().flatten().filter_map(Value::as_str) {
        let why = format!("incomplete: {why}");
        report.unchecked.push(Unchecked { what: source.clone(), why });
    }
    Some(of_summary(&document, source))
}

/// The numbers of a summary that is not in an evidence bucket. `source`: where its report lies.
///
/// # Errors
///
/// The summary cannot be written as JSON.
pub fn numbers_of(
    document: &Document,
    source: String,
) -> Result<CertificateNumbers, serde_json::Error> {
    Ok(of_summary(&serde_json::to_value(document)?, source))
}

/// Counts by day and by month, as `2026-03-01` and `2026-03`, by month.
fn by_month(timeline: &Value) -> BTreeMap<String, u64> {
    let mut months = BTreeMap::new();
    for part in ["days", "months"] {
        for (name, count) in timeline[part].as_object().into_iter().flatten() {
            let month: String = name.chars().take("2026-03".len()).collect();
            add(months.entry(month).or_default(), count);
        }
    }
    months
}

/// A summary that another principal wrote can have any number.
fn add(sum: &mut u64, count: &Value) {
    *sum = sum.saturating_add(count.as_u64().unwrap_or_default());
}

/// Counts by day as counts by week, under the week's Monday.
fn by_week(days: &Value) -> BTreeMap<String, u64> {
    let form = format_description!("[year]-[month]-[day]");
    let mut weeks = BTreeMap::new();
    for (day, count) in days.as_object().into_iter().flatten() {
        let Ok(date) = Date::parse(day, form) else { continue };
        let since_monday = Duration::days(date.weekday().number_days_from_monday().into());
        let monday = date.saturating_sub(since_monday);
        add(weeks.entry(monday.to_string()).or_default(), count);
    }
    weeks
}

/// A summary has no more new names, and none is longer.
const MAX_NEW: usize = 20;
const MAX_NAME: usize = 128;

fn growth(compared: &Value) -> Option<Growth> {
    let more = |name: &str| compared[name].as_i64();
    let names = |name: &str| -> Vec<String> {
        let names = compared[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.take(MAX_NEW).map(|name| name.chars().take(MAX_NAME).collect()).collect()
    };
    let created_at = compared["created_at"].as_str()?.chars().take(40).collect();
    let (issued, valid, revoked) = (more("issued")?, more("valid")?, more("revoked")?);
    let (new_accounts, new_templates) = (names("new_accounts"), names("new_templates"));
    Some(Growth { created_at, issued, valid, revoked, new_accounts, new_templates })
}

/// Fields are only added to a summary, and an older one lacks some: those are zero or absent.
fn of_summary(document: &Value, source: String) -> CertificateNumbers {
    let summary = document.get("summary").unwrap_or(document);
    let count = |name: &str| summary[name].as_u64().unwrap_or_default();
    let time =
        |name: &str| -> Option<OffsetDateTime> { instant::parse(summary[name].as_str()?).ok() };
    let tally = |name: &str| {
        let counts = summary[name].as_object().into_iter().flatten();
        counts.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect()
    };
    CertificateNumbers {
        source,
        as_of: time("as_of"),
        issued: count("issued"),
        valid: count("valid"),
        not_yet_valid: count("not_yet_valid"),
        expired: count("expired"),
        revoked: count("revoked"),
        unreadable: summary["unreadable"]["count"].as_u64().unwrap_or_default(),
        expiring_within_30_days: count("expiring_within_30_days"),
        expiring_within_90_days: count("expiring_within_90_days"),
        without_successor_within_90_days:
            summary["successors"]["within_90_days"]["without_successor"].as_u64(),
        latest_not_after: time("latest_not_after"),
        since: growth(&document["compared"]),
        by_account: tally("by_account"),
        by_template: tally("by_template"),
        revoked_by_reason: tally("revoked_by_reason"),
        ending_by_week: by_week(&summary["ending_per_day"]),
        without_successor_by_week: by_week(&summary["successors"]["without_per_day"]),
        issued_by_month: by_month(&summary["issued_over_time"]),
        revoked_by_month: by_month(&summary["revoked_over_time"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ends_without_successor_are_counted_by_week() {
        let days = json!({"2026-03-02": 2, "2026-03-08": 3, "2026-03-09": 4, "never": 5});
        let document = json!({"summary": {"successors": {"without_per_day": days}}});
        let weeks = of_summary(&document, String::new()).without_successor_by_week;
        let want = [("2026-03-02", 5), ("2026-03-09", 4)].map(|(day, n)| (day.to_owned(), n));
        assert_eq!(weeks, BTreeMap::from(want));
        let unjudged = json!({"summary": {"successors": null}});
        assert!(of_summary(&unjudged, String::new()).without_successor_by_week.is_empty());
    }

    #[test]
    fn a_hostile_summary_has_no_more_new_names_than_others() {
        let long = "x".repeat(MAX_NAME + 1);
        let compared = json!({"created_at": "2026-03-01T12:00:00Z", "issued": 1, "valid": 1,
            "revoked": 0, "new_accounts": [7, "a"], "new_templates": vec![long; MAX_NEW + 1]});
        let read = growth(&compared).unwrap();
        assert_eq!(read.new_accounts, ["a"]);
        assert_eq!(read.new_templates, vec!["x".repeat(MAX_NAME); MAX_NEW]);
        // A summary of before has none.
        let before = json!({"created_at": "", "issued": 1, "valid": 1, "revoked": 0});
        assert!(growth(&before).unwrap().new_accounts.is_empty());
    }
}
