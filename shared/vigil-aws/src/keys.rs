//! The KMS keys that buckets are encrypted with.

use aws_sdk_kms::{Client, types::KeyManagerType};
use vigil_core::{
    bucket::{Fact, KeyFacts},
    failure::chain,
    ports::PortError,
};

use crate::answer::port_error;

/// The KMS keys that encrypt buckets.
#[derive(Clone, Debug)]
pub struct KmsKeys {
    client: Client,
}

impl KmsKeys {
    /// The keys as this client sees them.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// `key` is an id, an alias, or the ARN of either.
    pub(crate) async fn facts(&self, key: &str) -> Fact<Option<KeyFacts>> {
        match self.read(key).await {
            Ok(facts) => Fact::Known(Some(facts)),
            Err(error) => Fact::Unknown(chain(&error)),
        }
    }

    async fn read(&self, key: &str) -> Result<KeyFacts, PortError> {
        const DESCRIBE: &str = "DescribeKey";
        let answer = self.client.describe_key().key_id(key).send().await;
        let answer = answer.map_err(|error| port_error(DESCRIBE, key, error))?;
        let described = answer.key_metadata.and_then(|key| Some((key.arn.clone()?, key)));
        let (arn, metadata) = described.ok_or_else(|| PortError::Other {
            operation: DESCRIBE,
            resource: key.to_owned(),
            cause: "the answer has no Arn".into(),
        })?;
        // GetKeyPolicy takes no alias.
        let policy = self.client.get_key_policy().key_id(&arn).send().await;
        let policy = policy.map_err(|error| port_error("GetKeyPolicy", &arn, error))?.policy;
        Ok(KeyFacts {
            is_aws_managed: metadata.key_manager == Some(KeyManagerType::Aws),
            state: metadata.key_state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
            policy: policy.unwrap_or_default(),
            arn,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Wire, client, dated, refused};

    #[tokio::test]
    async fn a_key_is_described_by_its_name_its_policy_read_by_its_arn() {
        let arn = "arn:aws:kms:us-east-1:111122223333:key/1";
        let metadata = serde_json::json!({"KeyMetadata": {
            "KeyId": "1", "Arn": arn, "KeyManager": "CUSTOMER", "KeyState": "Enabled",
        }});
        let wire = Wire::new([dated(metadata), dated(serde_json::json!({"Policy": "{}"}))]);
        let facts = KmsKeys::new(client!(aws_sdk_kms, wire)).facts("alias/crls").await;
        let state = "Enabled".to_owned();
        let (arn, policy) = (arn.to_owned(), "{}".to_owned());
        let want = KeyFacts { arn: arn.clone(), is_aws_managed: false, state, policy };
        assert_eq!(facts, Fact::Known(Some(want)));
        let asked = wire.asked();
        assert!(asked[0].body.contains("alias/crls") && asked[1].body.contains(&arn), "{asked:?}");
    }

    #[tokio::test]
    async fn a_key_that_may_not_be_read_is_not_known_and_says_why() {
        let wire = Wire::new([refused(400, "AccessDeniedException")]);
        let facts = KmsKeys::new(client!(aws_sdk_kms, wire)).facts("1").await;
        assert!(
            facts.known().unwrap_err().starts_with("DescribeKey was refused for 1"),
            "{facts:?}"
        );
    }
}
