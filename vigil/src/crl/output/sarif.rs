//! SARIF 2.1.0 (OASIS), which code scanning services read.

use serde_json::{Value, json};
use vigil_core::{
    finding::{Finding, RuleInfo, Severity},
    rules,
    rules::crl_check::Answer,
};

use super::super::judged::{Judged, findings};

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
        let uri = uri(&judged.name);
        for finding in findings(&judged.judgements) {
            let index = rules.iter().position(|rule| rule.id == finding.rule);
            results.push(result(finding, index, &uri));
        }
        if judged.answer(threshold) == Answer::Incomplete {
            incomplete.extend(judged.unchecked().iter().map(|why| {
                let text = format!("incomplete: {}: {why}", judged.name);
                json!({ "level": "error", "message": { "text": text } })
            }));
        }
    }
    let is_complete = incomplete.is_empty();
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
                "executionSuccessful": is_complete,
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

fn result(finding: &Finding, rule: Option<usize>, uri: &str) -> Value {
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": {"text": message(finding)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}}],
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
fn message(finding: &Finding) -> String {
    let Finding { title, what_happened, impact, what_to_do, .. } = finding;
    format!("{title}. {what_happened} {impact}\n{what_to_do}")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational => "note",
    }
}

/// A path as a URI reference (RFC 3986 §2): everything but unreserved characters and slashes is
/// percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for octet in path.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~/".contains(&octet) {
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
        assert_eq!(uri("a b/ü.crl"), "a%20b/%C3%BC.crl");
    }
}
