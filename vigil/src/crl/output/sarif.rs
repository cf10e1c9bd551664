//! SARIF 2.1.0 (OASIS), which code scanning services read.

use serde_json::{Value, json};
use vigil_core::{
    finding::{Finding, RuleInfo, Severity},
    rules,
    rules::{
        crl::{CrlLocation, TextForm},
        crl_check::Answer,
    },
};

use super::super::{
    judged::{Judged, findings},
    remote,
};

pub(crate) fn sarif(all: &[Judged], threshold: Severity) -> String {
    let rules: Vec<RuleInfo> = rules::all()
        .into_iter()
        .filter(|rule| {
            let mut judgements = all.iter().flat_map(|one| &one.judgements);
            judgements.any(|judgement| judgement.rule == rule.id)
        })
        .collect();
    let mut results: Vec<Value> = Vec::new();
    let mut incomplete = Vec::new();
    for judged in all {
        let place = place(judged);
        for finding in findings(&judged.judgements) {
            let index = rules.iter().position(|rule| rule.id == finding.rule);
            results.push(result(finding, index, place));
        }
        if judged.answer(threshold) == Answer::Incomplete {
            incomplete.extend(
                judged
                    .unchecked()
                    .iter()
                    .map(|why| notification(&format!("incomplete: {}: {why}", judged.name))),
            );
        }
    }
    log(&rules, &results, &incomplete)
}

/// No CRL was checked, and why.
pub(crate) fn sarif_of_failure(error: &str) -> String {
    log(&[], &[], &[notification(&format!("incomplete: {error}"))])
}

fn notification(text: &str) -> Value {
    json!({ "level": "error", "message": { "text": text } })
}

fn log(rules: &[RuleInfo], results: &[Value], incomplete: &[Value]) -> String {
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "vigil",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(descriptor).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": incomplete.is_empty(),
                "toolExecutionNotifications": incomplete,
            }],
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn descriptor(rule: &RuleInfo) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.holds},
        "help": {"text": format!("Source: {}", rule.cites)},
    })
}

/// The file or URL, and which of several CRLs in it.
fn place(judged: &Judged) -> (&str, Option<usize>) {
    let name = judged.name.as_str();
    let CrlLocation::Text { form, .. } = &judged.subject.location else { return (name, None) };
    let (TextForm::PemOf(nth) | TextForm::DamagedOf(nth)) = form else { return (name, None) };
    match name.strip_suffix(&format!("#{nth}")) {
        Some(file) => (file, Some(*nth)),
        // The only one of its file.
        None => (name, None),
    }
}

fn result(finding: &Finding, rule: Option<usize>, (file, nth): (&str, Option<usize>)) -> Value {
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": {"text": message(finding, nth)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(file)}}}],
        "partialFingerprints": {"vigilFindingId/v1": finding.id},
        "properties": {
            "severity": finding.severity,
            "title": finding.title,
            "what_happened": finding.what_happened,
            "impact": finding.impact,
            "what_to_do": finding.what_to_do,
            "why": finding.why,
            "evidence": finding.evidence,
        },
    })
}

/// Services show the first sentence of a message in lists.
fn message(finding: &Finding, nth: Option<usize>) -> String {
    let Finding { title, what_happened, impact, what_to_do, .. } = finding;
    let which = nth.map(|nth| format!(" (CRL {nth} of the file)")).unwrap_or_default();
    format!("{title}{which}. {what_happened} {impact}\n{what_to_do}")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational => "note",
    }
}

/// A path as a URI reference (RFC 3986 §2): everything but unreserved characters and slashes is
/// percent-encoded. A URL keeps the characters that separate its parts; the key of an object in S3 has
/// no parts.
fn uri(name: &str) -> String {
    let kept: &[u8] = match name.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("s3") => b"-._~/:",
        Some(_) if remote::is_remote(name) => b"-._~/:?#[]@!$&'()*+,;=%",
        _ => b"-._~/",
    };
    let mut uri = String::new();
    for octet in name.bytes() {
        if octet.is_ascii_alphanumeric() || kept.contains(&octet) {
            uri.push(char::from(octet));
        } else {
            uri.push_str(&format!("%{octet:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_reference() {
        for (name, want) in [
            ("a b/ü.crl", "a%20b/%C3%BC.crl"),
            ("a#2.crl", "a%232.crl"),
            ("a:b.crl", "a%3Ab.crl"),
            ("http://ca.example.com:80/a%20b.crl?x=1", "http://ca.example.com:80/a%20b.crl?x=1"),
            ("s3://crls/crl/a #1.crl", "s3://crls/crl/a%20%231.crl"),
        ] {
            assert_eq!(uri(name), want);
        }
    }
}
