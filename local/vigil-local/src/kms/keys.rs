//! The keys and their aliases: in memory, and in one JSON file.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::material::KeySpecName;

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Key {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created: OffsetDateTime,
    pub(super) description: String,
    pub(super) policy: String,
    /// The policy that the template gave it last, which PutKeyPolicy may have replaced since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of_template: Option<String>,
    pub(super) is_enabled: bool,
    /// AWS's own, as `aws/s3` is.
    pub(super) is_aws_managed: bool,
    /// The time of deletion, if it is scheduled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) deletion: Option<OffsetDateTime>,
    #[serde(default)]
    pub(super) spec: KeySpecName,
    /// In base64: PKCS #8, or the octets of an HMAC key. None of it leaves KMS, nor this.
    #[serde(default)]
    pub(super) material: Option<String>,
}

/// Without the material: it goes into no log.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("spec", &self.spec).field("created", &self.created).finish()
    }
}

impl Key {
    /// A symmetric key, which keeps no material.
    pub(super) fn new(policy: String, created: OffsetDateTime) -> Self {
        let (description, deletion, of_template) = (String::new(), None, None);
        let (spec, material) = (KeySpecName::Symmetric, None);
        let (is_enabled, is_aws_managed) = (true, false);
        Self {
            created,
            description,
            policy,
            of_template,
            is_enabled,
            is_aws_managed,
            deletion,
            spec,
            material,
        }
    }

    /// With new material.
    pub(super) fn of_spec(self, spec: KeySpecName) -> Result<Self, KmsRefusal> {
        let failed = |_| refuse("KMSInternalException", "no key could be generated");
        Ok(Self { spec, material: spec.generate().map_err(failed)?, ..self })
    }

    /// As KMS names it.
    pub(super) fn state(&self) -> &'static str {
        match (self.deletion, self.is_enabled) {
            (Some(_), _) => "PendingDeletion",
            (None, true) => "Enabled",
            (None, false) => "Disabled",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Alias {
    pub(super) key: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created: OffsetDateTime,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct KmsState {
    /// By id.
    pub(super) keys: BTreeMap<String, Key>,
    /// By name, `alias/…`.
    pub(super) aliases: BTreeMap<String, Alias>,
}

#[derive(Debug, thiserror::Error)]
#[error("the file of KMS keys {path}")]
pub struct StateError {
    path: PathBuf,
    #[source]
    cause: Error,
}

#[derive(Debug)]
pub(super) struct Keys {
    path: PathBuf,
    state: Mutex<KmsState>,
}

impl Keys {
    pub(super) fn open(path: PathBuf) -> Result<Self, StateError> {
        let state = match std::fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json).map_err(Error::other),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(KmsState::default()),
            Err(cause) => Err(cause),
        };
        match state {
            Ok(state) => Ok(Self { path, state: Mutex::new(state) }),
            Err(cause) => Err(StateError { path, cause }),
        }
    }

    /// Without the keys whose end has come, and their aliases.
    pub(super) fn at(&self, now: OffsetDateTime) -> KmsState {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        state.keys.retain(|_, key| key.deletion.is_none_or(|end| now < end));
        let KmsState { keys, aliases } = &mut state;
        aliases.retain(|_, alias| keys.contains_key(&alias.key));
        state
    }

    /// Readers see the change only after it is on disk.
    pub(super) fn change(&self, change: impl FnOnce(&mut KmsState)) -> Result<(), StateError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = state.clone();
        change(&mut changed);
        if changed != *state {
            let failed = |cause| StateError { path: self.path.clone(), cause };
            let json = serde_json::to_vec_pretty(&changed).map_err(Error::other).map_err(failed)?;
            let beside = self.path.with_extension("json.new");
            write_private(&beside, &json).map_err(failed)?;
            std::fs::rename(&beside, &self.path).map_err(failed)?;
            *state = changed;
        }
        Ok(())
    }
}

/// For this user alone: it holds private keys.
fn write_private(path: &std::path::Path, json: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(json)
}

/// What KMS answers in place of what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KmsRefusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

pub(super) fn refuse(code: &'static str, message: &str) -> KmsRefusal {
    KmsRefusal { code, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn keys_outlive_the_process_until_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Keys::open(folder.path().join("kms.json")).unwrap();
        let (created, end) = (datetime!(2026-01-01 0:00 UTC), datetime!(2026-01-08 0:00 UTC));
        let keep = |state: &mut KmsState| {
            let key = Key { deletion: Some(end), ..Key::new("{}".to_owned(), created) };
            state.keys.insert("1".to_owned(), key);
            state.aliases.insert("alias/a".to_owned(), Alias { key: "1".to_owned(), created });
        };
        open().change(keep).unwrap();
        let before = open().at(end - time::Duration::SECOND);
        assert_eq!((before.keys["1"].state(), before.aliases.len()), ("PendingDeletion", 1));
        assert_eq!(open().at(end), KmsState::default());
    }
}
