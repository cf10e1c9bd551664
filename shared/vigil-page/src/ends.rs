//! When CAs and certificates end: a calendar of weeks.

use std::collections::BTreeMap;

use maud::{Markup, html};
use time::{Date, Duration, OffsetDateTime};
use vigil_core::fleet::{CertificateNumbers, FleetReport};

use crate::text::{count, counted, date, number, visible};

/// A year and a month.
const WEEKS: i64 = 56;
/// A quarter in a row.
const COLUMNS: i64 = 14;
const CELL: i64 = 42;

#[derive(Default)]
struct Week {
    cas: Vec<String>,
    without_successor: u64,
    certificates: u64,
}

pub(crate) fn section(report: &FleetReport) -> Markup {
    let weeks = weeks(report);
    let numbers: Vec<&CertificateNumbers> =
        report.cas.iter().filter_map(|ca| ca.certificates.as_ref()).collect();
    let sum = |of: fn(&CertificateNumbers) -> u64| {
        numbers.iter().fold(0, |sum: u64, one| sum.saturating_add(of(one)))
    };
    let without = sum(|of| of.without_successor_within_90_days.unwrap_or_default());
    let unjudged =
        numbers.iter().filter(|of| of.without_successor_within_90_days.is_none()).count();
    let (in_30, in_90) =
        (sum(|of| of.expiring_within_30_days), sum(|of| of.expiring_within_90_days));
    let counted = numbers.len();
    html! {
        section id="ends" {
            h2 { "Ends" }
            @if without > 0 {
                p {
                    b { (ending(without)) " within 90 days without a successor." }
                    " ▲ marks their weeks."
                }
            }
            @if unjudged > 0 {
                p { "Of " (count(unjudged, "CA")) ", successors were not judged." }
            }
            @if counted > 0 {
                p {
                    (ending(in_30)) " within 30 days, "
                    (number(in_90)) " within 90 days, in the audit reports of "
                    (number(counted as u64)) " of " (count(report.cas.len(), "CA")) "."
                }
            } @else {
                p { "No audit report was read, so the ends of certificates are not known." }
            }
            @if weeks.is_empty() {
                p { "No CA ends in the next " (WEEKS) " weeks." }
            } @else {
                (calendar(&weeks, monday(report.as_of)))
                (table(&weeks))
            }
        }
    }
}

/// `1 valid certificate ends`, `2 valid certificates end`.
fn ending(certificates: u64) -> String {
    let verb = if certificates == 1 { "ends" } else { "end" };
    format!("{} {verb}", counted(certificates, "valid certificate"))
}

fn monday(at: OffsetDateTime) -> Date {
    let day = at.date();
    day - Duration::days(day.weekday().number_days_from_monday().into())
}

/// The weeks in which something ends, by their Mondays.
fn weeks(report: &FleetReport) -> BTreeMap<Date, Week> {
    let first = monday(report.as_of);
    let last = first.saturating_add(Duration::weeks(WEEKS));
    let mut weeks: BTreeMap<Date, Week> = BTreeMap::new();
    for ca in &report.cas {
        let end = ca.not_after.map(monday).filter(|_| ca.restorable_until.is_none());
        if let Some(week) = end.filter(|week| (first..last).contains(week)) {
            weeks.entry(week).or_default().cas.push(ca.shown().to_owned());
        }
        let Some(numbers) = &ca.certificates else { continue };
        let shown = (first, last);
        add(&mut weeks, shown, &numbers.ending_by_week, |week| &mut week.certificates);
        let without = &numbers.without_successor_by_week;
        add(&mut weeks, shown, without, |week| &mut week.without_successor);
    }
    weeks
}

/// Adds the counts of those weeks that are shown.
fn add(
    weeks: &mut BTreeMap<Date, Week>,
    (first, last): (Date, Date),
    counts: &BTreeMap<String, u64>,
    of_week: fn(&mut Week) -> &mut u64,
) {
    let form = time::macros::format_description!("[year]-[month]-[day]");
    for (week, count) in counts {
        let Ok(week) = Date::parse(week, form) else { continue };
        if (first..last).contains(&week) {
            let sum = of_week(weeks.entry(week).or_default());
            *sum = sum.saturating_add(*count);
        }
    }
}

fn calendar(weeks: &BTreeMap<Date, Week>, first: Date) -> Markup {
    let most = weeks.values().map(|week| week.certificates).max().unwrap_or_default().max(1);
    let rows = (WEEKS + COLUMNS - 1) / COLUMNS;
    html! {
        svg class="chart" viewBox=(format!("0 0 {} {}", COLUMNS * CELL, rows * CELL)) role="img"
            aria-label="Weeks in which CAs and certificates end. The table has the same numbers." {
            @for at in 0..WEEKS {
                @let week = first.saturating_add(Duration::weeks(at));
                @let (x, y) = (at % COLUMNS * CELL, at / COLUMNS * CELL);
                @let of = weeks.get(&week);
                @let level = of.map_or(0, |of| of.certificates.saturating_mul(4) / most + u64::from(of.certificates > 0));
                rect class=(format!("cell level{}", level.min(4))) x=(x + 1) y=(y + 1)
                    width=(CELL - 2) height=(CELL - 2) {}
                text class="tick" x=(x + 4) y=(y + 10) { (date(week)[5..]) }
                @if let Some(of) = of {
                    @if of.without_successor > 0 { text class="mark" x=(x + 4) y=(y + 20) { "▲ " (of.without_successor) } }
                    @if of.certificates > 0 { text class="tick" x=(x + 4) y=(y + 30) { (of.certificates) } }
                    @if !of.cas.is_empty() { text class="mark" x=(x + 4) y=(y + 39) { "CA ×" (of.cas.len()) } }
                }
            }
        }
    }
}

fn table(weeks: &BTreeMap<Date, Week>) -> Markup {
    html! {
        details open[weeks.len() <= 12] {
            summary { (count(weeks.len(), "week")) " in which something ends" }
            div class="wide" tabindex="0" role="region" aria-label="Weeks in which something ends" {
                table {
                    caption { "Ends by week" }
                    thead { tr {
                        th scope="col" { "Week of" }
                        th scope="col" { "Without successor ▲" }
                        th scope="col" { "Valid certificates" }
                        th scope="col" { "CAs" }
                    } }
                    tbody { @for (week, of) in weeks {
                        tr {
                            th scope="row" { (date(*week)) }
                            td class="number" { (number(of.without_successor)) }
                            td class="number" { (number(of.certificates)) }
                            td { (visible(&of.cas.join(", "))) }
                        }
                    } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{ca, report};

    #[test]
    fn those_without_successor_are_in_front_in_each_week() {
        let week = |n: u64| BTreeMap::from([("2026-03-09".to_owned(), n)]);
        let with = |n: usize, without: u64| {
            let mut of = ca(n, None);
            let numbers = CertificateNumbers {
                without_successor_within_90_days: Some(without),
                ending_by_week: week(1_200),
                without_successor_by_week: week(without),
                ..CertificateNumbers::default()
            };
            of["certificates"] = serde_json::to_value(numbers).unwrap();
            of
        };
        let text = section(&report(vec![with(1, 3), with(2, 4)], vec![], vec![])).into_string();
        let row = "2026-03-09</th><td class=\"number\">7</td><td class=\"number\">2,400</td>";
        assert!(text.contains(row), "{text}");
        assert!(text.contains(">▲ 7</text>"), "{text}");
        let none = section(&report(vec![with(1, 0)], vec![], vec![])).into_string();
        assert!(!none.contains("▲ 0") && !none.contains("marks their weeks"), "{none}");
    }
}
