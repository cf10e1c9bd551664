//! What changed since the run before.

use maud::{Markup, html};
use vigil_core::{finding::Finding, fleet::FleetReport};

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
