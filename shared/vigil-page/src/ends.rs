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
                p { b { (ending(without)) " within 90 days without a successor." } }
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
        for (week, ending) in ca.certificates.iter().flat_map(|of| &of.ending_by_week) {
            let form = time::macros::format_description!("[year]-[month]-[day]");
            let Ok(week) = Date::parse(week, form) else { continue };
            if (first..last).contains(&week) {
                let of = weeks.entry(week).or_default();
                of.certificates = of.certificates.saturating_add(*ending);
            }
        }
    }
    weeks
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
                text class="tick" x=(x + 4) y=(y + 14) { (date(week)[5..]) }
                @if let Some(of) = of {
                    @if of.certificates > 0 { text class="tick" x=(x + 4) y=(y + 26) { (of.certificates) } }
                    @if !of.cas.is_empty() { text class="mark" x=(x + 4) y=(y + 38) { "CA ×" (of.cas.len()) } }
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
                        th scope="col" { "CAs" }
                        th scope="col" { "Valid certificates" }
                    } }
                    tbody { @for (week, of) in weeks {
                        tr {
                            th scope="row" { (date(*week)) }
                            td { (visible(&of.cas.join(", "))) }
                            td class="number" { (number(of.certificates)) }
                        }
                    } }
                }
            }
        }
    }
}
