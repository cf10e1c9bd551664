//! Who may do what: shares across accounts, and IAM policies if the service was given some.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    error::ProvideErrorMetadata,
    types::{CertificateAuthorityType as Type, ResourceOwner},
};
use http::Method;
use pca_local::{Iam, PcaLocal};
use serde_json::{Value, json};
use testkit::pca::*;

const GUEST: &str = "444455556666";

fn refused<T: std::fmt::Debug>(result: Result<T, impl ProvideErrorMetadata>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"), "{:?}", error.message());
    error.message().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_share_opens_a_ca_as_far_as_its_permission_goes() {
    let service = service();
    let (owner, guest) = (client(&service, "alice"), client(&service, GUEST));
    let root = active_root(&owner).await;
    let ca = active_subordinate(&owner, &root, "Shared").await;
    let describe =
        async || guest.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    let listed = async || {
        let list = guest.list_certificate_authorities();
        let page = list.resource_owner(ResourceOwner::OtherAccounts).send().await.unwrap();
        page.certificate_authorities().len()
    };
    assert!(refused(describe().await).ends_with(
        "because no resource-based policy allows the \
        acm-pca:DescribeCertificateAuthority action"
    ));
    assert_eq!(listed().await, 0);

    let share = |permission: &str| json!({"CertificateAuthorityArn": ca, "Principal": GUEST, "Permission": permission});
    let default = share("AWSRAMDefaultPermissionCertificateAuthority");
    assert_eq!(admin(&service, Method::POST, "shares", &default).await.0, 204);
    describe().await.unwrap();
    assert_eq!(listed().await, 1);
    let request = csr(&owner, &root).await;
    let issued = issue(&guest, &ca, request.clone(), "EndEntityCertificate", years(1)).await;
    let sub = guest
        .issue_certificate()
        .certificate_authority_arn(&ca)
        .csr(request)
        .signing_algorithm("SHA256WITHECDSA".into())
        .template_arn(template("SubordinateCACertificate_PathLen0"))
        .validity(years(1));
    refused(sub.send().await);
    let revoke = async || {
        let serial = issued.rsplit('/').next().unwrap();
        let revoke = guest.revoke_certificate().certificate_authority_arn(&ca);
        revoke.certificate_serial(serial).revocation_reason("SUPERSEDED".into()).send().await
    };
    refused(revoke().await);
    let revoking = share("AWSRAMRevokeCertificateCertificateAuthority");
    assert_eq!(admin(&service, Method::POST, "shares", &revoking).await.0, 204);
    revoke().await.unwrap();
    for refusal in [
        refused(guest.delete_certificate_authority().certificate_authority_arn(&ca).send().await),
        refused(guest.get_policy().resource_arn(&ca).send().await),
    ] {
        assert!(refusal.contains(&format!("User: arn:aws:iam::{GUEST}:user/root")), "{refusal}");
    }

    let (_, shares) = admin(&service, Method::GET, "shares", &Value::Null).await;
    assert_eq!(shares, json!([default, revoking]));
    assert_eq!(admin(&service, Method::DELETE, "shares", &default).await.0, 204);
    describe().await.unwrap();
    // RAM's policy is a policy of the CA: without it nothing is shared.
    owner.delete_policy().resource_arn(&ca).send().await.unwrap();
    refused(describe().await);
    assert_eq!(admin(&service, Method::GET, "shares", &Value::Null).await.1, json!([]));
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused() {
    let service = service();
    let owner = client(&service, "alice");
    let ca = create(&owner, Type::Root, "Root").await;
    let permission = "AWSRAMDefaultPermissionCertificateAuthority";
    for (ca, principal, permission, want) in [
        (ca.as_str(), GUEST, "AWSRAMEverything", "unknown variant"),
        (ca.as_str(), "everybody", permission, "Principal must name accounts"),
        (
            "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/x",
            GUEST,
            permission,
            "Could not find",
        ),
        ("x", GUEST, permission, "Not a valid arn."),
    ] {
        let share = json!({
            "CertificateAuthorityArn": ca, "Principal": principal, "Permission": permission,
        });
        let (status, answer) = admin(&service, Method::POST, "shares", &share).await;
        assert_eq!(status, 400, "{share}");
        assert!(answer["error"].as_str().unwrap().contains(want), "{answer}");
    }
}

#[tokio::test]
async fn across_accounts_both_policies_have_to_allow() {
    let policy = |action: &str| {
        json!([{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": action, "Resource": "*",
        }}])
    };
    let file = json!({
        "OWNER": {"principal": "arn:aws:iam::111122223333:user/owner",
                  "policies": policy("acm-pca:*")},
        "READER": {"principal": "arn:aws:iam::444455556666:user/reader",
                   "policies": policy("acm-pca:Describe*")},
        "NOBODY": {"principal": "arn:aws:iam::444455556666:user/nobody"},
    });
    let (iam, _) = Iam::from_json(&file.to_string()).unwrap();
    let service = builder().iam(iam).build();
    let owner = client(&service, "OWNER");
    let ca = active_root(&owner).await;
    let describe = async |access_key_id: &str| {
        let client = client(&service, access_key_id);
        client.describe_certificate_authority().certificate_authority_arn(&ca).send().await
    };
    let message = refused(describe("READER").await);
    assert!(message.contains("no resource-based policy allows"), "{message}");
    let share = json!({
        "CertificateAuthorityArn": ca, "Principal": GUEST,
        "Permission": "AWSRAMDefaultPermissionCertificateAuthority",
    });
    admin(&service, Method::POST, "shares", &share).await;
    describe("READER").await.unwrap();
    assert_eq!(
        refused(describe("NOBODY").await),
        format!(
            "User: arn:aws:iam::444455556666:user/nobody is not authorized to perform: \
             acm-pca:DescribeCertificateAuthority on resource: {ca} because no identity-based \
             policy allows the acm-pca:DescribeCertificateAuthority action"
        )
    );
    let error = describe("STRANGER").await.unwrap_err();
    assert_eq!(error.code(), Some("UnrecognizedClientException"));
}

#[tokio::test]
async fn an_identitys_secret_signs_its_requests() {
    let principal = "arn:aws:iam::111122223333:user/alice";
    let everything = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*",
    }});
    for (secret, want) in [("local", None), ("another", Some("InvalidSignatureException"))] {
        let file = json!({"ALICE": {
            "principal": principal, "policies": [everything], "secret": secret,
        }});
        let (iam, secrets) = Iam::from_json(&file.to_string()).unwrap();
        // The SDK signs with the system's time.
        let service = PcaLocal::builder().iam(iam).verify_signatures(secrets.unwrap()).build();
        let listed = client(&service, "ALICE").list_certificate_authorities().send().await;
        let code = listed.err().and_then(|error| error.code().map(str::to_owned));
        assert_eq!(code.as_deref(), want);
    }
}
