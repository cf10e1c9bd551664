//! What lies around a CRL: who is sent to it, the audit report, and what is not there to compare.

use time::Duration;

use super::{
    super::{CrlLocation, CrlState, CrlSubject, Named, Profile, RULES, References},
    world::*,
};
use crate::{
    crl::{
        comparison::{Coverage, Difference, Sample},
        fixture::{Draft, Issuer, distribution_point, entry, extension, tlv},
    },
    der::tag,
    finding::{Finding, Severity},
    rules::{JudgementResult, judge},
};

#[test]
fn a_missing_object_matters_once_it_was_seen() {
    let issuer = Issuer::new("Root");
    let mut missing = subject(&issuer, CrlState::Missing);
    assert_eq!(findings(&missing), []);
    missing.history.seen_at = Some(AT);
    assert_eq!(findings(&missing), of(&[("crl.object-present", "missing", Severity::High)]));
}

#[test]
fn without_the_cas_certificate_the_rest_is_still_judged() {
    let issuer = Issuer::new("Root");
    let draft = Draft { version: None, ..Draft::good(&issuer, AT) };
    let mut subject = read(&issuer, &draft.sign(&issuer));
    subject.issuer = Err("access denied".to_owned());
    assert_eq!(findings(&subject), of(&[("crl.version", "not-v2", Severity::High)]));
}

#[test]
fn report_and_previous_version_findings_have_their_own_rules() {
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
    let previous =
        Difference { removed_early: some(), removed_unexplained: some(), ..Difference::default() };
    let removed = CrlSubject { previous: Ok(previous), ..clean };
    let rule = "crl.early-removal";
    let want = [(rule, "early", Severity::High), (rule, "unexplained", Severity::Low)];
    assert_eq!(findings(&removed), of(&want));
}

/// What a delta CRL or a partition does not list may be listed in another CRL.
#[test]
fn a_part_of_the_revocations_lacks_nothing_for_certain() {
    let issuer = Issuer::new("Root");
    let delta = extension(&[0x55, 0x1d, 27], true, &tlv(tag::INTEGER, &[1]));
    let point = distribution_point(true, "http://a.example/1.crl", &[]);
    for (more, missing, want) in [
        (None, 1, "findings"),
        (Some(delta.clone()), 1, "unknown"),
        (Some(point.clone()), 1, "unknown"),
        (Some(delta), 0, "pass"),
        (Some(point), 0, "pass"),
    ] {
        let mut draft = Draft::of_any_ca(&issuer, AT);
        draft.extensions.as_mut().unwrap().extend(more);
        let missing = Sample { count: missing, ..Sample::default() };
        let subject = CrlSubject {
            ca: None,
            profile: Profile::Rfc5280,
            report: Ok(Coverage { missing, ..coverage() }),
            ..read(&issuer, &draft.sign(&issuer))
        };
        let judged = judge(RULES, &subject, ARN, subject.as_of);
        let one = judged.iter().find(|one| one.rule == "crl.completeness").unwrap();
        let found = match &one.result {
            JudgementResult::Findings { .. } => "findings",
            JudgementResult::Unknown { .. } => "unknown",
            JudgementResult::NotApplicable { .. } => "not applicable",
            JudgementResult::Pass => "pass",
        };
        assert_eq!(found, want);
    }
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
        scanned: None,
    };
    let want = of(&[("crl.distribution-points", "no-crl-at-distribution-point", Severity::High)]);
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
fn a_crl_that_is_gone_is_missed_if_a_certificate_may_name_it() {
    let issuer = Issuer::new("Root");
    let mut subject = subject(&issuer, CrlState::Missing);
    let want = of(&[("crl.object-present", "missing", Severity::High)]);
    let why = || "why".to_owned();
    for (references, seen_at, want) in [
        (References::Named(why()), Some(AT), want.clone()),
        (References::Unknown(why()), Some(AT), want),
        (References::Unknown(why()), None, Vec::new()),
        (References::NotNamed(why()), Some(AT), Vec::new()),
    ] {
        (subject.references, subject.history.seen_at) = (references, seen_at);
        assert_eq!(findings(&subject), want, "{:?} {seen_at:?}", subject.references);
    }
}

#[test]
fn of_another_ca_s_crl_no_text_speaks_of_acm_pca() {
    let issuer = Issuer::new("Root");
    let entries = Some(vec![entry(&[0], AT, Some(7)), entry(&[0], AT + Duration::days(30), None)]);
    let draft = Draft { entries, ..Draft::of_any_ca(&issuer, AT) };
    let read = read(&issuer, &draft.sign(&issuer));
    let location = CrlLocation::File("a.crl".to_owned());
    let as_of = AT + Duration::days(8);
    for profile in [Profile::Rfc5280, Profile::Cabf] {
        let (ca, location) = (None, location.clone());
        let subject = CrlSubject { ca, location, profile, as_of, ..read.clone() };
        for judgement in judge(RULES, &subject, "a.crl", as_of) {
            let JudgementResult::Findings { findings } = judgement.result else { continue };
            for Finding { title, what_happened, impact, what_to_do, .. } in findings {
                let text = [title, what_happened, impact, what_to_do].join("\n");
                assert!(!text.contains("ACM PCA"), "{text}");
            }
        }
    }
}

#[test]
fn a_file_is_judged_without_a_ca_and_may_hold_certificates() {
    let issuer = Issuer::new("Root");
    let entries = Some(vec![entry(&[1], AT, Some(6))]);
    let draft = Draft { entries, ..Draft::of_any_ca(&issuer, AT) };
    let mut file = read(&issuer, &draft.sign(&issuer));
    file.ca = None;
    file.profile = Profile::Rfc5280;
    file.location = CrlLocation::File("a.crl".to_owned());
    assert_eq!(findings(&file), []);
    file.as_of = AT + Duration::days(8);
    assert_eq!(findings(&file), of(&[("crl.next-update", "expired", Severity::Critical)]));
}
