use std::ops::ControlFlow;

use super::*;
use crate::wire::{Answer, Wire, client};

async fn read(answer: Answer, limit: u64) -> (Result<Delivery, PortError>, String, String) {
    let wire = Wire::new([answer]);
    let objects = S3Objects::new(client!(aws_sdk_s3, wire));
    let mut seen = Vec::new();
    let mut sink = |piece: &[u8]| {
        seen.extend_from_slice(piece);
        ControlFlow::Continue(())
    };
    let delivery = objects.read(Address::new("crls", "crl/1.crl"), limit, &mut sink).await;
    (delivery, String::from_utf8(seen).unwrap(), wire.asked()[0].uri.clone())
}

/// Of answers that say nothing of the object.
fn delivered() -> Delivery {
    Delivery::Delivered(ObjectMetadata::default())
}

#[tokio::test]
async fn what_s3_serves_the_object_with_is_told() {
    let headers = vec![
        ("cache-control", "max-age=60"),
        ("content-encoding", "gzip"),
        ("content-type", "application/pkix-crl"),
        ("expires", "soon"),
        ("x-amz-website-redirect-location", "/other"),
    ];
    let (delivery, ..) = read(Answer { headers, ..answer(200, "hello") }, 5).await;
    let text = |text: &str| Some(text.to_owned());
    let metadata = ObjectMetadata {
        cache_control: text("max-age=60"),
        content_encoding: text("gzip"),
        content_type: text("application/pkix-crl"),
        expires: text("soon"),
        website_redirect: text("/other"),
    };
    assert_eq!(delivery.unwrap(), Delivery::Delivered(metadata));
}

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: Vec::new(), body: body.to_owned() }
}

fn part(range: &'static str, body: &str) -> Answer {
    let headers = vec![("content-range", range), ("etag", "\"v1\"")];
    Answer { status: 206, headers, body: body.to_owned() }
}

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>m</Message></Error>")
}

#[tokio::test]
async fn an_object_is_handed_on_whole() {
    let (delivery, seen, uri) = read(answer(200, "hello"), 5).await;
    assert_eq!(delivery.unwrap(), delivered());
    assert_eq!(seen, "hello");
    assert!(uri.contains("/crl/1.crl"), "{uri}");
}

#[tokio::test]
async fn an_object_over_the_limit_is_not_begun() {
    let (delivery, seen, _) = read(answer(200, "hello!"), 5).await;
    assert_eq!((delivery.unwrap(), seen.as_str()), (Delivery::TooLarge, ""));
    let ten_gib = part("bytes 0-4/10737418240", "hello");
    let (delivery, seen, _) = read(ten_gib, 1000).await;
    assert_eq!((delivery.unwrap(), seen.as_str()), (Delivery::TooLarge, ""));
}

#[tokio::test]
async fn a_missing_object_is_an_answer_a_missing_bucket_an_error() {
    let (absent, ..) = read(answer(404, &error("NoSuchKey")), 5).await;
    assert_eq!(absent.unwrap(), Delivery::Absent);
    let (no_bucket, ..) = read(answer(404, &error("NoSuchBucket")), 5).await;
    assert!(matches!(no_bucket, Err(PortError::NotFound { .. })));
    let (denied, ..) = read(answer(403, &error("AccessDenied")), 5).await;
    assert!(matches!(denied, Err(PortError::Denied { .. })));
}

#[tokio::test]
async fn an_empty_object_is_handed_on_as_nothing() {
    let (delivery, seen, _) = read(answer(416, &error("InvalidRange")), 5).await;
    assert_eq!((delivery.unwrap(), seen.as_str()), (delivered(), ""));
}

/// The scripted answers are given in the order of the requests, which are begun in turn.
#[tokio::test]
async fn a_large_object_comes_in_ranges_of_one_version_in_order() {
    let wire = Wire::new([
        part("bytes 0-3/22", "abcd"),
        part("bytes 4-7/22", "efgh"),
        part("bytes 8-11/22", "ijkl"),
        part("bytes 12-15/22", "mnop"),
        part("bytes 16-19/22", "qrst"),
        part("bytes 20-21/22", "uv"),
    ]);
    let objects = S3Objects { client: client!(aws_sdk_s3, wire), range: 4 };
    let mut seen = Vec::new();
    let mut sink = |piece: &[u8]| {
        seen.extend_from_slice(piece);
        ControlFlow::Continue(())
    };
    let delivery = objects.read(Address::new("crls", "k"), 22, &mut sink).await.unwrap();
    assert_eq!((delivery, seen.as_slice()), (delivered(), &b"abcdefghijklmnopqrstuv"[..]));
    let asked = wire.asked();
    assert_eq!(asked.len(), 6);
    assert_eq!(asked[0].if_match, None);
    assert!(asked[1..].iter().all(|one| one.if_match.as_deref() == Some("\"v1\"")));
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_read_is_an_error() {
    let changed = answer(412, &error("PreconditionFailed"));
    let wire = Wire::new([part("bytes 0-3/8", "abcd"), changed]);
    let objects = S3Objects { client: client!(aws_sdk_s3, wire), range: 4 };
    let mut sink = |_: &[u8]| ControlFlow::Continue(());
    let failed = objects.read(Address::new("crls", "k"), 22, &mut sink).await.unwrap_err();
    assert!(matches!(failed, PortError::Other { .. }), "{failed}");
}

#[tokio::test]
async fn what_the_sink_does_not_want_is_not_fetched_to_its_end() {
    let wire = Wire::new([part("bytes 0-3/400", "abcd"), part("", ""), part("", ""), part("", "")]);
    let objects = S3Objects { client: client!(aws_sdk_s3, wire), range: 4 };
    let mut sink = |_: &[u8]| ControlFlow::Break(());
    let delivery = objects.read(Address::new("crls", "k"), 400, &mut sink).await.unwrap();
    assert_eq!(delivery, delivered());
    assert!(wire.asked().len() <= 1 + AHEAD);
}

#[tokio::test]
async fn earlier_versions_are_those_of_the_key_and_read_by_id() {
    let version = |key: &str, id: &str, latest: bool| {
        format!(
            "<Version><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{latest}</IsLatest>\
             </Version>"
        )
    };
    let list = format!(
        "<ListVersionsResult>{}{}{}{}</ListVersionsResult>",
        version("k", "v3", true),
        version("k", "v2", false),
        version("k", "v1", false),
        version("kk", "other", false),
    );
    let wire = Wire::new([answer(200, &list), answer(200, "hello")]);
    let objects = S3Objects::new(client!(aws_sdk_s3, wire));
    let before = objects.versions_before("crls", "k", 5).await.unwrap();
    assert_eq!(before, ["v2", "v1"]);
    let address = Address { version: Some("v2"), ..Address::new("crls", "k") };
    let delivery = objects.read(address, 5, &mut |_: &[u8]| ControlFlow::Continue(())).await;
    assert_eq!(delivery.unwrap(), delivered());
    let asked = wire.asked();
    assert!(asked[0].uri.contains("max-keys=6") && asked[0].uri.contains("prefix=k"), "{asked:?}");
    assert!(asked[1].uri.contains("versionId=v2"), "{asked:?}");
}
