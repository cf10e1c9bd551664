//! A clean distribution has no findings; each test spoils one thing and gets exactly that finding.

use time::{Duration, macros::datetime};

use super::*;
use crate::{
    crl::{
        Crl,
        fixture::{Draft, Issuer},
    },
    distribution::DownloadError,
    fakes,
    finding::Severity,
    rules::{
        JudgementResult,
        fixtures::{assert_every_kind_has_its_fixture, assert_presentable},
        judge,
    },
};

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn state(issuer: &Issuer, der: &[u8]) -> CrlState {
    match Crl::read(der) {
        Err(error) => CrlState::Unreadable(error),
        Ok(crl) => {
            let facts = Box::new(crl.facts.clone());
            CrlState::Read { facts, signature: Some(crl.verify(&issuer.certificate())) }
        }
    }
}

fn clean(issuer: &Issuer) -> DistributionSubject {
    let got = state(issuer, &Draft::good(issuer, AT).sign(issuer));
    let CrlState::Read { facts, .. } = &got else { panic!("it is a CRL") };
    DistributionSubject {
        ca: Some(fakes::deleted_ca(AT)),
        url: "http://crls.s3.us-east-1.amazonaws.com/crl/1.crl".to_owned(),
        bucket: "crls".to_owned(),
        held: (**facts).clone(),
        held_sha256: vec![1; 32],
        download: Download {
            redirects: Vec::new(),
            result: Ok(Headers {
                content_type: Some("application/pkix-crl".to_owned()),
                cache_control: Some("max-age=3600".to_owned()),
                ..Headers::default()
            }),
        },
        got,
        got_sha256: vec![1; 32],
        as_of: AT + Duration::DAY,
    }
}

fn findings(subject: &DistributionSubject) -> Vec<(&'static str, String, Severity)> {
    let mut found = Vec::new();
    for judgement in judge(RULES, subject, "arn", subject.as_of) {
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

/// Every kind that every rule owns up to, each by the one thing that causes it.
fn fixtures(issuer: &Issuer) -> Vec<(&'static str, &'static str, DistributionSubject)> {
    let mut fixtures = Vec::new();
    let failures = [
        ("encoded", DownloadError::Encoded { coding: "br".to_owned() }),
        (
            "forbidden-address",
            DownloadError::ForbiddenAddress {
                host: "crl.example.com".to_owned(),
                address: "169.254.169.254".to_owned(),
            },
        ),
        ("not-http", DownloadError::NotHttp { url: "https://crl.example.com/1.crl".to_owned() }),
        ("refused", DownloadError::Status { status: 403 }),
        ("too-large", DownloadError::TooLarge { limit: 10 }),
        ("too-many-redirects", DownloadError::TooManyRedirects { limit: 3 }),
        ("unreachable", DownloadError::TimedOut { seconds: 60 }),
    ];
    for (kind, error) in failures {
        let mut subject = clean(issuer);
        subject.download.result = Err(error);
        fixtures.push(("distribution.reachable", kind, subject));
    }
    let mallory = Issuer::new("Mallory");
    let another = |der: &[u8]| {
        let got = state(issuer, der);
        DistributionSubject { got, got_sha256: vec![2; 32], ..clean(issuer) }
    };
    let of = |at| Draft::good(issuer, at).sign(issuer);
    for (kind, subject) in [
        ("another-crl", another(&of(AT))),
        ("expired", another(&of(AT - Duration::days(8)))),
        ("not-a-crl", another(b"<html>")),
        ("not-signed-by-ca", another(&Draft::good(&mallory, AT).sign(&mallory))),
        ("older", another(&of(AT - Duration::DAY))),
    ] {
        fixtures.push(("distribution.content", kind, subject));
    }
    let with = |spoil: fn(&mut Headers)| {
        let mut subject = clean(issuer);
        spoil(subject.download.result.as_mut().unwrap());
        subject
    };
    let decoded = with(|headers| headers.decoded = Some("gzip".to_owned()));
    assert_eq!(
        findings(&decoded),
        [("distribution.reachable", "encoded".to_owned(), Severity::Medium)],
        "what was decoded is judged as if it had not been encoded"
    );
    let html = with(|headers| headers.content_type = Some("text/html; charset=x".to_owned()));
    fixtures.push(("distribution.content-type", "another", html));
    let year = with(|headers| headers.cache_control = Some("max-age=31536000".to_owned()));
    fixtures.push(("distribution.caching", "outlives", year));
    fixtures
}

#[test]
fn a_clean_distribution_has_no_findings() {
    let issuer = Issuer::new("Root");
    assert_eq!(findings(&clean(&issuer)), []);
}

#[test]
fn every_kind_of_every_rule_has_a_fixture_with_only_it() {
    let issuer = Issuer::new("Root");
    assert_every_kind_has_its_fixture(
        "distribution",
        RULES,
        |subject| subject.as_of,
        fixtures(&issuer),
    );
}

#[test]
fn a_cache_may_keep_the_crl_exactly_as_long_as_it_is_valid() {
    let issuer = Issuer::new("Root");
    for (seconds, want) in [(6 * 86_400, 0), (6 * 86_400 + 1, 1)] {
        let mut subject = clean(&issuer);
        let headers = subject.download.result.as_mut().unwrap();
        headers.cache_control = Some(format!("max-age={seconds}"));
        assert_eq!(findings(&subject).len(), want, "{seconds}");
    }
}
