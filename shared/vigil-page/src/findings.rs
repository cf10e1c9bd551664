//! The findings, the worst and nearest first, each with its command.
//!
//! Findings of one kind share most of their text. Of many, one is shown in full and the others as a
//! list, so that three thousand findings stay readable, and below a megabyte.

use maud::{Markup, html};
use vigil_core::{
    finding::{APPROVER_KEY, EVIDENCE_BUCKET, Finding, REPORT_BUCKET, Severity},
    fleet::{FleetReport, OpenFinding},
};

use crate::text::{count, moment, short, visible};

/// Of one kind, so many are shown in full.
const IN_FULL: usize = 4;

pub(crate) fn section(report: &FleetReport) -> Markup {
    let groups = grouped(&report.findings);
    html! {
        section id="findings" {
            h2 { "Findings" }
            @if report.findings.is_empty() {
                p { (crate::none_open(report)) }
            } @else {
                p {
                    output id="shown" data-all=(report.findings.len()) {
                        (count(report.findings.len(), "finding"))
                    }
                    " open, worst and nearest first."
                }
                (counts(report))
                (controls())
                @if let Some(outputs) = outputs(report) { p { (outputs) } }
                @for group in &groups { (kind(group)) }
            }
            (acknowledged(report))
        }
    }
}

/// What is so and was accepted is neither open nor passed.
fn acknowledged(report: &FleetReport) -> Markup {
    html! {
        @if !report.acknowledged.is_empty() {
            details id="acknowledged" {
                summary { "○ " (count(report.acknowledged.len(), "finding")) " acknowledged: so, and accepted" }
                ul {
                    @for of in report.acknowledged.iter().take(MAX_ACKNOWLEDGED) {
                        li {
                            (of.finding.severity.label()) " " (visible(&of.finding.title)) ". "
                            (visible(&of.by)) ": " (visible(&of.note)) " ("
                            @if let Some(serial) = of.finding.evidence.get("serial").and_then(|of| of.as_str()) {
                                "serial " (visible(serial)) ", "
                            }
                            "finding " (visible(&of.finding.id)) ")"
                        }
                    }
                    @if report.acknowledged.len() > MAX_ACKNOWLEDGED {
                        li { "and " (report.acknowledged.len() - MAX_ACKNOWLEDGED) " more" }
                    }
                }
            }
        }
    }
}

/// So many are named.
const MAX_ACKNOWLEDGED: usize = 200;

/// A report that no stack made cannot complete the commands.
fn outputs(report: &FleetReport) -> Option<String> {
    let all = [
        (EVIDENCE_BUCKET, "EvidenceBucketName"),
        (REPORT_BUCKET, "ReportBucketName"),
        (APPROVER_KEY, "ApproverKeyArn"),
    ];
    let is_in = |word: &str| {
        let mut findings = report.findings.iter().map(|open| &open.finding);
        findings.any(|finding| finding.what_to_do.contains(word))
    };
    let needed = all.into_iter().filter(|(word, _)| is_in(word));
    let needed: Vec<String> =
        needed.map(|(word, output)| format!("{output} in place of {word}")).collect();
    (!needed.is_empty())
        .then(|| format!("In the commands, write the stack's output {}.", needed.join(", ")))
}

/// Only the script can use them, and shows them.
fn controls() -> Markup {
    html! {
        form id="controls" hidden {
            label for="search" { "Search" }
            input id="search" type="search" autocomplete="off" spellcheck="false";
            label for="least" { "From severity" }
            select id="least" {
                option value="0" { "INFORMATIONAL" }
                option value="1" { "LOW" }
                option value="2" { "MEDIUM" }
                option value="3" { "HIGH" }
                option value="4" { "CRITICAL" }
            }
            label { input id="new" type="checkbox"; " only new ones" }
            label for="order" { "Order" }
            select id="order" {
                option value="severity" { "worst first" }
                option value="name" { "by title" }
            }
        }
    }
}

fn counts(report: &FleetReport) -> Markup {
    let all = [
        Severity::Critical,
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::Informational,
    ];
    html! {
        ul class="counts" {
            @for severity in all {
                @let number = of(report, severity);
                @if number > 0 {
                    li class=(class(severity)) data-severity=(severity as u8) {
                        span class="number" { (number) } " " (severity.label())
                    }
                }
            }
        }
    }
}

fn of(report: &FleetReport, severity: Severity) -> usize {
    report.findings.iter().filter(|open| open.finding.severity == severity).count()
}

/// Findings of one rule, kind and severity, in the report's order of their first.
fn grouped(findings: &[OpenFinding]) -> Vec<Vec<&OpenFinding>> {
    let mut groups: Vec<Vec<&OpenFinding>> = Vec::new();
    for open in findings {
        let key = |of: &Finding| (of.rule.clone(), of.severity, of.evidence.get("kind").cloned());
        let wanted = key(&open.finding);
        match groups.iter_mut().find(|group| key(&group[0].finding) == wanted) {
            Some(group) => group.push(open),
            None => groups.push(vec![open]),
        }
    }
    groups
}

fn kind(group: &[&OpenFinding]) -> Markup {
    if group.len() <= IN_FULL {
        return html! { @for open in group { (in_full(open)) } };
    }
    let (first, rest) = (group[0], &group[1..]);
    html! {
        (in_full(first))
        details class="more" {
            summary {
                (count(rest.len(), "more finding")) " of " code { (first.finding.rule) }
            }
            ul class="brief" data-severity=(first.finding.severity as u8) {
                @for open in rest {
                    @let parts = ResourceParts::of(&open.finding.resource);
                    li data-new[open.is_new] {
                        (visible(&open.finding.title)) " ("
                        @if let Some(region) = parts.region { (visible(region)) ", " }
                        (visible(parts.id)) ")"
                        @if open.is_new { " " b { "new" } }
                    }
                }
            }
            (commands(rest))
        }
    }
}

/// Commands that differ in their resource only are shown once.
fn commands(rest: &[&OpenFinding]) -> Markup {
    let general = |open: &&OpenFinding| {
        let finding = &open.finding;
        ResourceParts::of(&finding.resource).generalised(command(finding))
    };
    let first = rest.first().map(general).unwrap_or_default();
    html! {
        @if rest.iter().all(|open| general(open) == first) {
            p { "The command. Put in the Region and the name that stand behind the finding:" }
            pre { (visible(&first)) }
        } @else {
            p { "Commands, in the same order:" }
            pre { @for open in rest { (visible(command(&open.finding))) "\n" } }
        }
    }
}

/// The parts of a resource's ARN in which findings of one kind differ.
struct ResourceParts<'a> {
    region: Option<&'a str>,
    id: &'a str,
}

impl<'a> ResourceParts<'a> {
    fn of(resource: &'a str) -> Self {
        let region = resource.split(':').nth(3).filter(|region| !region.is_empty());
        Self { region, id: short(resource) }
    }

    fn generalised(&self, command: &str) -> String {
        let general =
            if self.id.len() < 3 { command.to_owned() } else { command.replace(self.id, "$NAME") };
        match self.region {
            Some(region) => general.replace(region, "$REGION"),
            None => general,
        }
    }
}

fn in_full(open: &OpenFinding) -> Markup {
    let finding = &open.finding;
    html! {
        article class=(format!("finding {}", class(finding.severity)))
            data-severity=(finding.severity as u8) data-new[open.is_new] {
            h3 {
                span class="severity" { (finding.severity.label()) } " "
                @if open.is_new { span class="new" { "new" } " " }
                (visible(&finding.title))
            }
            p { (visible(&finding.what_happened)) }
            p { b { "Impact: " } (visible(&finding.impact)) }
            @for (at, part) in parts(&finding.what_to_do).enumerate() {
                @match part {
                    Part::Text(text) if at == 0 => p { b { "What to do: " } (visible(text)) },
                    Part::Text(text) => p { (visible(text)) },
                    Part::Command(command) => pre { (visible(command)) },
                }
            }
            p class="why" {
                (visible(&finding.why)) " Resource: " code { (visible(&finding.resource)) } ". "
                "Seen " (moment(finding.as_of)) "."
            }
        }
    }
}

enum Part<'t> {
    Text(&'t str),
    Command(&'t str),
}

/// Commands stand on indented lines.
fn parts(what_to_do: &str) -> impl Iterator<Item = Part<'_>> {
    what_to_do.lines().map(|line| line.strip_prefix("  ").map_or(Part::Text(line), Part::Command))
}

/// The first one.
fn command(finding: &Finding) -> &str {
    let mut commands = parts(&finding.what_to_do).filter_map(|part| match part {
        Part::Command(command) => Some(command),
        Part::Text(_) => None,
    });
    commands.next().unwrap_or_default()
}

pub(crate) fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Informational => "informational",
    }
}
