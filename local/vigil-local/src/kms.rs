//! KMS on one machine: keys with policies, states and aliases, in AWS JSON 1.1. It signs and makes MACs
//! in earnest, and encrypts nothing: S3 asks whether a caller may use a bucket's key, and writes objects
//! in plain.

mod cryptographic;
mod keys;
mod material;
mod operations;
mod permissions;
mod request;
mod trail;
mod usage;

use std::path::Path;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pca_local::{Clock, EventSink};
use serde_json::{Value, json};

use crate::account::Account;
use crate::roles::Roles;
use iam_policy::{Malformed, Policy};

use keys::{Alias, Key, Keys, KmsRefusal, KmsState, StateError, refuse};
pub(crate) use material::KeySpecName;

/// A handle; clones share the keys.
#[derive(Clone, Debug)]
pub(crate) struct Kms(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    account: Account,
    clock: Clock,
    keys: Keys,
    roles: Roles,
}

/// A key that exists when the stack starts.
#[derive(Clone, Debug)]
pub(crate) struct KeySpec {
    pub(crate) id: String,
    /// `None`: the policy that KMS gives a new key.
    pub(crate) policy: Option<String>,
    pub(crate) spec: KeySpecName,
}

impl Kms {
    pub(crate) fn open(
        file: &Path,
        account: Account,
        clock: Clock,
        roles: Roles,
    ) -> Result<Self, ProvideError> {
        let keys = Keys::open(file.to_owned()).map_err(ProvideError::State)?;
        Ok(Self(Arc::new(Inner { account, clock, keys, roles })))
    }

    /// Makes keys and aliases, unless an earlier run has. An alias is a name and a key's id or ARN.
    pub(crate) fn provide(
        &self,
        keys: &[KeySpec],
        aliases: &[(String, String)],
    ) -> Result<(), ProvideError> {
        let now = self.0.clock.now();
        let there = self.0.keys.at(now).keys;
        for KeySpec { id, policy, spec } in keys.iter().filter(|key| !there.contains_key(&key.id)) {
            let default = || operations::default_policy(&self.0.account.id);
            let policy = policy.clone().unwrap_or_else(default);
            Policy::of_key(&policy)
                .map_err(|cause| ProvideError::Policy { key: id.clone(), cause })?;
            let failed = |_| ProvideError::Material { key: id.clone() };
            let key = Key::new(policy, now).of_spec(*spec).map_err(failed)?;
            let keep = |state: &mut KmsState| {
                state.keys.entry(id.clone()).or_insert(key);
            };
            self.0.keys.change(keep).map_err(ProvideError::State)?;
        }
        for (name, key) in aliases {
            let key = key.rsplit('/').next().unwrap_or(key).to_owned();
            let alias = Alias { key, created: now };
            let keep = |state: &mut KmsState| drop(state.aliases.insert(name.clone(), alias));
            self.0.keys.change(keep).map_err(ProvideError::State)?;
        }
        Ok(())
    }

    pub(crate) fn answer(
        &self,
        headers: &HeaderMap,
        access_key: Option<&str>,
        body: &Bytes,
        events: &dyn EventSink,
    ) -> Response {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.strip_prefix("TrentService."));
        let answer = operation
            .ok_or_else(|| refuse("UnknownOperationException", "X-Amz-Target names no operation"))
            .and_then(|operation| self.0.call(operation, access_key, body, events));
        match answer {
            Ok(answer) => axum::Json(answer).into_response(),
            Err(KmsRefusal { code, message }) => {
                let body = json!({"__type": code, "message": message});
                (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
            }
        }
    }
}

impl Inner {
    fn call(
        &self,
        operation: &str,
        access_key: Option<&str>,
        body: &Bytes,
        events: &dyn EventSink,
    ) -> Result<Value, KmsRefusal> {
        let Some(access_key) = access_key else {
            let why = "Request is missing Authentication Token";
            return Err(refuse("MissingAuthenticationTokenException", why));
        };
        let body = if body.is_empty() { b"{}" } else { &body[..] };
        let request: Value = serde_json::from_slice(body)
            .map_err(|error| refuse("SerializationException", &error.to_string()))?;
        let answer = self.carry_out(operation, access_key, &request)?;
        if let (true, Some(arn)) =
            (cryptographic::OPERATIONS.contains(&operation), answer["KeyId"].as_str())
        {
            events.deliver(self.record(operation, access_key, arn, &request));
        }
        Ok(answer)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ProvideError {
    #[error("the policy of the key {key} would be refused by KMS")]
    Policy {
        key: String,
        #[source]
        cause: Malformed,
    },
    #[error("the key {key} could not be generated")]
    Material { key: String },
    #[error(transparent)]
    State(StateError),
}
