//! What is judged of CAs and their audit reports.

use serde_json::Value;

use super::{super::*, world::*};
use crate::{
    fakes::{self, denied},
    fleet::{RuleResult, RuleStatus},
};

const SUBORDINATE: &str = "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1";

fn verdict(report: &FleetReport, rule: &str) -> (RuleStatus, Option<String>) {
    let of = report.verdicts.iter().find(|of| of.rule == rule).expect("a verdict of the rule");
    (of.result, of.reason.clone())
}

#[test]
fn configuration_rules_are_judged_and_their_verdicts_kept() {
    let report = World::new(vec![Ca { crl: None, ocsp_enabled: false, ..active() }]).assess();
    assert!(report.findings.iter().any(|of| of.finding.rule.starts_with("ca.")), "{report:?}");
    let judged: Vec<_> = report.verdicts.iter().map(|of| of.rule.as_str()).collect();
    assert!(judged.contains(&"ca.revocation"), "{judged:?}");
}

#[test]
fn commands_have_the_bucket_and_say_what_needs_a_stack() {
    let world = World::new(vec![active()]);
    let ends = record_of(2, "111122223333", &json!({"notAfter": "2026-03-20T00:00:00+0000"}));
    let lost = json!({"revokedAt": "2026-02-10T00:00:00+0000",
                      "revocationReason": "CERTIFICATE_AUTHORITY_COMPROMISE"});
    let body = json!([ends, record_of(3, "111122223333", &lost)]).to_string();
    world.put_report(&active(), REPORT, AT - Duration::DAY, &body);
    let report = world.assess();
    let of = |rule: &str| {
        let open = report.findings.iter().find(|of| of.finding.rule == rule);
        open.expect("a finding of the rule").finding.what_to_do.clone()
    };
    let successor = of("audit-report.successor");
    assert!(successor.ends_with("--report-bucket reports"), "{successor}");
    let compromise = of("audit-report.ca-compromise");
    assert!(compromise.contains("vigil report ack"), "{compromise}");
    assert!(compromise.ends_with("needs a deployed stack of Vigil, which has that bucket."));
    let again = world.assess().findings;
    let texts = |of: &[crate::fleet::OpenFinding]| -> Vec<String> {
        of.iter().map(|one| one.finding.what_to_do.clone()).collect()
    };
    assert_eq!(texts(&again), texts(&report.findings), "said once");
}

#[test]
fn audit_report_rules_have_verdicts_and_findings() {
    let world = World::new(vec![active()]);
    let subordinate = record_of(7, "111122223333", &json!({"templateArn": SUBORDINATE}));
    let revoked = json!({"revokedAt": "2026-02-10T00:00:00+0000",
                         "revocationReason": "CERTIFICATE_AUTHORITY_COMPROMISE"});
    let revoked = record_of(8, "111122223333", &revoked);
    let body = json!([subordinate, revoked]).to_string();
    world.put_report(&active(), REPORT, AT - Duration::DAY, &body);
    let report = world.assess();
    for rule in ["audit-report.unknown-subordinate", "audit-report.ca-compromise"] {
        assert_eq!(verdict(&report, rule).0, RuleStatus::Findings, "{rule}");
        assert!(rules(&report).contains(&(rule, true)), "{rule}");
    }
    assert_eq!(verdict(&report, "audit-report.certificate-quota").0, RuleStatus::Pass);
    let (result, reason) = verdict(&report, "audit-report.key-compromise");
    assert_eq!(result, RuleStatus::Unknown);
    assert!(reason.unwrap().contains("since when"), "the first run knows nothing before it");
}

#[test]
fn rules_without_an_audit_report_are_named_as_not_judged() {
    let other = active().arn.as_str().replace("11223344-1234", "99999999-1234");
    let gone = Ca { arn: other.parse().unwrap(), ..deleted() };
    let world = World::new(vec![active(), gone]);
    let named = |report: &FleetReport| -> Vec<Unchecked> {
        report.unchecked.iter().filter(|of| of.what.contains(" rules of ")).cloned().collect()
    };
    let report = world.assess();
    let of = named(&report);
    let [of] = of.as_slice() else { panic!("of the CA that has reports: {of:?}") };
    assert!(of.what.ends_with(active().arn.as_str()), "{of:?}");
    assert!(of.why.starts_with("no audit report of it was found"), "{of:?}");
    let judged = ["audit-report.unknown-subordinate", "audit-report.ca-compromise"];
    for rule in judged {
        assert_eq!(verdict(&report, rule).0, RuleStatus::Unknown);
        assert!(of.why.contains(rule), "{of:?}");
    }
    world.put_report(&active(), REPORT, AT - Duration::DAY, &record());
    let again = named(&world.assess());
    assert!(again.is_empty(), "what only a second run can know is not named: {again:?}");
}

#[test]
fn a_rule_whose_facts_were_refused_is_named_as_not_judged() {
    let world = World::new(vec![active()]);
    world.authorities.calls.fail_next("tags", denied("ListTags"));
    let report = world.assess();
    let of = report.unchecked.iter().find(|of| of.what.starts_with("1 rule of "));
    let why = &of.expect("the rule by a tag").why;
    assert!(why.contains("ListTags") && why.ends_with(": audit-report.dormant-ca"), "{why}");
}

#[test]
fn a_subordinate_in_another_assessed_region_is_known() {
    let here = World::new(vec![active()]);
    let there = World::new(vec![Ca {
        arn: active().arn.as_str().replace("us-east-1", "eu-west-1").parse().unwrap(),
        serial: Some("7".to_owned()),
        ..active()
    }]);
    let body = json!([record_of(7, "111122223333", &json!({"templateArn": SUBORDINATE}))]);
    here.put_report(&active(), REPORT, AT - Duration::DAY, &body.to_string());
    let assess = |regions: &[(String, Ports<'_>)]| {
        fakes::run(run(regions, &here.settings, &|_: &str, _: &str| ()))
    };
    let rule = "audit-report.unknown-subordinate";
    let result = |report: &FleetReport| {
        let of_ca = |of: &&RuleResult| of.rule == rule && of.resource == active().arn.as_str();
        report.verdicts.iter().find(of_ca).map(|of| of.result)
    };
    let both = [("us-east-1".to_owned(), here.ports()), ("eu-west-1".to_owned(), there.ports())];
    assert_eq!(result(&assess(&both)), Some(RuleStatus::Pass));
    there.authorities.calls.fail_next("list", denied("ListCertificateAuthorities"));
    assert_eq!(result(&assess(&both)), Some(RuleStatus::Unknown), "a Region is not known");
}

#[test]
fn requests_judge_no_subordinate_by_one_region_alone() {
    let here = World::new(vec![active()]);
    let arn = active().arn.as_str().replace("us-east-1", "eu-west-1").parse().unwrap();
    let there = World::new(vec![Ca { arn, serial: Some("7".to_owned()), ..active() }]);
    let body = json!([record_of(7, "111122223333", &json!({"templateArn": SUBORDINATE}))]);
    here.put_report(&active(), REPORT, AT - Duration::DAY, &body.to_string());
    let both = [("us-east-1".to_owned(), here.ports()), ("eu-west-1".to_owned(), there.ports())];
    let assess = |settings: &Settings| fakes::run(run(&both, settings, &|_: &str, _: &str| ()));
    assess(&here.settings);
    let bucket = Some("reports".to_owned());
    let second = assess(&Settings { request_reports: bucket, ..here.settings.clone() });
    let is_of = |rule: &str| rule == "audit-report.unknown-subordinate";
    assert!(!second.findings.iter().any(|of| is_of(&of.finding.rule)), "{:?}", second.findings);
    assert!(!second.resolved.iter().any(|of| is_of(&of.rule)), "{:?}", second.resolved);
}

#[test]
fn a_second_run_says_what_came_between_two_reports() {
    let world = World::new(vec![active()]);
    world.put_report(&active(), OTHER, AT - Duration::DAY, &record());
    let between = [("audit-report.new-account", true), ("audit-report.key-compromise", true)];
    let first = world.assess();
    assert!(between.iter().all(|of| !rules(&first).contains(of)), "{:?}", rules(&first));
    world.authorities.set_now(AT + Duration::DAY);
    let own: Value = serde_json::from_str::<Value>(&record()).unwrap()[0].take();
    let new = record_of(2, "444455556666", &json!({"issuedAt": "2026-03-01T10:00:00+0000"}));
    let lost =
        json!({"revokedAt": "2026-03-01T11:00:00+0000", "revocationReason": "KEY_COMPROMISE"});
    let body = json!([own, new, record_of(3, "111122223333", &lost)]).to_string();
    world.put_report(&active(), REPORT, AT, &body);
    let second = world.assess();
    assert!(between.iter().all(|of| rules(&second).contains(of)), "{:?}", rules(&second));
}
