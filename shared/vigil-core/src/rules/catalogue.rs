//! Every rule that there is, without its subject: for people, and for reports that list rules.

use std::fmt::Write;

use super::{Rule, bucket, configuration, crl, distribution};
use crate::finding::Severity;

/// What a rule says of itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub id: &'static str,
    pub holds: &'static str,
    pub cites: &'static str,
    pub finds: &'static [(&'static str, Severity)],
    pub remedy: &'static str,
}

impl<S> From<&Rule<S>> for About {
    fn from(rule: &Rule<S>) -> Self {
        let Rule { id, holds, cites, finds, remedy, .. } = *rule;
        Self { id, holds, cites, finds, remedy }
    }
}

/// All rules, area by area.
pub fn all() -> Vec<About> {
    let crl = crl::RULES.iter().map(About::from);
    let bucket = bucket::RULES.iter().map(About::from);
    let distribution = distribution::RULES.iter().map(About::from);
    let configuration = configuration::RULES.iter().map(About::from);
    crl.chain(bucket).chain(distribution).chain(configuration).collect()
}

/// The page `docs/rules.md`.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    let mut area = "";
    for rule in all() {
        let of = rule.id.split('.').next().unwrap_or_default();
        if of != area {
            area = of;
            write(&mut page, format_args!("\n## {}\n", title(area)));
        }
        write(&mut page, format_args!("\n### {}\n\n{}\n\n", rule.id, rule.holds));
        write(&mut page, format_args!("- Written in: {}\n", rule.cites));
        write(&mut page, format_args!("- Finds: {}\n", kinds(rule.finds)));
        write(&mut page, format_args!("- What to do: {}\n", rule.remedy));
    }
    page
}

const HEAD: &str = "# Rules

What `crl-audit` and `vigil crl check` judge by. Every rule says of every subject that it passes, that it does not apply
(and why), or what it found; a finding's remediation has the exact commands. Made from the rules themselves by
`make docs`.
";

fn title(area: &str) -> &str {
    match area {
        "bucket" => "The bucket",
        "ca" => "The CA's configuration",
        "crl" => "The CRL",
        "distribution" => "What relying parties get",
        other => other,
    }
}

/// `kind` (SEVERITY, SEVERITY), ...
fn kinds(finds: &[(&str, Severity)]) -> String {
    let mut text = String::new();
    let mut last = "";
    for (kind, severity) in finds {
        let label = format!("{severity:?}").to_uppercase();
        if *kind == last {
            text.truncate(text.len() - 1);
            write(&mut text, format_args!(", {label})"));
            continue;
        }
        let comma = if text.is_empty() { "" } else { ", " };
        write(&mut text, format_args!("{comma}`{kind}` ({label})"));
        last = kind;
    }
    text
}

fn write(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a String takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn rule_ids_are_unique_and_every_rule_tells_all_of_itself() {
        let rules = all();
        let ids: BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), rules.len());
        for rule in rules {
            assert!(rule.holds.ends_with('.') && rule.remedy.ends_with('.'), "{}", rule.id);
            assert!(!rule.cites.is_empty() && !rule.finds.is_empty(), "{}", rule.id);
        }
    }

    #[test]
    fn kinds_of_several_severities_are_named_once() {
        let finds = [("a", Severity::High), ("a", Severity::Low), ("b", Severity::Low)];
        assert_eq!(kinds(&finds), "`a` (HIGH, LOW), `b` (LOW)");
    }

    /// `make docs` writes the page.
    #[test]
    fn docs_rules_md_is_made_from_the_rules() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(written == markdown(), "docs/rules.md is not what the rules say: run `make docs`");
    }
}
