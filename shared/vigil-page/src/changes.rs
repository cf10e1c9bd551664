//! What changed since the run before.

use maud::{Markup, html};
use vigil_core::{
    finding::Finding,
    fleet::{CaReport, FleetReport, Growth},
};

use crate::text::{count, number, visible};

/// Of each list, so many are named.
const NAMED: usize = 50;
/// The model names no more new accounts or templates.
const NEW_NAMES: usize = 20;

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
            (changed(report))
        }
    }
}

/// The CAs whose numbers have changed since their report before. Those of which a report has fewer come
/// first: reports of ACM PCA never forget a certificate.
fn changed(report: &FleetReport) -> Markup {
    let since = |ca: &CaReport| ca.certificates.as_ref().and_then(|of| of.since.clone());
    let changed = report.cas.iter().filter_map(|ca| Some((ca, since(ca)?)));
    let has_names = |of: &Growth| !of.new_accounts.is_empty() || !of.new_templates.is_empty();
    let changed = changed.filter(|(_, of)| of.issued != 0 || of.revoked != 0 || has_names(of));
    let (shrunk, grown): (Vec<_>, Vec<_>) =
        changed.partition(|(_, of)| of.issued < 0 || of.revoked < 0);
    html! {
        (numbers("Shrunk", shrunk))
        (numbers("Grown", grown))
    }
}

/// The CAs under one heading, the greatest change first.
fn numbers(heading: &str, mut cas: Vec<(&CaReport, Growth)>) -> Markup {
    let size = |of: &Growth| of.issued.unsigned_abs().saturating_add(of.revoked.unsigned_abs());
    cas.sort_by_key(|(ca, of)| (std::cmp::Reverse(size(of)), &ca.arn));
    html! {
        @if !cas.is_empty() {
            h3 { (heading) ": " (count(cas.len(), "CA")) }
            ul {
                @for (ca, of) in cas.iter().take(NAMED) {
                    li {
                        (visible(ca.shown())) ": " (difference(of.issued)) " issued, "
                        (difference(of.revoked)) " revoked"
                        (new_names("accounts", &of.new_accounts))
                        (new_names("templates", &of.new_templates))
                    }
                }
                @if cas.len() > NAMED { li { "and " (cas.len() - NAMED) " more" } }
            }
        }
    }
}

/// `; new accounts: 111122223333`. Nothing, where there is none.
fn new_names(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() >= NEW_NAMES { " and perhaps more" } else { "" };
    format!("; new {what}: {}{more}", visible(&names.join(", ")))
}

/// `3 more`, `1,200 fewer`.
fn difference(by: i64) -> String {
    let word = if by < 0 { "fewer" } else { "more" };
    format!("{} {word}", number(by.unsigned_abs()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{ca, report};

    #[test]
    fn new_accounts_and_templates_are_named() {
        let mut of = ca(1, None);
        let numbers = vigil_core::fleet::CertificateNumbers::default();
        of["certificates"] = serde_json::to_value(numbers).unwrap();
        of["certificates"]["since"] = serde_json::json!({
            "created_at": "2026-02-28T00:00:00Z", "issued": 0, "valid": 0, "revoked": 0,
            "new_accounts": ["111122223333", "444455556666"],
            "new_templates": vec!["<b>/V1"; NEW_NAMES],
        });
        let text = section(&report(vec![of], vec![], vec![])).into_string();
        let names = "; new accounts: 111122223333, 444455556666; new templates: &lt;b&gt;/V1, ";
        assert!(text.contains(names), "{text}");
        assert!(text.contains("&lt;b&gt;/V1 and perhaps more</li>"), "{text}");
    }

    #[test]
    fn growth_and_shrinkage_have_their_own_words() {
        let since = |n: usize, issued: i64, revoked: i64| {
            let mut ca = ca(n, None);
            ca["certificates"] = serde_json::to_value(vigil_core::fleet::CertificateNumbers {
                since: Some(Growth { issued, revoked, ..Growth::default() }),
                ..vigil_core::fleet::CertificateNumbers::default()
            })
            .unwrap();
            ca
        };
        let cas = vec![since(1, -1_200, 3), since(2, 5, 0), since(3, 0, 0), since(4, 0, -1)];
        let text = section(&report(cas, vec![], vec![])).into_string();
        for wanted in [
            "Shrunk: 2 CAs",
            "<li>CA 1: 1,200 fewer issued, 3 more revoked</li><li>CA 4: 0 more issued, 1 fewer revoked</li>",
            "Grown: 1 CA<",
            "CA 2: 5 more issued, 0 more revoked",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(!text.contains("CA 3"), "nothing changed: {text}");
    }
}
