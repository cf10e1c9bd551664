//! Smithy RPC v2 CBOR, the service's other protocol: the real SDK speaks it as well as AWS JSON.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    Client,
    error::ProvideErrorMetadata as _,
    primitives::Blob,
    types::{CertificateAuthorityType, Tag, ValidityPeriodType},
};
use aws_smithy_cbor::{Decoder, Encoder, protocol::RpcV2CborProtocol};
use axum::body::Body;
use http::Request;
use pca_local::PcaLocal;
use testkit::pca::*;
use tower::ServiceExt as _;

fn in_cbor(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().protocol(RpcV2CborProtocol::new()).build())
}

#[tokio::test]
async fn the_sdk_reads_and_writes_the_same_in_cbor_as_in_json() {
    let service = service();
    let json = client(&service, "111122223333");
    let cbor = in_cbor(&json);

    let ca = create(&cbor, CertificateAuthorityType::Root, "Root").await;
    let request = csr(&cbor, &ca).await;
    let certificate = issue(&cbor, &ca, request, "RootCACertificate", years(10)).await;
    let issued = cbor.get_certificate().certificate_authority_arn(&ca).certificate_arn(certificate);
    let issued = issued.send().await.unwrap();
    cbor.import_certificate_authority_certificate()
        .certificate_authority_arn(&ca)
        .certificate(Blob::new(issued.certificate.unwrap()))
        .send()
        .await
        .unwrap();
    let tag = Tag::builder().key("team").value("pki").build().unwrap();
    let tagging = cbor.tag_certificate_authority().certificate_authority_arn(&ca).tags(tag);
    tagging.send().await.unwrap();

    let described = |client: &Client| {
        client.describe_certificate_authority().certificate_authority_arn(&ca).send()
    };
    let (theirs, ours) = (described(&json).await.unwrap(), described(&cbor).await.unwrap());
    let (theirs, ours) = (theirs.certificate_authority, ours.certificate_authority);
    assert!(ours.as_ref().is_some_and(|ca| ca.not_after.is_some()), "timestamps are there");
    assert_eq!(theirs, ours);
    let listed = cbor.list_certificate_authorities().max_results(1).send().await.unwrap();
    assert_eq!(listed.certificate_authorities, ours.map(|ca| vec![ca]));
    let tags = cbor.list_tags().certificate_authority_arn(&ca).send().await.unwrap();
    assert_eq!(tags.tags.unwrap()[0].value(), Some("pki"));
}

#[tokio::test]
async fn errors_are_the_same_in_cbor() {
    let service = service();
    let cbor = in_cbor(&client(&service, "111122223333"));
    let ca = create(&cbor, CertificateAuthorityType::Root, "Root").await;

    let restoring = cbor.restore_certificate_authority().certificate_authority_arn(&ca).send();
    let error = restoring.await.unwrap_err().into_service_error();
    assert!(error.is_invalid_state_exception(), "{error:?}");
    let message = "The certificate authority is not in a valid state for restoration.";
    assert_eq!(error.message(), Some(message));

    let issuing = cbor.issue_certificate().certificate_authority_arn(&ca).csr(Blob::new("x"));
    let issuing = issuing.signing_algorithm("NONE".into());
    let issuing = issuing.validity(validity(ValidityPeriodType::Days, 0)).send();
    let error = issuing.await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("ValidationException"));
    let message = error.message().unwrap();
    assert!(message.starts_with("2 validation errors detected: "), "{message}");
}

/// Any request in CBOR: the status and the error's code.
async fn refusal(service: &PcaLocal, path: &str, body: Vec<u8>) -> (u16, String) {
    let request = Request::post(path)
        .header("smithy-protocol", "rpc-v2-cbor")
        .header("content-type", "application/cbor")
        .body(Body::from(body))
        .unwrap();
    let Ok(response) = service.router().oneshot(request).await;
    let status = response.status().as_u16();
    assert_eq!(response.headers()["smithy-protocol"], "rpc-v2-cbor", "{path}");
    assert_eq!(response.headers()["content-type"], "application/cbor", "{path}");
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let decoder = &mut Decoder::new(&body);
    assert_eq!((decoder.map().unwrap(), decoder.string().unwrap().as_str()), (Some(2), "__type"));
    let code = decoder.string().unwrap();
    assert_eq!(decoder.string().unwrap(), "message");
    assert!(!decoder.string().unwrap().is_empty(), "{path}");
    (status, code)
}

#[tokio::test]
async fn what_is_no_request_in_cbor_is_refused_in_cbor() {
    let service = service();
    let list = "/service/ACMPrivateCA/operation/ListCertificateAuthorities";
    let bytes = Encoder::new(Vec::new()).map(1).str("NextToken").blob_bytes(b"x").clone();
    for (path, body, want) in [
        ("/", Vec::new(), (404, "UnknownOperationException")),
        ("/service/Other/operation/ListTags", Vec::new(), (404, "UnknownOperationException")),
        ("/service/ACMPrivateCA/operation/Forge", Vec::new(), (404, "UnknownOperationException")),
        (list, b"{}".to_vec(), (400, "SerializationException")),
        (list, vec![0x81; 100_000], (400, "SerializationException")),
        (list, b"\x80".to_vec(), (400, "SerializationException")),
        (list, bytes.into_writer(), (400, "SerializationException")),
        ("/service/ACMPrivateCA/operation/ListTags", Vec::new(), (400, "ValidationException")),
    ] {
        let (status, code) = refusal(&service, path, body).await;
        assert_eq!((status, code.as_str()), want, "{path}");
    }
}
