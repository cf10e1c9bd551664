//! Versions of objects, with AWS's own client.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, ObjectIdentifier, VersioningConfiguration,
};

use crate::support::{bare, s3};

const BUCKET: &str = "versioned";

async fn versioning(client: &Client, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let put = client.put_bucket_versioning().bucket(BUCKET);
    put.versioning_configuration(configuration).send().await.unwrap();
}

/// The id of what was written.
async fn put(client: &Client, key: &str, body: &str) -> Option<String> {
    let body = body.as_bytes().to_vec().into();
    client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap().version_id
}

/// What is read, with its id; or status, code and whether a delete marker said so.
async fn get(
    client: &Client,
    key: &str,
    version: Option<&str>,
) -> Result<(String, Option<String>), (u16, String, bool)> {
    let get = client.get_object().bucket(BUCKET).key(key);
    match get.set_version_id(version.map(str::to_owned)).send().await {
        Ok(object) => {
            let body = object.body.collect().await.unwrap().to_vec();
            Ok((String::from_utf8(body).unwrap(), object.version_id))
        }
        Err(SdkError::ServiceError(error)) => {
            let marker = error.raw().headers().get("x-amz-delete-marker") == Some("true");
            let code = error.err().code().unwrap_or_default().to_owned();
            Err((error.raw().status().as_u16(), code, marker))
        }
        Err(error) => panic!("{error}"),
    }
}

fn is(body: &str, id: &Option<String>) -> Result<(String, Option<String>), (u16, String, bool)> {
    Ok((body.to_owned(), id.clone()))
}

/// Key, id, and what it is: size, `marker`; `*` of the latest.
fn listed(listed: &ListObjectVersionsOutput) -> Vec<String> {
    let versions = listed.versions().iter().map(|version| {
        let star = if version.is_latest() == Some(true) { "*" } else { "" };
        let (key, size) = (version.key().unwrap(), version.size().unwrap());
        (key.to_owned(), format!("{key} {} {size}{star}", version.version_id().unwrap()))
    });
    let markers = listed.delete_markers().iter().map(|marker| {
        let star = if marker.is_latest() == Some(true) { "*" } else { "" };
        let key = marker.key().unwrap();
        (key.to_owned(), format!("{key} {} marker{star}", marker.version_id().unwrap()))
    });
    let mut all: Vec<_> = versions.chain(markers).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all.into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn old_content_is_kept_until_its_version_is_deleted() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(put(&client, "k", "before").await, None, "no versions yet");
    assert_eq!(get(&client, "k", None).await, is("before", &None));
    versioning(&client, BucketVersioningStatus::Enabled).await;
    let null = Some("null".to_owned());
    assert_eq!(get(&client, "k", None).await, is("before", &null));
    let first = put(&client, "k", "first").await;
    let second = put(&client, "k", "second one").await;
    for (version, want) in [
        (None, is("second one", &second)),
        (second.as_deref(), is("second one", &second)),
        (first.as_deref(), is("first", &first)),
        (Some("null"), is("before", &null)),
        (Some("0123456789abcdef0123456789abcdef"), Err((404, "NoSuchVersion".into(), false))),
        (Some("nonsense"), Err((400, "InvalidArgument".into(), false))),
    ] {
        assert_eq!(get(&client, "k", version).await, want, "{version:?}");
    }

    let deleted = client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().unwrap().to_owned();
    assert_eq!(get(&client, "k", None).await, Err((404, "NoSuchKey".into(), true)));
    let itself = get(&client, "k", Some(&marker)).await;
    assert_eq!(itself, Err((405, "MethodNotAllowed".into(), true)));
    let head = client.head_object().bucket(BUCKET).key("k").version_id(first.as_ref().unwrap());
    assert_eq!(head.send().await.unwrap().content_length(), Some(5));
    let objects = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    assert!(objects.contents().is_empty(), "{objects:?}");
    assert!(client.delete_bucket().bucket(BUCKET).send().await.is_err(), "it holds versions");

    let remove = async |id: &str| {
        let delete = client.delete_object().bucket(BUCKET).key("k").version_id(id).send().await;
        let gone = delete.unwrap();
        (gone.version_id.unwrap(), gone.delete_marker)
    };
    assert_eq!(remove(&marker).await, (marker.clone(), Some(true)));
    assert_eq!(get(&client, "k", None).await, is("second one", &second), "it is back");
    assert_eq!(remove("null").await, ("null".to_owned(), None));
    assert_eq!(remove(second.as_ref().unwrap()).await.1, None);
    assert_eq!(get(&client, "k", None).await, is("first", &first), "the one before");
    remove(first.as_ref().unwrap()).await;
    assert_eq!(get(&client, "k", None).await, Err((404, "NoSuchKey".into(), false)));
    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
    stack.shutdown().await;
}

#[tokio::test]
async fn while_versioning_is_suspended_there_is_one_null_version() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    versioning(&client, BucketVersioningStatus::Enabled).await;
    let kept = put(&client, "k", "kept").await;
    versioning(&client, BucketVersioningStatus::Suspended).await;
    let null = Some("null".to_owned());
    assert_eq!(put(&client, "k", "one").await, null);
    assert_eq!(put(&client, "k", "two").await, null);
    assert_eq!(get(&client, "k", None).await, is("two", &null));
    assert_eq!(get(&client, "k", kept.as_deref()).await, is("kept", &kept));
    versioning(&client, BucketVersioningStatus::Enabled).await;
    let third = put(&client, "k", "three").await;
    assert_eq!(get(&client, "k", Some("null")).await, is("two", &null));
    versioning(&client, BucketVersioningStatus::Suspended).await;
    let deleted = client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!((deleted.delete_marker(), deleted.version_id()), (Some(true), Some("null")));
    let all = client.list_object_versions().bucket(BUCKET).send().await.unwrap();
    let (kept, third) = (kept.unwrap(), third.unwrap());
    let want = [format!("k {third} 5"), format!("k {kept} 4"), "k null marker*".to_owned()];
    assert_eq!(listed(&all), want, "the null version went with the marker");
    stack.shutdown().await;
}

#[tokio::test]
async fn versions_are_listed_by_key_latest_first_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let stack = bare().data_dir(folder.path()).start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    put(&client, "a/never", "1").await;
    versioning(&client, BucketVersioningStatus::Enabled).await;
    for (key, body) in [("a/x", "1"), ("a/x", "22"), ("a/xy", "1"), ("b", "1"), ("a/x", "333")] {
        put(&client, key, body).await;
    }
    client.delete_object().bucket(BUCKET).key("a/xy").send().await.unwrap();
    stack.shutdown().await;

    // What lasts is the same after a restart.
    let stack = bare().data_dir(folder.path()).start().await.unwrap();
    let client = s3(&stack);
    let all = client.list_object_versions().bucket(BUCKET).send().await.unwrap();
    let sizes = |all: &ListObjectVersionsOutput| {
        let texts = listed(all).into_iter();
        let words = |text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        texts.map(words).map(|words| format!("{} {}", words[0], words[2])).collect::<Vec<_>>()
    };
    let want = ["a/never 1*", "a/x 3*", "a/x 2", "a/x 1", "a/xy 1", "a/xy marker*", "b 1*"];
    assert_eq!(sizes(&all), want);
    let of_key = client.list_object_versions().bucket(BUCKET).prefix("a/x").send().await.unwrap();
    assert_eq!(sizes(&of_key), want[1..6]);
    let folders = client.list_object_versions().bucket(BUCKET).delimiter("/").send().await.unwrap();
    assert_eq!((folders.common_prefixes().len(), sizes(&folders)), (1, vec!["b 1*".to_owned()]));
    for size in 1..=7 {
        let (mut pages, mut seen) = (0, Vec::new());
        let (mut key, mut version) = (None, None);
        loop {
            let call = client.list_object_versions().bucket(BUCKET).max_keys(size);
            let call = call.set_key_marker(key).set_version_id_marker(version);
            let page = call.send().await.unwrap();
            pages += 1;
            seen.extend(listed(&page));
            if page.is_truncated() != Some(true) {
                break;
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
        seen.sort();
        let mut want = listed(&all);
        want.sort();
        assert_eq!((pages, seen), ((7 + size - 1) / size, want), "pages of {size}");
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn a_copy_restores_a_version_and_several_go_in_one_call() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    versioning(&client, BucketVersioningStatus::Enabled).await;
    let body = b"good".to_vec().into();
    let good = client.put_object().bucket(BUCKET).key("k").body(body).metadata("by", "the CA");
    let good = good.send().await.unwrap().version_id.unwrap();
    let bad = put(&client, "k", "tampered with").await.unwrap();
    let copy = client.copy_object().bucket(BUCKET).key("k");
    let copied = copy.copy_source(format!("{BUCKET}/k?versionId={good}")).send().await.unwrap();
    assert_eq!(copied.copy_source_version_id(), Some(good.as_str()));
    let back = copied.version_id().map(str::to_owned);
    assert_eq!(get(&client, "k", None).await, is("good", &back));
    let head = client.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["by"], "the CA");

    let one = |id: Option<&str>| {
        let identifier = ObjectIdentifier::builder().key("k");
        identifier.set_version_id(id.map(str::to_owned)).build().unwrap()
    };
    let several = Delete::builder().objects(one(Some(&bad))).objects(one(None)).build().unwrap();
    let deleted = client.delete_objects().bucket(BUCKET).delete(several).send().await.unwrap();
    let deleted: Vec<_> = deleted.deleted().iter().map(|one| one.delete_marker()).collect();
    assert_eq!(deleted, [None, Some(true)]);
    let all = client.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert_eq!((all.versions().len(), all.delete_markers().len()), (2, 1));
    stack.shutdown().await;
}

/// A write that fails leaves the object, and its versions, as they were.
#[tokio::test]
async fn a_write_that_is_refused_makes_no_version() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    versioning(&client, BucketVersioningStatus::Enabled).await;
    let kept = put(&client, "k", "kept").await;
    let wrong = client.put_object().bucket(BUCKET).key("k").body(b"lost".to_vec().into());
    assert!(wrong.content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await.is_err());
    let again = client.put_object().bucket(BUCKET).key("k").body(b"lost".to_vec().into());
    assert!(again.if_none_match("*").send().await.is_err());
    assert_eq!(get(&client, "k", None).await, is("kept", &kept));
    let all = client.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert_eq!(all.versions().len(), 1);
    stack.shutdown().await;
}

#[tokio::test]
async fn object_events_name_the_version_and_the_kind_of_deletion() {
    use aws_sdk_s3::types::{EventBridgeConfiguration, NotificationConfiguration};
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    let notifications = NotificationConfiguration::builder()
        .event_bridge_configuration(EventBridgeConfiguration::builder().build())
        .build();
    let configure = client.put_bucket_notification_configuration().bucket(BUCKET);
    configure.notification_configuration(notifications).send().await.unwrap();
    versioning(&client, BucketVersioningStatus::Enabled).await;
    let written = put(&client, "k", "text").await.unwrap();
    let marker = client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    let gone = client.delete_object().bucket(BUCKET).key("k").version_id(&written);
    gone.send().await.unwrap();
    let of_objects = |event: &serde_json::Value| {
        let detail = &event["detail"];
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        event["detail-type"].as_str()?.starts_with("Object ").then_some(())?;
        Some((text(&detail["object"]["version-id"]), text(&detail["deletion-type"])))
    };
    let events = stack.events();
    let told: Vec<_> = events.iter().filter_map(|seen| of_objects(&seen.event)).collect();
    let text = |text: &str| Some(text.to_owned());
    let want = [
        (text(&written), None),
        (marker.version_id().map(str::to_owned), text("Delete Marker Created")),
        (text(&written), text("Permanently Deleted")),
    ];
    assert_eq!(told, want);
    stack.shutdown().await;
}
