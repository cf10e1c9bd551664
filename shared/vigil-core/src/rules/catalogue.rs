//! Every rule that there is, without its subject: for readers, and for reports that list rules.

use std::fmt::Write;

use super::{
    assess, audit_report, auto_restore, bucket, configuration, crl, distribution, doctor,
    last_resort, permits, restore_deadline,
};
use crate::finding::{Kind, RuleInfo};

/// All rules, area by area.
pub fn all() -> Vec<RuleInfo> {
    let crl = crl::RULES.iter().map(|rule| rule.info);
    let bucket = bucket::RULES.iter().map(|rule| rule.info);
    let distribution = distribution::RULES.iter().map(|rule| rule.info);
    let configuration = configuration::RULES.iter().map(|rule| rule.info);
    let jobs = [
        auto_restore::RULES,
        permits::RULES,
        restore_deadline::RULES,
        last_resort::RULES,
        audit_report::RULES,
    ];
    let reported = audit_report::REPORTED.iter().map(|rule| rule.info);
    let by_command = [assess::RULES, doctor::RULES].into_iter().flatten().copied();
    let jobs = jobs.into_iter().flatten().copied().chain(reported).chain(by_command);
    jobs.chain(crl).chain(bucket).chain(distribution).chain(configuration).collect()
}

/// The page `docs/rules.md`.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    let rules = all();
    index(&mut page, &rules);
    let mut area = "";
    for rule in rules {
        let of = rule.id.split('.').next().unwrap_or_default();
        if of != area {
            area = of;
            write(&mut page, format_args!("\n## {}\n", title(area)));
        }
        page.push('\n');
        page.push_str(&rule_markdown(&rule));
    }
    page
}

/// A table of the rules, each with its worst severity.
fn index(page: &mut String, rules: &[RuleInfo]) {
    page.push_str("\n| rule | demands | worst |\n| --- | --- | --- |\n");
    for rule in rules {
        let worst = rule.kinds.iter().map(|kind| kind.severity).max();
        let worst = worst.map_or("", |severity| severity.label());
        // GitHub drops the dot from the heading's anchor.
        let (anchor, holds) = (rule.id.replace('.', ""), rule.holds);
        write(page, format_args!("| [`{}`](#{anchor}) | {holds} | {worst} |\n", rule.id));
    }
}

/// One rule's section of the page: what it demands, its source, and its kinds of finding.
pub fn rule_markdown(rule: &RuleInfo) -> String {
    let mut text = format!("### {}\n\n{}\n", rule.id, rule.holds);
    write(&mut text, format_args!("Source: {}.\n\n", rule.cites));
    for kind in rule.kinds {
        entry(&mut text, kind);
    }
    text
}

/// Severity and title in a line, then the impact and the command.
fn entry(page: &mut String, kind: &Kind) {
    let Kind { id, severity, title, impact, first_command, .. } = kind;
    write(page, format_args!("- **`{id}`** ({}): {title}\n", severity.label()));
    write(page, format_args!("  - Impact: {impact}\n"));
    let first_command = first_command.lines().next().unwrap_or_default();
    let tick = if first_command.contains('`') { "``" } else { "`" };
    write(page, format_args!("  - First command: {tick}{first_command}{tick}\n"));
}

const HEAD: &str = "# Rules

Every rule of Vigil, with every kind of finding it can make: its severity, its title, its impact and the first command
to run. `{ca}`, `{bucket}` and the like stand for real names, which each finding fills in.
`notify` completes `EVIDENCE-BUCKET`, `REPORT-BUCKET` and `APPROVER-KEY` (the stack's output `ApproverKeyArn`) in what it sends to people,
and `audit-report` in its page. The JSON for programs has these words as they are.

A finding has an id, which stays the same while the fact does. It is published when it is first detected and when it
becomes more severe. Findings of `crl-audit` and `audit-report`, and alerts about a CA that is restored, are published
again when they are resolved. Those of `auto-restore` and `last-resort` report one event, and are not resolved. `crl-audit` records of every rule whether it passed, did not apply, could
not be judged (and why), or what it found. `make docs` makes this page from the rules.
";

fn title(area: &str) -> &str {
    match area {
        "assess" => "Restoration windows (vigil assess)",
        "audit-report" => "Audit reports (audit-report)",
        "auto-restore" => "Deleted CAs (auto-restore)",
        "bucket" => "The CRL bucket (crl-audit)",
        "ca" => "The CA's configuration (crl-audit)",
        "crl" => "The CRL (crl-audit, vigil crl check)",
        "doctor" => "The way to the operators (vigil doctor)",
        "distribution" => "The CRL as relying parties download it (crl-audit)",
        "last-resort" => "CAs about to be lost (last-resort)",
        "restore-deadline" => "Restoration windows (restore-deadline)",
        other => other,
    }
}

fn write(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a String takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::finding::golden::assert_file;

    #[test]
    fn rule_ids_and_their_kinds_are_unique_and_complete() {
        let rules = all();
        let ids: BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), rules.len());
        for rule in rules {
            assert!(rule.holds.ends_with('.') && !rule.cites.is_empty(), "{}", rule.id);
            let kinds: BTreeSet<_> = rule.kinds.iter().map(|kind| kind.id).collect();
            assert!(kinds.len() == rule.kinds.len() && !kinds.is_empty(), "{}", rule.id);
            for kind in rule.kinds {
                let Kind { what_happened, impact, what_to_do, .. } = kind;
                for sentence in [what_happened, impact] {
                    assert!(sentence.ends_with(['.', '}']), "{} {}: {sentence}", rule.id, kind.id);
                }
                assert!(what_to_do.ends_with([':', '.']), "{} {}", rule.id, kind.id);
            }
        }
    }

    /// A reader of the page and the operator who is woken begin with the same command. How a CRL of another
    /// format begins is shown before the versions of its object.
    #[test]
    fn the_first_command_is_the_first_that_a_finding_has() {
        for rule in all() {
            let kinds = rule.kinds.iter().filter(|_| rule.id != "crl.parses");
            for kind in kinds {
                let is_command = |line: &str| line.starts_with("  ");
                assert!(!kind.what_to_do.lines().any(is_command), "{} {}", rule.id, kind.id);
                assert!(!is_command(kind.first_command), "{} {}", rule.id, kind.id);
            }
        }
    }

    /// `make docs` writes the page.
    #[test]
    fn docs_rules_md_is_made_from_the_rules() {
        assert_file("../../docs/rules.md", &markdown());
    }
}
