//! What was issued and revoked.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use vigil_core::fleet::{CertificateNumbers, FleetReport};

use crate::text::{count, moment, number, visible};

/// The busiest accounts and templates are named; the rest is one line.
const NAMED: usize = 12;
const MONTHS: usize = 24;
const BAR: usize = 24;
const HEIGHT: u64 = 100;

pub(crate) fn section(report: &FleetReport) -> Markup {
    let numbers: Vec<&CertificateNumbers> =
        report.cas.iter().filter_map(|ca| ca.certificates.as_ref()).collect();
    let sum = |of: fn(&CertificateNumbers) -> u64| {
        number(numbers.iter().fold(0, |sum: u64, one| sum.saturating_add(of(one))))
    };
    html! {
        section id="issuance" {
            h2 { "Certificates" }
            @if numbers.is_empty() {
                p { "No audit report was read, so nothing is known of the certificates that were issued." }
            } @else {
                p {
                    "From the audit reports of " (numbers.len()) " of " (report.cas.len()) " CAs: "
                    (sum(|of| of.issued)) " issued, " (sum(|of| of.valid)) " valid, "
                    (sum(|of| of.not_yet_valid)) " not yet valid, " (sum(|of| of.expired)) " expired, "
                    (sum(|of| of.revoked)) " revoked, " (sum(|of| of.unreadable)) " unreadable records."
                    @if let Some(at) = numbers.iter().filter_map(|of| of.as_of).min() {
                        " The oldest was counted as of " (moment(at)) "."
                    }
                }
                (months(&numbers))
                (tally("By template", "Template", merged(&numbers, |of| &of.by_template)))
                (tally("By account", "Account", merged(&numbers, |of| &of.by_account)))
                (tally("Revoked, by reason", "Reason", merged(&numbers, |of| &of.revoked_by_reason)))
            }
        }
    }
}

type Tally = BTreeMap<String, u64>;

fn merged(numbers: &[&CertificateNumbers], of: fn(&CertificateNumbers) -> &Tally) -> Tally {
    let mut merged = Tally::new();
    for (name, count) in numbers.iter().flat_map(|one| of(one)) {
        let sum: &mut u64 = merged.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
    merged
}

fn tally(caption: &str, column: &str, tally: Tally) -> Markup {
    let mut entries: Vec<(String, u64)> = tally.into_iter().collect();
    entries.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rest =
        entries.iter().skip(NAMED).fold(0, |sum: u64, (_, count)| sum.saturating_add(*count));
    html! {
        @if !entries.is_empty() {
            table {
                caption { (caption) }
                thead { tr { th scope="col" { (column) } th scope="col" { "Certificates" } } }
                tbody {
                    @for (name, count) in entries.iter().take(NAMED) {
                        tr { th scope="row" { (visible(name)) } td class="number" { (number(*count)) } }
                    }
                    @if rest > 0 {
                        tr {
                            th scope="row" { (entries.len() - NAMED) " others" }
                            td class="number" { (number(rest)) }
                        }
                    }
                }
            }
        }
    }
}

/// The height of a bar. A model that another program wrote can have any number.
fn scaled(count: u64, most: u64) -> u64 {
    u64::try_from(u128::from(count) * u128::from(HEIGHT) / u128::from(most)).unwrap_or(HEIGHT)
}

fn months(numbers: &[&CertificateNumbers]) -> Markup {
    let issued = merged(numbers, |of| &of.issued_by_month);
    let revoked = merged(numbers, |of| &of.revoked_by_month);
    // A CA that issues nothing any more can still revoke.
    let all: BTreeSet<&String> = issued.keys().chain(revoked.keys()).collect();
    let months: Vec<&String> = all.into_iter().rev().take(MONTHS).collect();
    let most = issued.values().chain(revoked.values()).copied().max().unwrap_or_default().max(1);
    let of = |tally: &Tally, month: &String| tally.get(month).copied().unwrap_or_default();
    html! {
        @if !months.is_empty() {
            svg class="chart" viewBox=(format!("0 0 {} {}", MONTHS * BAR, HEIGHT + 18)) role="img"
                aria-label="Certificates issued and revoked by month. The table has the same numbers." {
                @for (at, month) in months.iter().rev().enumerate() {
                    @let height = scaled(of(&issued, month), most).max(1);
                    rect class="bar" x=(at * BAR + 2) y=(HEIGHT - height) width=(BAR - 4) height=(height) {}
                    @let height = scaled(of(&revoked, month), most);
                    @if height > 0 {
                        rect class="bar soon" x=(at * BAR + 6) y=(HEIGHT - height)
                            width=(BAR - 12) height=(height) {}
                    }
                    @if at % 3 == 0 { text class="tick" x=(at * BAR) y=(HEIGHT + 14) { (visible(month)) } }
                }
            }
            details {
                summary { "Issued and revoked by month" }
                table {
                    caption { "The last " (count(months.len(), "month")) " with certificates" }
                    thead { tr {
                        th scope="col" { "Month" } th scope="col" { "Issued" } th scope="col" { "Revoked" }
                    } }
                    tbody { @for month in &months {
                        tr {
                            th scope="row" { (visible(month)) }
                            td class="number" { (number(of(&issued, month))) }
                            td class="number" { (number(of(&revoked, month))) }
                        }
                    } }
                }
            }
        }
    }
}
