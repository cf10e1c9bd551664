//! The file of `--iam`: access keys, who they are, and what their policies say.

use std::collections::BTreeMap;

use iam_policy::{Malformed, Policy};
use serde::Deserialize;
use serde_json::Value;

use super::{Iam, Identity};
use crate::api::signature::Secrets;

/// Why a file of identities cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum IamError {
    #[error(
        "it is not a JSON object of access key ids with `principal`, `policies` and, if signatures \
         are to be verified, `secret` (line {line}, column {column})"
    )]
    Form { line: usize, column: usize },
    #[error("{access_key_id}: policy {number} cannot be used")]
    Policy {
        access_key_id: String,
        number: usize,
        #[source]
        cause: Malformed,
    },
    #[error(
        "{access_key_id}: '{principal}' is not the ARN of a user, of an assumed role, or a root"
    )]
    Principal { access_key_id: String, principal: String },
    #[error("{0} has no secret and others have: give one to each access key, or to none")]
    Secret(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityEntry {
    principal: String,
    #[serde(default)]
    policies: Vec<Value>,
    secret: Option<String>,
}

impl Iam {
    /// The identities, and the secrets that their requests are signed with, if the file has them.
    ///
    /// # Errors
    /// If the text is not JSON of the documented form, or a policy or a principal cannot be read.
    pub fn from_json(text: &str) -> Result<(Self, Option<Secrets>), IamError> {
        // serde's own message could quote a secret.
        let entries: BTreeMap<String, IdentityEntry> = serde_json::from_str(text)
            .map_err(|error| IamError::Form { line: error.line(), column: error.column() })?;
        let has_secrets = entries.values().any(|entry| entry.secret.is_some());
        let (mut identities, mut secrets) = (BTreeMap::new(), BTreeMap::new());
        for (access_key_id, entry) in entries {
            match entry.secret {
                Some(secret) => {
                    secrets.insert(access_key_id.clone(), secret);
                }
                None if has_secrets => return Err(IamError::Secret(access_key_id)),
                None => {}
            }
            let policies = entry.policies.iter().enumerate().map(|(at, document)| {
                Policy::of_identity(document).map_err(|cause| IamError::Policy {
                    access_key_id: access_key_id.clone(),
                    number: at + 1,
                    cause,
                })
            });
            let policies = policies.collect::<Result<_, _>>()?;
            let Some(account) = account(&entry.principal) else {
                return Err(IamError::Principal { access_key_id, principal: entry.principal });
            };
            let identity = Identity { account, arn: entry.principal, policies };
            identities.insert(access_key_id, identity);
        }
        Ok((Self { identities }, has_secrets.then_some(Secrets::OfEach(secrets))))
    }
}

/// `arn:aws:iam::<account>:user/…`, `…:root`, or `arn:aws:sts::<account>:assumed-role/…/…`
fn account(principal: &str) -> Option<String> {
    let fields: Vec<&str> = principal.splitn(6, ':').collect();
    let [arn, _, service, _, account, name] = fields[..] else { return None };
    let is_principal = match service {
        "iam" => name == "root" || name.starts_with("user/"),
        "sts" => name.starts_with("assumed-role/") && name.split('/').count() == 3,
        _ => false,
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (arn == "arn" && is_principal && is_account).then(|| account.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::error::explain;

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

    #[test]
    fn secrets_are_those_of_all_or_of_nobody_and_never_in_an_error() {
        let file = |a: Value, b: Value| json!({"A": a, "B": b}).to_string();
        let plain = json!({"principal": ALICE});
        let secret = json!({"principal": ALICE, "secret": "sesame"});
        let (_, secrets) = Iam::from_json(&file(plain.clone(), plain.clone())).unwrap();
        assert!(secrets.is_none());
        let (_, secrets) = Iam::from_json(&file(secret.clone(), secret.clone())).unwrap();
        assert!(matches!(secrets, Some(Secrets::OfEach(of)) if of["A"] == "sesame"));
        let error = Iam::from_json(&file(plain, secret)).unwrap_err();
        assert!(matches!(&error, IamError::Secret(name) if name == "A"), "{error}");
        let error = Iam::from_json(r#"{"A": {"secret": "sesame", "principal": 1}}"#).unwrap_err();
        assert!(!explain(&error).contains("sesame"), "{error}");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_place() {
        let with = |policy: Value| json!({"A": {"principal": ALICE, "policies": [policy]}});
        let allow = json!({"Effect": "Allow", "Action": "acm-pca:*", "Resource": "*"});
        let principal = |arn: &str| json!({"A": {"principal": arn}});
        for (file, want) in [
            (json!([]), "it is not a JSON object"),
            (json!({"A": {"principal": ALICE, "polices": []}}), "it is not a JSON object"),
            (with(json!({})), "A: policy 1 cannot be used: Missing required field Statement"),
            (with(json!({"Version": "1", "Statement": allow})), "a valid version"),
            (with(json!({"Statement": {"Effect": "Maybe"}})), "Invalid effect: Maybe"),
            (
                with(json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "a:b",
                                          "Resource": "*"}})),
                "Invalid principal",
            ),
            (principal("alice"), "A: 'alice' is not the ARN"),
            (principal("arn:aws:iam::1:user/alice"), "is not the ARN"),
            (principal("arn:aws:iam::111122223333:role/r"), "is not the ARN"),
        ] {
            let error = explain(&Iam::from_json(&file.to_string()).unwrap_err());
            assert!(error.contains(want), "{error}");
        }
        for arn in [
            ALICE,
            "arn:aws:iam::111122223333:root",
            "arn:aws-cn:sts::111122223333:assumed-role/r/s",
        ] {
            Iam::from_json(&principal(arn).to_string()).unwrap();
        }
    }
}
