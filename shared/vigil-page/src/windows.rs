//! The restoration windows on a timeline.

use maud::{Markup, html};
use time::{Duration, OffsetDateTime};
use vigil_core::{
    fleet::{CaReport, FleetReport},
    span::in_words,
};

use crate::text::{moment, none_of, visible};

/// The longest window of ACM PCA, in days.
const MAX_DAYS: i64 = 30;
const DAY: i64 = 20;
const ROW: i64 = 22;

pub(crate) fn section(report: &FleetReport) -> Markup {
    let mut open: Vec<(&CaReport, OffsetDateTime)> =
        report.cas.iter().filter_map(|ca| Some((ca, ca.restorable_until?))).collect();
    open.sort_by_key(|(ca, until)| (*until, &ca.arn));
    html! {
        section id="windows" {
            h2 { "Restoration windows" }
            @if open.is_empty() {
                p { (none_deleted(report)) }
            } @else {
                (timeline(&open, report.as_of))
                div class="wide" tabindex="0" role="region" aria-label="Restoration windows" {
                    table {
                        caption { "DELETED CAs, the nearest end first" }
                        thead { tr {
                            th scope="col" { "CA" }
                            th scope="col" { "Region" }
                            th scope="col" { "Time left" }
                            th scope="col" { "Until" }
                            th scope="col" { "Deleted at" }
                        } }
                        tbody { @for (ca, until) in &open {
                            tr {
                                th scope="row" { (visible(ca.shown())) }
                                td { (ca.arn.region()) }
                                td { (left(*until, report.as_of)) }
                                td { (moment(*until)) }
                                td { (ca.last_state_change_at.map_or_else(|| "unknown".to_owned(), moment)) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// An audit report says nothing of the CA itself.
fn none_deleted(report: &FleetReport) -> String {
    let unknown = report.cas.iter().filter(|ca| ca.status == "UNKNOWN").count();
    none_of(report, unknown, "status", "No CA is DELETED", "No other CA is DELETED")
}

fn left(until: OffsetDateTime, now: OffsetDateTime) -> String {
    if until <= now { "none: the window has ended".to_owned() } else { in_words(until - now) }
}

fn timeline(open: &[(&CaReport, OffsetDateTime)], now: OffsetDateTime) -> Markup {
    let (width, height) = (MAX_DAYS * DAY, open.len() as i64 * ROW + 20);
    let x = |left: Duration| left.whole_hours().clamp(0, MAX_DAYS * 24) * DAY / 24;
    html! {
        svg class="chart" viewBox=(format!("0 0 {width} {height}")) role="img"
            aria-label="Time left to restore each DELETED CA. The table has the same numbers." {
            @for day in (0..=MAX_DAYS).step_by(5) {
                line class="axis" x1=(day * DAY) x2=(day * DAY) y1="0" y2=(height - 16) {}
                text class="tick" x=(day * DAY + 2) y=(height - 4) { (day) " d" }
            }
            @for (row, (ca, until)) in (0..).zip(open) {
                @let left = *until - now;
                @let class = if left <= Duration::DAY { "bar soon" } else { "bar" };
                rect class=(class) x="0" y=(row * ROW + 2) width=(x(left).max(2)) height=(ROW - 6) {}
                text class="label" x="4" y=(row * ROW + 14) { (visible(ca.shown())) }
            }
        }
    }
}
