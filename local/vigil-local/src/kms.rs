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

    /// Makes keys and aliases, unless an earlier run has. An alias is a name and a key's id or ARN. As an
    /// update of the stack does, it replaces the policy of a key for which the template has another one now.
    pub(crate) fn provide(
        &self,
        keys: &[KeySpec],
        aliases: &[(String, String)],
    ) -> Result<(), ProvideError> {
        let now = self.0.clock.now();
        let there = self.0.keys.at(now).keys;
        for KeySpec { id, policy, spec } in keys {
            let default = || operations::default_policy(&self.0.account.id);
            let policy = policy.clone().unwrap_or_else(default);
            Policy::of_key(&policy)
                .map_err(|cause| ProvideError::Policy { key: id.clone(), cause })?;
            let of_template = Some(policy.clone());
            let keep: Box<dyn FnOnce(&mut KmsState)> = match there.get(id) {
                None => {
                    let failed = |_| ProvideError::Material { key: id.clone() };
                    let new = Key { of_template, ..Key::new(policy, now) };
                    let key = new.of_spec(*spec).map_err(failed)?;
                    Box::new(|state: &mut KmsState| {
                        state.keys.entry(id.clone()).or_insert(key);
                    })
                }
                // A key of an older vigil-local does not say what the template gave it.
                Some(held) if held.of_template.as_ref().unwrap_or(&held.policy) != &policy => {
                    tracing::warn!(key = %id, "the key has the policy of the template, which is another one");
                    Box::new(|state: &mut KmsState| {
                        if let Some(key) = state.keys.get_mut(id) {
                            (key.policy, key.of_template) = (policy, of_template);
                        }
                    })
                }
                Some(_) => continue,
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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_key_has_the_policy_that_the_template_gave_it_last() {
        let folder = tempfile::tempdir().unwrap();
        let policy = |action: &str| {
            let statement = json!({
                "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action, "Resource": "*",
            });
            json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
        };
        let open = |action: &str| {
            let (account, clock) =
                (Account::default(), Clock::frozen_at(datetime!(2026-01-01 0:00 UTC)));
            let roles = Roles::new(account.clone(), std::iter::empty()).unwrap();
            let kms = Kms::open(&folder.path().join("kms.json"), account, clock, roles).unwrap();
            let spec = KeySpecName::Symmetric;
            let key = KeySpec { id: "1".to_owned(), policy: Some(policy(action)), spec };
            kms.provide(&[key], &[]).unwrap();
            kms
        };
        let held = |kms: &Kms| kms.0.keys.at(kms.0.clock.now()).keys["1"].policy.clone();
        assert_eq!(held(&open("kms:Sign")), policy("kms:Sign"));
        let put = open("kms:Verify");
        assert_eq!(held(&put), policy("kms:Verify"), "another parameter of the template");
        let own = policy("kms:Describe*");
        put.0
            .keys
            .change(|state| state.keys.get_mut("1").unwrap().policy.clone_from(&own))
            .unwrap();
        assert_eq!(held(&open("kms:Verify")), own, "the template says what it said before");
        assert_eq!(held(&open("kms:Sign")), policy("kms:Sign"));
    }
}
