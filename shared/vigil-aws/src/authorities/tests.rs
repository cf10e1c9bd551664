use serde_json::{Value, json};
use time::macros::datetime;
use vigil_core::{
    ca::{CaStatus, CaType, S3ObjectAcl},
    failure::chain,
};

use super::*;
use crate::wire::{Answer, Wire, client, dated, refused};

const ARN: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a";

fn service(answers: impl IntoIterator<Item = Answer>) -> (AcmPca, Wire) {
    let wire = Wire::new(answers);
    (AcmPca::new(client!(aws_sdk_acmpca, wire)), wire)
}

fn arn() -> CaArn {
    ARN.parse().unwrap()
}

fn ca() -> Value {
    json!({
        "Arn": ARN, "Type": "SUBORDINATE", "Status": "DELETED", "Serial": "01",
        "NotAfter": 1_800_000_000.25, "RestorableUntil": 1_770_000_000,
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "ML_DSA_1024", "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"CommonName": "Issuing CA"},
        },
        "RevocationConfiguration": {
            "CrlConfiguration": {
                "Enabled": true, "ExpirationInDays": 7, "S3BucketName": "crls",
                "S3ObjectAcl": "BUCKET_OWNER_FULL_CONTROL",
            },
            "OcspConfiguration": {"Enabled": true},
        },
    })
}

#[tokio::test]
async fn a_description_comes_with_the_services_time() {
    let (service, _) = service([dated(json!({"CertificateAuthority": ca()}))]);
    let Described { ca, as_of } = service.describe(&arn()).await.unwrap();
    assert_eq!(as_of, datetime!(2026-01-31 12:00 UTC));
    assert_eq!((ca.ca_type, ca.status), (CaType::Subordinate, CaStatus::Deleted));
    assert_eq!(ca.restorable_until, Some(datetime!(2026-02-02 02:40 UTC)));
    assert_eq!(ca.not_after, Some(datetime!(2027-01-15 08:00:00.25 UTC)));
    assert_eq!(ca.common_name.as_deref(), Some("Issuing CA"));
    assert_eq!(ca.key_algorithm.as_deref(), Some("ML_DSA_1024"), "values of tomorrow are kept");
    assert!(ca.ocsp_enabled);
    let crl = ca.crl.unwrap();
    assert_eq!((crl.enabled, crl.s3_bucket_name.as_deref()), (true, Some("crls")));
    assert_eq!(crl.s3_object_acl, Some(S3ObjectAcl::BucketOwnerFullControl));
}

#[tokio::test]
async fn an_answer_without_a_usable_date_is_an_error_by_name() {
    for headers in [vec![], vec![("date", "yesterday")]] {
        let body = json!({"CertificateAuthority": ca()}).to_string();
        let (service, _) = service([Answer { status: 200, headers, body }]);
        let error = service.describe(&arn()).await.unwrap_err();
        assert!(matches!(error, PortError::Undated { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_listing_goes_over_all_pages_and_has_the_time_of_the_first() {
    let later = Answer {
        status: 200,
        headers: vec![("date", "Sat, 31 Jan 2026 12:00:09 GMT")],
        body: json!({"CertificateAuthorities": [ca()]}).to_string(),
    };
    let first = dated(json!({"CertificateAuthorities": [ca(), ca()], "NextToken": "more"}));
    let (service, wire) = service([first, later]);
    let listing = service.list().await.unwrap();
    assert_eq!((listing.cas.len(), listing.as_of), (3, datetime!(2026-01-31 12:00 UTC)));
    assert!(wire.asked()[1].body.contains("\"NextToken\":\"more\""));
}

#[tokio::test]
async fn refusals_are_told_apart_and_say_what_the_service_said() {
    for (status, code, want) in [
        (400, "AccessDeniedException", "refused for"),
        (400, "ResourceNotFoundException", "did not find"),
        (400, "InvalidStateException", "does not fit the state of"),
        (400, "ThrottlingException", "was throttled for"),
        (500, "InternalFailure", "failed for"),
    ] {
        let (service, _) = service([refused(status, code)]);
        let text = chain(&service.restore(&arn()).await.unwrap_err());
        for words in ["RestoreCertificateAuthority", want, ARN, code, "because", "r-1"] {
            assert!(text.contains(words), "{text} lacks {words}");
        }
        assert_eq!(text.matches(code).count(), 1, "{text}");
    }
}

#[tokio::test]
async fn tags_may_have_no_value() {
    let tags = json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b"}]});
    let (service, _) = service([dated(tags)]);
    let tags = service.tags(&arn()).await.unwrap();
    assert_eq!(tags["a"].as_deref(), Some("1"));
    assert_eq!(tags["b"], None);
}
