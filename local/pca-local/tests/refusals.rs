//! What the service refuses with, in its own words where a public report has them.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    Client,
    types::{CertificateAuthorityStatus as Status, CertificateAuthorityType as Type},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use pca_local::PcaLocal;
use serde_json::{Value, json};
use testkit::{openssl::OpenSsl, pca::*, s3::S3};
use time::Duration;

/// The code and the message; nothing if it was not refused.
async fn refusal(service: &PcaLocal, operation: &str, request: &Value) -> Option<(String, String)> {
    let (status, body) = call(service, operation, request).await;
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    (status != 200).then(|| (text("__type"), text("message")))
}

fn refused(code: &str, message: &str) -> Option<(String, String)> {
    Some((code.to_owned(), message.to_owned()))
}

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

/// Requests that OpenSSL makes: without a subject, with a critical or another alternative name.
struct Requests {
    openssl: OpenSsl,
}

impl Requests {
    fn new() -> Self {
        let openssl = OpenSsl::new();
        openssl.run("ecparam -genkey -name prime256v1 -noout -out key");
        Self { openssl }
    }

    fn pem(&self, subject: &str, extensions: &str) -> String {
        let empty = "[req]\nprompt = no\ndistinguished_name = dn\nreq_extensions = ext\n";
        let file = format!("{empty}[dn]\n{subject}\n[ext]\n{extensions}\n");
        self.openssl.write("request.cnf", file);
        // OpenSSL takes no empty section for an empty subject.
        let subject = if subject.is_empty() { "-subj /" } else { "" };
        self.openssl
            .run(&format!("req -new -config request.cnf {subject} -key key -out request.pem"));
        String::from_utf8(self.openssl.read("request.pem")).unwrap()
    }
}

fn issuance(ca: &str, csr: &str, template_name: &str) -> Value {
    json!({
        "CertificateAuthorityArn": ca, "Csr": BASE64_STANDARD.encode(csr),
        "SigningAlgorithm": "SHA256WITHECDSA", "TemplateArn": template(template_name),
        "Validity": {"Type": "DAYS", "Value": 1},
    })
}

/// cert-manager/aws-privateca-issuer#6, cert-manager/istio-csr#90, cert-manager/cert-manager#7732.
#[tokio::test]
async fn an_empty_subject_needs_a_critical_alternative_name() {
    let service = service();
    let ca = active_root(&client(&service, "alice")).await;
    let requests = Requests::new();
    let spiffe = "URI:spiffe://cluster.local/ns/shop/sa/cart";
    let plain = requests.pem("", &format!("subjectAltName = {spiffe}"));
    let marked = requests.pem("", &format!("subjectAltName = critical,{spiffe}"));
    let named = requests.pem("CN = x", &format!("subjectAltName = {spiffe}"));
    let words = "CSR must mark the SAN extension critical when it has an empty subject";
    for template_name in [
        "EndEntityCertificate",
        "EndEntityClientAuthCertificate",
        "CodeSigningCertificate",
        "OCSPSigningCertificate",
        "SubordinateCACertificate_PathLen0",
        "EndEntityCertificate_CSRPassthrough",
        "EndEntityCertificate_APIPassthrough",
        "BlankEndEntityCertificate_APICSRPassthrough",
        "BlankSubordinateCACertificate_PathLen0_CSRPassthrough",
    ] {
        let send = async |csr: &str| {
            refusal(&service, "IssueCertificate", &issuance(&ca, csr, template_name)).await
        };
        assert_eq!(send(&plain).await, refused("MalformedCSRException", words), "{template_name}");
        assert_eq!(send(&marked).await, None, "{template_name}");
        assert_eq!(send(&named).await, None, "{template_name}");
    }
}

/// The service holds the text against a pattern (aws/aws-cli#9613, #5011). Which code that ends in
/// is not known.
#[tokio::test]
async fn a_csr_is_held_to_its_label_then_read() {
    let service = service();
    let ca = active_root(&client(&service, "alice")).await;
    let good = Requests::new().pem("CN = x", "keyUsage = digitalSignature");
    let middle = good.rfind("\n-----END").unwrap() - 20;
    let other = if &good[middle..=middle] == "A" { "B" } else { "A" };
    let changed = format!("{}{other}{}", &good[..middle], &good[middle + 1..]);
    let label = |name: &str| good.replace("CERTIFICATE REQUEST", name);
    for (name, csr, want) in [
        ("as it is", good.clone(), None),
        ("white space around", format!("\r\n{good}\r\n\r\n"), None),
        ("the older label", label("NEW CERTIFICATE REQUEST"), Some("ValidationException")),
        ("a certificate", label("CERTIFICATE"), Some("ValidationException")),
        ("text before", format!("Certificate Request:\n{good}"), Some("ValidationException")),
        ("text after", format!("{good}\nend"), Some("ValidationException")),
        ("garbage", "garbage".to_owned(), Some("ValidationException")),
        ("DER", "0\u{82}".to_owned(), Some("ValidationException")),
        ("cut", good[..good.len() / 2].to_owned(), Some("ValidationException")),
        ("two", good.repeat(2), Some("MalformedCSRException")),
        (
            "no base64",
            "-----BEGIN CERTIFICATE REQUEST-----\n****\n-----END CERTIFICATE REQUEST-----"
                .to_owned(),
            Some("MalformedCSRException"),
        ),
        (
            "no request",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAEC\n-----END CERTIFICATE REQUEST-----"
                .to_owned(),
            Some("MalformedCSRException"),
        ),
        ("another signature", changed, Some("MalformedCSRException")),
    ] {
        let request = issuance(&ca, &csr, "EndEntityCertificate");
        let code = refusal(&service, "IssueCertificate", &request).await.map(|(code, _)| code);
        assert_eq!(code.as_deref(), want, "{name}");
    }
}

/// linkerd/linkerd2#2622 and CartoDB/cartodb#15570 have the words.
#[tokio::test]
async fn an_issuance_that_waits_or_failed_says_so() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let request = csr(&client, &ca).await;
    service.set_timings("immediate,issuance=polls:1".parse().unwrap());
    let arn = issue(&client, &ca, request.clone(), "EndEntityCertificate", years(1)).await;
    let get = |arn: &str| json!({"CertificateAuthorityArn": ca, "CertificateArn": arn});
    let words =
        format!("The request to issue certificate {arn} is still in progress. Try again later.");
    let got = refusal(&service, "GetCertificate", &get(&arn)).await;
    assert_eq!(got, refused("RequestInProgressException", &words));
    assert_eq!(refusal(&service, "GetCertificate", &get(&arn)).await, None);

    service.set_timings("immediate".parse().unwrap());
    service.set_faults(pca_local::Faults { issuance: true, ..Default::default() }).unwrap();
    let arn = issue(&client, &ca, request, "EndEntityCertificate", years(1)).await;
    let got = refusal(&service, "GetCertificate", &get(&arn)).await;
    let words = format!("Certificate {arn} is in a failed state.");
    assert_eq!(got, refused("RequestFailedException", &words));
}

/// Without a timing, as a program meets AWS: asked at once, each thing is not there yet.
#[tokio::test]
async fn by_default_each_thing_is_told_to_wait_for_once() {
    let timeline = pca_local::Timeline::new(pca_local::Clock::frozen_at(START));
    let service = PcaLocal::builder().timeline(timeline).s3(S3::default().client()).build();
    let client = client(&service, "alice");
    let codes = async |operation: &str, request: &Value| {
        let mut codes = Vec::new();
        for _ in 0..2 {
            let refused = refusal(&service, operation, request).await;
            codes.push(refused.map(|(code, _)| code).unwrap_or_default());
        }
        codes
    };
    let once = ["RequestInProgressException", ""];
    let ca = create(&client, Type::Root, "Root").await;
    let of_ca = json!({"CertificateAuthorityArn": ca});
    assert_eq!(codes("GetCertificateAuthorityCsr", &of_ca).await, once);
    let request = csr(&client, &ca).await;
    let arn = issue(&client, &ca, request, "RootCACertificate", years(1)).await;
    let get = json!({"CertificateAuthorityArn": ca, "CertificateArn": arn});
    assert_eq!(codes("GetCertificate", &get).await, once);
    let own = certificate(&client, &ca, &arn).await.0;
    let import = client.import_certificate_authority_certificate().certificate_authority_arn(&ca);
    import.certificate(aws_sdk_acmpca::primitives::Blob::new(own)).send().await.unwrap();

    let report = json!({
        "CertificateAuthorityArn": ca, "S3BucketName": "reports", "AuditReportResponseFormat": "JSON",
    });
    let (_, report) = call(&service, "CreateCertificateAuthorityAuditReport", &report).await;
    let describe = json!({
        "CertificateAuthorityArn": ca, "AuditReportId": report["AuditReportId"],
    });
    for want in ["CREATING", "SUCCESS"] {
        let (_, got) = call(&service, "DescribeCertificateAuthorityAuditReport", &describe).await;
        assert_eq!(got["AuditReportStatus"], want);
    }
    // What no client asks for is there after two seconds.
    let unasked = create(&client, Type::Root, "Unasked").await;
    service.timeline().advance_to(START + Duration::seconds(2)).await;
    assert_eq!(status(&client, &unasked).await, Status::PendingCertificate);
}

/// Base templates take subject, SAN and public key from a request, and nothing else.
#[tokio::test]
async fn the_cas_distribution_point_wins_with_base_templates() {
    let service = builder().s3(S3::default().client()).build();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let update = json!({"CertificateAuthorityArn": ca, "RevocationConfiguration": {
        "CrlConfiguration": {"Enabled": true, "S3BucketName": "crls", "ExpirationInDays": 7}}});
    assert_eq!(refusal(&service, "UpdateCertificateAuthority", &update).await, None);
    let requests = Requests::new();
    let csr = requests.pem("CN = x", "crlDistributionPoints = URI:http://csr.example/csr.crl");
    for (template_name, from_ca) in [
        ("EndEntityCertificate", true),
        ("EndEntityClientAuthCertificate", true),
        ("EndEntityServerAuthCertificate", true),
        ("CodeSigningCertificate", true),
        ("OCSPSigningCertificate", true),
        ("SubordinateCACertificate_PathLen0", true),
        ("EndEntityClientAuthCertificate_CSRPassthrough", false),
    ] {
        let (_, issued) =
            call(&service, "IssueCertificate", &issuance(&ca, &csr, template_name)).await;
        let arn = issued["CertificateArn"].as_str().unwrap();
        requests.openssl.write("leaf.pem", certificate(&client, &ca, arn).await.0);
        let text = requests.openssl.run("x509 -in leaf.pem -noout -text");
        assert_eq!(text.contains("http://crls.s3.us-east-1.amazonaws.com/"), from_ca, "{text}");
        assert_eq!(text.contains("http://csr.example/"), !from_ca, "{text}");
    }
}

/// gyuho/infra (`src/acmpca/mod.rs`) has both; hashicorp/terraform-provider-aws#33306 and the API
/// reference have the last two.
#[tokio::test]
async fn what_cannot_be_signed_or_made_is_refused_in_known_words() {
    let service = service();
    let ca = active_root(&client(&service, "alice")).await;
    let csr = Requests::new().pem("CN = x", "keyUsage = digitalSignature");
    let own = issuance(&ca, &csr, "RootCACertificate");
    let mut long = issuance(&ca, &csr, "EndEntityCertificate");
    long["Validity"] = json!({"Type": "YEARS", "Value": 11});
    let creation = |region: Value| {
        let mut request = json!({
            "CertificateAuthorityType": "ROOT",
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": "Root"},
            },
        });
        request.as_object_mut().unwrap().extend(region.as_object().unwrap().clone());
        request
    };
    let bucket = creation(json!({"RevocationConfiguration": {"CrlConfiguration": {
        "Enabled": true, "S3BucketName": "crls", "ExpirationInDays": 7}}}));
    let storage = creation(json!({"KeyStorageSecurityStandard": "CCPC_LEVEL_1_OR_HIGHER"}));
    for (operation, request, code, words) in [
        ("IssueCertificate", own, "InvalidArgsException", "Root CA CSR is not provided"),
        (
            "IssueCertificate",
            long,
            "ValidationException",
            "The certificate validity specified exceeds the certificate authority validity",
        ),
        (
            "CreateCertificateAuthority",
            bucket,
            "ValidationException",
            "Permission error with your S3 bucket 'crls'. Check that your bucket policy, encryption \
             settings, S3 Block Public Access settings, and global account permissions are \
             configured correctly. For more information, check the service documentation.",
        ),
        (
            "CreateCertificateAuthority",
            storage,
            "InvalidArgsException",
            "A certificate authority cannot be created in this region with the specified security \
             standard.",
        ),
    ] {
        assert_eq!(refusal(&service, operation, &request).await, refused(code, words));
    }
}
