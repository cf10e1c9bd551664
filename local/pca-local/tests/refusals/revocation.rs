//! What a revocation configuration may not say.

use serde_json::{Value, json};
use testkit::{pca::*, s3::S3};

use super::{refusal, refused};

/// hashicorp/terraform-provider-aws#29613 has it of UpdateCertificateAuthority. The words for OCSP
/// are not known.
#[tokio::test]
async fn what_is_off_takes_no_parameters() {
    let service = builder().s3(S3::default().client()).build();
    let ca = active_root(&client(&service, "alice")).await;
    let send = async |part: &str, member: &str, value: &Value| {
        let configuration = json!({part: {"Enabled": false, member: value}});
        let update =
            json!({"CertificateAuthorityArn": ca, "RevocationConfiguration": configuration});
        let create = json!({
            "CertificateAuthorityType": "ROOT", "RevocationConfiguration": configuration,
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": "Root"},
            },
        });
        [
            refusal(&service, "UpdateCertificateAuthority", &update).await,
            refusal(&service, "CreateCertificateAuthority", &create).await,
        ]
    };
    let words = "CRL configuration parameters can only be set when CRLs are enabled.";
    for (member, value) in [
        ("ExpirationInDays", json!(1)),
        ("CustomCname", json!("crl.example")),
        ("S3BucketName", json!("some-bucket")),
        ("S3ObjectAcl", json!("PUBLIC_READ")),
        ("S3ObjectAcl", json!("BUCKET_OWNER_FULL_CONTROL")),
        ("CrlDistributionPointExtensionConfiguration", json!({"OmitExtension": true})),
        ("CrlDistributionPointExtensionConfiguration", json!({"OmitExtension": false})),
        ("CrlType", json!("COMPLETE")),
        ("CrlType", json!("PARTITIONED")),
        ("CustomPath", json!("a/b")),
    ] {
        for got in send("CrlConfiguration", member, &value).await {
            assert_eq!(got, refused("ValidationException", words), "{member}");
        }
    }
    for got in send("OcspConfiguration", "OcspCustomCname", &json!("ocsp.example")).await {
        assert_eq!(got.unwrap().0, "ValidationException");
    }
    let both = json!({
        "CertificateAuthorityArn": ca, "RevocationConfiguration": {
            "CrlConfiguration": {"Enabled": false}, "OcspConfiguration": {"Enabled": false},
        },
    });
    assert_eq!(refusal(&service, "UpdateCertificateAuthority", &both).await, None);
}
