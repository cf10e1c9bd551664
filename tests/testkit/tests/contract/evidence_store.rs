//! The evidence bucket as [`EvidenceStore`] has it.

use vigil_aws::evidence_bucket::EvidenceBucket;
use vigil_core::{
    fakes::FakeEvidenceStore,
    ports::{Creation, Etag, EvidenceStore, PortError, Replacement},
};
use vigil_local::{SECRET, Stack};

use crate::{
    sentences,
    stack::{self, BUCKET},
};

const MIB: usize = 1024 * 1024;

/// An empty store.
trait World {
    fn port(&self) -> &impl EvidenceStore;
}

struct Fake(FakeEvidenceStore);

impl Fake {
    async fn start() -> Self {
        Self(FakeEvidenceStore::default())
    }
}

impl World for Fake {
    fn port(&self) -> &impl EvidenceStore {
        &self.0
    }
}

struct Real {
    _stack: Stack,
    port: EvidenceBucket,
}

impl Real {
    async fn start() -> Self {
        let stack = stack::start().await;
        let client = testkit::s3::client_at(stack.endpoint(), "alice", SECRET, "us-east-1");
        Self { _stack: stack, port: EvidenceBucket::new(client, BUCKET.to_owned()) }
    }
}

impl World for Real {
    fn port(&self) -> &impl EvidenceStore {
        &self.port
    }
}

sentences!(Fake, Real;
    a_key_is_created_once
    a_missing_key_reads_as_none
    every_byte_comes_back
    a_write_gives_the_etag_that_a_read_gives
    the_etag_that_was_seen_permits_one_replacement
    an_old_etag_changes_nothing
    a_missing_key_is_not_replaced
    the_same_bytes_have_the_same_etag
    an_object_of_a_mebibyte_is_read_and_no_larger_one
    a_prefix_lists_its_keys_in_the_order_of_their_bytes
    a_list_goes_over_all_pages
    a_list_of_too_many_keys_is_refused
);

async fn create(port: &impl EvidenceStore, key: &str, body: &[u8]) -> Etag {
    match port.create(key, body.to_vec()).await.unwrap() {
        Creation::Created(etag) => etag,
        Creation::AlreadyExists => panic!("{key} exists already"),
    }
}

async fn body(port: &impl EvidenceStore, key: &str) -> Vec<u8> {
    port.read(key).await.unwrap().unwrap().body
}

async fn a_key_is_created_once(world: &impl World) {
    let port = world.port();
    create(port, "cases/a.json", b"first").await;
    let again = port.create("cases/a.json", b"second".to_vec()).await.unwrap();
    assert_eq!(again, Creation::AlreadyExists);
    assert_eq!(body(port, "cases/a.json").await, b"first");
}

async fn a_missing_key_reads_as_none(world: &impl World) {
    create(world.port(), "cases/a.json", b"{}").await;
    for key in ["cases/a", "cases", "cases/a.json/b"] {
        assert_eq!(world.port().read(key).await.unwrap(), None, "{key}");
    }
}

async fn every_byte_comes_back(world: &impl World) {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    for (key, written) in [("empty", &[][..]), ("all", &all), ("line", b"a\r\n")] {
        create(world.port(), key, written).await;
        assert_eq!(body(world.port(), key).await, written);
    }
}

async fn a_write_gives_the_etag_that_a_read_gives(world: &impl World) {
    let port = world.port();
    let created = create(port, "a", b"1").await;
    assert_eq!(port.read("a").await.unwrap().unwrap().etag, created);
    let replaced = port.replace("a", b"2".to_vec(), &created).await.unwrap();
    let read = port.read("a").await.unwrap().unwrap();
    assert_eq!(replaced, Replacement::Replaced(read.etag));
    assert_eq!(read.body, b"2");
}

async fn the_etag_that_was_seen_permits_one_replacement(world: &impl World) {
    let port = world.port();
    let seen = create(port, "a", b"1").await;
    let won = port.replace("a", b"2".to_vec(), &seen).await.unwrap();
    assert!(matches!(won, Replacement::Replaced(_)));
    let lost = port.replace("a", b"3".to_vec(), &seen).await.unwrap();
    assert_eq!(lost, Replacement::Changed);
    assert_eq!(body(port, "a").await, b"2");
}

async fn an_old_etag_changes_nothing(world: &impl World) {
    let port = world.port();
    let old = create(port, "a", b"1").await;
    let Replacement::Replaced(new) = port.replace("a", b"2".to_vec(), &old).await.unwrap() else {
        panic!("nothing else has written it");
    };
    assert_ne!(old, new);
    assert_eq!(port.replace("a", b"2".to_vec(), &old).await.unwrap(), Replacement::Changed);
    assert!(matches!(port.replace("a", b"3".to_vec(), &new).await, Ok(Replacement::Replaced(_))));
}

async fn a_missing_key_is_not_replaced(world: &impl World) {
    let port = world.port();
    let other = create(port, "a", b"1").await;
    assert_eq!(port.replace("b", b"2".to_vec(), &other).await.unwrap(), Replacement::Changed);
    assert_eq!(port.read("b").await.unwrap(), None);
}

/// S3's etag of an object that it encrypts with its own keys is the MD5 digest of the bytes. So an
/// etag does not tell whether an object was changed and changed back:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>.
async fn the_same_bytes_have_the_same_etag(world: &impl World) {
    let port = world.port();
    let first = create(port, "a", b"1").await;
    assert_eq!(create(port, "b", b"1").await, first);
    let Replacement::Replaced(second) = port.replace("a", b"2".to_vec(), &first).await.unwrap()
    else {
        panic!("nothing else has written it");
    };
    let back = port.replace("a", b"1".to_vec(), &second).await.unwrap();
    assert_eq!(back, Replacement::Replaced(first.clone()));
    assert!(matches!(port.replace("a", b"3".to_vec(), &first).await, Ok(Replacement::Replaced(_))));
}

async fn an_object_of_a_mebibyte_is_read_and_no_larger_one(world: &impl World) {
    let port = world.port();
    create(port, "largest", &vec![b'x'; MIB]).await;
    assert_eq!(body(port, "largest").await.len(), MIB);
    create(port, "larger", &vec![b'x'; MIB + 1]).await;
    let error = port.read("larger").await.unwrap_err();
    assert!(matches!(error, PortError::InvalidState { .. }), "{error}");
    assert!(vigil_core::failure::chain(&error).contains("larger than 1 MiB"));
}

async fn a_prefix_lists_its_keys_in_the_order_of_their_bytes(world: &impl World) {
    let port = world.port();
    for key in
        ["cases/b", "cases/a/2", "cases/a/10", "cases/a-1", "cases.txt", "state/a", "cases/é"]
    {
        create(port, key, b"{}").await;
    }
    let want = ["cases/a-1", "cases/a/10", "cases/a/2", "cases/b", "cases/é"];
    assert_eq!(port.list("cases/").await.unwrap(), want);
    assert_eq!(port.list("cases/a/").await.unwrap(), want[1..3]);
    assert_eq!(port.list("nothing/").await.unwrap(), [""; 0]);
    assert_eq!(port.list("").await.unwrap().len(), 7);
}

/// ListObjectsV2 gives up to 1,000 keys at a time.
async fn a_list_goes_over_all_pages(world: &impl World) {
    let keys: Vec<_> = (0..1001).map(|number| format!("many/{number:04}")).collect();
    for key in &keys {
        create(world.port(), key, b"{}").await;
    }
    assert_eq!(world.port().list("many/").await.unwrap(), keys);
}

async fn a_list_of_too_many_keys_is_refused(world: &impl World) {
    let port = world.port();
    for number in 0..1000 {
        create(port, &format!("policies/{number:04}"), b"{}").await;
    }
    assert_eq!(port.list("policies/").await.unwrap().len(), 1000);
    create(port, "policies/one-more", b"{}").await;
    let error = port.list("policies/").await.unwrap_err();
    assert!(matches!(error, PortError::InvalidState { .. }), "{error}");
    assert!(vigil_core::failure::chain(&error).contains("more than 1000 keys"), "{error}");
}
