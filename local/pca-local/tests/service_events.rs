//! CloudTrail's records of what no caller did: signatures, CRLs, OCSP answers, and each issuance
//! with all that is to be known of it.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::sync::{Arc, Mutex};

use aws_sdk_acmpca::{
    Client,
    primitives::Blob,
    types::{
        CertificateAuthorityType, CrlConfiguration, OcspConfiguration, RevocationConfiguration,
        ValidityPeriodType,
    },
};
use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use der::{Decode as _, Encode as _};
use http::Request;
use pca_local::{Builder, EventSink, Faults, PcaLocal, Timings, x509::pem};
use serde_json::{Value, json};
use testkit::openssl::OpenSsl;
use testkit::pca::*;
use testkit::s3::{Health, S3};
use time::{Duration, OffsetDateTime};
use tower::ServiceExt as _;
use x509_cert::Certificate;

/// CloudTrail's service events.
#[derive(Clone, Default)]
struct Trail(Arc<Mutex<Vec<Value>>>);

impl EventSink for Trail {
    fn deliver(&self, event: Value) {
        if event["detail-type"] == "AWS Service Event via CloudTrail" {
            self.0.lock().unwrap().push(event["detail"].clone());
        }
    }
}

impl Trail {
    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Names and the ARNs of the resources.
    fn gist(&self) -> Vec<(String, Vec<String>)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let resources = |event: &Value| {
            let resources = event["resources"].as_array().unwrap();
            resources.iter().map(|resource| text(&resource["ARN"])).collect()
        };
        self.take().iter().map(|event| (text(&event["eventName"]), resources(event))).collect()
    }
}

fn act(name: &str, resources: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), resources.iter().map(|&arn| arn.to_owned()).collect())
}

struct World {
    service: PcaLocal,
    client: Client,
    trail: Trail,
    s3: S3,
    root: String,
    csr: Blob,
}

impl World {
    async fn new() -> Self {
        Self::built(Builder::build).await
    }

    async fn built(build: impl FnOnce(Builder) -> PcaLocal) -> Self {
        let (trail, s3) = (Trail::default(), S3::default());
        let service = build(builder().events(Arc::new(trail.clone())).s3(s3.client()));
        let client = client(&service, "alice");
        let root = active_root(&client).await;
        let leaf = create(&client, CertificateAuthorityType::Subordinate, "Leaf").await;
        let csr = csr(&client, &leaf).await;
        trail.take();
        Self { service, client, trail, s3, root, csr }
    }

    async fn issue_as(&self, access_key_id: &str) -> String {
        let (client, days) = (client(&self.service, access_key_id), days(30));
        issue(&client, &self.root, self.csr.clone(), "EndEntityCertificate", days).await
    }

    async fn configure(&self, revocation: RevocationConfiguration) {
        self.client
            .update_certificate_authority()
            .certificate_authority_arn(&self.root)
            .revocation_configuration(revocation)
            .send()
            .await
            .unwrap();
    }

    async fn at(&self, moment: OffsetDateTime) {
        self.service.timeline().advance_to(moment).await;
    }

    /// The service's event that says all of the one issuance since the last look.
    fn details(&self) -> Value {
        let mut found = self.trail.take();
        found.retain(|event| event["eventName"] == "IssueCertificateDetails");
        let [found] = found.as_mut_slice() else { panic!("one issuance: {found:?}") };
        found.take()
    }
}

fn days(days: i64) -> aws_sdk_acmpca::types::Validity {
    validity(ValidityPeriodType::Days, days)
}

fn parsed(text: &str) -> Certificate {
    Certificate::from_der(&pem::decode_one(text.as_bytes(), &[pem::CERTIFICATE]).unwrap()).unwrap()
}

/// Upper-case pairs between colons.
fn pairs(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
}

fn extension(certificate: &Certificate, oid: &str) -> Vec<u8> {
    let extensions = certificate.tbs_certificate().extensions().unwrap();
    let found = extensions.iter().find(|extension| extension.extn_id.to_string() == oid);
    found.unwrap().extn_value.as_bytes().to_vec()
}

/// Serials of the service's own have 16 octets, before which DER may put a zero.
fn serial_of(certificate: &Certificate) -> String {
    let octets = certificate.tbs_certificate().serial_number().as_bytes();
    pairs(&octets[octets.len().saturating_sub(16)..])
}

#[tokio::test]
async fn an_issuance_event_has_what_was_signed_and_the_requester() {
    let world = World::new().await;
    let arn = world.issue_as("bob").await;
    let mut told = world.trail.take();
    let names: Vec<_> = told.iter().map(|event| event["eventName"].clone()).collect();
    assert_eq!(names, ["SignCertificate", "IssueCertificateDetails"]);
    let mut event = told.remove(1);
    event.as_object_mut().unwrap().remove("eventID").unwrap();

    let (own, chain) = certificate(&world.client, &world.root, &arn).await;
    let (own, issuer) = (parsed(&own), parsed(&chain.unwrap()));
    // An OCTET STRING of 20 octets.
    let issuing_key = &extension(&issuer, "2.5.29.14")[2..];
    assert_eq!(
        event,
        json!({
            "eventVersion": "1.11",
            "userIdentity": {"accountId": "111122223333", "invokedBy": "acm-pca.amazonaws.com"},
            "eventTime": "2026-01-05T09:00:00Z",
            "eventSource": "acm-pca.amazonaws.com",
            "eventName": "IssueCertificateDetails",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "acm-pca.amazonaws.com",
            "userAgent": "acm-pca.amazonaws.com",
            "requestParameters": null,
            "responseElements": null,
            "readOnly": false,
            "resources": [
                {
                    "accountId": "111122223333",
                    "type": "AWS::ACMPCA::CertificateAuthority",
                    "ARN": world.root,
                },
                {"accountId": "111122223333", "type": "AWS::ACMPCA::Certificate", "ARN": arn},
            ],
            "eventType": "AwsServiceEvent",
            "managementEvent": true,
            "eventCategory": "Management",
            "recipientAccountId": "111122223333",
            "serviceEventDetails": {
                "tbsCertificate": BASE64_STANDARD.encode(own.tbs_certificate().to_der().unwrap()),
                "issuerAuthorityKeyIdentifier": pairs(issuing_key),
                "issuerSerialNumber": serial_of(&issuer),
                "issuerName": "CN=Root,O=Example",
                "subject": "CN=Leaf,O=Example",
                "serialNumber": serial_of(&own),
                "notBefore": "2026-01-05T08:00:00Z",
                "notAfter": "2026-02-04T09:00:00Z",
                "issuedAt": "2026-01-05T09:00:00Z",
                "templateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
                "signingAlgorithm": "ECDSAWITHSHA256",
                "status": "ISSUED",
                "requesterAccountId": "111122223333",
                "requesterArn": "arn:aws:iam::111122223333:user/bob",
            },
        })
    );
}

#[tokio::test]
async fn a_failed_issuance_event_has_its_reason_and_no_validity() {
    let world = World::new().await;
    world.service.set_faults(Faults { issuance: true, ..Faults::default() }).unwrap();
    let arn = world.issue_as("bob").await;
    let told = world.trail.gist();
    assert_eq!(told, [act("IssueCertificateDetails", &[&world.root, &arn])], "nothing is signed");

    world.service.set_faults(Faults { issuance: true, ..Faults::default() }).unwrap();
    world.issue_as("bob").await;
    let mut details = world.details()["serviceEventDetails"].take();
    for of_the_certificate in ["tbsCertificate", "serialNumber"] {
        assert!(details.as_object_mut().unwrap().remove(of_the_certificate).is_some());
    }
    for of_the_issuer in ["issuerAuthorityKeyIdentifier", "issuerSerialNumber"] {
        assert!(details.as_object_mut().unwrap().remove(of_the_issuer).is_some());
    }
    assert_eq!(
        details,
        json!({
            "issuerName": "CN=Root,O=Example",
            "subject": "CN=Leaf,O=Example",
            "templateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
            "signingAlgorithm": "ECDSAWITHSHA256",
            "status": "FAILED",
            "statusReason": "/_pca-local/faults asked for it.",
            "requesterAccountId": "111122223333",
            "requesterArn": "arn:aws:iam::111122223333:user/bob",
        })
    );
}

#[tokio::test]
async fn the_requester_is_kept_until_issuance_ends_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::built(|builder| builder.open(folder.path()).unwrap()).await;
    world.service.set_timings("immediate,issuance=polls:1".parse::<Timings>().unwrap());
    let statement = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Resource": world.root,
         "Action": ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate",
                    "acm-pca:GetCertificateAuthorityCertificate", "acm-pca:ListPermissions",
                    "acm-pca:ListTags"]},
        {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Resource": world.root,
         "Action": ["acm-pca:IssueCertificate"],
         "Condition": {"StringEquals": {"acm-pca:TemplateArn":
             "arn:aws:acm-pca:::template/EndEntityCertificate/V1"}}},
    ]});
    let put = world.client.put_policy().resource_arn(&world.root);
    put.policy(statement.to_string()).send().await.unwrap();
    let arn = world.issue_as("444455556666").await;
    assert_eq!(world.trail.gist(), [], "not yet");
    world.service.close().unwrap();

    let trail = Trail::default();
    let service = builder().events(Arc::new(trail.clone())).open(folder.path()).unwrap();
    let wanted = json!({"CertificateAuthorityArn": world.root, "CertificateArn": arn});
    while trail.0.lock().unwrap().is_empty() {
        call(&service, "GetCertificate", &wanted).await;
    }
    let told = trail.take();
    let details = &told.last().unwrap()["serviceEventDetails"];
    assert_eq!(details["status"], "ISSUED");
    assert_eq!(details["requesterAccountId"], "444455556666");
    assert_eq!(details["requesterArn"], "arn:aws:iam::444455556666:user/root");
    let recipients: Vec<_> = told.iter().map(|event| &event["recipientAccountId"]).collect();
    assert_eq!(
        recipients,
        ["111122223333", "111122223333", "444455556666"],
        "whose CA it is, and who asked"
    );
}

#[tokio::test]
async fn a_ca_that_comes_to_be_signs_its_request_and_a_root_itself() {
    let trail = Trail::default();
    let service = builder().events(Arc::new(trail.clone())).build();
    let client = client(&service, "alice");
    let root = create(&client, CertificateAuthorityType::Root, "Root").await;
    assert_eq!(trail.gist(), [act("SignCACSR", &[&root])]);
    let fault = json!({"creation": "OTHER"});
    assert_eq!(admin(&service, http::Method::PUT, "faults", &fault).await.0, 200);
    create(&client, CertificateAuthorityType::Root, "Failed").await;
    assert_eq!(trail.gist(), [], "there is no key to sign with");

    let request = csr(&client, &root).await;
    issue(&client, &root, request, "RootCACertificate", years(10)).await;
    let told = trail.take();
    let details = &told[1]["serviceEventDetails"];
    assert_eq!(details["issuerName"], details["subject"]);
    // "Omitted when the CA certificate is not available", and for what has no such extension (user guide).
    for of_the_issuer in ["issuerSerialNumber", "issuerAuthorityKeyIdentifier"] {
        assert!(details[of_the_issuer].is_null(), "{details}");
    }
}

#[tokio::test]
async fn a_crl_is_told_when_it_is_signed_and_when_it_is_there() {
    let world = World::new().await;
    let crl = CrlConfiguration::builder().enabled(true).s3_bucket_name("bucket");
    let crl = crl.expiration_in_days(8).build().unwrap();
    world.configure(RevocationConfiguration::builder().crl_configuration(crl).build()).await;
    world.issue_as("alice").await;
    world.trail.take();
    world.s3.set_health(Health::Refusing);
    world.at(START).await;
    let signed = act("SignCRL", &[&world.root]);
    assert_eq!(world.trail.gist(), std::slice::from_ref(&signed), "the bucket refuses it");
    world.s3.set_health(Health::Accepting);
    world.at(START + Duration::minutes(15)).await;
    assert_eq!(world.trail.gist(), [signed, act("GenerateCRL", &[&world.root])]);
}

#[tokio::test]
async fn an_ocsp_event_names_the_certificates_that_were_asked_for() {
    let world = World::new().await;
    let ocsp = OcspConfiguration::builder().enabled(true).build().unwrap();
    world.configure(RevocationConfiguration::builder().ocsp_configuration(ocsp).build()).await;
    let arn = world.issue_as("alice").await;
    let (own, chain) = certificate(&world.client, &world.root, &arn).await;
    let openssl = OpenSsl::new();
    openssl.write("leaf.pem", own);
    openssl.write("ca.pem", chain.unwrap());
    openssl.run("ocsp -issuer ca.pem -cert leaf.pem -serial 5 -reqout request.der");
    world.trail.take();
    let ask = async |request: Vec<u8>| {
        let post = Request::post("/ocsp").body(Body::from(request)).unwrap();
        world.service.router().oneshot(post).await.unwrap()
    };
    ask(openssl.read("request.der")).await;
    let never_issued = format!("{}/certificate/{:032x}", world.root, 5);
    assert_eq!(
        world.trail.gist(),
        [
            act("SignOCSPResponse", &[&world.root]),
            act("GenerateOCSPResponse", &[&arn, &never_issued]),
        ]
    );
    ask(b"not a request".to_vec()).await;
    assert_eq!(world.trail.gist(), [], "refusals are not signed");
}
