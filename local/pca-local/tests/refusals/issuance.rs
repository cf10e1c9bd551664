//! Which requests for certificates are refused, and what is taken of those that are not.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use testkit::{openssl::OpenSsl, pca::*, s3::S3};

use super::{refusal, refused};

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
