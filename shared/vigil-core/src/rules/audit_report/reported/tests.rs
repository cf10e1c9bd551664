use serde_json::{Value, json};
use time::{Duration, macros::datetime};

use super::*;
use crate::{
    audit_report::{Basis, Counter, Format, Record, ReportReader},
    ca::{CaStatus, CaType, CrlConfiguration, CrlType},
    fakes,
    rules::{
        JudgementResult, audit_report::ReportSettings, fixtures::assert_every_kind_has_its_fixture,
        judge,
    },
};

const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const TEMPLATE: &str = "arn:aws:acm-pca:::template/";

/// One record of a report. The certificate is valid for 60 more days, and unlike any other.
fn record(serial: u8) -> Value {
    json!({
        "awsAccountId": "111122223333",
        "certificateArn": format!("{}/certificate/{serial:02x}", fakes::ARN),
        "serial": format!("{serial:02x}"),
        "subject": format!("CN=host-{serial}"),
        "notBefore": at(NOW - Duration::days(31)), "issuedAt": at(NOW - Duration::days(30)),
        "notAfter": at(NOW + Duration::days(60)),
        "templateArn": format!("{TEMPLATE}EndEntityCertificate/V1"),
    })
}

fn with(mut record: Value, members: &[(&str, Value)]) -> Value {
    for (name, value) in members {
        record[name] = value.clone();
    }
    record
}

fn at(time: OffsetDateTime) -> String {
    time.format(&time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second]+0000"
    ))
    .unwrap()
}

fn revoked(serial: u8, reason: &str, time: OffsetDateTime) -> Value {
    with(record(serial), &[("revokedAt", json!(at(time))), ("revocationReason", json!(reason))])
}

fn summary(records: &[Value], max_validity_days: Option<u32>) -> Summary {
    let ca = fakes::ARN.parse().unwrap();
    let basis = Basis { ca: Some(&ca), ca_not_after: None, as_of: NOW };
    let mut counter = Counter::new(basis).indexed().with_max_validity_days(max_validity_days);
    let mut reader = ReportReader::new(Format::Json);
    let mut add = |record: &Record<'_>| counter.add(record);
    reader.push(Value::from(records).to_string().as_bytes(), &mut add);
    let ending = reader.finish(&mut add).unwrap();
    let summary = counter.finish(ending);
    assert!(summary.complete, "{:?}", summary.incomplete_because);
    assert_eq!(summary.issued, records.len() as u64, "{:?}", summary.apart);
    summary
}

/// A CA with a CRL and one certificate, about which no rule finds anything.
fn of(records: &[Value]) -> ReportedCa {
    let crl = CrlConfiguration {
        enabled: true,
        crl_type: Some(CrlType::Partitioned),
        ..CrlConfiguration::default()
    };
    let ca = Ca {
        status: CaStatus::Active,
        restorable_until: None,
        not_after: Some(NOW + Duration::days(3000)),
        crl: Some(crl),
        ..fakes::deleted_ca(NOW)
    };
    ReportedCa {
        ca,
        report: Ok(("a-report".to_owned(), Box::new(summary(records, None)))),
        tags: Ok(BTreeMap::new()),
        authorities: Ok(BTreeSet::from([serial("11")])),
        watched_since: Some(NOW - Duration::days(20)),
        thresholds: Thresholds::default(),
        now: NOW,
    }
}

fn clean() -> ReportedCa {
    of(&[record(1)])
}

fn ending_in(days: i64) -> ReportedCa {
    let subject = of(&[with(record(1), &[("issuedAt", json!(at(NOW - Duration::days(200))))])]);
    let ca = Ca { not_after: Some(NOW + Duration::days(days)), ..subject.ca.clone() };
    ReportedCa { ca, ..subject }
}

fn with_template(name: &str, listed: Option<&[&str]>) -> ReportedCa {
    let template = json!(format!("{TEMPLATE}{name}"));
    let mut subject = of(&[with(record(11), &[("templateArn", template)])]);
    let listed = listed.map(|list| list.iter().map(|name| (*name).to_owned()).collect());
    subject.thresholds.templates = listed;
    subject
}

fn soon(days: i64) -> Value {
    with(record(3), &[("notAfter", json!(at(NOW + Duration::days(days))))])
}

fn tagged(value: &str) -> ReportedCa {
    let tags = BTreeMap::from([("vigil:dormant".to_owned(), Some(value.to_owned()))]);
    ReportedCa { tags: Ok(tags), ..clean() }
}

/// The certificate of the CA itself, which it has signed.
fn own_certificate() -> Value {
    let template = json!(format!("{TEMPLATE}RootCACertificate/V1"));
    with(
        record(11),
        &[("templateArn", template), ("notAfter", json!(at(NOW + Duration::days(3000))))],
    )
}

fn without_revocation(ca_type: CaType, records: &[Value]) -> ReportedCa {
    let subject = of(records);
    let ca = Ca { crl: None, ca_type, ..subject.ca.clone() };
    ReportedCa { ca, ..subject }
}

/// Has issued so many, of which `recent` in the last 90 days, with a complete CRL.
fn issued(count: u64, recent: u32) -> ReportedCa {
    let mut subject = clean();
    let crl = CrlConfiguration { enabled: true, ..CrlConfiguration::default() };
    subject.ca.crl = Some(crl);
    let mut summary = summary(&[record(1)], None);
    summary.issued = count;
    let day = json!({"days": {"2026-11-01": recent}, "months": {}, "earlier": 0});
    summary.issued_over_time = serde_json::from_value(day).unwrap();
    subject.report = Ok(("a-report".to_owned(), Box::new(summary)));
    subject
}

fn burst(count: u8, before: u8) -> ReportedCa {
    let now = |n| revoked(n, "SUPERSEDED", NOW - Duration::hours(2));
    let earlier = |n| revoked(n, "SUPERSEDED", NOW - Duration::days(15));
    let records: Vec<Value> =
        (20..20 + count).map(now).chain((100..100 + before).map(earlier)).collect();
    of(&records)
}

fn too_long(limit: u32) -> ReportedCa {
    let mut subject = clean();
    subject.thresholds.max_validity_days = Some(limit);
    subject.report = Ok(("a-report".to_owned(), Box::new(summary(&[record(1)], Some(limit)))));
    subject
}

fn issues_for(days: i64) -> ReportedCa {
    let end = json!(at(NOW - Duration::days(30) + Duration::days(days)));
    of(&[with(record(1), &[("notAfter", end)])])
}

type Fixture = (&'static str, &'static str, ReportedCa);

fn fixtures() -> Vec<Fixture> {
    let old = NOW - Duration::days(15);
    let of_another = with(
        record(5),
        &[("awsAccountId", json!("444455556666")), ("issuedAt", json!(at(NOW - Duration::DAY)))],
    );
    let subordinate = with_template("SubordinateCACertificate_PathLen0/V1", Some(&["Sub*"]));
    let unknown = ReportedCa { authorities: Ok(BTreeSet::new()), ..subordinate };
    vec![
        (
            "audit-report.ca-compromise",
            "revoked",
            of(&[record(1), revoked(2, "CERTIFICATE_AUTHORITY_COMPROMISE", old)]),
        ),
        ("audit-report.unknown-subordinate", "unknown", unknown),
        ("audit-report.dormant-ca", "issued", tagged("2026-10-01")),
        ("audit-report.key-compromise", "revoked", of(&[revoked(2, "KEY_COMPROMISE", old)])),
        ("audit-report.revocation-burst", "burst", burst(12, 11)),
        ("audit-report.ca-end", "24-months", ending_in(730)),
        ("audit-report.ca-end", "12-months", ending_in(365)),
        ("audit-report.ca-end", "6-months", ending_in(183)),
        ("audit-report.issuance-limit", "too-short", issues_for(3001)),
        ("audit-report.successor", "30-days", of(&[record(1), soon(30)])),
        ("audit-report.successor", "7-days", of(&[record(1), soon(7)])),
        ("audit-report.new-account", "new", of(&[of_another])),
        (
            "audit-report.unrevocable",
            "valid",
            without_revocation(CaType::Subordinate, &[record(1)]),
        ),
        (
            "audit-report.unrevocable",
            "valid-of-root",
            without_revocation(CaType::Root, &[record(1), own_certificate()]),
        ),
        ("audit-report.certificate-quota", "within", issued(600_000, 100_000)),
        ("audit-report.certificate-quota", "soon", issued(950_000, 50_000)),
        ("audit-report.certificate-quota", "reached", issued(1_000_000, 0)),
        ("audit-report.validity", "too-long", too_long(89)),
        (
            "audit-report.template",
            "unlisted",
            with_template("EndEntityCertificate/V1", Some(&["x"])),
        ),
        (
            "audit-report.template",
            "passthrough",
            with_template("EndEntityCertificate_APICSRPassthrough/V1", None),
        ),
        ("audit-report.template", "unusual", with_template("CodeSigningCertificate/V1", None)),
    ]
}

#[test]
fn every_kind_has_a_fixture_that_causes_it_alone() {
    assert_every_kind_has_its_fixture("audit-report-reported", RULES, |of| of.now, fixtures());
}

fn result(rule: &str, subject: &ReportedCa) -> &'static str {
    let all = judge(RULES, subject, fakes::ARN, NOW);
    let of_rule = all.into_iter().find(|one| one.rule == rule);
    match of_rule.unwrap_or_else(|| panic!("{rule}")).result {
        JudgementResult::Pass => "pass",
        JudgementResult::NotApplicable { .. } => "not-applicable",
        JudgementResult::Unknown { .. } => "unknown",
        JudgementResult::Findings { .. } => "findings",
    }
}

#[test]
fn an_unrevocable_root_leaves_out_its_own_certificate() {
    let evidence = |records: &[Value]| {
        let subject = without_revocation(CaType::Root, records);
        let all = judge(RULES, &subject, fakes::ARN, NOW);
        let of_rule = all.into_iter().find(|one| one.rule == "audit-report.unrevocable");
        let JudgementResult::Findings { mut findings } = of_rule.unwrap().result else { panic!() };
        let evidence = findings.remove(0).evidence;
        (evidence["count"].clone(), evidence["last_end"].clone())
    };
    let end = json!(rfc3339(NOW + Duration::days(60)));
    assert_eq!(evidence(&[record(1), own_certificate(), record(2)]), (json!(2), end.clone()));
    assert_eq!(evidence(&[record(1), record(2)]), (json!(2), end), "a report without it");
}

/// Beside the fixtures: the limits of each rule, and what it does not judge.
#[test]
fn rules_pass_do_not_apply_or_do_not_know() {
    let thresholds = |change: &dyn Fn(&mut Thresholds)| {
        let mut subject = of(&[record(1), soon(3)]);
        change(&mut subject.thresholds);
        subject
    };
    let own_account = with(record(5), &[("issuedAt", json!(at(NOW - Duration::DAY)))]);
    let old_key = of(&[revoked(2, "KEY_COMPROMISE", NOW - Duration::days(25))]);
    let just_issued = with(
        record(9),
        &[
            ("templateArn", json!(format!("{TEMPLATE}BlankSubordinateCACertificate_PathLen0/V1"))),
            ("issuedAt", json!(at(NOW - Duration::minutes(59)))),
        ],
    );
    let renewed = with(
        soon(3),
        &[
            ("serial", json!("0c")),
            ("notAfter", json!(at(NOW + Duration::days(90)))),
            ("certificateArn", json!(format!("{}/certificate/0c", fakes::ARN))),
        ],
    );
    let nothing = || ReportedCa { report: Err("there is none".to_owned()), ..clean() };
    let by_root = |subject: ReportedCa| {
        let ca = Ca { ca_type: CaType::Root, ..subject.ca.clone() };
        ReportedCa { ca, ..subject }
    };
    let of_subordinate = || with_template("SubordinateCACertificate_PathLen0/V1", None);
    let disabled = |subject: ReportedCa| {
        let ca = Ca { status: CaStatus::Deleted, ..subject.ca.clone() };
        ReportedCa { ca, ..subject }
    };
    for (rule, subject, want) in [
        ("ca-compromise", clean(), "pass"),
        ("ca-compromise", nothing(), "unknown"),
        (
            "unknown-subordinate",
            with_template("SubordinateCACertificate_PathLen0/V1", None),
            "pass",
        ),
        ("unknown-subordinate", of(&[just_issued]), "pass"),
        (
            "unknown-subordinate",
            ReportedCa { authorities: Err("x".to_owned()), ..clean() },
            "unknown",
        ),
        ("dormant-ca", clean(), "not-applicable"),
        ("dormant-ca", tagged("2026-10-22"), "pass"),
        ("dormant-ca", tagged("true"), "pass"),
        ("dormant-ca", ReportedCa { watched_since: None, ..tagged("true") }, "unknown"),
        ("dormant-ca", ReportedCa { tags: Err("denied".to_owned()), ..clean() }, "unknown"),
        ("key-compromise", old_key, "pass"),
        ("key-compromise", ReportedCa { watched_since: None, ..clean() }, "unknown"),
        ("revocation-burst", burst(12, 12), "pass"),
        ("revocation-burst", burst(9, 0), "pass"),
        ("ca-end", ending_in(731), "pass"),
        ("ca-end", disabled(ending_in(1)), "not-applicable"),
        ("issuance-limit", issues_for(3000), "pass"),
        ("issuance-limit", ending_in(1), "not-applicable"),
        ("successor", of(&[record(1), soon(31)]), "pass"),
        ("successor", of(&[soon(3), renewed]), "pass"),
        ("successor", thresholds(&|of| of.renews = false), "not-applicable"),
        ("new-account", of(&[own_account]), "pass"),
        ("new-account", ReportedCa { watched_since: None, ..clean() }, "unknown"),
        ("unrevocable", without_revocation(CaType::Root, &[own_certificate()]), "pass"),
        ("unrevocable", without_revocation(CaType::Root, &[record(1)]), "findings"),
        ("certificate-quota", issued(600_000, 90_000), "pass"),
        ("certificate-quota", issued(999_999, 0), "pass"),
        ("validity", clean(), "not-applicable"),
        ("validity", too_long(90), "pass"),
        ("validity", thresholds(&|of| of.max_validity_days = Some(9)), "unknown"),
        ("template", with_template("CodeSigningCertificate/V1", Some(&["*"])), "pass"),
        ("template", of_subordinate(), "findings"),
        ("template", by_root(of_subordinate()), "pass"),
        ("template", by_root(with_template("CodeSigningCertificate/V1", None)), "findings"),
    ] {
        assert_eq!(result(&format!("audit-report.{rule}"), &subject), want, "{rule}");
    }
}

#[test]
fn rules_without_all_names_do_not_pass() {
    let mut subject = clean();
    let Ok((_, summary)) = &mut subject.report else { panic!() };
    summary.by_account = serde_json::from_value(json!({"(others)": 1})).unwrap();
    summary.by_template = serde_json::from_value(json!({"(others)": 1})).unwrap();
    for rule in ["audit-report.new-account", "audit-report.template"] {
        assert_eq!(result(rule, &subject), "unknown", "{rule}");
    }
}

#[test]
fn a_later_revocation_is_another_finding() {
    let reason = "CERTIFICATE_AUTHORITY_COMPROMISE";
    let first = revoked(2, reason, NOW - Duration::days(15));
    let ids = |records: &[Value]| -> Vec<String> {
        let all = judge(RULES, &of(records), fakes::ARN, NOW);
        let findings = all.into_iter().filter_map(|one| match one.result {
            JudgementResult::Findings { findings } => Some(findings),
            _ => None,
        });
        findings.flatten().map(|finding| finding.id).collect()
    };
    let one = ids(std::slice::from_ref(&first));
    assert_eq!(one, ids(&[record(1), first.clone()]), "the same fact");
    assert_ne!(one, ids(&[first, revoked(3, reason, NOW - Duration::days(14))]));
}

#[test]
fn the_built_in_settings_find_nothing_about_a_clean_ca() {
    let thresholds = ReportSettings::default().of(&fakes::ARN.parse().unwrap(), None);
    assert_eq!(thresholds, Thresholds::default());
    let subject = ReportedCa { thresholds, ..clean() };
    for judgement in judge(RULES, &subject, fakes::ARN, NOW) {
        let is_found = matches!(judgement.result, JudgementResult::Findings { .. });
        assert!(!is_found, "{judgement:?}");
    }
}

#[test]
fn decimal_and_hexadecimal_serial_numbers_are_compared() {
    for (decimal, hex) in [
        ("511", "01:ff"),
        ("0", "00"),
        (
            "200429104715365165680450616781560939935",
            "96:c9:3d:cf:a7:86:af:70:5d:ee:0b:a6:ee:85:05:9f",
        ),
        (
            "340282366920938463463374607431768211455",
            "ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff",
        ),
    ] {
        assert_eq!(serial(decimal), serial(hex), "{decimal}");
    }
    assert_ne!(serial("511"), serial("512"));
    // A report has no decimal numbers, so that this one is no other CA's.
    assert_eq!(reported_serial("10"), serial("16"));
}
