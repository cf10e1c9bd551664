//! A clean world has no findings; each test spoils one thing in it and gets exactly that finding.

use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    ca::{CaStatus, CaType, CrlConfiguration, CrlType},
    crl::{
        Crl,
        comparison::Sample,
        fixture::{
            self, Draft, ECDSA_SHA384, Issuer, algorithm, authority_key_identifier, crl_number,
            distribution_point, entry, extension, tlv, utc,
        },
    },
    der::tag,
    finding::Severity,
    rules::{JudgementResult, assert_presentable, judge},
};

mod fixtures;

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const ARN: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

fn ca() -> Ca {
    Ca {
        arn: ARN.parse().unwrap(),
        ca_type: CaType::Root,
        status: CaStatus::Active,
        common_name: None,
        key_algorithm: Some("EC_prime256v1".to_owned()),
        signing_algorithm: Some("SHA256WITHECDSA".to_owned()),
        usage_mode: None,
        serial: Some("42".to_owned()),
        not_before: None,
        not_after: None,
        created_at: None,
        last_state_change_at: None,
        restorable_until: None,
        crl: Some(CrlConfiguration {
            enabled: true,
            s3_bucket_name: Some("crls".to_owned()),
            expiration_in_days: Some(7),
            ..Default::default()
        }),
        ocsp_enabled: false,
    }
}

/// An audit report that agrees with the CRL.
fn coverage() -> Coverage {
    Coverage {
        report: "report".to_owned(),
        known_until: AT,
        missing: Sample::default(),
        missing_since: None,
        never_issued: Sample::default(),
        unreadable: 0,
    }
}

fn subject(issuer: &Issuer, crl: CrlState) -> CrlSubject {
    let ca = ca();
    CrlSubject {
        place: Place::Bucket { bucket: "crls".to_owned(), key: format!("crl/{}.crl", ca.arn.id()) },
        ca: Some(ca),
        crl,
        issuer: Ok(issuer.certificate()),
        history: CrlHistory::default(),
        report: Ok(coverage()),
        previous: Ok(Difference::default()),
        named: Ok(Named::default()),
        need: Need::Supposed("it is the CA's own".to_owned()),
        as_of: AT + Duration::DAY,
    }
}

fn read(issuer: &Issuer, der: &[u8]) -> CrlSubject {
    let crl = match Crl::read(der) {
        Err(error) => CrlState::Unreadable(error),
        Ok(crl) => {
            let facts = Box::new(crl.facts.clone());
            let signature = Some(crl.verify(&issuer.certificate()));
            CrlState::Read { facts, signature }
        }
    };
    subject(issuer, crl)
}

/// `(rule, kind, severity)` of every finding, and every one must say what to do.
fn findings(subject: &CrlSubject) -> Vec<(&'static str, String, Severity)> {
    let mut found = Vec::new();
    for judgement in judge(RULES, subject, ARN, subject.as_of) {
        if let JudgementResult::Findings { findings } = judgement.result {
            for finding in findings {
                assert_presentable(RULES, &finding);
                let kind = finding.evidence["kind"].as_str().unwrap().to_owned();
                found.push((judgement.rule, kind, finding.severity));
            }
        }
    }
    found
}

fn of(list: &[(&'static str, &str, Severity)]) -> Vec<(&'static str, String, Severity)> {
    list.iter().map(|(rule, kind, severity)| (*rule, (*kind).to_owned(), *severity)).collect()
}

/// The findings on a good CRL with one thing spoilt.
fn spoilt(spoil: impl FnOnce(&Issuer, &mut Draft)) -> Vec<(&'static str, String, Severity)> {
    let issuer = Issuer::new("Root");
    let mut draft = Draft::good(&issuer, AT);
    spoil(&issuer, &mut draft);
    findings(&read(&issuer, &draft.sign(&issuer)))
}

#[test]
fn a_clean_world_has_no_findings_and_every_rule_passes() {
    let issuer = Issuer::new("Root");
    let subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    for judgement in judge(RULES, &subject, ARN, subject.as_of) {
        assert_eq!(judgement.result, JudgementResult::Pass, "{}", judgement.rule);
    }
}

#[test]
fn each_defect_of_the_crl_is_found_by_its_own_rule_alone() {
    use Severity::{High, Low, Medium};
    type Spoil = fn(&Issuer, &mut Draft);
    let table: &[(&str, Spoil, &'static str, &str, Severity)] = &[
        ("v1", |_, d| d.version = None, "crl.version", "not-v2", High),
        (
            "another algorithm outside",
            |_, d| d.outer_algorithm = algorithm(ECDSA_SHA384),
            "crl.algorithms",
            "disagree",
            High,
        ),
        ("no nextUpdate", |_, d| d.next_update = None, "crl.next-update", "missing", High),
        (
            "another issuer",
            |_, d| d.issuer = fixture::name("Mallory"),
            "crl.issuer-name",
            "another-name",
            High,
        ),
        ("trailing bytes", |_, d| d.trailing = vec![0], "crl.parses", "trailing-bytes", High),
        (
            "no AKI",
            |_, d| drop(d.extensions.as_mut().unwrap().remove(0)),
            "crl.authority-key-identifier",
            "absent",
            High,
        ),
        (
            "another AKI",
            |_, d| d.extensions.as_mut().unwrap()[0] = authority_key_identifier(&[9; 20]),
            "crl.authority-key-identifier",
            "another-key",
            High,
        ),
        (
            "no number",
            |_, d| drop(d.extensions.as_mut().unwrap().remove(1)),
            "crl.crl-number",
            "absent",
            High,
        ),
        (
            "a number of 21 octets",
            |_, d| d.extensions.as_mut().unwrap()[1] = crl_number(&[1; 21]),
            "crl.crl-number",
            "too-long",
            High,
        ),
        (
            "delta",
            |_, d| {
                let base = extension(&[0x55, 0x1d, 27], true, &tlv(tag::INTEGER, &[1]));
                d.extensions.as_mut().unwrap().push(base);
            },
            "crl.delta",
            "delta",
            High,
        ),
        (
            "unknown critical extension",
            |_, d| {
                let unknown = extension(&[0x2a, 3, 4], true, &[tag::NULL, 0]);
                d.extensions.as_mut().unwrap().push(unknown);
            },
            "crl.unknown-critical-extension",
            "in-crl",
            High,
        ),
        (
            "a hold",
            |_, d| d.entries = Some(vec![entry(&[1], AT, Some(6))]),
            "crl.reasons",
            "foreign",
            Medium,
        ),
        (
            "a serial twice",
            |_, d| d.entries = Some(vec![entry(&[1], AT, None), entry(&[1], AT, None)]),
            "crl.serials",
            "duplicate",
            Medium,
        ),
        (
            "serial zero",
            |_, d| d.entries = Some(vec![entry(&[0], AT, None)]),
            "crl.serials",
            "zero",
            Medium,
        ),
        (
            "an entry of garbage",
            |_, d| d.entries = Some(vec![tlv(tag::SEQUENCE, &[tag::NULL, 0])]),
            "crl.parses",
            "malformed",
            High,
        ),
        (
            "an entry of tomorrow",
            |_, d| d.entries = Some(vec![entry(&[1], AT + Duration::days(2), None)]),
            "crl.entry-dates",
            "future",
            Medium,
        ),
        (
            "valid for eight days",
            |_, d| d.next_update = Some(utc(AT + Duration::days(8))),
            "crl.validity",
            "not-configured",
            Low,
        ),
    ];
    for (name, spoil, rule, kind, severity) in table {
        assert_eq!(spoilt(spoil), of(&[(rule, kind, *severity)]), "{name}");
    }
}

#[test]
fn a_crl_by_another_key_is_critical_whoever_it_names() {
    let (issuer, mallory) = (Issuer::new("Root"), Issuer::new("Root"));
    let forged = read(&issuer, &Draft::good(&mallory, AT).sign(&mallory));
    assert_eq!(findings(&forged), of(&[("crl.signature", "not-the-cas", Severity::Critical)]));
}

#[test]
fn a_ca_whose_certificate_forbids_crls_is_found() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.issuer.as_mut().unwrap().crl_sign = Some(false);
    assert_eq!(findings(&subject), of(&[("crl.signature", "may-not-sign", Severity::High)]));
}

#[test]
fn an_algorithm_other_than_the_configured_one_is_found() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.ca.as_mut().unwrap().signing_algorithm = Some("SHA512WITHECDSA".to_owned());
    assert_eq!(findings(&subject), of(&[("crl.algorithms", "not-configured", Severity::Medium)]));
}

/// The two edges are where an alert is either lost or sent too late, so each is pinned from both
/// sides, one second apart. Validity is 7 d 1 h: headroom a day, midpoint 84.5 h, a tenth 16.9 h.
#[test]
fn freshness_changes_exactly_at_its_edges() {
    let issuer = Issuer::new("Root");
    let draft = Draft { entries: None, ..Draft::good(&issuer, AT) };
    let mut subject = read(&issuer, &draft.sign(&issuer));
    let (this, next) = (AT - Duration::HOUR, AT + Duration::days(7));
    let due = this + (next - this) / 2 + (next - this) / 10;
    let second = Duration::SECOND;
    let overdue = ("crl.overdue-refresh", "overdue", Severity::Medium);
    let soon = ("crl.next-update", "expires-soon", Severity::High);
    let expired = ("crl.next-update", "expired", Severity::Critical);
    for (name, as_of, want) in [
        ("made this second", this, vec![]),
        ("made in a second", this - second, vec![("crl.this-update", "future", Severity::High)]),
        ("last second of grace", due, vec![]),
        ("grace is over", due + second, vec![overdue]),
        ("before the headroom", next - Duration::DAY - second, vec![overdue]),
        ("headroom begins", next - Duration::DAY, vec![soon]),
        ("last valid second", next - second, vec![soon]),
        ("expired at nextUpdate", next, vec![expired]),
    ] {
        subject.as_of = as_of;
        assert_eq!(findings(&subject), of(&want), "{name}");
    }
}

#[test]
fn a_crl_that_ends_before_it_begins_is_found() {
    let found = spoilt(|_, draft| draft.this_update = utc(AT + Duration::days(7)));
    let rules: Vec<_> = found.iter().map(|(rule, kind, _)| (*rule, kind.as_str())).collect();
    assert!(rules.contains(&("crl.this-update", "not-before-next")), "{rules:?}");
    assert!(rules.contains(&("crl.this-update", "future")), "{rules:?}");
}

#[test]
fn a_missing_object_matters_once_it_was_seen() {
    let issuer = Issuer::new("Root");
    let mut missing = subject(&issuer, CrlState::Missing);
    assert_eq!(findings(&missing), []);
    missing.history.seen_at = Some(AT);
    assert_eq!(findings(&missing), of(&[("crl.object-present", "missing", Severity::High)]));
}

#[test]
fn what_is_not_a_crl_is_one_finding_and_no_other_rule_guesses() {
    let issuer = Issuer::new("Root");
    let der = Draft::good(&issuer, AT).sign(&issuer);
    for bytes in [&b""[..], b"-----BEGIN X509 CRL-----", &der[..der.len() - 1]] {
        let unreadable = [("crl.parses", "unreadable", Severity::Critical)];
        assert_eq!(findings(&read(&issuer, bytes)), of(&unreadable));
    }
    let large = subject(&issuer, CrlState::TooLarge { limit: 10 });
    assert_eq!(findings(&large), of(&[("crl.parses", "too-large", Severity::High)]));
}

#[test]
fn a_number_that_ran_backwards_is_a_replayed_crl() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let CrlState::Read { facts, .. } = &subject.crl else { panic!("it was read") };
    let number = facts.number.clone().unwrap();
    subject.history.number = Some(number.clone());
    assert_eq!(findings(&subject), []);
    let mut higher = number.clone();
    *higher.last_mut().unwrap() += 1;
    subject.history.number = Some(higher);
    assert_eq!(findings(&subject), of(&[("crl.crl-number", "rolled-back", Severity::High)]));
    subject.history.number = Some([&[1], &number[..]].concat());
    assert_eq!(findings(&subject), of(&[("crl.crl-number", "rolled-back", Severity::High)]));
    subject.history.number = Some(vec![0xff]);
    assert_eq!(findings(&subject), [], "one octet is less than six, whatever its value");
}

#[test]
fn a_failed_generation_stands_until_a_newer_crl_comes() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let reason = "Failed to write CRL to S3. Check your S3 bucket permissions.".to_owned();
    let failed = |at| Some(GenerationFailure { at, reason: Some(reason.clone()) });
    subject.history.failure = failed(AT - Duration::SECOND);
    assert_eq!(findings(&subject), []);
    subject.history.failure = failed(AT);
    assert_eq!(findings(&subject), of(&[("crl.generation", "failed", Severity::High)]));
    subject.history.failure = failed(AT - Duration::SECOND);
    let CrlState::Read { signature, .. } = &mut subject.crl else { panic!("it was read") };
    *signature = Some(Err(SignatureError::Mismatch));
    let rules: Vec<_> = findings(&subject).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["crl.generation", "crl.signature"], "a forged CRL overcomes nothing");
}

#[test]
fn an_issuing_distribution_point_is_judged_by_what_the_crl_is_for() {
    let uri = |key: &str| format!("http://crls.s3.us-east-1.amazonaws.com/{key}");
    let key = "crl/11223344-1234-1122-2233-112233445566.crl";
    let with =
        |point: Vec<u8>| spoilt(move |_, draft| draft.extensions.as_mut().unwrap().push(point));
    let rule = "crl.issuing-distribution-point";
    assert_eq!(with(distribution_point(true, &uri(key), &[])), []);
    let not_critical = with(distribution_point(false, &uri(key), &[]));
    assert_eq!(not_critical, of(&[(rule, "not-critical", Severity::High)]));
    let elsewhere = with(distribution_point(true, &uri("crl/other.crl"), &[]));
    assert_eq!(elsewhere, of(&[(rule, "another-object", Severity::High)]));
    let narrowed = with(distribution_point(true, &uri(key), &[tlv(0x82, &[0xff])]));
    assert_eq!(narrowed, of(&[(rule, "narrowed", Severity::High)]));
    let empty = with(extension(&[0x55, 0x1d, 28], true, &fixture::seq(&[])));
    assert_eq!(empty, of(&[(rule, "names-nothing", Severity::High)]));

    let issuer = Issuer::new("Root");
    let mut partition = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    partition.ca.as_mut().unwrap().crl.as_mut().unwrap().crl_type = Some(CrlType::Partitioned);
    assert_eq!(findings(&partition), of(&[(rule, "absent-from-partition", Severity::High)]));
}

#[test]
fn without_the_cas_certificate_the_rest_is_still_judged() {
    let issuer = Issuer::new("Root");
    let draft = Draft { version: None, ..Draft::good(&issuer, AT) };
    let mut subject = read(&issuer, &draft.sign(&issuer));
    subject.issuer = Err("access denied".to_owned());
    assert_eq!(findings(&subject), of(&[("crl.version", "not-v2", Severity::High)]));
}

/// Titles are what people read first: dates as everywhere else, spans in words.
#[test]
fn a_title_says_when_in_words_that_people_read() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.as_of = AT + Duration::days(7) - Duration::hours(3);
    let judgements = judge(RULES, &subject, ARN, subject.as_of);
    let title = judgements.into_iter().find_map(|judgement| match judgement.result {
        JudgementResult::Findings { findings } => Some(findings[0].title.clone()),
        JudgementResult::NotApplicable { .. }
        | JudgementResult::Pass
        | JudgementResult::Unknown { .. } => None,
    });
    let want = "The CRL expires at 2026-03-08T12:00:00Z, in 3 hours, and was not renewed";
    assert_eq!(title.as_deref(), Some(want));
}

#[test]
fn what_the_audit_report_and_the_version_before_show_is_found_by_its_own_rule() {
    let issuer = Issuer::new("Root");
    let clean = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let some = || Sample { count: 1, first: vec!["01".to_owned()] };
    let with_report = |report| CrlSubject { report: Ok(report), ..clean.clone() };
    let missing = with_report(Coverage { missing: some(), missing_since: Some(AT), ..coverage() });
    assert_eq!(findings(&missing), of(&[("crl.completeness", "missing", Severity::High)]));
    let never = with_report(Coverage { never_issued: some(), ..coverage() });
    assert_eq!(findings(&never), of(&[("crl.never-issued", "never-issued", Severity::High)]));
    let unsure = with_report(Coverage { never_issued: some(), unreadable: 1, ..coverage() });
    assert_eq!(findings(&unsure), [], "a record that cannot be read may be the one");
    let previous = Difference { removed_early: some(), removed_unexplained: some() };
    let removed = CrlSubject { previous: Ok(previous), ..clean };
    let rule = "crl.early-removal";
    let want = [(rule, "early", Severity::High), (rule, "unexplained", Severity::Low)];
    assert_eq!(findings(&removed), of(&want));
}

/// The certificate's end from both sides, one second apart.
#[test]
fn a_valid_certificate_must_not_name_a_place_without_a_crl() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let as_of = subject.as_of;
    let named = |url: &str, until| Named {
        points: [(url.to_owned(), until)].into(),
        places: ["http://a/crl/1.crl".to_owned()].into(),
        looked_at: None,
    };
    let want = of(&[("crl.distribution-points", "elsewhere", Severity::High)]);
    for (url, until, want) in [
        ("http://a/crl/1.crl", as_of, Vec::new()),
        ("http://a/crl/2.crl", as_of - Duration::SECOND, Vec::new()),
        ("http://a/crl/2.crl", as_of, want),
    ] {
        subject.named = Ok(named(url, until));
        assert_eq!(findings(&subject), want, "{url} {until}");
    }
}

#[test]
fn a_crl_that_is_gone_is_missed_if_somebody_may_be_sent_to_it() {
    let issuer = Issuer::new("Root");
    let mut subject = subject(&issuer, CrlState::Missing);
    let want = of(&[("crl.object-present", "missing", Severity::High)]);
    let why = || "why".to_owned();
    for (need, seen_at, want) in [
        (Need::Named(why()), Some(AT), want.clone()),
        (Need::Supposed(why()), Some(AT), want),
        (Need::Supposed(why()), None, Vec::new()),
        (Need::Nobody(why()), Some(AT), Vec::new()),
    ] {
        (subject.need, subject.history.seen_at) = (need, seen_at);
        assert_eq!(findings(&subject), want, "{:?} {seen_at:?}", subject.need);
    }
}

#[test]
fn quotas_are_told_before_they_are_reached() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    for (count, want) in [
        (799_999, None),
        (800_000, Some(("many-entries", Severity::Medium))),
        (1_000_000, Some(("many-entries", Severity::Medium))),
        (1_000_001, Some(("too-many-entries", Severity::High))),
    ] {
        let CrlState::Read { facts, .. } = &mut subject.crl else { panic!("it was read") };
        facts.entries.count = count;
        let want: Vec<_> = want.iter().map(|(kind, how)| ("crl.size", *kind, *how)).collect();
        assert_eq!(findings(&subject), of(&want), "{count}");
    }
}

#[test]
fn dates_of_entries_are_held_against_the_cas_own() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let first = AT - Duration::DAY;
    let created_at = |subject: &mut CrlSubject, at| subject.ca.as_mut().unwrap().created_at = at;
    created_at(&mut subject, Some(first + Duration::milliseconds(500)));
    assert_eq!(findings(&subject), [], "entries have whole seconds");
    created_at(&mut subject, Some(first + Duration::SECOND));
    assert_eq!(findings(&subject), of(&[("crl.entry-dates", "before-ca", Severity::Medium)]));
    let later = fixture::entry_invalid_since(&[1], AT, AT + Duration::SECOND);
    let invalid = spoilt(|_, draft| draft.entries = Some(vec![later]));
    assert_eq!(invalid, of(&[("crl.entry-dates", "invalid-later", Severity::Low)]));
}

#[test]
fn a_this_update_that_ran_backwards_is_found() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.history.this_update = Some(AT - Duration::HOUR);
    assert_eq!(findings(&subject), []);
    subject.history.this_update = Some(AT - Duration::HOUR + Duration::SECOND);
    assert_eq!(findings(&subject), of(&[("crl.this-update", "rolled-back", Severity::High)]));
}

#[test]
fn a_file_is_judged_without_a_ca_and_may_hold_certificates() {
    let issuer = Issuer::new("Root");
    let draft = Draft { entries: Some(vec![entry(&[1], AT, Some(6))]), ..Draft::good(&issuer, AT) };
    let mut file = read(&issuer, &draft.sign(&issuer));
    file.ca = None;
    file.place = Place::File("a.crl".to_owned());
    assert_eq!(findings(&file), []);
    file.as_of = AT + Duration::days(8);
    assert_eq!(findings(&file), of(&[("crl.next-update", "expired", Severity::Critical)]));
}
