//! The console's pages as they leave the service: escaped, fenced in, and kept from other sites.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::types::CertificateAuthorityType as Type;
use axum::body::Body;
use futures::StreamExt as _;
use http::{Method, Request, Response, StatusCode};
use pca_local::{PcaLocal, x509::certificate::Certificate};
use testkit::pca::*;
use time::Duration;
use tower::ServiceExt as _;

async fn send(service: &PcaLocal, request: Request<Body>) -> Response<Body> {
    let Ok(response) = service.router().oneshot(request).await;
    response
}

async fn get(service: &PcaLocal, path: &str) -> (Response<()>, String) {
    let request = Request::get(format!("/_pca-local/{path}")).body(Body::empty()).unwrap();
    let (parts, body) = send(service, request).await.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
}

async fn press(service: &PcaLocal, form: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::post("/_pca-local/console/clock")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("host", "127.0.0.1:4567");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(service, request.body(Body::from(form.to_owned())).unwrap()).await
}

#[tokio::test]
async fn foreign_text_stays_text_and_pages_load_nothing_else() {
    let service = service();
    let client = client(&service, "alice");
    let hostile = "<script>alert(1)</script>\"'&";
    let root = active_root(&client).await;
    let ca = active_subordinate(&client, &root, hostile).await;
    for path in ["", &format!("ca/{ca}"), &format!("ca/{root}"), "events"] {
        let (response, page) = get(&service, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(!page.contains("<script>alert"), "{page}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!page.contains(" style=") && !page.contains("http://"), "{page}");
        assert!(page.contains("<html lang=\"en\">") && page.contains("<main"), "{page}");
    }
    let (_, page) = get(&service, &format!("ca/{ca}")).await;
    assert!(page.contains("<h1>&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    let (response, page) = get(&service, "ca/%3Cscript%3Ealert(1)").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(!page.contains("<script>alert"), "{page}");
}

#[tokio::test]
async fn the_buttons_move_the_clock_and_come_back_to_their_page() {
    let service = service();
    let client = client(&service, "alice");
    let ca = create(&client, Type::Root, "short of time").await;
    let delete = client.delete_certificate_authority().certificate_authority_arn(&ca);
    delete.permanent_deletion_time_in_days(7).send().await.unwrap();
    assert!(get(&service, "").await.1.contains("7 d 0 h to restore it"));

    let own = [("origin", "http://127.0.0.1:4567")];
    let form = "back=%2F_pca-local%2Fevents&seconds=86400";
    let response = press(&service, form, &own).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/_pca-local/events");
    assert_eq!(service.timeline().clock().now(), START + Duration::DAY);
    assert!(get(&service, "").await.1.contains("6 d 0 h to restore it"));

    for (form, want) in [
        ("to=2026-01-07T09:00", START + Duration::days(2)),
        ("hands=run", START + Duration::days(2)),
        ("hands=freeze", START + Duration::days(2)),
    ] {
        assert_eq!(press(&service, form, &own).await.status(), StatusCode::SEE_OTHER, "{form}");
        assert!(service.timeline().clock().now() - want < Duration::MINUTE, "{form}");
    }
    let before = service.timeline().clock().now();
    for form in ["", "seconds=-1", "seconds=9999999999999", "to=yesterday", "to=2020-01-01T00:00"] {
        assert_eq!(press(&service, form, &own).await.status(), StatusCode::BAD_REQUEST, "{form}");
    }
    press(&service, "seconds=604800", &own).await;
    assert!(!get(&service, "").await.1.contains("short of time"), "its window is over");
    assert!(service.timeline().clock().now() > before);
}

#[tokio::test]
async fn no_other_site_can_move_the_clock_or_reset_the_service() {
    let service = service();
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let response = press(&service, "seconds=3600", &[(name, value)]).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}");
        for (method, path) in [(Method::POST, "reset"), (Method::PUT, "clock")] {
            let request = Request::builder().method(method).uri(format!("/_pca-local/{path}"));
            let request = request.header(name, value).header("host", "127.0.0.1:4567");
            let response = send(&service, request.body(Body::from("{}")).unwrap()).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!(service.timeline().clock().now(), START);
}

#[tokio::test]
async fn certificates_and_requests_can_be_downloaded() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let (response, pem) = get(&service, &format!("download/certificate/{ca}")).await;
    let certificate = Certificate::parse_pem(pem.as_bytes()).unwrap();
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    let id = ca.rsplit('/').next().unwrap();
    assert_eq!(disposition, format!("attachment; filename=\"{id}.pem\""));
    let issued = format!("download/certificate/{ca}/certificate/{}", certificate.serial_hex());
    assert_eq!(get(&service, &issued).await.1, pem);
    let (_, csr) = get(&service, &format!("download/csr/{ca}")).await;
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{csr}");
    for path in ["certificate/x", "chain/x", "csr/x", "crl/complete/x", "crl/x/x"] {
        let (response, _) = get(&service, &format!("download/{path}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let (response, _) = get(&service, &format!("download/crl/complete/{ca}")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND, "CRLs are off");
}

#[tokio::test]
async fn the_stream_sends_earlier_events_and_those_that_follow() {
    let service = service();
    let client = client(&service, "alice");
    create(&client, Type::Root, "before").await;
    let request = Request::get("/_pca-local/events/stream?after=1").body(Body::empty()).unwrap();
    let response = send(&service, request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let mut next = async || {
        let chunk = stream.next().await.unwrap().unwrap();
        String::from_utf8(chunk.to_vec()).unwrap()
    };
    let told = next().await;
    assert!(told.contains("event: noted") && told.contains("id: 2"), "{told}");
    assert!(told.contains("CreateCertificateAuthority"), "{told}");
    let coming = next();
    let (told, _) = futures::join!(coming, create(&client, Type::Root, "while it is open"));
    assert!(told.contains("id: 3") && told.contains("ACM Private CA Creation"), "{told}");
}
