use super::*;
use crate::wire::{Answer, Wire, client};

fn bucket(answers: impl IntoIterator<Item = Answer>) -> (EvidenceBucket, Wire) {
    let wire = Wire::new(answers);
    (EvidenceBucket::new(client!(aws_sdk_s3, wire), "evidence".to_owned()), wire)
}

fn ok(body: &str) -> Answer {
    Answer { status: 200, headers: vec![("etag", "\"v1\"")], body: body.to_owned() }
}

fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>because</Message></Error>");
    Answer { status, headers: Vec::new(), body }
}

fn v1() -> Etag {
    Etag("\"v1\"".to_owned())
}

#[tokio::test]
async fn a_creation_writes_only_where_there_is_nothing() {
    let (bucket, wire) = bucket([ok(""), error(412, "PreconditionFailed")]);
    assert_eq!(bucket.create("a/b.json", b"{}".to_vec()).await.unwrap(), Creation::Created(v1()));
    assert_eq!(bucket.create("a/b.json", b"{}".to_vec()).await.unwrap(), Creation::AlreadyExists);
    assert_eq!(wire.asked()[0].if_none_match.as_deref(), Some("*"));
    assert!(wire.asked()[0].uri.contains("/a/b.json"), "{}", wire.asked()[0].uri);
}

#[tokio::test]
async fn a_replacement_writes_only_over_what_was_seen() {
    let (bucket, wire) =
        bucket([ok(""), error(412, "PreconditionFailed"), error(404, "NoSuchKey")]);
    let seen = Etag("\"v0\"".to_owned());
    let replace = || bucket.replace("k", b"{}".to_vec(), &seen);
    assert_eq!(replace().await.unwrap(), Replacement::Replaced(v1()));
    assert_eq!(replace().await.unwrap(), Replacement::Changed);
    assert_eq!(replace().await.unwrap(), Replacement::Changed, "somebody removed it");
    assert_eq!(wire.asked()[0].if_match.as_deref(), Some("\"v0\""));
}

#[tokio::test]
async fn a_conflict_is_tried_again_and_not_for_ever() {
    let conflict = || error(409, "ConditionalRequestConflict");
    let (patient, _) = bucket([conflict(), conflict(), conflict(), ok("")]);
    assert!(matches!(patient.create("k", Vec::new()).await, Ok(Creation::Created(_))));
    let (refused, _) = bucket([conflict(), conflict(), conflict(), conflict()]);
    assert!(matches!(refused.create("k", Vec::new()).await, Err(PortError::Other { .. })));
}

#[tokio::test]
async fn a_missing_object_is_none_and_a_missing_bucket_an_error() {
    let (bucket, _) = bucket([
        ok("{}"),
        error(404, "NoSuchKey"),
        error(404, "NoSuchBucket"),
        error(403, "AccessDenied"),
        error(404, "NoSuchBucket"),
    ]);
    let entry = bucket.read("k").await.unwrap().unwrap();
    assert_eq!((entry.body, entry.etag), (b"{}".to_vec(), v1()));
    assert_eq!(bucket.read("k").await.unwrap(), None);
    assert!(matches!(bucket.read("k").await, Err(PortError::NotFound { .. })));
    assert!(matches!(bucket.read("k").await, Err(PortError::Denied { .. })));
    let replaced = bucket.replace("k", Vec::new(), &v1()).await;
    assert!(matches!(replaced, Err(PortError::NotFound { .. })));
}

#[tokio::test]
async fn an_object_that_is_too_large_is_not_read() {
    let (bucket, _) = bucket([ok(&"x".repeat(1024 * 1024 + 1))]);
    let error = bucket.read("k").await.unwrap_err();
    assert!(vigil_core::failure::chain(&error).contains("larger than 1 MiB"));
}

#[tokio::test]
async fn a_list_goes_over_all_pages() {
    let page = |key: &str, more: &str| {
        ok(&format!(
            "<ListBucketResult><Contents><Key>{key}</Key></Contents>{more}</ListBucketResult>"
        ))
    };
    let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
    let (bucket, wire) =
        bucket([page("p/1", more), page("p/2", "<IsTruncated>false</IsTruncated>")]);
    assert_eq!(bucket.list("p/").await.unwrap(), ["p/1", "p/2"]);
    assert!(wire.asked()[1].uri.contains("continuation-token=t"));
}

/// One page of 1,000 keys is all that is asked for, however many there are.
#[tokio::test]
async fn a_list_of_too_many_keys_is_refused_and_ends_early() {
    let keys = "<Contents><Key>policies/x</Key></Contents>".repeat(1000);
    let page = |more: &str| ok(&format!("<ListBucketResult>{keys}{more}</ListBucketResult>"));
    let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
    let (full, wire) = bucket([page(more), page("")]);
    let error = full.list("policies/").await.unwrap_err();
    assert!(error.is_lasting(), "{error}");
    assert!(vigil_core::failure::chain(&error).contains("more than 1000 keys"), "{error}");
    assert_eq!(wire.asked().len(), 1);
    let (just, _) = bucket([page("<IsTruncated>false</IsTruncated>")]);
    assert_eq!(just.list("policies/").await.unwrap().len(), 1000);
}

#[tokio::test]
async fn a_list_that_does_not_end_is_refused() {
    let (bucket, _) = bucket([]);
    let listed = bucket.in_time("policies/", Duration::ZERO, std::future::pending()).await;
    let error = listed.unwrap_err();
    assert!(error.is_lasting(), "{error}");
    assert!(error.to_string().contains("s3://evidence/policies/"), "{error}");
}
