//! The OCSP responder, as OpenSSL and plain HTTP see it.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    Client,
    types::{
        CertificateAuthorityStatus as Status, CertificateAuthorityType, OcspConfiguration,
        RevocationConfiguration, RevocationReason, SigningAlgorithm, ValidityPeriodType,
    },
};
use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{Request, Response};
use pca_local::PcaLocal;
use testkit::openssl::OpenSsl;
use testkit::pca::*;
use tower::ServiceExt as _;

struct World {
    service: PcaLocal,
    client: Client,
    ca: String,
    openssl: OpenSsl,
    leaf: String,
}

/// Far from the system's clock, which OpenSSL holds responses against, lies the service's.
const ANY_AGE: &str = "-validity_period 1000000000";

impl World {
    /// An OCSP-enabled root with one leaf, both as PEM in OpenSSL's folder.
    async fn new() -> Self {
        let service = service();
        let client = client(&service, "alice");
        let ca = active_root(&client).await;
        let world = Self { service, client, ca, openssl: OpenSsl::new(), leaf: String::new() };
        world.set_ocsp(true).await;
        let request = create(&world.client, CertificateAuthorityType::Subordinate, "Leaf").await;
        let csr = csr(&world.client, &request).await;
        let days = validity(ValidityPeriodType::Days, 30);
        let leaf = issue(&world.client, &world.ca, csr, "EndEntityCertificate", days).await;
        let (own, chain) = certificate(&world.client, &world.ca, &leaf).await;
        world.openssl.write("leaf.pem", own);
        world.openssl.write("ca.pem", chain.unwrap());
        Self { leaf, ..world }
    }

    async fn set_ocsp(&self, enabled: bool) {
        let ocsp = OcspConfiguration::builder().enabled(enabled).build().unwrap();
        let revocation = RevocationConfiguration::builder().ocsp_configuration(ocsp).build();
        self.client
            .update_certificate_authority()
            .certificate_authority_arn(&self.ca)
            .revocation_configuration(revocation)
            .send()
            .await
            .unwrap();
    }

    async fn revoke(&self, reason: RevocationReason) {
        self.client
            .revoke_certificate()
            .certificate_authority_arn(&self.ca)
            .certificate_serial(self.leaf.rsplit('/').next().unwrap())
            .revocation_reason(reason)
            .send()
            .await
            .unwrap();
    }

    async fn send(&self, request: Request<Body>) -> (Response<()>, Vec<u8>) {
        let response = self.service.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(parts, ()), body.to_vec())
    }

    async fn post(&self, request: Vec<u8>) -> Vec<u8> {
        let post = Request::post("/ocsp").header("content-type", "application/ocsp-request");
        let (response, body) = self.send(post.body(Body::from(request)).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/ocsp-response");
        body
    }

    /// What OpenSSL makes of our answer to the request that it writes with these arguments.
    async fn ask(&self, arguments: &str) -> String {
        self.openssl.run(&format!("ocsp {arguments} -reqout request.der"));
        let response = self.post(self.openssl.read("request.der")).await;
        self.openssl.write("response.der", response);
        self.openssl.run(&format!(
            "ocsp -respin response.der -reqin request.der -CAfile ca.pem -resp_text {ANY_AGE} \
             {arguments} -no_nonce"
        ))
    }
}

const OF_LEAF: &str = "-issuer ca.pem -cert leaf.pem";

#[tokio::test]
async fn openssl_reads_good_revoked_and_unknown() {
    let world = World::new().await;
    let good = world.ask(OF_LEAF).await;
    for want in [
        "Response verify OK",
        "leaf.pem: good",
        "Produced At: Jan  5 09:00:00 2026 GMT",
        "This Update: Jan  5 09:00:00 2026 GMT",
        "Next Update: Jan  5 10:00:00 2026 GMT",
        "OCSP Nonce",
    ] {
        assert!(good.contains(want), "{want} is missing in {good}");
    }
    assert!(!good.contains("no nonce"), "{good}");
    let unknown = world.ask("-issuer ca.pem -serial 0x1234").await;
    assert!(unknown.contains("0x1234: unknown"), "{unknown}");

    world.revoke(RevocationReason::KeyCompromise).await;
    let revoked = world.ask(OF_LEAF).await;
    for want in ["leaf.pem: revoked", "Reason: keyCompromise", "Revocation Time: Jan  5 09:00:00"] {
        assert!(revoked.contains(want), "{want} is missing in {revoked}");
    }
    let both = world.ask(&format!("{OF_LEAF} -serial 5 -no_nonce")).await;
    assert!(both.contains("leaf.pem: revoked") && both.contains("5: unknown"), "{both}");
    let sha256 = world.ask("-sha256 -issuer ca.pem -cert leaf.pem").await;
    assert!(sha256.contains("Hash Algorithm: sha256"), "{sha256}");
    assert!(sha256.contains("leaf.pem: revoked"), "{sha256}");
}

#[tokio::test]
async fn openssl_asks_over_a_socket() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.service.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let openssl = world.openssl;
    let asked = tokio::task::spawn_blocking(move || {
        openssl.run(&format!("ocsp -url http://{address}/ocsp -CAfile ca.pem {OF_LEAF} {ANY_AGE}"))
    });
    let printed = asked.await.unwrap();
    assert!(printed.contains("Response verify OK") && printed.contains("good"), "{printed}");
}

#[tokio::test]
async fn every_signing_algorithm_that_openssl_knows_signs_responses() {
    for (key, signing) in [
        ("RSA_2048", "SHA256WITHRSA"),
        ("RSA_2048", "SHA512WITHRSA_PSS"),
        ("EC_secp384r1", "SHA384WITHECDSA"),
        ("EC_prime256v1", "SHA512WITHECDSA"),
        ("EC_secp521r1", "SHA512WITHECDSA"),
    ] {
        let world = World::new().await;
        let root = root_with(&world.client, key, signing).await;
        let world = World { ca: root, ..world };
        world.set_ocsp(true).await;
        let own = world.client.get_certificate_authority_certificate();
        let own = own.certificate_authority_arn(&world.ca).send().await.unwrap();
        world.openssl.write("ca.pem", own.certificate.unwrap());
        // A root's own certificate has been issued by it, and is good.
        let printed = world.ask("-issuer ca.pem -cert ca.pem").await;
        assert!(printed.contains("Response verify OK"), "{key} {signing}: {printed}");
        assert!(printed.contains("ca.pem: good"), "{key} {signing}: {printed}");
    }
}

#[tokio::test]
async fn a_get_is_answered_for_caches_and_what_has_a_nonce_is_not() {
    let world = World::new().await;
    for (nonce, caching) in [
        ("-no_nonce", "max-age=3600, public, no-transform, must-revalidate"),
        ("-nonce", "no-store"),
    ] {
        world.openssl.run(&format!("ocsp {OF_LEAF} {nonce} -reqout request.der"));
        let base64 = BASE64_STANDARD.encode(world.openssl.read("request.der"));
        let encoded = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let unpadded = base64.trim_end_matches('=').to_owned();
        for path in [encoded, base64, unpadded] {
            let get = Request::get(format!("/ocsp/{path}")).body(Body::empty()).unwrap();
            let (response, body) = world.send(get).await;
            let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap());
            assert_eq!(header("cache-control"), Some(caching), "{path}");
            assert_eq!(header("date"), Some("Mon, 05 Jan 2026 09:00:00 GMT"));
            let expires = (nonce == "-no_nonce").then_some("Mon, 05 Jan 2026 10:00:00 GMT");
            assert_eq!(header("expires"), expires);
            assert_eq!(header("etag").is_some(), expires.is_some());
            world.openssl.write("response.der", body);
            let printed = world.openssl.run(&format!(
                "ocsp -respin response.der -CAfile ca.pem {OF_LEAF} {ANY_AGE} -no_nonce"
            ));
            assert!(printed.contains("leaf.pem: good"), "{printed}");
        }
    }
}

/// An OCSPResponse that is a refusal.
fn refused(status: u8) -> Vec<u8> {
    vec![0x30, 3, 0x0a, 1, status]
}

const MALFORMED: u8 = 1;
const UNAUTHORIZED: u8 = 6;

#[tokio::test]
async fn a_disabled_ca_answers_ocsp_and_a_deleted_one_does_not() {
    let world = World::new().await;
    set_status(&world.client, &world.ca, Status::Disabled).await;
    assert!(world.ask(OF_LEAF).await.contains("leaf.pem: good"));
    let request = world.openssl.read("request.der");

    world.set_ocsp(false).await;
    assert_eq!(world.post(request.clone()).await, refused(UNAUTHORIZED), "OCSP is off");
    world.set_ocsp(true).await;
    let delete = world.client.delete_certificate_authority();
    delete.certificate_authority_arn(&world.ca).send().await.unwrap();
    assert_eq!(world.post(request.clone()).await, refused(UNAUTHORIZED), "deleted");
    let restore = world.client.restore_certificate_authority();
    restore.certificate_authority_arn(&world.ca).send().await.unwrap();
    assert_ne!(world.post(request.clone()).await, refused(UNAUTHORIZED), "restored");

    // Two CAs in one request: no CA may speak for both.
    let other = active_root(&world.client).await;
    let own = world.client.get_certificate_authority_certificate();
    let own = own.certificate_authority_arn(&other).send().await.unwrap();
    world.openssl.write("other.pem", own.certificate.unwrap());
    let mixed = format!("{OF_LEAF} -issuer other.pem -serial 1");
    world.openssl.run(&format!("ocsp {mixed} -reqout mixed.der"));
    assert_eq!(world.post(world.openssl.read("mixed.der")).await, refused(UNAUTHORIZED));
}

#[tokio::test]
async fn what_is_no_request_is_malformed() {
    let world = World::new().await;
    world.openssl.run(&format!("ocsp {OF_LEAF} -reqout request.der"));
    let request = world.openssl.read("request.der");
    for length in 0..request.len() {
        assert_eq!(world.post(request[..length].to_vec()).await, refused(MALFORMED), "{length}");
    }
    let none = vec![0x30, 4, 0x30, 2, 0x30, 0];
    let nested = [0x30, 0x80].repeat(10_000);
    for (name, request) in [("none", none), ("nested", nested), ("text", b"ocsp".to_vec())] {
        assert_eq!(world.post(request).await, refused(MALFORMED), "{name}");
    }
    let get = Request::get("/ocsp/!!!!").body(Body::empty()).unwrap();
    assert_eq!(world.send(get).await.1, refused(MALFORMED));
    let long = Request::post("/ocsp").body(Body::from(vec![0x30; 1 << 20])).unwrap();
    assert_eq!(world.send(long).await.0.status(), 413);
    // A nonce of 129 octets (RFC 9654 §2.1).
    let nonce = request.windows(2).rposition(|window| window == [0x04, 0x10]).unwrap();
    let mut empty = request.clone();
    empty[nonce] = 0x05;
    assert_eq!(world.post(empty).await, refused(MALFORMED), "not an OCTET STRING");
}

#[tokio::test]
async fn a_certificate_says_where_its_responder_is() {
    let world = World::new().await;
    let printed = world.openssl.run("x509 -in leaf.pem -noout -ocsp_uri");
    assert_eq!(printed.trim(), "http://ocsp.acm-pca.us-east-1.amazonaws.com");
}

async fn root_with(client: &Client, key: &str, signing: &str) -> String {
    let root = create_with(client, CertificateAuthorityType::Root, "Root", key, signing).await;
    let csr = csr(client, &root).await;
    let issued = client
        .issue_certificate()
        .certificate_authority_arn(&root)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::from(signing))
        .template_arn(template("RootCACertificate"))
        .validity(years(10))
        .send()
        .await
        .unwrap();
    let (own, _) = certificate(client, &root, &issued.certificate_arn.unwrap()).await;
    client
        .import_certificate_authority_certificate()
        .certificate_authority_arn(&root)
        .certificate(aws_sdk_acmpca::primitives::Blob::new(own))
        .send()
        .await
        .unwrap();
    root
}
