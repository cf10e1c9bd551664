//! Each CA and each bucket with its rules: failed and unknown ones first, the others folded.

use std::collections::BTreeMap;

use maud::{Markup, html};
use vigil_core::fleet::{CaReport, FleetReport, RuleResult, RuleStatus};

use crate::text::{count, moment, short, visible};

pub(crate) fn section(report: &FleetReport) -> Markup {
    let mut by_resource: BTreeMap<&str, Vec<&RuleResult>> = BTreeMap::new();
    for verdict in &report.verdicts {
        by_resource.entry(&verdict.resource).or_default().push(verdict);
    }
    let of_cas: Vec<(&CaReport, Vec<&RuleResult>)> = report
        .cas
        .iter()
        .map(|ca| (ca, by_resource.remove(ca.arn.as_str()).unwrap_or_default()))
        .collect();
    html! {
        section id="cas" {
            h2 { "CAs and their rules" }
            @for (ca, verdicts) in &of_cas {
                details class="ca" {
                    summary {
                        b { (visible(ca.shown())) } " " (ca.status) ", " (ca.arn.region()) ". "
                        (totals(verdicts))
                    }
                    p {
                        (ca.ca_type)
                        @if let Some(key) = &ca.key_algorithm { ", " (visible(key)) }
                        @if let Some(end) = ca.not_after { ", until " (moment(end)) }
                        ", OCSP " (ca.ocsp.map_or("unknown", |on| if on { "on" } else { "off" }))
                        @if let Some(owner) = &ca.owner { ". Owner: " (visible(owner)) }
                        ". " code { (ca.arn) }
                    }
                    (growth(ca))
                    (traits(ca))
                    (rules(verdicts))
                }
            }
            @if !by_resource.is_empty() { h3 { "Buckets and CRL partitions" } }
            @for (resource, verdicts) in &by_resource {
                details class="ca" {
                    summary { b { (visible(short(resource))) } ". " (totals(verdicts)) }
                    (rules(verdicts))
                }
            }
        }
    }
}

fn growth(ca: &CaReport) -> Markup {
    let since = ca.certificates.as_ref().and_then(|of| of.since.as_ref());
    html! {
        @if let Some(since) = since {
            p {
                "Since the report of " (visible(&since.created_at)) ": "
                (signed(since.issued)) " issued, " (signed(since.valid)) " valid, "
                (signed(since.revoked)) " revoked."
            }
        }
    }
}

/// Keys, signatures and names of the certificates that were read, and of how many that speaks.
fn traits(ca: &CaReport) -> Markup {
    let Some(traits) = &ca.traits else { return Markup::default() };
    let issued = ca.certificates.as_ref().map(|of| of.issued);
    html! {
        p {
            @match issued {
                Some(issued) => {
                    (traits.read) " certificates were read of " (issued.max(traits.read)) " that were issued. "
                }
                None => { (traits.read) " certificates were read. " }
            }
            "Keys: " (labelled(&traits.keys)) ". Signatures: " (labelled(&traits.signatures))
            ". Alternative names: " (labelled(&traits.names)) "."
        }
    }
}

/// Labels with their numbers, the most frequent first.
fn labelled(counts: &BTreeMap<String, u64>) -> String {
    let mut counts: Vec<(&String, &u64)> = counts.iter().collect();
    counts.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    joined(counts.into_iter().map(|(label, number)| format!("{label} {number}")))
}

fn signed(number: i64) -> String {
    if number == 0 { "no more".to_owned() } else { format!("{number:+}") }
}

fn of<'v>(verdicts: &[&'v RuleResult], result: RuleStatus) -> Vec<&'v RuleResult> {
    verdicts.iter().copied().filter(|of| of.result == result).collect()
}

fn totals(verdicts: &[&RuleResult]) -> String {
    if verdicts.is_empty() {
        return "No rule was judged.".to_owned();
    }
    let count = |result| of(verdicts, result).len();
    format!(
        "{} failed, {} unknown, {} acknowledged, {} passed, {} not applicable.",
        count(RuleStatus::Findings),
        count(RuleStatus::Unknown),
        count(RuleStatus::Acknowledged),
        count(RuleStatus::Pass),
        count(RuleStatus::NotApplicable)
    )
}

fn rules(verdicts: &[&RuleResult]) -> Markup {
    let failed = of(verdicts, RuleStatus::Findings);
    let passed: Vec<&str> =
        of(verdicts, RuleStatus::Pass).iter().map(|of| of.rule.as_str()).collect();
    html! {
        @if !failed.is_empty() {
            p { b { "✗ Failed: " } (joined(failed.iter().map(|of| failed_rule(of)))) }
        }
        (reasons("? Unknown", &of(verdicts, RuleStatus::Unknown)))
        @let acknowledged = of(verdicts, RuleStatus::Acknowledged);
        @if !acknowledged.is_empty() {
            p {
                b { "○ Acknowledged, not passed: " }
                (joined(acknowledged.iter().map(|of| of.rule.clone())))
            }
        }
        @if !passed.is_empty() {
            details {
                summary { "✓ " (count(passed.len(), "rule")) " passed" }
                p { (joined(passed.iter().map(|rule| (*rule).to_owned()))) }
            }
        }
        @let skipped = of(verdicts, RuleStatus::NotApplicable);
        @if !skipped.is_empty() {
            details {
                summary { "– " (count(skipped.len(), "rule")) " not applicable" }
                (reasons("Not applicable", &skipped))
            }
        }
    }
}

fn failed_rule(verdict: &RuleResult) -> String {
    let severity = verdict.severity.map(|severity| severity.label().to_owned());
    let notes: Vec<String> = severity.into_iter().chain(verdict.reason.clone()).collect();
    if notes.is_empty() {
        return verdict.rule.clone();
    }
    format!("{} ({})", verdict.rule, notes.join("; "))
}

fn joined(rules: impl Iterator<Item = String>) -> String {
    visible(&rules.collect::<Vec<_>>().join(", "))
}

/// Many rules share a reason.
fn reasons(heading: &str, verdicts: &[&RuleResult]) -> Markup {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for verdict in verdicts {
        let reason = verdict.reason.as_deref().unwrap_or("no reason was recorded");
        by_reason.entry(reason).or_default().push(&verdict.rule);
    }
    html! {
        @for (reason, rules) in by_reason {
            p { b { (heading) ": " } (visible(reason)) ": " (visible(&rules.join(", "))) }
        }
    }
}
