//! A run that is not remembered: objects in memory, in place of the evidence bucket.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use vigil_core::ports::{Creation, Etag, EvidenceStore, PortError, Replacement, StoredObject};

/// Each object with the number of its version.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<BTreeMap<String, (u64, Vec<u8>)>>);

impl Memory {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, (u64, Vec<u8>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn etag(version: u64) -> Etag {
    Etag(version.to_string())
}

#[async_trait]
impl EvidenceStore for Memory {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        let mut objects = self.objects();
        if objects.contains_key(key) {
            return Ok(Creation::AlreadyExists);
        }
        objects.insert(key.to_owned(), (1, body));
        Ok(Creation::Created(etag(1)))
    }

    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError> {
        let objects = self.objects();
        let object = objects.get(key);
        Ok(object.map(|(version, body)| StoredObject { body: body.clone(), etag: etag(*version) }))
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        match self.objects().get_mut(key) {
            Some((version, old)) if etag(*version) == *seen => {
                *version += 1;
                *old = body;
                Ok(Replacement::Replaced(etag(*version)))
            }
            _ => Ok(Replacement::Changed),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let objects = self.objects();
        let from = objects.range(prefix.to_owned()..).map(|(key, _)| key);
        Ok(from.take_while(|key| key.starts_with(prefix)).cloned().collect())
    }
}
