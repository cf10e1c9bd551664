//! Rules that the API model's shapes cannot express: what is well formed and still refused.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    primitives::Blob,
    types::{CertificateAuthorityStatus, CertificateAuthorityType},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use testkit::{pca::*, s3::S3};

/// A request to create a CA, with one member of its configuration replaced.
fn creation(member: &str, value: Value) -> Value {
    let mut request = json!({
        "CertificateAuthorityType": "ROOT",
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"CommonName": "Root"},
        },
    });
    let configuration = &mut request["CertificateAuthorityConfiguration"];
    if configuration.get(member).is_some() || member == "CsrExtensions" {
        configuration[member] = value;
    } else {
        request[member] = value;
    }
    request
}

fn crl(configuration: Value) -> Value {
    creation("RevocationConfiguration", json!({"CrlConfiguration": configuration}))
}

fn ocsp(configuration: Value) -> Value {
    creation("RevocationConfiguration", json!({"OcspConfiguration": configuration}))
}

fn access(method: Value, location: Value) -> Value {
    let description = json!({"AccessMethod": method, "AccessLocation": location});
    creation("CsrExtensions", json!({"SubjectInformationAccess": [description]}))
}

fn custom_attribute() -> Value {
    json!([{"ObjectIdentifier": "2.5.4.3", "Value": "x"}])
}

#[tokio::test]
async fn creation_refuses_what_the_shapes_let_through() {
    let service = builder().s3(S3::default().client()).build();
    let repository = json!({"AccessMethodType": "CA_REPOSITORY"});
    let host = json!({"DnsName": "a.example"});
    let enabled = |member: &str, value: &str| {
        let mut configuration = json!({"Enabled": true, "S3BucketName": "crls"});
        configuration[member] = json!(value);
        crl(configuration)
    };
    let refused = "InvalidArgsException";
    for (name, request, want) in [
        ("a plain CA", creation("UsageMode", json!("GENERAL_PURPOSE")), None),
        (
            "custom attributes alone",
            creation("Subject", json!({"CustomAttributes": custom_attribute()})),
            None,
        ),
        (
            "custom attributes beside others",
            creation("Subject", json!({"CustomAttributes": custom_attribute(), "Country": "DE"})),
            Some(refused),
        ),
        ("one access method", access(repository.clone(), host.clone()), None),
        ("no access method", access(json!({}), host.clone()), Some(refused)),
        (
            "two access methods",
            access(
                json!({"AccessMethodType": "CA_REPOSITORY", "CustomObjectIdentifier": "1.2.3"}),
                host,
            ),
            Some(refused),
        ),
        ("no general name", access(repository.clone(), json!({})), Some(refused)),
        (
            "two general names",
            access(repository, json!({"DnsName": "a.example", "RegisteredId": "1.2.3"})),
            Some(refused),
        ),
        ("CRLs off", crl(json!({"Enabled": false})), None),
        (
            "CRLs off with days",
            crl(json!({"Enabled": false, "ExpirationInDays": 7})),
            Some("ValidationException"),
        ),
        ("OCSP off", ocsp(json!({"Enabled": false})), None),
        (
            "OCSP off with a name",
            ocsp(json!({"Enabled": false, "OcspCustomCname": "ocsp.example"})),
            Some("ValidationException"),
        ),
        ("CRLs on", enabled("CustomCname", "crl.example"), None),
        ("CRLs without a bucket", crl(json!({"Enabled": true})), Some(refused)),
        ("not a bucket name", enabled("S3BucketName", "Crls/2026"), Some(refused)),
        ("a CNAME with http", enabled("CustomCname", "http://crl.example"), Some(refused)),
        ("a CNAME with https", enabled("CustomCname", "https://crl.example"), Some(refused)),
        (
            "an OCSP CNAME with http",
            ocsp(json!({"Enabled": true, "OcspCustomCname": "http://ocsp.example"})),
            Some(refused),
        ),
        (
            "a CNAME for an extension that is left out",
            crl(json!({
                "Enabled": true, "S3BucketName": "crls", "CustomCname": "crl.example",
                "CrlDistributionPointExtensionConfiguration": {"OmitExtension": true},
            })),
            Some(refused),
        ),
        (
            "another family's signing algorithm",
            creation("SigningAlgorithm", json!("SHA256WITHRSA")),
            Some(refused),
        ),
        ("a key for China", creation("KeyAlgorithm", json!("SM2")), Some(refused)),
        (
            "a standard for China",
            creation("KeyStorageSecurityStandard", json!("CCPC_LEVEL_1_OR_HIGHER")),
            Some(refused),
        ),
        (
            "a reserved tag",
            creation("Tags", json!([{"Key": "aws:team"}])),
            Some("InvalidTagException"),
        ),
    ] {
        let (_, body) = call(&service, "CreateCertificateAuthority", &request).await;
        assert_eq!(body["__type"].as_str(), want, "{name}: {body}");
    }
}

#[tokio::test]
async fn passthrough_checks_what_the_api_shapes_do_not() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let csr = BASE64_STANDARD.encode(csr(&client, &ca).await);
    let send = async |template_name: &str, passthrough: &Value| {
        let request = json!({
            "CertificateAuthorityArn": ca, "Csr": csr, "SigningAlgorithm": "SHA256WITHECDSA",
            "TemplateArn": template(template_name), "ApiPassthrough": passthrough,
            "Validity": {"Type": "DAYS", "Value": 1},
        });
        let (_, body) = call(&service, "IssueCertificate", &request).await;
        body["__type"].as_str().map(str::to_owned)
    };
    let names = |names: Value| json!({"Extensions": {"SubjectAlternativeNames": [names]}});
    let usage = |usage: Value| json!({"Extensions": {"ExtendedKeyUsage": [usage]}});
    let custom = json!({"CustomAttributes": custom_attribute(), "CommonName": "x"});
    for (name, passthrough, is_refused) in [
        ("one general name", names(json!({"DnsName": "a.example"})), false),
        ("no general name", names(json!({})), true),
        ("two general names", names(json!({"DnsName": "a", "IpAddress": "10.0.0.1"})), true),
        ("one usage", usage(json!({"ExtendedKeyUsageType": "CLIENT_AUTH"})), false),
        ("no usage", usage(json!({})), true),
        (
            "two usages",
            usage(json!({
                "ExtendedKeyUsageType": "CLIENT_AUTH",
                "ExtendedKeyUsageObjectIdentifier": "1.3.6.1.5.5.7.3.2",
            })),
            true,
        ),
        ("custom attributes beside others", json!({"Subject": custom}), true),
    ] {
        let want = is_refused.then(|| "InvalidArgsException".to_owned());
        let got = send("BlankEndEntityCertificate_APIPassthrough", &passthrough).await;
        assert_eq!(got, want, "{name}");
        assert_eq!(send("EndEntityCertificate", &passthrough).await, None, "{name}, ignored");
    }
}

#[tokio::test]
async fn only_the_two_switchable_states_can_be_asked_for() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    for (status, want) in [
        ("DISABLED", None),
        ("ACTIVE", None),
        ("DELETED", Some("InvalidArgsException")),
        ("PENDING_CERTIFICATE", Some("InvalidArgsException")),
    ] {
        let request = json!({"CertificateAuthorityArn": ca, "Status": status});
        let (_, body) = call(&service, "UpdateCertificateAuthority", &request).await;
        assert_eq!(body["__type"].as_str(), want, "{status}");
    }
}

#[tokio::test]
async fn an_arn_of_another_kind_or_place_is_not_an_arn_of_a_ca() {
    let service = service();
    let ca = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/5a2b6b4e";
    for (arn, want) in [
        (ca.to_owned(), "ResourceNotFoundException"),
        (format!("{ca}/certificate/00"), "InvalidArnException"),
        (ca.replace("us-east-1", "eu-west-1"), "InvalidArnException"),
        (ca.replace("certificate-authority", "template"), "InvalidArnException"),
        (ca.replace("arn:aws:", "arn:aws-cn:"), "InvalidArnException"),
        (ca.replace("111122223333", "444455556666"), "AccessDeniedException"),
        (ca.replace("acm-pca", "acm"), "ValidationException"),
    ] {
        let request = json!({"CertificateAuthorityArn": arn});
        let (_, body) = call(&service, "DescribeCertificateAuthority", &request).await;
        assert_eq!(body["__type"].as_str(), Some(want), "{arn}");
    }
}

/// The words of hashicorp/terraform-provider-aws#45137; #45176 says what the request was.
#[tokio::test]
async fn arns_in_each_others_place_are_not_valid() {
    let service = service();
    let client = client(&service, "alice");
    let root = active_root(&client).await;
    let csr = csr(&client, &root).await;
    let certificate = issue(&client, &root, csr, "RootCACertificate", years(1)).await;
    for (ca, certificate) in [(&certificate, &root), (&root, &root), (&certificate, &certificate)] {
        let request = json!({"CertificateAuthorityArn": ca, "CertificateArn": certificate});
        let (status, body) = call(&service, "GetCertificate", &request).await;
        let want = json!({"__type": "InvalidArnException", "message": "Not a valid arn."});
        assert_eq!((status, body), (400, want), "{request}");
    }
}

/// aws/aws-app-mesh-examples#318 and #319: `$(echo $CSR | base64)` is what AWS's walkthroughs send.
#[tokio::test]
async fn a_csr_and_a_certificate_may_stand_on_one_line() {
    let service = service();
    let client = client(&service, "alice");
    let root = create(&client, CertificateAuthorityType::Root, "Root").await;
    let echo = |text: &str| Blob::new(text.split_whitespace().collect::<Vec<_>>().join(" ") + "\n");
    let csr = csr(&client, &root).await;
    let csr = echo(std::str::from_utf8(csr.as_ref()).unwrap());
    let arn = issue(&client, &root, csr, "RootCACertificate", years(1)).await;
    let (own, _) = certificate(&client, &root, &arn).await;
    let import = client.import_certificate_authority_certificate();
    import.certificate_authority_arn(&root).certificate(echo(&own)).send().await.unwrap();
    assert_eq!(status(&client, &root).await, CertificateAuthorityStatus::Active);
}

#[tokio::test]
async fn a_template_is_one_of_the_cas_partition() {
    let service = service();
    let client = client(&service, "alice");
    let root = active_root(&client).await;
    let csr = csr(&client, &root).await;
    for (partition, want) in [("aws", None), ("aws-cn", Some("ValidationException"))] {
        let template = format!("arn:{partition}:acm-pca:::template/EndEntityCertificate/V1");
        let request = json!({
            "CertificateAuthorityArn": root, "Csr": BASE64_STANDARD.encode(&csr),
            "SigningAlgorithm": "SHA256WITHECDSA", "TemplateArn": template,
            "Validity": {"Type": "DAYS", "Value": 1},
        });
        let (_, body) = call(&service, "IssueCertificate", &request).await;
        assert_eq!(body["__type"].as_str(), want, "{template}: {body}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_request_gets_an_error_and_never_a_panic() {
    let service = service();
    for (operation, request, code, status) in [
        ("ListTags", json!([]), "SerializationException", 400),
        ("ListTags", json!("x"), "SerializationException", 400),
        ("ListTags", Value::Null, "SerializationException", 400),
        ("Sing", json!({}), "UnknownOperationException", 404),
        (
            "ListTags",
            json!({"CertificateAuthorityArn": {"deep": [1]}}),
            "SerializationException",
            400,
        ),
    ] {
        let (got, body) = call(&service, operation, &request).await;
        assert_eq!((got, body["__type"].as_str()), (status, Some(code)), "{request}");
    }
}
