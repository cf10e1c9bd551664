//! Who signs whom, and what the loss of each CA would take down.

use std::collections::BTreeSet;

use maud::{Markup, html};
use vigil_core::{
    arn::CaArn,
    fleet::{CaReport, FleetReport},
};

use crate::text::{count, counted, moment, visible};

/// Lists inside of lists: deeper ones are cut. A chain of CAs has three or four.
const MAX_DEPTH: usize = 12;

pub(crate) fn section(report: &FleetReport) -> Markup {
    let tops: Vec<&CaReport> = report.cas.iter().filter(|ca| ca.issuer.is_none()).collect();
    let mut seen = BTreeSet::new();
    html! {
        section id="tree" {
            h2 { "Who signs whom" }
            p { "At each CA stands what its loss would take down." }
            (level(report, &tops, &mut seen, 0))
        }
    }
}

fn level<'r>(
    report: &'r FleetReport,
    cas: &[&'r CaReport],
    seen: &mut BTreeSet<&'r CaArn>,
    depth: usize,
) -> Markup {
    let cas: Vec<&&CaReport> = cas.iter().filter(|ca| seen.insert(&ca.arn)).collect();
    html! {
        @if !cas.is_empty() && depth < MAX_DEPTH {
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
