//! What objects are kept, and what is said of those that are not.

use aws_sdk_s3::primitives::ByteStream;

use super::{put, refusal, refused, service_policy};
use crate::support::{NOW, bare, s3, s3_as};

#[tokio::test]
async fn objects_are_kept_with_the_clocks_time() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("data").send().await.unwrap();
    put(&client, "data", "crl/a.crl", "one").await;
    put(&client, "data", "crl/b.crl", "two").await;

    let object = client.get_object().bucket("data").key("crl/a.crl").send().await.unwrap();
    assert_eq!(object.last_modified().unwrap().secs(), NOW.unix_timestamp());
    let etag = object.e_tag().unwrap().to_owned();
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"one");
    let listed = client.list_objects_v2().bucket("data").prefix("crl/").send().await.unwrap();
    let keys: Vec<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["crl/a.crl", "crl/b.crl"]);
    assert_eq!(listed.contents()[0].e_tag(), Some(etag.as_str()));

    let refusal_of_delete = refusal(client.delete_bucket().bucket("data").send().await);
    assert_eq!(refusal_of_delete, refused(409, "BucketNotEmpty"));
    for key in keys {
        client.delete_object().bucket("data").key(key).send().await.unwrap();
    }
    client.delete_bucket().bucket("data").send().await.unwrap();
    stack.shutdown().await;
}

#[tokio::test]
async fn a_missing_configuration_has_its_own_error_code() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("data").send().await.unwrap();
    put(&client, "data", "folder/object", "x").await;

    let get = client.get_object().bucket("data").key("none").send().await;
    assert_eq!(refusal(get), refused(404, "NoSuchKey"));
    let folder = client.get_object().bucket("data").key("folder").send().await;
    assert_eq!(refusal(folder), refused(404, "NoSuchKey"));
    let get = client.get_object().bucket("no-bucket").key("none").send().await;
    assert_eq!(refusal(get), refused(404, "NoSuchBucket"));
    let body = ByteStream::from_static(b"x");
    let put = client.put_object().bucket("no-bucket").key("k").body(body).send().await;
    assert_eq!(refusal(put), refused(404, "NoSuchBucket"));
    let escaping = client.get_object().bucket("data").key("../data/folder/object").send().await;
    assert_eq!(refusal(escaping), refused(400, "InvalidArgument"));
    let wrong = s3_as(&stack, "local", "wrong").list_buckets().send().await;
    assert_eq!(refusal(wrong), refused(403, "SignatureDoesNotMatch"));
    stack.shutdown().await;
}

#[tokio::test]
async fn a_data_folder_is_kept_and_belongs_to_one_stack() {
    let folder = tempfile::tempdir().unwrap();
    let first = bare().data_dir(folder.path()).start().await.unwrap();
    let client = s3(&first);
    client.create_bucket().bucket("kept").send().await.unwrap();
    put(&client, "kept", "k", "value").await;
    let policy = service_policy("kept", "111122223333");
    client.put_bucket_policy().bucket("kept").policy(&policy).send().await.unwrap();
    let second = bare().data_dir(folder.path()).start().await.err().unwrap();
    assert!(second.to_string().contains("another vigil-local"), "{second}");
    first.shutdown().await;

    let again = bare().data_dir(folder.path()).start().await.unwrap();
    let client = s3(&again);
    let object = client.get_object().bucket("kept").key("k").send().await.unwrap();
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"value");
    let kept = client.get_bucket_policy().bucket("kept").send().await.unwrap();
    assert_eq!(kept.policy(), Some(policy.as_str()));
    again.shutdown().await;
}

#[tokio::test]
async fn a_large_object_passes_through_in_pieces() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("large").send().await.unwrap();
    let body: Vec<u8> = (0..12 * 1024 * 1024u32).map(|at| (at % 251) as u8).collect();
    let put = client.put_object().bucket("large").key("crl").body(body.clone().into());
    put.send().await.unwrap();
    let object = client.get_object().bucket("large").key("crl").send().await.unwrap();
    assert!(object.body.collect().await.unwrap().to_vec() == body, "the bytes come back");
    stack.shutdown().await;
}
