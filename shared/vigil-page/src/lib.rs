//! The page of a fleet report: one HTML file that asks for nothing, and is complete without script.
//!
//! The page has no data that the model lacks, and its size depends on CAs, rules and findings, never
//! on certificates. A Content Security Policy allows the one style sheet and the one script by their
//! hashes, so a value that broke out of its place could still run nothing.

#![warn(missing_docs)]

use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use vigil_core::{finding::Severity, fleet::FleetReport};

mod cas;
mod changes;
mod crls;
mod ends;
mod findings;
mod issuance;
mod provenance;
mod text;
mod tree;
mod windows;

pub use text::{hides, visible};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub fn page(report: &FleetReport) -> String {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { "Vigil: report of " (text::moment(report.as_of)) }
                style { (PreEscaped(STYLE)) }
                // Before the body, so that what it shows has its place in the first paint.
                script { (PreEscaped(SCRIPT)) }
            }
            body {
                a class="skip" href="#findings" { "Skip to the findings" }
                (head(report))
                main {
                    (findings::section(report))
                    (windows::section(report))
                    (crls::section(report))
                    (ends::section(report))
                    (issuance::section(report))
                    (tree::section(report))
                    (changes::section(report))
                    (cas::section(report))
                    (provenance::section(report))
                }
            }
        }
    };
    page.into_string()
}

/// As Content Security Policy Level 3 names an inline element.
fn hash(content: &str) -> String {
    let hash = digest::digest(&digest::SHA256, content.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(hash.as_ref()))
}

fn head(report: &FleetReport) -> Markup {
    let urgent = report.count_from(Severity::High) > 0;
    let class = if urgent { "banner act" } else { "banner" };
    html! {
        header {
            h1 { "Vigil: AWS Private CA" }
            p class=(class) { strong { (visible(&conclusion(report))) } }
            p {
                (text::count(report.cas.len(), "CA")) " in " (text::count(regions(report), "Region"))
                ", as of "
                time datetime=(text::rfc3339(report.as_of)) { (text::moment(report.as_of)) } "."
            }
            @if !report.unchecked.is_empty() {
                p class="banner incomplete" {
                    "Incomplete: " (text::count(report.unchecked.len(), "check"))
                    " could not be made. " a href="#provenance" { "What and why" } "."
                }
            }
        }
    }
}

fn regions(report: &FleetReport) -> usize {
    report.regions.iter().filter(|region| region.cas > 0).count()
}

/// Where no finding is open: whether rules were judged at all. Audit reports alone are only counted.
fn none_open(report: &FleetReport) -> &'static str {
    let is_judged = !report.verdicts.is_empty()
        || !report.resolved.is_empty()
        || !report.acknowledged.is_empty();
    if is_judged {
        "No finding is open."
    } else {
        "No rule was judged, so this is no clean result."
    }
}

/// Whether an operator must act, in one sentence. The terminal shows it, too.
pub fn conclusion(report: &FleetReport) -> String {
    let of = |severity: Severity| {
        report.findings.iter().filter(|open| open.finding.severity == severity).count()
    };
    let (critical, high, medium) =
        (of(Severity::Critical), of(Severity::High), of(Severity::Medium));
    let lesser = report.findings.len() - critical - high - medium;
    let first = report.findings.first().map(|open| open.finding.title.as_str()).unwrap_or_default();
    let sentence = if critical > 0 {
        let high = if high > 0 { format!(" and {high} HIGH") } else { String::new() };
        format!("Act now: {critical} CRITICAL{high} open. First: {first}.")
    } else if high > 0 {
        format!("Act today: {}. First: {first}.", text::count(high, "HIGH finding"))
    } else if medium > 0 {
        format!("Plan for {} within days. None is urgent.", text::count(medium, "MEDIUM finding"))
    } else if lesser > 0 {
        format!("Nothing is urgent: {} of low severity.", text::count(lesser, "finding"))
    } else if report.cas.is_empty() && !report.unchecked.is_empty() {
        "Nothing could be checked.".to_owned()
    } else if report.cas.is_empty() && report.regions.is_empty() {
        // No Region was asked: an audit report of a CA that has issued nothing does not name it.
        "What was read names no CA.".to_owned()
    } else if report.cas.is_empty() {
        "There is no CA.".to_owned()
    } else {
        none_open(report).to_owned()
    };
    match report.unchecked.len() {
        0 => sentence,
        _ if report.cas.is_empty() => sentence,
        unchecked => format!("{sentence} {} could not be made.", text::count(unchecked, "check")),
    }
}

#[cfg(test)]
mod tests;
