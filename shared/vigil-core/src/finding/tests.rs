use time::macros::datetime;

use super::*;

const RULE: RuleInfo = rule("area.rule");

const fn rule(id: &'static str) -> RuleInfo {
    RuleInfo { id, holds: "It holds.", cites: "RFC 5280 §1", kinds: &[KIND] }
}

const KIND: Kind = Kind {
    id: "broken",
    severity: Severity::High,
    title: "{by} broke {ca}",
    what_happened: "At {as_of}, {by} broke {ca}.",
    impact: "{ca} is broken.",
    what_to_do: "Mend it:",
    first_command: "mend --ca {ca} --by {by}",
};

fn finding(rule: &RuleInfo, resource: &str, discriminator: &str) -> Finding {
    let names = Names::new("s3://evidence/1").with("ca", "CA 'Root'");
    let seen = Observation::new(KIND).with("by", "alice").discriminator(discriminator);
    seen.finding(rule, &names, resource, datetime!(2026-01-31 00:00 UTC))
}

#[test]
fn the_id_depends_on_the_fact_and_not_on_its_wording() {
    let one = finding(&RULE, "arn:a", "x");
    let mut again = one.clone().with_evidence("n", 1).with_status(Status::Ongoing);
    again.title = "another title".to_owned();
    assert_eq!(again.id, finding(&RULE, "arn:a", "x").id);
    assert_eq!(one.id.len(), 32);
    for other in [
        finding(&RULE, "arn:a", "y"),
        finding(&RULE, "arn:ax", ""),
        finding(&rule("area.rul"), "earn:a", "x"),
    ] {
        assert_ne!(other.id, one.id);
    }
}

/// Ids are keys in the evidence bucket: another derivation would publish every fact anew.
#[test]
fn the_id_of_a_fact_never_changes_between_releases() {
    let rule = rule("restore-deadline.threshold");
    let id = finding(&rule, "arn:aws:acm-pca:x", "7d").id;
    assert_eq!(id, "afc0bad9c0f17601d47852508218701f");
}

#[test]
fn a_finding_reads_back_as_it_was_written() {
    let finding = finding(&RULE, "arn:a", "").with_evidence("until", "2026");
    let json = serde_json::to_value(&finding).unwrap();
    assert_eq!(json["severity"], finding.severity.label());
    assert_eq!(json["status"], "NEW");
    assert_eq!(json["as_of"], "2026-01-31T00:00:00Z");
    assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), finding);
}

#[test]
fn severities_rise_as_their_labels_do() {
    use Severity::{Critical, High, Informational, Low, Medium};
    let all = [Informational, Low, Medium, High, Critical];
    assert!(all.is_sorted());
    for severity in all {
        assert_eq!(serde_json::to_value(severity).unwrap(), severity.label());
    }
}

#[test]
fn a_finding_is_read_from_its_title_down() {
    let text = finding(&RULE, "arn:a", "").to_string();
    let want = "HIGH alice broke CA 'Root'\n\
                What happened: At 2026-01-31T00:00:00Z, alice broke CA 'Root'.\n\
                Impact: CA 'Root' is broken.\n\
                What to do: Mend it:\n  mend --ca 'CA '\\''Root'\\''' --by alice\n\
                Why: Rule area.rule, kind broken: It holds. Source: RFC 5280 §1. Evidence: \
                s3://evidence/1.\n";
    assert_eq!(text, want);
}

#[test]
fn a_title_stays_one_short_line_whatever_is_in_it() {
    let names = Names::new("e").with("ca", "y".repeat(500));
    let seen = Observation::new(KIND).with("by", "x\n".repeat(100));
    let title = seen.finding(&RULE, &names, "arn:a", datetime!(2026-01-31 00:00 UTC)).title;
    assert!(title.chars().count() < 100 && !title.contains('\n'), "{title}");
}

#[test]
fn without_a_bucket_the_other_command_is_given() {
    let names = Names::new("e").otherwise("Look:", "openssl crl -in x");
    let seen = Observation::new(KIND).with("by", "alice");
    let finding = seen.finding(&RULE, &names, "arn:a", datetime!(2026-01-31 00:00 UTC));
    assert_eq!(finding.what_to_do, "Look:\n  openssl crl -in x");
}

/// `make docs` writes it.
#[test]
fn the_json_schema_is_made_from_the_type() {
    crate::schemas::assert_schema::<Finding>("finding");
}

#[test]
fn a_large_number_is_grouped_in_sentences_alone() {
    let names = Names::new("e").with("ca", "x");
    let seen = Observation::new(KIND).with("by", 1_000_000);
    let finding = seen.finding(&RULE, &names, "arn:a", datetime!(2026-01-31 00:00 UTC));
    assert_eq!(finding.title, "1,000,000 broke x");
    assert!(finding.what_to_do.ends_with("--by 1000000"), "{}", finding.what_to_do);
}
