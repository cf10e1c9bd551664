//! The operations of KMS that are served, with the errors of the API reference.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::keys::{Alias, Key, KmsRefusal, KmsState, refuse};
use super::material::KeySpecName;
use super::request::text;
use super::{Inner, cryptographic};
use iam_policy::Policy;

/// The policy that a key has which was given none (KMS Developer Guide, Default key policy).
pub(super) fn default_policy(account: &str) -> String {
    let policy = json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }],
    });
    policy.to_string()
}

/// GetKeyPolicy and what changes a key take ids and ARNs, and no alias.
const OF_ONE_KEY: [&str; 6] = [
    "CancelKeyDeletion",
    "DisableKey",
    "EnableKey",
    "GetKeyPolicy",
    "PutKeyPolicy",
    "ScheduleKeyDeletion",
];

impl Inner {
    pub(super) fn carry_out(
        &self,
        operation: &str,
        access_key: &str,
        request: &Value,
    ) -> Result<Value, KmsRefusal> {
        let now = self.clock.now();
        let state = self.keys.at(now);
        let permit = |id: &str| {
            self.by_key_policy(&state, operation, access_key, id)?;
            self.permit(operation, access_key, &self.arn(id))
        };
        match operation {
            "CreateKey" => {
                self.permit(operation, access_key, "*")?;
                self.create_key(request, now)
            }
            "DescribeKey" => {
                let name = text(request, "KeyId")?;
                let id = match self.find(&state, name, true) {
                    Err(_) if name.ends_with("alias/aws/s3") => {
                        self.make_own(now)?;
                        return self.carry_out(operation, access_key, request);
                    }
                    found => found?,
                };
                permit(&id)?;
                self.described(&id, now)
            }
            "ListKeys" => {
                self.permit(operation, access_key, "*")?;
                let keys = state.keys.keys().map(|id| json!({"KeyId": id, "KeyArn": self.arn(id)}));
                page(request, "Keys", keys.collect())
            }
            "CreateAlias" => {
                let id = self.find(&state, text(request, "TargetKeyId")?, false)?;
                permit(&id)?;
                self.create_alias(&state, text(request, "AliasName")?, id, now)
            }
            "ListAliases" => {
                self.permit(operation, access_key, "*")?;
                self.list_aliases(&state, request)
            }
            _ if OF_ONE_KEY.contains(&operation) => {
                let id = self.find(&state, text(request, "KeyId")?, false)?;
                permit(&id)?;
                self.carry_out_on(&id, &state, operation, request, now)
            }
            _ if cryptographic::OPERATIONS.contains(&operation) => {
                let id = self.find(&state, text(request, "KeyId")?, true)?;
                permit(&id)?;
                let key = state.keys.get(&id).ok_or_else(|| missing(&id))?;
                self.compute(operation, request, &id, key)
            }
            other => {
                let why = format!("vigil-local keeps keys and encrypts nothing: it lacks {other}");
                Err(refuse("UnknownOperationException", &why))
            }
        }
    }

    /// One of [`OF_ONE_KEY`], which the caller may carry out.
    fn carry_out_on(
        &self,
        id: &str,
        state: &KmsState,
        operation: &str,
        request: &Value,
        now: OffsetDateTime,
    ) -> Result<Value, KmsRefusal> {
        match operation {
            "GetKeyPolicy" => {
                default_only(request)?;
                let policy = state.keys.get(id).map(|key| key.policy.as_str());
                Ok(json!({"Policy": policy, "PolicyName": "default"}))
            }
            "PutKeyPolicy" => {
                default_only(request)?;
                let policy = self.checked(text(request, "Policy")?)?;
                self.change(id, |key| key.policy = policy)
            }
            "ScheduleKeyDeletion" => {
                self.not_pending(state, id)?;
                self.schedule_deletion(id, request, now)
            }
            "CancelKeyDeletion" => {
                // KMS Developer Guide: it comes back disabled.
                self.change(id, |key| (key.deletion, key.is_enabled) = (None, false))?;
                Ok(json!({"KeyId": self.arn(id)}))
            }
            _ => {
                self.not_pending(state, id)?;
                self.change(id, |key| key.is_enabled = operation == "EnableKey")
            }
        }
    }

    fn create_key(&self, request: &Value, now: OffsetDateTime) -> Result<Value, KmsRefusal> {
        let is = |name: &str, only: &str| request[name].as_str().is_none_or(|value| value == only);
        let spec = match request["KeySpec"].as_str() {
            None => Some(KeySpecName::Symmetric),
            Some(name) => KeySpecName::read(name),
        };
        let plain = is("Origin", "AWS_KMS") && request["MultiRegion"].as_bool() != Some(true);
        let has_tags = request["Tags"].as_array().is_some_and(|tags| !tags.is_empty());
        let Some(spec) = spec.filter(|_| plain && !has_tags) else {
            let why = "vigil-local makes keys of one Region without tags: SYMMETRIC_DEFAULT, \
                       ECC_NIST_P256, RSA_2048, RSA_3072, RSA_4096 and HMAC_256";
            return Err(refuse("UnsupportedOperationException", why));
        };
        // A key that is not symmetric has no default usage (API reference, CreateKey).
        let usage = request["KeyUsage"].as_str().unwrap_or("ENCRYPT_DECRYPT");
        if usage != spec.usage() {
            let why = format!("KeyUsage {usage} is not compatible with KeySpec {}", spec.name());
            return Err(refuse("ValidationException", &why));
        }
        let policy = match request["Policy"].as_str() {
            Some(policy) => self.checked(policy)?,
            None => default_policy(&self.account.id),
        };
        let description = request["Description"].as_str().unwrap_or_default().to_owned();
        let id = uuid::Uuid::new_v4().to_string();
        let key = Key { description, ..Key::new(policy, now) }.of_spec(spec)?;
        self.write(|state| drop(state.keys.insert(id.clone(), key)))?;
        self.described(&id, now)
    }

    /// `aws/s3`, which KMS makes when it is first asked for.
    pub(super) fn make_own(&self, now: OffsetDateTime) -> Result<String, KmsRefusal> {
        let (account, region) = (&self.account.id, &self.account.region);
        let via = json!({"kms:CallerAccount": account,
                         "kms:ViaService": format!("s3.{region}.amazonaws.com")});
        let policy = json!({"Version": "2012-10-17", "Id": "auto-s3-2", "Statement": [
            {
                "Sid": "Allow access through S3 for all principals in the account that are \
                        authorized to use S3",
                "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": "*",
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*",
                           "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Condition": {"StringEquals": via},
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow", "Resource": "*",
                "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
            },
        ]});
        let id = uuid::Uuid::new_v4().to_string();
        let key = Key { is_aws_managed: true, ..Key::new(policy.to_string(), now) };
        self.write(|state| {
            let alias = Alias { key: id.clone(), created: now };
            state.aliases.insert("alias/aws/s3".to_owned(), alias);
            state.keys.insert(id.clone(), key);
        })?;
        Ok(id)
    }

    fn create_alias(
        &self,
        state: &KmsState,
        name: &str,
        key: String,
        now: OffsetDateTime,
    ) -> Result<Value, KmsRefusal> {
        if !name.starts_with("alias/") || name.starts_with("alias/aws/") {
            let why = "Alias must start with the prefix \"alias/\", and not with \"alias/aws/\"";
            return Err(refuse("InvalidAliasNameException", why));
        }
        if state.aliases.contains_key(name) {
            let arn = self.account.arn("kms", name);
            let why = format!("An alias with the name {arn} already exists");
            return Err(refuse("AlreadyExistsException", &why));
        }
        let alias = Alias { key, created: now };
        self.write(|state| drop(state.aliases.insert(name.to_owned(), alias)))?;
        Ok(json!({}))
    }

    fn list_aliases(&self, state: &KmsState, request: &Value) -> Result<Value, KmsRefusal> {
        let of = request["KeyId"].as_str().map(|name| self.find(state, name, false)).transpose()?;
        let wanted = |alias: &Alias| of.as_ref().is_none_or(|id| *id == alias.key);
        let aliases = state.aliases.iter().filter(|(_, alias)| wanted(alias));
        let shown = aliases.map(|(name, alias)| {
            let created = epoch(alias.created);
            json!({"AliasName": name, "AliasArn": self.account.arn("kms", name),
                   "TargetKeyId": alias.key, "CreationDate": created, "LastUpdatedDate": created})
        });
        page(request, "Aliases", shown.collect())
    }

    fn schedule_deletion(
        &self,
        id: &str,
        request: &Value,
        now: OffsetDateTime,
    ) -> Result<Value, KmsRefusal> {
        let days = request["PendingWindowInDays"].as_i64().unwrap_or(30);
        if !(7..=30).contains(&days) {
            return Err(refuse("ValidationException", "PendingWindowInDays is between 7 and 30"));
        }
        let end = now + Duration::days(days);
        self.change(id, |key| key.deletion = Some(end))?;
        Ok(json!({"KeyId": self.arn(id), "DeletionDate": epoch(end),
                  "KeyState": "PendingDeletion", "PendingWindowInDays": days}))
    }

    /// The id behind an id, an alias, or the ARN of either.
    pub(super) fn find(
        &self,
        state: &KmsState,
        name: &str,
        takes_alias: bool,
    ) -> Result<String, KmsRefusal> {
        let ours = self.account.arn("kms", "");
        let short = name.strip_prefix(&ours).unwrap_or(name);
        let id = match short.strip_prefix("key/") {
            Some(id) if short.len() < name.len() => id,
            _ if short.starts_with("alias/") && takes_alias => {
                let alias = state.aliases.get(short).map(|alias| alias.key.as_str());
                let missing = || format!("Alias {ours}{short} is not found.");
                alias.ok_or_else(|| refuse("NotFoundException", &missing()))?
            }
            _ if short.starts_with("alias/") && short.len() < name.len() => {
                let why = "Key Aliases are not supported for this operation";
                return Err(refuse("InvalidArnException", why));
            }
            _ if name.starts_with("arn:") || !short.contains('/') => short,
            _ => return Err(refuse("NotFoundException", &format!("Invalid keyId '{name}'"))),
        };
        if state.keys.contains_key(id) {
            return Ok(id.to_owned());
        }
        let arn = if name.starts_with("arn:") { name.to_owned() } else { self.arn(id) };
        Err(refuse("NotFoundException", &format!("Key '{arn}' does not exist")))
    }

    /// KMS refuses a policy that cannot be read.
    fn checked(&self, policy: &str) -> Result<String, KmsRefusal> {
        Policy::of_key(policy)
            .map(|_| policy.to_owned())
            .map_err(|why| refuse("MalformedPolicyDocumentException", &why.problem.to_string()))
    }

    fn not_pending(&self, state: &KmsState, id: &str) -> Result<(), KmsRefusal> {
        if state.keys.get(id).is_some_and(|key| key.deletion.is_some()) {
            let why = format!("{} is pending deletion.", self.arn(id));
            return Err(refuse("KMSInvalidStateException", &why));
        }
        Ok(())
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Key)) -> Result<Value, KmsRefusal> {
        self.write(|state| {
            if let Some(key) = state.keys.get_mut(id) {
                change(key);
            }
        })?;
        Ok(json!({}))
    }

    fn write(&self, change: impl FnOnce(&mut KmsState)) -> Result<(), KmsRefusal> {
        self.keys.change(change).map_err(|error| {
            tracing::error!(%error, "the keys could not be kept");
            refuse("KMSInternalException", &error.to_string())
        })
    }

    fn described(&self, id: &str, now: OffsetDateTime) -> Result<Value, KmsRefusal> {
        let state = self.keys.at(now);
        let key = state.keys.get(id).ok_or_else(|| missing(id))?;
        let mut metadata = json!({
            "AWSAccountId": self.account.id,
            "KeyId": id,
            "Arn": self.arn(id),
            "CreationDate": epoch(key.created),
            "Enabled": key.state() == "Enabled",
            "Description": key.description,
            "KeyUsage": key.spec.usage(),
            "KeyState": key.state(),
            "Origin": "AWS_KMS",
            "KeyManager": if key.is_aws_managed { "AWS" } else { "CUSTOMER" },
            "CustomerMasterKeySpec": key.spec.name(),
            "KeySpec": key.spec.name(),
            "MultiRegion": false,
        });
        let (member, algorithms) = key.spec.algorithms();
        metadata[member] = json!(algorithms);
        if let Some(end) = key.deletion {
            metadata["DeletionDate"] = json!(epoch(end));
        }
        Ok(json!({"KeyMetadata": metadata}))
    }

    pub(super) fn arn(&self, id: &str) -> String {
        self.account.arn("kms", &format!("key/{id}"))
    }
}

pub(super) fn missing(id: &str) -> KmsRefusal {
    refuse("NotFoundException", &format!("Key '{id}' does not exist"))
}

fn default_only(request: &Value) -> Result<(), KmsRefusal> {
    match request["PolicyName"].as_str() {
        None | Some("default") => Ok(()),
        Some(_) => Err(refuse("NotFoundException", "No such policy exists")),
    }
}

/// All items in one page, unless the request limits it.
fn page(request: &Value, name: &str, all: Vec<Value>) -> Result<Value, KmsRefusal> {
    let begin = match request["Marker"].as_str() {
        None => 0,
        Some(marker) => {
            marker.parse().map_err(|_| refuse("InvalidMarkerException", "no such marker"))?
        }
    };
    let limit = request["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let (total, limit) = (all.len(), limit.unwrap_or(100));
    let shown: Vec<_> = all.into_iter().skip(begin).take(limit).collect();
    let end = begin.saturating_add(shown.len());
    let mut answer = json!({name: shown, "Truncated": end < total});
    if end < total {
        answer["NextMarker"] = json!(end.to_string());
    }
    Ok(answer)
}

/// AWS JSON has instants as seconds since 1970.
fn epoch(at: OffsetDateTime) -> i64 {
    at.unix_timestamp()
}
