//! What changed since the run before.

use maud::{Markup, html};
use vigil_core::{
    finding::Finding,
    fleet::{CaReport, FleetReport, Growth},
};

use crate::text::{count, visible};

/// Of each list, so many are named.
const NAMED: usize = 50;

pub(crate) fn section(report: &FleetReport) -> Markup {
    let new: Vec<&Finding> =
        report.findings.iter().filter(|of| of.is_new).map(|of| &of.finding).collect();
    let resolved: Vec<&Finding> = report.resolved.iter().collect();
    html! {
        section id="changes" {
            h2 { "What changed" }
            @if new.is_empty() && resolved.is_empty() {
                p { "No finding is new, and none was resolved." }
            }
            (list("New", &new))
            (list("Resolved", &resolved))
            (grown(report))
        }
    }
}

/// The CAs that have issued or revoked since their report before, the most first.
fn grown(report: &FleetReport) -> Markup {
    let since = |ca: &CaReport| ca.certificates.as_ref().and_then(|of| of.since.clone());
    let mut grown: Vec<(&CaReport, Growth)> =
        report.cas.iter().filter_map(|ca| Some((ca, since(ca)?))).collect();
    grown.retain(|(_, of)| of.issued != 0 || of.revoked != 0);
    grown
        .sort_by_key(|(ca, of)| (std::cmp::Reverse(of.issued.saturating_add(of.revoked)), &ca.arn));
    html! {
        @if !grown.is_empty() {
            h3 { "Grown: " (count(grown.len(), "CA")) }
            ul {
                @for (ca, of) in grown.iter().take(NAMED) {
                    li {
                        (visible(ca.shown())) ": " (of.issued) " more issued, " (of.revoked)
                        " more revoked"
                    }
                }
                @if grown.len() > NAMED { li { "and " (grown.len() - NAMED) " more" } }
            }
        }
    }
}

fn list(heading: &str, findings: &[&Finding]) -> Markup {
    html! {
        @if !findings.is_empty() {
            h3 { (heading) ": " (count(findings.len(), "finding")) }
            ul {
                @for finding in findings.iter().take(NAMED) {
                    li { (finding.severity.label()) " " (visible(&finding.title)) }
                }
                @if findings.len() > NAMED { li { "and " (findings.len() - NAMED) " more" } }
            }
        }
    }
}
