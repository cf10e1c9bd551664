//! A clean world, and what spoils one thing in it.

use time::{Duration, OffsetDateTime, macros::datetime};

use super::super::{
    CrlHistory, CrlLocation, CrlState, CrlSubject, Named, Profile, RULES, References,
};
use crate::{
    ca::{Ca, CaStatus, CaType, CrlConfiguration},
    crl::{
        Crl,
        comparison::{Coverage, Difference, Sample},
        fixture::{Draft, Issuer},
    },
    distribution::ObjectMetadata,
    finding::Severity,
    rules::{JudgementResult, fixtures::assert_presentable, judge},
};

pub(super) const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
pub(super) const ARN: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

fn ca() -> Ca {
    Ca {
        arn: ARN.parse().unwrap(),
        ca_type: CaType::Root,
        status: CaStatus::Active,
        common_name: Some("Payments Root".to_owned()),
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
pub(super) fn coverage() -> Coverage {
    Coverage {
        report: "report".to_owned(),
        known_until: AT,
        missing: Sample::default(),
        missing_since: None,
        never_issued: Sample::default(),
        unreadable: 0,
        has_records: true,
        met: 2,
    }
}

pub(super) fn subject(issuer: &Issuer, crl: CrlState) -> CrlSubject {
    let ca = ca();
    CrlSubject {
        location: CrlLocation::Bucket {
            bucket: "crls".to_owned(),
            key: format!("crl/{}.crl", ca.arn.id()),
        },
        ca: Some(ca),
        profile: Profile::AcmPca,
        crl,
        issuer: Ok(issuer.certificate()),
        history: CrlHistory::default(),
        report: Ok(coverage()),
        previous: Ok(Difference::default()),
        named: Ok(Named::default()),
        references: References::Unknown("it is the CA's own".to_owned()),
        metadata: Some(ObjectMetadata {
            content_type: Some("application/pkix-crl".to_owned()),
            ..ObjectMetadata::default()
        }),
        as_of: AT + Duration::DAY,
    }
}

pub(super) fn read(issuer: &Issuer, der: &[u8]) -> CrlSubject {
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
pub(super) fn findings(subject: &CrlSubject) -> Vec<(&'static str, String, Severity)> {
    let mut found = Vec::new();
    for judgement in judge(RULES, subject, ARN, subject.as_of) {
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

pub(super) fn of(list: &[(&'static str, &str, Severity)]) -> Vec<(&'static str, String, Severity)> {
    list.iter().map(|(rule, kind, severity)| (*rule, (*kind).to_owned(), *severity)).collect()
}

/// The findings on a good CRL with one thing spoilt.
pub(super) fn spoilt(
    spoil: impl FnOnce(&Issuer, &mut Draft),
) -> Vec<(&'static str, String, Severity)> {
    let issuer = Issuer::new("Root");
    let mut draft = Draft::good(&issuer, AT);
    spoil(&issuer, &mut draft);
    findings(&read(&issuer, &draft.sign(&issuer)))
}
