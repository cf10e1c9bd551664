use time::macros::datetime;

use super::*;
use crate::{
    ca::{CaStatus, CaType},
    fakes,
    finding::Severity,
    rules::{
        JudgementResult,
        fixtures::{assert_every_kind_has_its_fixture, assert_presentable},
        judge,
    },
};

/// A subordinate CA with a CRL as the console makes it.
fn clean() -> Ca {
    let crl = CrlConfiguration { enabled: true, expiration_in_days: Some(7), ..Default::default() };
    let deleted = fakes::deleted_ca(datetime!(2026-03-01 0:00 UTC));
    Ca { status: CaStatus::Active, crl: Some(crl), ..deleted }
}

fn findings(ca: &Ca) -> Vec<(&'static str, String, Severity)> {
    let mut found = Vec::new();
    for judgement in judge(RULES, ca, ca.arn.as_str(), datetime!(2026-03-01 0:00 UTC)) {
        if let JudgementResult::Findings { findings } = judgement.result {
            for finding in findings {
                assert_presentable(&finding);
                let kind = finding.evidence["kind"].as_str().unwrap().to_owned();
                found.push((judgement.rule, kind, finding.severity));
            }
        }
    }
    found
}

fn one(
    rule: &'static str,
    kind: &str,
    severity: Severity,
) -> Vec<(&'static str, String, Severity)> {
    vec![(rule, kind.to_owned(), severity)]
}

#[test]
fn a_clean_configuration_passes_every_rule() {
    assert_eq!(findings(&clean()), []);
}

#[test]
fn a_ca_without_revocation_is_found_unless_short_lived() {
    let none = Ca { crl: Some(CrlConfiguration::default()), ..clean() };
    assert_eq!(findings(&none), one("ca.revocation", "none", Severity::Medium));
    let root = Ca { ca_type: CaType::Root, ..none.clone() };
    assert_eq!(findings(&root), one("ca.revocation", "none-for-root", Severity::Low));
    assert_eq!(findings(&Ca { ocsp_enabled: true, ..none.clone() }), []);
    assert_eq!(findings(&Ca { usage_mode: Some(UsageMode::ShortLivedCertificate), ..none }), []);
}

#[test]
fn certificates_that_name_no_crl_need_ocsp() {
    let mut ca = clean();
    ca.crl.as_mut().unwrap().omit_extension = true;
    assert_eq!(findings(&ca), one("ca.distribution-point", "omitted", Severity::Medium));
    ca.ocsp_enabled = true;
    assert_eq!(findings(&ca), []);
}

#[test]
fn the_validity_of_crls_is_advised_from_both_sides() {
    use CaType::{Root, Subordinate};
    for (ca_type, days, want) in [
        (Subordinate, 1, Some(("too-short", Severity::Medium))),
        (Subordinate, 2, None),
        (Subordinate, 10, None),
        (Subordinate, 11, Some(("too-long", Severity::Low))),
        (Root, 366, None),
        (Root, 367, Some(("too-long", Severity::Low))),
    ] {
        let mut ca = Ca { ca_type, ..clean() };
        ca.crl.as_mut().unwrap().expiration_in_days = Some(days);
        let want = want
            .map_or_else(Vec::new, |(kind, severity)| one("ca.expiration-in-days", kind, severity));
        assert_eq!(findings(&ca), want, "{days}");
    }
}

#[test]
fn every_kind_of_every_rule_has_a_fixture_with_only_it() {
    let with = |spoil: fn(&mut Ca)| {
        let mut ca = clean();
        spoil(&mut ca);
        ca
    };
    let days = |ca: &mut Ca, days| ca.crl.as_mut().unwrap().expiration_in_days = Some(days);
    let (mut long, mut short) = (clean(), clean());
    days(&mut long, 11);
    days(&mut short, 1);
    let fixtures = [
        ("ca.revocation", "none", with(|ca| ca.crl = None)),
        (
            "ca.revocation",
            "none-for-root",
            with(|ca| {
                ca.ca_type = CaType::Root;
                ca.crl = None;
            }),
        ),
        (
            "ca.distribution-point",
            "omitted",
            with(|ca| ca.crl.as_mut().unwrap().omit_extension = true),
        ),
        ("ca.expiration-in-days", "too-long", long),
        ("ca.expiration-in-days", "too-short", short),
    ];
    assert_every_kind_has_its_fixture("ca", RULES, |_| datetime!(2026-03-01 0:00 UTC), fixtures);
}
