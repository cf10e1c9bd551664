//! Who signs whom, and what the loss of each CA would take down.

use std::collections::BTreeSet;

use maud::{Markup, html};
use vigil_core::{
    arn::CaArn,
    fleet::{CaReport, FleetReport},
};

use crate::text::{count, counted, moment, visible};

/// Lists inside of lists: deeper ones stand behind the others. A chain of CAs has three or four.
const MAX_DEPTH: usize = 12;

pub(crate) fn section(report: &FleetReport) -> Markup {
    let all: BTreeSet<&CaArn> = report.cas.iter().map(|ca| &ca.arn).collect();
    let is_top = |ca: &&CaReport| ca.issuer.as_ref().is_none_or(|issuer| !all.contains(issuer));
    let tops: Vec<&CaReport> = report.cas.iter().filter(is_top).collect();
    let mut seen = BTreeSet::new();
    let tree = level(report, &tops, &mut seen, 0);
    // Those below a circle of issuers, and those that are too deep: no CA is left out.
    let rest: Vec<&CaReport> = report.cas.iter().filter(|ca| !seen.contains(&ca.arn)).collect();
    html! {
        section id="tree" {
            h2 { "Who signs whom" }
            p { "At each CA stands what its loss would take down." }
            (tree)
            (level(report, &rest, &mut seen, 0))
        }
    }
}

fn level<'r>(
    report: &'r FleetReport,
    cas: &[&'r CaReport],
    seen: &mut BTreeSet<&'r CaArn>,
    depth: usize,
) -> Markup {
    if depth == MAX_DEPTH {
        return Markup::default();
    }
    let cas: Vec<&&CaReport> = cas.iter().filter(|ca| seen.insert(&ca.arn)).collect();
    html! {
        @if !cas.is_empty() {
            ul class="tree" {
                @for ca in cas {
                    @let below: Vec<&CaReport> =
                        report.cas.iter().filter(|of| of.issuer.as_ref() == Some(&ca.arn)).collect();
                    li {
                        b { (visible(ca.shown())) } " " (ca.status) ", " (ca.arn.region()) ": "
                        (loss(report, ca))
                        (level(report, &below, seen, depth + 1))
                    }
                }
            }
        }
    }
}

fn loss(report: &FleetReport, ca: &CaReport) -> String {
    let loss = report.loss_of(&ca.arn);
    let mut parts = vec![counted(loss.certificates, "valid certificate")];
    if loss.uncounted > 0 {
        parts[0]
            .push_str(&format!(" and those of {} without a report", count(loss.uncounted, "CA")));
    }
    parts.push(count(loss.subordinates, "CA") + " below");
    if loss.accounts > 0 {
        parts.push(count(loss.accounts, "account"));
    }
    if let Some(end) = loss.last_end {
        parts.push(format!("the last until {}", moment(end)));
    }
    parts.join(", ")
}
