//! Where the page's facts come from, and what is not known.

use maud::{Markup, html};
use vigil_core::fleet::{FleetReport, RegionState};

use crate::text::{count, counted, moment, visible};

pub(crate) fn section(report: &FleetReport) -> Markup {
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            p {
                "Made by " (visible(&report.made_by)) ". All times are ACM PCA's own; the latest is "
                (moment(report.as_of)) "."
            }
            @if is_of_files(report) {
                p {
                    "Of an audit report in a file, it is not known when ACM PCA created it: it is counted as of                      the time that was given, or of this computer's clock."
                }
            }
            @if !report.unchecked.is_empty() {
                h3 { "Not checked" }
                ul { @for unchecked in &report.unchecked {
                    li { b { (visible(&unchecked.what)) } ": " (visible(&unchecked.why)) }
                } }
            }
            h3 { "Regions" }
            ul { @for region in &report.regions {
                li {
                    (visible(&region.name)) ": "
                    @match region.state {
                        RegionState::Answered => { (count(region.cas, "CA")) }
                        RegionState::Failed => { "did not answer" }
                        RegionState::NotEnabled => { "not enabled for this account" }
                    }
                }
            } }
            (audit_reports(report))
        }
    }
}

/// Whether audit reports were counted that do not lie in a bucket.
fn is_of_files(report: &FleetReport) -> bool {
    let mut numbers = report.cas.iter().filter_map(|ca| ca.certificates.as_ref());
    numbers.any(|of| !of.source.starts_with("s3://"))
}

fn audit_reports(report: &FleetReport) -> Markup {
    let with: Vec<_> =
        report.cas.iter().filter_map(|ca| Some((ca, ca.certificates.as_ref()?))).collect();
    html! {
        h3 { "Audit reports" }
        @if with.is_empty() {
            p { "None was read." }
        } @else {
            ul { @for (ca, numbers) in with {
                li {
                    (visible(ca.shown())) ": " code { (visible(&numbers.source)) }
                    @if let Some(at) = numbers.as_of { ", counted as of " (moment(at)) }
                    @if numbers.unreadable > 0 { ", " (counted(numbers.unreadable, "record")) " unreadable" }
                }
            } }
        }
    }
}
