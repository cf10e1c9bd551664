//! In which states of a CA a call is refused.

use aws_sdk_acmpca::{
    Client,
    types::{CertificateAuthorityStatus as Status, CertificateAuthorityType as Type},
};
use pca_local::PcaLocal;
use serde_json::{Value, json};
use testkit::{pca::*, s3::S3};
use time::Duration;

use super::{refusal, refused};

/// ekristen/aws-nuke#825 has the words of ListTags; they are taken for all that need the same.
#[tokio::test]
async fn a_deleted_ca_says_that_it_has_to_be_restored() {
    let service = service();
    let client = client(&service, "alice");
    let ca = create(&client, Type::Subordinate, "Deleted").await;
    delete(&client, &ca).await;
    let of_ca = json!({"CertificateAuthorityArn": ca});
    let with = |more: Value| {
        let mut request = of_ca.clone();
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let tags = with(json!({"Tags": [{"Key": "a"}]}));
    let acm = json!({"Principal": "acm.amazonaws.com", "Actions": ["GetCertificate"]});
    let words = "The certificate authority is in the DELETED state and must be restored to complete \
                 this action.";
    for (operation, request) in [
        ("ListTags", of_ca.clone()),
        ("ListPermissions", of_ca.clone()),
        ("TagCertificateAuthority", tags.clone()),
        ("UntagCertificateAuthority", tags),
        ("CreatePermission", with(acm.clone())),
        ("DeletePermission", with(json!({"Principal": "acm.amazonaws.com"}))),
        ("GetPolicy", json!({"ResourceArn": ca})),
        ("DeletePolicy", json!({"ResourceArn": ca})),
        ("PutPolicy", json!({"ResourceArn": ca, "Policy": "{}"})),
    ] {
        let got = refusal(&service, operation, &request).await;
        assert_eq!(got, refused("InvalidStateException", words), "{operation}");
    }
}

/// A root CA in a state, and the serial number of its own certificate.
async fn root_in(state: &Status) -> (PcaLocal, Client, String, String) {
    let service = builder().s3(S3::default().client()).build();
    let client = client(&service, "alice");
    let ca = create(&client, Type::Root, "Root").await;
    let request = csr(&client, &ca).await;
    let arn = issue(&client, &ca, request, "RootCACertificate", years(1)).await;
    if !matches!(state, Status::PendingCertificate) {
        let own = certificate(&client, &ca, &arn).await.0;
        let import = client.import_certificate_authority_certificate();
        let import = import.certificate_authority_arn(&ca);
        import.certificate(aws_sdk_acmpca::primitives::Blob::new(own)).send().await.unwrap();
    }
    match state {
        Status::Disabled => set_status(&client, &ca, Status::Disabled).await,
        Status::Expired => service.timeline().advance_to(START + Duration::days(367)).await,
        Status::Deleted => {
            set_status(&client, &ca, Status::Disabled).await;
            delete(&client, &ca).await;
        }
        _ => {}
    }
    assert_eq!(status(&client, &ca).await, *state);
    let serial = arn.rsplit('/').next().unwrap().to_owned();
    (service, client, ca, serial)
}

const STATES: [Status; 5] = [
    Status::PendingCertificate,
    Status::Active,
    Status::Disabled,
    Status::Expired,
    Status::Deleted,
];

/// Terraform's `aws_acmpca_certificate` revokes when it is destroyed and matches on these words;
/// `TestAccACMPCACertificate_rootCertificate` passes on AWS (terraform-provider-aws#28142).
#[tokio::test]
async fn a_roots_own_certificate_is_refused_for_being_so() {
    let words = "Self-signed certificate can not be revoked";
    for state in STATES {
        let (service, _, ca, serial) = root_in(&state).await;
        let mut request = json!({
            "CertificateAuthorityArn": ca, "CertificateSerial": serial,
            "RevocationReason": "UNSPECIFIED",
        });
        let got = refusal(&service, "RevokeCertificate", &request).await;
        assert_eq!(got, refused("InvalidRequestException", words), "{state}");
        request["CertificateSerial"] = json!("00ff");
        let another = refusal(&service, "RevokeCertificate", &request).await.unwrap().0;
        let revokes = matches!(state, Status::Active | Status::Disabled);
        let want = if revokes { "ResourceNotFoundException" } else { "InvalidStateException" };
        assert_eq!(another, want, "{state}");
    }
}

/// Terraform's acceptance tests change it in CAs that never get a certificate
/// (terraform-provider-aws#4458, #7050); the words for a status are those that it matches on.
#[tokio::test]
async fn revocation_is_configured_before_there_is_a_certificate() {
    let words = "The certificate authority must be in the ACTIVE or DISABLED state to be updated";
    let state_refused = refused("InvalidStateException", words);
    for state in STATES {
        let (service, _, ca, _) = root_in(&state).await;
        let has_status = matches!(state, Status::Active | Status::Disabled);
        let has_revocation = has_status || state == Status::PendingCertificate;
        for (change, is_taken) in [
            (
                json!({"RevocationConfiguration": {"OcspConfiguration": {"Enabled": true}}}),
                has_revocation,
            ),
            (
                json!({"RevocationConfiguration": {"CrlConfiguration": {
                "Enabled": true, "S3BucketName": "crls", "ExpirationInDays": 7}}}),
                has_revocation,
            ),
            (
                json!({"RevocationConfiguration": {"CrlConfiguration": {"Enabled": false}}}),
                has_revocation,
            ),
            (json!({"Status": "DISABLED"}), has_status),
            (
                json!({"Status": "DISABLED",
                "RevocationConfiguration": {"OcspConfiguration": {"Enabled": false}}}),
                has_status,
            ),
        ] {
            let mut request = change.clone();
            request["CertificateAuthorityArn"] = json!(ca);
            let got = refusal(&service, "UpdateCertificateAuthority", &request).await;
            let want = if is_taken { None } else { state_refused.clone() };
            assert_eq!(got, want, "{state}: {change}");
        }
    }
}
