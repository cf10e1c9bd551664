//! What known programs ask for, in their order and with the states that they meet on the way. Each
//! sequence is written from the behaviour of the program's source; no code of theirs is here.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use base64::{Engine as _, prelude::BASE64_STANDARD};
use pca_local::{PcaLocal, Timings, x509::certificate::Certificate};
use serde_json::{Value, json};
use testkit::{openssl::OpenSsl, pca};
use time::Duration;

/// As it is installed: what takes time, takes time.
fn service() -> PcaLocal {
    pca::builder().timings(Timings::default()).build()
}

async fn ok(service: &PcaLocal, operation: &str, request: &Value) -> Value {
    let (status, answer) = pca::call(service, operation, request).await;
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// The code and the message.
async fn refusal(service: &PcaLocal, operation: &str, request: &Value) -> (String, String) {
    let (status, answer) = pca::call(service, operation, request).await;
    assert_ne!(status, 200, "{operation} is not refused: {answer}");
    let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
    (text("__type"), text("message"))
}

/// As waiters do: RequestInProgressException first, then the answer.
async fn waited(service: &PcaLocal, operation: &str, request: &Value) -> Value {
    assert_eq!(refusal(service, operation, request).await.0, "RequestInProgressException");
    ok(service, operation, request).await
}

async fn status(service: &PcaLocal, of_ca: &Value) -> String {
    let described = ok(service, "DescribeCertificateAuthority", of_ca).await;
    described["CertificateAuthority"]["Status"].as_str().unwrap().to_owned()
}

fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_else(|| panic!("{member}: {answer}")).to_owned()
}

fn blob(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

fn with(request: &Value, more: &Value) -> Value {
    let mut request = request.clone();
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn creation(kind: &str, more: &Value) -> Value {
    let configuration = json!({
        "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
        "Subject": {"CommonName": format!("{kind} CA")},
    });
    with(
        &json!({"CertificateAuthorityType": kind, "CertificateAuthorityConfiguration": configuration}),
        more,
    )
}

fn issuance(of_ca: &Value, csr: &str, template: &str, more: &Value) -> Value {
    let issuance = json!({
        "Csr": blob(csr), "SigningAlgorithm": "SHA256WITHECDSA",
        "TemplateArn": pca::template(template), "Validity": {"Type": "DAYS", "Value": 365},
    });
    with(&with(of_ca, &issuance), more)
}

/// Issues, waits and reads: the certificate and its chain.
async fn issued(service: &PcaLocal, request: &Value) -> (String, Value) {
    let issued = ok(service, "IssueCertificate", request).await;
    let wanted = json!({
        "CertificateAuthorityArn": request["CertificateAuthorityArn"],
        "CertificateArn": issued["CertificateArn"],
    });
    let got = waited(service, "GetCertificate", &wanted).await;
    (text(&got, "Certificate"), got["CertificateChain"].clone())
}

/// An ACTIVE root, made as these programs make one.
async fn root(service: &PcaLocal) -> Value {
    let created = ok(service, "CreateCertificateAuthority", &creation("ROOT", &json!({}))).await;
    let of_ca = json!({"CertificateAuthorityArn": created["CertificateAuthorityArn"]});
    assert_eq!(status(service, &of_ca).await, "CREATING");
    assert_eq!(status(service, &of_ca).await, "PENDING_CERTIFICATE");
    let csr = text(&ok(service, "GetCertificateAuthorityCsr", &of_ca).await, "Csr");
    let years = json!({"Validity": {"Type": "YEARS", "Value": 5}});
    let (own, chain) = issued(service, &issuance(&of_ca, &csr, "RootCACertificate", &years)).await;
    assert_eq!(chain, Value::Null);
    let import = with(&of_ca, &json!({"Certificate": blob(&own)}));
    ok(service, "ImportCertificateAuthorityCertificate", &import).await;
    assert_eq!(status(service, &of_ca).await, "ACTIVE");
    of_ca
}

fn request(extensions: &str, subject: &str) -> String {
    let openssl = OpenSsl::new();
    openssl.write(
        "request.cnf",
        format!(
            "[req]\nprompt = no\ndistinguished_name = dn\n[dn]\n{subject}\n[v3]\n{extensions}\n"
        ),
    );
    let subject = if subject.is_empty() { "-subj /" } else { "" };
    openssl.run(&format!(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -config \
         request.cnf -reqexts v3 {subject} -out request.pem"
    ));
    String::from_utf8(openssl.read("request.pem")).unwrap()
}

/// terraform-provider-aws, `aws_acmpca_certificate_authority`: a CA that never gets a certificate is
/// created, read, updated and destroyed.
#[tokio::test]
async fn terraform_creates_reads_updates_and_destroys_a_pending_ca() {
    let service = service();
    let token = json!({"IdempotencyToken": "terraform-1", "Tags": [{"Key": "a", "Value": "b"}]});
    let created =
        ok(&service, "CreateCertificateAuthority", &creation("SUBORDINATE", &token)).await;
    let of_ca = json!({"CertificateAuthorityArn": created["CertificateAuthorityArn"]});
    assert_eq!(status(&service, &of_ca).await, "CREATING");
    assert_eq!(status(&service, &of_ca).await, "PENDING_CERTIFICATE");
    let described = ok(&service, "DescribeCertificateAuthority", &of_ca).await;
    let described = &described["CertificateAuthority"];
    assert_eq!(described["RevocationConfiguration"]["CrlConfiguration"]["Enabled"], false);
    assert_eq!(described["UsageMode"], "GENERAL_PURPOSE");
    // Its read passes on InvalidStateException only, for the certificate; the request is there.
    let (code, _) = refusal(&service, "GetCertificateAuthorityCertificate", &of_ca).await;
    assert_eq!(code, "InvalidStateException");
    ok(&service, "GetCertificateAuthorityCsr", &of_ca).await;
    ok(&service, "ListTags", &of_ca).await;
    let off = json!({"RevocationConfiguration": {"CrlConfiguration": {"Enabled": false}}});
    ok(&service, "UpdateCertificateAuthority", &with(&of_ca, &off)).await;
    // Destroy: the status first, which it lets pass by these words.
    let disabled = with(&of_ca, &json!({"Status": "DISABLED"}));
    let words = "The certificate authority must be in the ACTIVE or DISABLED state to be updated";
    let refused = refusal(&service, "UpdateCertificateAuthority", &disabled).await;
    assert_eq!(refused, ("InvalidStateException".to_owned(), words.to_owned()));
    ok(&service, "DeleteCertificateAuthority", &of_ca).await;
    assert_eq!(status(&service, &of_ca).await, "DELETED", "which it counts as gone");
    // What belongs to it is destroyed after it, and reads that it has gone by these words.
    let (code, words) = refusal(&service, "ListPermissions", &of_ca).await;
    assert_eq!(code, "InvalidStateException");
    assert!(words.contains("The certificate authority is in the DELETED state"), "{words}");
}

/// terraform-provider-aws, `aws_acmpca_certificate`, `…_certificate_authority_certificate`,
/// `…_permission`, `…_policy`: a root with a leaf, and all of it destroyed in the order of dependencies.
#[tokio::test]
async fn terraform_destroys_leaf_root_certificate_and_ca() {
    let service = service();
    let created = ok(&service, "CreateCertificateAuthority", &creation("ROOT", &json!({}))).await;
    let of_ca = json!({"CertificateAuthorityArn": created["CertificateAuthorityArn"]});
    ok(&service, "DescribeCertificateAuthority", &of_ca).await;
    let csr = text(&ok(&service, "GetCertificateAuthorityCsr", &of_ca).await, "Csr");
    // A leaf before the CA has its certificate: it tries again by these words.
    let leaf = issuance(&of_ca, &request("", "CN = leaf"), "EndEntityCertificate", &json!({}));
    let words = "The certificate authority is not in a valid state for issuing certificates";
    let refused = refusal(&service, "IssueCertificate", &leaf).await;
    assert_eq!(refused, ("InvalidStateException".to_owned(), words.to_owned()));
    // END_DATE as it writes it.
    let end = json!({"Validity": {"Type": "END_DATE", "Value": 20_350_101_000_000_u64}});
    let (own, _) = issued(&service, &issuance(&of_ca, &csr, "RootCACertificate", &end)).await;
    let import = with(&of_ca, &json!({"Certificate": blob(&own)}));
    ok(&service, "ImportCertificateAuthorityCertificate", &import).await;
    let (certificate, chain) = issued(&service, &leaf).await;
    assert_eq!(chain, Value::from(own.as_str()));
    let acm = json!({
        "Principal": "acm.amazonaws.com", "Actions": ["IssueCertificate", "GetCertificate"],
    });
    ok(&service, "CreatePermission", &with(&of_ca, &acm)).await;
    let listed = ok(&service, "ListPermissions", &of_ca).await;
    assert_eq!(listed["Permissions"].as_array().unwrap().len(), 1);

    ok(&service, "DeletePermission", &with(&of_ca, &json!({"Principal": "acm.amazonaws.com"})))
        .await;
    let gone = json!({"Principal": "acm.amazonaws.com"});
    let (code, _) = refusal(&service, "DeletePermission", &with(&of_ca, &gone)).await;
    assert_eq!(code, "ResourceNotFoundException", "which it lets pass");
    // A serial number as Go prints it: without leading zeros.
    let serial = |pem: &str| {
        let serial = Certificate::parse_pem(pem.as_bytes()).unwrap().serial_hex();
        json!({
            "CertificateSerial": serial.trim_start_matches('0'), "RevocationReason": "UNSPECIFIED",
        })
    };
    ok(&service, "RevokeCertificate", &with(&of_ca, &serial(&certificate))).await;
    let (code, _) =
        refusal(&service, "RevokeCertificate", &with(&of_ca, &serial(&certificate))).await;
    assert_eq!(code, "RequestAlreadyProcessedException", "which it lets pass");
    let (code, words) = refusal(&service, "RevokeCertificate", &with(&of_ca, &serial(&own))).await;
    assert_eq!(code, "InvalidRequestException");
    assert_eq!(words, "Self-signed certificate can not be revoked");
    let disabled = with(&of_ca, &json!({"Status": "DISABLED"}));
    ok(&service, "UpdateCertificateAuthority", &disabled).await;
    let delete = with(&of_ca, &json!({"PermanentDeletionTimeInDays": 7}));
    ok(&service, "DeleteCertificateAuthority", &delete).await;
    let later = service.timeline().clock().now() + Duration::days(8);
    service.timeline().advance_to(later).await;
    for (operation, request) in
        [("UpdateCertificateAuthority", &disabled), ("DeleteCertificateAuthority", &delete)]
    {
        let (code, _) = refusal(&service, operation, request).await;
        assert_eq!(code, "ResourceNotFoundException", "which it lets pass");
    }
}

/// cert-manager/aws-privateca-issuer: a token for each request, tried again as it is; the chain is
/// split into intermediates and the root.
#[tokio::test]
async fn cert_manager_signs_again_with_the_same_token() {
    let service = service();
    let of_root = root(&service).await;
    let of_ca = subordinate(&service, &of_root).await;
    let san = "subjectAltName = critical,URI:spiffe://cluster.local/ns/shop/sa/cart";
    let token = json!({"IdempotencyToken": "0123456789abcdef0123456789abcdef"});
    let asked = issuance(&of_ca, &request(san, ""), "EndEntityClientAuthCertificate", &token);
    let first = ok(&service, "IssueCertificate", &asked).await;
    assert_eq!(ok(&service, "IssueCertificate", &asked).await, first);
    let wanted = with(&of_ca, &first);
    let got = waited(&service, "GetCertificate", &wanted).await;
    assert!(!text(&got, "Certificate").ends_with('\n'), "it adds the line feed itself");
    let chain = text(&got, "CertificateChain");
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2, "an intermediate, then the root");
    let own = ok(&service, "GetCertificateAuthorityCertificate", &of_root).await;
    assert!(chain.trim_end().ends_with(text(&own, "Certificate").trim_end()));
    // A subject that is empty, and a SAN that is not critical, as older versions of its users sent it.
    let plain = request("subjectAltName = URI:spiffe://cluster.local/ns/shop/sa/cart", "");
    let plain = issuance(&of_ca, &plain, "EndEntityCertificate", &json!({}));
    assert_eq!(refusal(&service, "IssueCertificate", &plain).await.0, "MalformedCSRException");
}

/// A subordinate CA signed by the root, as Consul's second data centre makes one.
async fn subordinate(service: &PcaLocal, of_root: &Value) -> Value {
    let off = json!({
        "RevocationConfiguration": {"CrlConfiguration": {"Enabled": false}},
        "IdempotencyToken": "uid", "Tags": [{"Key": "consul_datacenter", "Value": "dc2"}],
    });
    let created = ok(service, "CreateCertificateAuthority", &creation("SUBORDINATE", &off)).await;
    let of_ca = json!({"CertificateAuthorityArn": created["CertificateAuthorityArn"]});
    while status(service, &of_ca).await != "PENDING_CERTIFICATE" {}
    let csr = text(&ok(service, "GetCertificateAuthorityCsr", &of_ca).await, "Csr");
    let asked = issuance(of_root, &csr, "SubordinateCACertificate_PathLen0", &json!({}));
    let (own, _) = issued(service, &asked).await;
    let root = ok(service, "GetCertificateAuthorityCertificate", of_root).await;
    let import = json!({
        "Certificate": blob(&own), "CertificateChain": blob(&text(&root, "Certificate")),
    });
    ok(service, "ImportCertificateAuthorityCertificate", &with(&of_ca, &import)).await;
    assert_eq!(status(service, &of_ca).await, "ACTIVE");
    of_ca
}

/// Consul's `aws-pca` provider: a root in the first data centre, an intermediate in the second, leaves,
/// a restart, and its clean-up.
#[tokio::test]
async fn consul_makes_two_data_centres_and_cleans_up() {
    let service = service();
    let primary = root(&service).await;
    let secondary = subordinate(&service, &primary).await;
    // A restart reads the CA and its certificates.
    let own = ok(&service, "GetCertificateAuthorityCertificate", &primary).await;
    assert_eq!(own.get("CertificateChain"), None, "a root has no chain");
    let own = ok(&service, "GetCertificateAuthorityCertificate", &secondary).await;
    assert!(own["CertificateChain"].is_string(), "it needs the chain of a subordinate");
    let san = "subjectAltName = critical,URI:spiffe://11111111.consul/ns/default/dc/dc1/svc/web";
    for of_ca in [&primary, &secondary] {
        let days = json!({"Validity": {"Type": "DAYS", "Value": 3}});
        let leaf = issuance(of_ca, &request(san, "CN = web"), "EndEntityCertificate", &days);
        issued(&service, &leaf).await;
    }
    for of_ca in [&secondary, &primary] {
        ok(&service, "UpdateCertificateAuthority", &with(of_ca, &json!({"Status": "DISABLED"})))
            .await;
        let delete = with(of_ca, &json!({"PermanentDeletionTimeInDays": 7}));
        ok(&service, "DeleteCertificateAuthority", &delete).await;
        assert_eq!(status(&service, of_ca).await, "DELETED");
    }
}

/// SPIRE's upstream authority `aws_pca`: the CA's own signing algorithm, an absolute end, and a CA whose
/// name is a SPIFFE ID.
#[tokio::test]
async fn spire_mints_its_intermediate() {
    let service = service();
    let of_root = root(&service).await;
    let described = ok(&service, "DescribeCertificateAuthority", &of_root).await;
    let configuration = &described["CertificateAuthority"]["CertificateAuthorityConfiguration"];
    let end = service.timeline().clock().now() + Duration::days(10);
    let more = json!({
        "SigningAlgorithm": configuration["SigningAlgorithm"],
        "Validity": {"Type": "ABSOLUTE", "Value": end.unix_timestamp()},
    });
    let csr = request("subjectAltName = URI:spiffe://example.org", "C = US\nO = SPIFFE");
    let asked = issuance(&of_root, &csr, "SubordinateCACertificate_PathLen0", &more);
    let (minted, chain) = issued(&service, &asked).await;
    let openssl = OpenSsl::new();
    openssl.write("minted.pem", &minted);
    openssl.write("root.pem", chain.as_str().unwrap());
    openssl.run("verify -no_check_time -CAfile root.pem minted.pem");
    let shown = openssl.run("x509 -in minted.pem -noout -text");
    assert!(shown.contains("URI:spiffe://example.org") && shown.contains("pathlen:0"), "{shown}");
    let form = time::macros::format_description!(
        "Not After : [month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT"
    );
    assert!(shown.contains(&end.format(form).unwrap()), "{shown}");
    // The CA is DISABLED meanwhile: SPIRE only warns at the start, and is refused here.
    ok(&service, "UpdateCertificateAuthority", &with(&of_root, &json!({"Status": "DISABLED"})))
        .await;
    let (code, _) = refusal(&service, "IssueCertificate", &asked).await;
    assert_eq!(code, "InvalidStateException");
}

/// Istio has no client of ACM PCA: its agent asks istio-csr, which asks cert-manager's issuer. A workload
/// has a SPIFFE ID and no subject, and a new key each time.
#[tokio::test]
async fn istio_renews_a_workload_through_its_issuer() {
    let service = service();
    let of_root = root(&service).await;
    let of_ca = subordinate(&service, &of_root).await;
    let san = "subjectAltName = critical,URI:spiffe://cluster.local/ns/shop/sa/cart";
    let mut seen = Vec::new();
    for turn in 0..2 {
        let more = json!({
            "IdempotencyToken": format!("workload-{turn}"), "Validity": {"Type": "DAYS", "Value": 1},
        });
        let asked = issuance(&of_ca, &request(san, ""), "EndEntityCertificate", &more);
        let (certificate, chain) = issued(&service, &asked).await;
        let openssl = OpenSsl::new();
        openssl.write("workload.pem", &certificate);
        openssl.write("chain.pem", chain.as_str().unwrap());
        openssl.run("verify -no_check_time -CAfile chain.pem workload.pem");
        let shown = openssl.run("x509 -in workload.pem -noout -text");
        assert!(shown.contains("X509v3 Subject Alternative Name: critical"), "{shown}");
        seen.push(Certificate::parse_pem(certificate.as_bytes()).unwrap().serial_hex());
        // Half of a day later the agent asks again.
        let later = service.timeline().clock().now() + Duration::hours(12);
        service.timeline().advance_to(later).await;
    }
    assert_ne!(seen[0], seen[1]);
    // An hour, as istio-csr asks by default, is no whole day: the issuer once sent zero.
    let none = json!({"Validity": {"Type": "DAYS", "Value": 0}});
    let asked = issuance(&of_ca, &request(san, ""), "EndEntityCertificate", &none);
    let words = "1 validation error detected: Value '0' at 'validity.value' failed to satisfy \
                 constraint: Member must have value greater than or equal to 1";
    let refused = refusal(&service, "IssueCertificate", &asked).await;
    assert_eq!(refused, ("ValidationException".to_owned(), words.to_owned()));
}

/// Istio's plugged-in CA and step-ca, which has no service for ACM PCA: an intermediate whose key they
/// hold is signed once, and its chain goes into a file with it.
#[tokio::test]
async fn a_held_intermediate_is_signed_as_for_istio_and_step_ca() {
    let service = service();
    let of_root = root(&service).await;
    let extensions =
        "basicConstraints = critical,CA:TRUE,pathlen:3\nkeyUsage = critical,keyCertSign";
    let csr = request(extensions, "O = Example\nCN = Intermediate");
    let years = json!({"Validity": {"Type": "YEARS", "Value": 2}});
    let asked = issuance(&of_root, &csr, "SubordinateCACertificate_PathLen0", &years);
    let (intermediate, chain) = issued(&service, &asked).await;
    let openssl = OpenSsl::new();
    openssl.write("intermediate.pem", &intermediate);
    openssl.write("root.pem", chain.as_str().unwrap());
    openssl.run("verify -no_check_time -CAfile root.pem intermediate.pem");
    let shown = openssl.run("x509 -in intermediate.pem -noout -text");
    // The template's path length, whatever the request says.
    assert!(shown.contains("CA:TRUE, pathlen:0"), "{shown}");
    assert!(shown.contains("Digital Signature, Certificate Sign, CRL Sign"), "{shown}");
}
