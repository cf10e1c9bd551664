//! What every finding must be, and that every kind of every rule has a fixture.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{JudgementResult, Rule, Subject, judge};
use crate::finding::{Finding, RuleInfo, golden};

/// One short line as the title, no ARN of a CA where its name says it, every part there, a command,
/// no name left unfilled, and the kind and severity of the catalogue.
pub(crate) fn assert_presentable(finding: &Finding) {
    let Finding { rule: id, title, what_to_do, .. } = finding;
    assert!(title.chars().count() < 100 && !title.ends_with('…'), "{id}: {title}");
    assert!(!title.contains('\n') && !title.contains("arn:aws:acm-pca"), "{id}: {title}");
    let parts = [title, &finding.what_happened, &finding.impact, what_to_do, &finding.why];
    for part in parts {
        assert!(!part.trim().is_empty(), "{id} lacks a part: {finding}");
        assert!(!has_unfilled_name(part), "{id}: {part}");
    }
    let is_command = |line: &str| line.starts_with("  ") && line.trim().len() > 3;
    assert!(what_to_do.lines().any(is_command), "{id} has no command: {what_to_do}");
    let kind = finding.evidence["kind"].as_str().unwrap();
    let rule = super::all().into_iter().find(|rule| rule.id == id).unwrap();
    let kind = rule.kinds.iter().find(|known| known.id == kind).unwrap_or_else(|| {
        panic!("{id} does not have the kind {kind}");
    });
    assert_eq!(kind.severity, finding.severity, "{id} {}", kind.id);
}

fn has_unfilled_name(text: &str) -> bool {
    text.split('{').skip(1).any(|behind| {
        let name: String =
            behind.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        !name.is_empty() && behind[name.len()..].starts_with('}')
    })
}

/// Two findings that one defect always causes: a CRL that ends before it begins has ended.
const BESIDE: [(&str, &str, &str); 1] = [("not-before-next", "crl.next-update", "expired")];

/// Every kind of finding of every rule has a fixture, and the fixture causes exactly it. The golden
/// file `area` shows each as it is read.
pub(crate) fn assert_every_kind_has_its_fixture<S: Subject>(
    area: &str,
    rules: &[Rule<S>],
    as_of: fn(&S) -> OffsetDateTime,
    fixtures: impl IntoIterator<Item = (&'static str, &'static str, S)>,
) {
    let mut caused = Vec::new();
    for (rule, kind, subject) in fixtures {
        let mut found = Vec::new();
        for judgement in judge(rules, &subject, golden::RESOURCE, as_of(&subject)) {
            let JudgementResult::Findings { findings } = judgement.result else { continue };
            for finding in findings {
                assert_presentable(&finding);
                found.push(finding);
            }
        }
        found.retain(|finding| !BESIDE.contains(&(kind, &*finding.rule, kind_of(finding))));
        let kinds: Vec<_> = found.iter().map(|found| (&*found.rule, kind_of(found))).collect();
        assert_eq!(kinds, [(rule, kind)], "the fixture of {rule} {kind}");
        caused.append(&mut found);
    }
    let infos: Vec<RuleInfo> = rules.iter().map(|rule| rule.info).collect();
    assert_all_kinds(area, &infos, &caused);
}

/// `findings` has every kind of every rule, and reads as its golden file says.
pub(crate) fn assert_all_kinds(area: &str, rules: &[RuleInfo], findings: &[Finding]) {
    let caused: BTreeSet<_> = findings.iter().map(|one| (&*one.rule, kind_of(one))).collect();
    for rule in rules {
        for kind in rule.kinds {
            assert!(caused.contains(&(rule.id, kind.id)), "{} {} has no fixture", rule.id, kind.id);
        }
    }
    golden::assert_golden(area, findings);
}

fn kind_of(finding: &Finding) -> &str {
    finding.evidence["kind"].as_str().unwrap()
}
