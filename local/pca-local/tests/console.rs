//! The console's pages as they leave the service: escaped, fenced in, and kept from other sites.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Type,
};
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
    send_form(service, "clock", form, headers).await
}

async fn send_form(
    service: &PcaLocal,
    path: &str,
    form: &str,
    headers: &[(&str, &str)],
) -> Response<Body> {
    let mut request = Request::post(format!("/_pca-local/console/{path}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("host", "127.0.0.1:4567");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(service, request.body(Body::from(form.to_owned())).unwrap()).await
}

/// What a page would load, follow or send to outside of the console.
fn foreign_links(page: &str) -> Vec<&str> {
    let names = ["href=\"", "src=\"", "action=\"", "url(", "srcset=\"", "content=\"0;"];
    let values = names.iter().flat_map(|name| page.split(name).skip(1));
    let values = values.map(|rest| rest.split(['"', ')']).next().unwrap());
    values.filter(|value| !value.starts_with("/_pca-local/") && !value.starts_with('#')).collect()
}

#[tokio::test]
async fn foreign_text_stays_text_and_pages_load_nothing_else() {
    let service = service();
    let client = client(&service, "alice");
    let hostile = "<script>alert(1)</script>\"'&";
    let root = active_root(&client).await;
    let ca = active_subordinate(&client, &root, hostile).await;
    let searched = format!("ca/{ca}?q=%3Cscript%3Ealert(1)%22&state=%3Cscript%3Ealert");
    for path in ["", &format!("ca/{ca}"), &format!("ca/{root}"), &searched, "events", "new"] {
        let (response, page) = get(&service, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(!page.contains("<script>alert"), "{page}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!page.contains(" style="), "{page}");
        assert_eq!(foreign_links(&page), [""; 0], "{page}");
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
    for path in ["demo", "hierarchy"] {
        let response = send_form(&service, path, "", &[("origin", "https://evil.example")]).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(service.timeline().clock().now(), START);
}

const OWN: [(&str, &str); 1] = [("origin", "http://127.0.0.1:4567")];

#[tokio::test]
async fn demo_data_has_certificates_that_are_found_by_search() {
    let service = service();
    for _ in 0..2 {
        let response = send_form(&service, "demo", "", &OWN).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
    }
    let (_, page) = get(&service, "").await;
    for name in ["Demo Root", "Demo Issuing", "Demo Deleted", "Demo Disabled", "Demo Pending"] {
        assert_eq!(page.matches(&format!(">{name}<")).count(), 1, "{name}");
    }
    service.timeline().advance_to(START + Duration::days(2)).await;
    let ca = "ca/arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/\
              d0000000-0000-4000-8000-000000000002";
    for (query, want) in [
        ("", 7),
        ("q=example.com", 7),
        ("q=LOST-laptop", 1),
        ("q=d0000000000000000000000000000010", 1),
        ("q=d0%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A00%3A10", 1),
        ("q=endentitycertificate", 7),
        ("state=revoked", 3),
        ("state=expired", 1),
        ("state=valid", 3),
        ("q=old&state=valid", 0),
        ("q=old&state=revoked", 1),
        ("q=nobody", 0),
        ("page=99", 7),
    ] {
        let (response, page) = get(&service, &format!("{ca}?{query}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{query}");
        assert_eq!(page.matches("Download as PEM").count(), want, "{query}: {page}");
        assert_eq!(page.contains("None fits."), want == 0, "{query}");
    }
}

#[tokio::test]
async fn a_form_makes_a_hierarchy_of_active_cas() {
    let service = service();
    let form = "root=Top&organization=Example&subordinates=One%2C+Two&algorithm=EC_secp384r1\
                &root-days=3000&days=1000&account=444455556666&region=eu-west-1";
    let response = send_form(&service, "hierarchy", form, &OWN).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/_pca-local/");
    let (_, page) = get(&service, "").await;
    for name in ["Top", "One", "Two"] {
        assert!(page.contains(&format!(">{name}<")), "{name}: {page}");
    }
    assert_eq!(page.matches(">ACTIVE<").count(), 3, "{page}");
    assert_eq!(page.matches("444455556666").count(), 6, "{page}");
    for (name, value) in [
        ("root", ""),
        ("algorithm", "DSA"),
        ("account", "1"),
        ("region", "nowhere at all"),
        ("days", "4000"),
        ("days", "0"),
        ("subordinates", &["A"; 21].join("%2C")),
        ("root", &"A".repeat(65)),
    ] {
        let bad = form.split('&').map(|pair| match pair.split_once('=') {
            Some((of, _)) if of == name => format!("{name}={value}"),
            _ => pair.to_owned(),
        });
        let bad = bad.collect::<Vec<_>>().join("&");
        let response = send_form(&service, "hierarchy", &bad, &OWN).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{name}={value}");
    }
}

#[tokio::test]
async fn commands_are_those_of_the_cas_state() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let commands = async || {
        let (_, page) = get(&service, &format!("ca/{ca}")).await;
        page.split_once("id=\"commands\"").unwrap().1.to_owned()
    };
    let active = commands().await;
    assert!(active.contains("aws --endpoint-url http://"), "{active}");
    assert!(active.contains("issue-certificate") && active.contains(&ca), "{active}");
    assert!(!active.contains("revoke-certificate"), "its own certificate cannot be revoked");
    let disable = client.update_certificate_authority().certificate_authority_arn(&ca);
    disable.status(Status::Disabled).send().await.unwrap();
    let disabled = commands().await;
    assert!(disabled.contains("delete-certificate-authority"), "{disabled}");
    assert!(!disabled.contains("issue-certificate"), "{disabled}");
    let delete = client.delete_certificate_authority().certificate_authority_arn(&ca);
    delete.send().await.unwrap();
    let deleted = commands().await;
    assert!(deleted.contains("restore-certificate-authority"), "{deleted}");
    assert!(!deleted.contains("update-certificate-authority"), "{deleted}");
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
