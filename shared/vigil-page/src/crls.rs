//! How fresh each CRL is.

use maud::{Markup, html};
use vigil_core::{
    fleet::{CaReport, FleetReport, RuleResult, RuleStatus},
    span::in_words,
};

use crate::text::{moment, none_of, visible};

pub(crate) fn section(report: &FleetReport) -> Markup {
    let with_crl: Vec<&CaReport> =
        report.cas.iter().filter(|ca| ca.crl.is_some() && ca.restorable_until.is_none()).collect();
    html! {
        section id="crls" {
            h2 { "CRLs" }
            @if with_crl.is_empty() {
                p { (none_enabled(report)) }
            } @else {
                div class="wide" tabindex="0" role="region" aria-label="CRLs" {
                    table class="sortable" {
                        caption { "Age of the newest CRL of each CA, and what the rules say of it" }
                        thead { tr {
                            th scope="col" { "CA" }
                            th scope="col" { "Bucket" }
                            th scope="col" { "Issued" }
                            th scope="col" { "Age" }
                            th scope="col" { "In time" }
                            th scope="col" { "All CRL rules" }
                        } }
                        tbody { @for ca in with_crl { (row(report, ca)) } }
                    }
                }
            }
        }
    }
}

/// Where neither is known, what was read says nothing of revocation.
fn none_enabled(report: &FleetReport) -> String {
    let unknown = report.cas.iter().filter(|ca| ca.crl.is_none() && ca.ocsp.is_none()).count();
    let (none, no_other) = ("No CA has a CRL enabled", "No other CA has a CRL enabled");
    none_of(report, unknown, "revocation configuration", none, no_other)
}

fn row(report: &FleetReport, ca: &CaReport) -> Markup {
    let crl = ca.crl.as_ref();
    let issued = crl.and_then(|crl| crl.this_update);
    let of_ca: Vec<&RuleResult> = report
        .verdicts
        .iter()
        .filter(|of| of.resource == ca.arn.as_str() && of.rule.starts_with("crl."))
        .collect();
    let in_time = of_ca.iter().find(|of| of.rule == "crl.next-update");
    let count = |result| of_ca.iter().filter(|of| of.result == result).count();
    html! {
        tr {
            th scope="row" { (visible(ca.shown())) }
            td { (visible(crl.and_then(|crl| crl.bucket.as_deref()).unwrap_or("unknown"))) }
            td { (issued.map_or_else(|| "not read".to_owned(), moment)) }
            td { (issued.map_or_else(|| "unknown".to_owned(), |at| in_words(report.as_of - at))) }
            td { (in_time.map_or("not judged", |of| word(of.result))) }
            td {
                (count(RuleStatus::Findings)) " failed, " (count(RuleStatus::Unknown)) " unknown, "
                (count(RuleStatus::Pass)) " passed, "
                (count(RuleStatus::NotApplicable)) " not applicable"
            }
        }
    }
}

pub(crate) fn word(result: RuleStatus) -> &'static str {
    match result {
        RuleStatus::Findings => "✗ failed",
        RuleStatus::Unknown => "? unknown",
        RuleStatus::Acknowledged => "○ acknowledged",
        RuleStatus::Pass => "✓ passed",
        RuleStatus::NotApplicable => "– not applicable",
    }
}
