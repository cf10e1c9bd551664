//! Objects with a version each, in memory.

use std::{collections::BTreeMap, sync::Mutex};

use super::calls::{Calls, broken, denied, lock};
use crate::ports::{Creation, Etag, EvidenceStore, PortError, Replacement, StoredObject};
use async_trait::async_trait;

/// Objects with a version each.
#[derive(Default)]
pub(crate) struct FakeEvidenceStore {
    pub(crate) calls: Calls,
    /// The prefix whose listing is refused.
    refused: Mutex<Option<&'static str>>,
    /// The object whose reading fails.
    broken: Mutex<Option<String>>,
    objects: Mutex<BTreeMap<String, (u64, Vec<u8>)>>,
}

impl FakeEvidenceStore {
    pub(crate) fn put(&self, key: &str, body: &str) {
        let mut objects = lock(&self.objects);
        let version = objects.get(key).map_or(1, |(version, _)| version + 1);
        objects.insert(key.to_owned(), (version, body.as_bytes().to_vec()));
    }

    pub(crate) fn fail_list(&self, prefix: &'static str) {
        *lock(&self.refused) = Some(prefix);
    }

    pub(crate) fn fail_reading(&self, key: &str) {
        *lock(&self.broken) = Some(key.to_owned());
    }

    pub(crate) fn json(&self, key: &str) -> serde_json::Value {
        serde_json::from_slice(&lock(&self.objects)[key].1).unwrap()
    }

    pub(crate) fn body(&self, key: &str) -> Vec<u8> {
        lock(&self.objects)[key].1.clone()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }
}

#[async_trait]
impl EvidenceStore for FakeEvidenceStore {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        self.calls.make("create").await?;
        let mut objects = lock(&self.objects);
        if objects.contains_key(key) {
            return Ok(Creation::AlreadyExists);
        }
        objects.insert(key.to_owned(), (1, body));
        Ok(Creation::Created(Etag("1".to_owned())))
    }

    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError> {
        self.calls.make("read").await?;
        if lock(&self.broken).as_deref() == Some(key) {
            return Err(broken("GetObject"));
        }
        let objects = lock(&self.objects);
        let entry = objects.get(key).cloned();
        Ok(entry.map(|(version, body)| StoredObject { body, etag: Etag(version.to_string()) }))
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        self.calls.make("replace").await?;
        match lock(&self.objects).get_mut(key) {
            Some((version, old)) if version.to_string() == seen.0 => {
                *version += 1;
                *old = body;
                Ok(Replacement::Replaced(Etag(version.to_string())))
            }
            _ => Ok(Replacement::Changed),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.calls.make("list").await?;
        if lock(&self.refused).is_some_and(|refused| refused == prefix) {
            return Err(denied("list"));
        }
        let objects = lock(&self.objects);
        let from = objects.range(prefix.to_owned()..).map(|(key, _)| key);
        Ok(from.take_while(|key| key.starts_with(prefix)).cloned().collect())
    }
}
