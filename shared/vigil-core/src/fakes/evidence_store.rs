//! Objects in memory, each with the etag of its body.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Mutex,
};

use super::calls::{Calls, broken, denied, lock};
use crate::{
    evidence::keys,
    ports::{Creation, Etag, EvidenceStore, Pages, PortError, Replacement, StoredObject},
};
use async_trait::async_trait;

/// Objects with an etag each. As in S3, the same bytes have the same etag.
#[derive(Default)]
pub struct FakeEvidenceStore {
    /// What was called, and what is to fail.
    pub calls: Calls,
    /// The prefix whose listing is refused.
    refused: Mutex<Option<&'static str>>,
    /// The object whose reading fails.
    broken: Mutex<Option<String>>,
    /// The objects that may not be read, by the beginnings of their keys.
    unreadable: Mutex<Vec<String>>,
    /// The objects of which the reading panics, by the beginnings of their keys.
    panicking: Mutex<Vec<String>>,
    /// The objects that S3 has archived.
    archived: Mutex<Vec<String>>,
    /// The keys that may not be written, by their beginnings.
    unwritable: Mutex<Vec<String>>,
    /// The keys that another writer always writes first, by their beginnings.
    contended: Mutex<Vec<String>>,
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl FakeEvidenceStore {
    /// Writes an object.
    pub fn put(&self, key: &str, body: &str) {
        lock(&self.objects).insert(key.to_owned(), body.as_bytes().to_vec());
    }

    /// Writes more keys below a prefix than are listed.
    pub fn flood(&self, prefix: &str) {
        for number in 0..=keys::max_listed(prefix) {
            self.put(&format!("{prefix}~{number:05}"), "");
        }
    }

    /// Removes an object.
    pub fn remove(&self, key: &str) {
        lock(&self.objects).remove(key);
    }

    /// Has the listing of a prefix fail.
    pub fn fail_list(&self, prefix: &'static str) {
        *lock(&self.refused) = Some(prefix);
    }

    /// Has the reading of an object fail.
    pub fn fail_reading(&self, key: &str) {
        *lock(&self.broken) = Some(key.to_owned());
    }

    /// What begins so is there, and may not be read: archived, or encrypted with another key.
    pub fn refuse_reading(&self, prefix: &str) {
        lock(&self.unreadable).push(prefix.to_owned());
    }

    /// Has a defect of ours come upon the objects whose keys begin so.
    pub fn panic_reading(&self, prefix: &str) {
        lock(&self.panicking).push(prefix.to_owned());
    }

    /// Moves an object to a storage class from which it cannot be read.
    pub fn archive(&self, key: &str) {
        lock(&self.archived).push(key.to_owned());
    }

    /// Has writes to keys that begin so refused.
    pub fn refuse_writing(&self, prefix: &str) {
        lock(&self.unwritable).push(prefix.to_owned());
    }

    /// At keys that begin so, another writer is faster each time, and writes what is no record.
    pub fn contend(&self, prefix: &str) {
        lock(&self.contended).push(prefix.to_owned());
    }

    fn loses(&self, key: &str) -> bool {
        let loses = begins(&self.contended, key);
        if loses {
            self.put(key, "{}");
        }
        loses
    }

    /// An object as JSON.
    pub fn json(&self, key: &str) -> serde_json::Value {
        serde_json::from_slice(&lock(&self.objects)[key]).unwrap()
    }

    /// An object.
    pub fn body(&self, key: &str) -> Vec<u8> {
        lock(&self.objects)[key].clone()
    }

    /// The keys of all objects.
    pub fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }
}

fn etag(body: &[u8]) -> Etag {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    Etag(format!("\"{:016x}\"", hasher.finish()))
}

fn begins(with: &Mutex<Vec<String>>, key: &str) -> bool {
    lock(with).iter().any(|prefix| key.starts_with(prefix))
}

#[async_trait]
impl Pages for FakeEvidenceStore {
    async fn write(&self, key: &str, body: Vec<u8>) -> Result<(), PortError> {
        self.calls.make("write").await?;
        if begins(&self.unwritable, key) {
            return Err(denied("PutObject"));
        }
        lock(&self.objects).insert(key.to_owned(), body);
        Ok(())
    }
}

#[async_trait]
impl EvidenceStore for FakeEvidenceStore {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        self.calls.make("create").await?;
        if begins(&self.unwritable, key) {
            return Err(denied("PutObject"));
        }
        if self.loses(key) {
            return Ok(Creation::AlreadyExists);
        }
        let mut objects = lock(&self.objects);
        if objects.contains_key(key) {
            return Ok(Creation::AlreadyExists);
        }
        let etag = etag(&body);
        objects.insert(key.to_owned(), body);
        Ok(Creation::Created(etag))
    }

    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError> {
        self.calls.make("read").await?;
        if lock(&self.broken).as_deref() == Some(key) {
            return Err(broken("GetObject"));
        }
        assert!(!begins(&self.panicking, key), "{key} comes upon a defect");
        if begins(&self.unreadable, key) {
            return Err(denied("GetObject"));
        }
        if lock(&self.archived).iter().any(|archived| archived == key) {
            return Err(PortError::InvalidState {
                operation: "GetObject",
                resource: key.to_owned(),
                cause: "InvalidObjectState".into(),
            });
        }
        match lock(&self.objects).get(key) {
            Some(body) if body.len() as u64 > keys::max_bytes(key) => {
                let limit = keys::max_bytes(key) / 1024 / 1024;
                Err(PortError::InvalidState {
                    operation: "GetObject",
                    resource: key.to_owned(),
                    cause: format!("the object is larger than {limit} MiB").into(),
                })
            }
            body => Ok(body.map(|body| StoredObject { body: body.clone(), etag: etag(body) })),
        }
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        self.calls.make("replace").await?;
        if begins(&self.unwritable, key) {
            return Err(denied("PutObject"));
        }
        if self.loses(key) {
            return Ok(Replacement::Changed);
        }
        match lock(&self.objects).get_mut(key) {
            Some(old) if etag(old) == *seen => {
                *old = body;
                Ok(Replacement::Replaced(etag(old)))
            }
            _ => Ok(Replacement::Changed),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.calls.make("list").await?;
        if lock(&self.refused).is_some_and(|refused| refused == prefix)
            || lock(&self.unreadable).iter().any(String::is_empty)
        {
            return Err(denied("list"));
        }
        let objects = lock(&self.objects);
        let from = objects.range(prefix.to_owned()..).map(|(key, _)| key);
        let found: Vec<_> = from.take_while(|key| key.starts_with(prefix)).cloned().collect();
        let max = keys::max_listed(prefix);
        if found.len() > max {
            return Err(PortError::InvalidState {
                operation: "ListObjectsV2",
                resource: prefix.to_owned(),
                cause: format!("there are more than {max} keys").into(),
            });
        }
        Ok(found)
    }
}
