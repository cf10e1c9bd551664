//! Findings in Security Hub.

use async_trait::async_trait;
use aws_config::SdkConfig;
use serde_json::{Value, json};
use vigil_core::{jobs::notify::SecurityHub, ports::PortError};

use crate::json_calls::{Call, SECURITY_HUB, send};

const OPERATION: &str = "BatchImportFindings";
/// For errors.
const RESOURCE: &str = "Security Hub";
/// How many findings one call takes (Security Hub API Reference, BatchImportFindings).
const MAX_BATCH: usize = 100;

/// Security Hub of one Region, as [`SecurityHub`].
#[derive(Clone, Debug)]
pub struct ImportedFindings {
    sdk: SdkConfig,
}

/// Security Hub answers with success although it did not take these.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} findings were refused: {first}")]
struct Refused {
    failed: usize,
    all: usize,
    /// Id, code and message of the first.
    first: String,
}

impl ImportedFindings {
    pub(crate) fn new(sdk: SdkConfig) -> Self {
        Self { sdk }
    }

    /// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html>
    async fn import_batch(&self, findings: &[Value]) -> Result<(), PortError> {
        let call = Call {
            service: SECURITY_HUB,
            operation: OPERATION,
            method: "POST",
            path: "/findings/import",
            headers: &[],
            body: json!({"Findings": findings}).to_string(),
            resource: RESOURCE,
        };
        let answer = send(&self.sdk, call).await?.body;
        match refused(&answer, findings.len()) {
            None => Ok(()),
            Some(cause) => Err(PortError::Other {
                operation: OPERATION,
                resource: RESOURCE.to_owned(),
                cause: Box::new(cause),
            }),
        }
    }
}

/// What an answer says about findings that were not taken.
fn refused(answer: &Value, all: usize) -> Option<Refused> {
    let taken = answer["SuccessCount"].as_u64().and_then(|count| usize::try_from(count).ok());
    if taken == Some(all) {
        return None;
    }
    let first = &answer["FailedFindings"][0];
    let text = |member: &str| first[member].as_str().unwrap_or("-");
    Some(Refused {
        failed: all.saturating_sub(taken.unwrap_or_default()),
        all,
        first: format!("{} {}: {}", text("Id"), text("ErrorCode"), text("ErrorMessage")),
    })
}

#[async_trait]
impl SecurityHub for ImportedFindings {
    async fn import(&self, findings: &[Value]) -> Result<(), PortError> {
        let mut outcome = Ok(());
        // A batch that is refused keeps no other from its turn.
        for batch in findings.chunks(MAX_BATCH) {
            outcome = outcome.and(self.import_batch(batch).await);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use vigil_core::failure::chain;

    use super::*;
    use crate::wire::{Answer, Wire, dated, refused as refused_call};

    fn hub(answers: impl IntoIterator<Item = Answer>) -> (ImportedFindings, Wire) {
        let wire = Wire::new(answers);
        let credentials = Credentials::new("a", "s", None, None, "test");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(wire.client())
            .build();
        (ImportedFindings::new(sdk), wire)
    }

    #[tokio::test]
    async fn at_most_100_findings_are_in_a_call() {
        let taken = |count: usize| dated(json!({"FailedCount": 0, "SuccessCount": count}));
        let (hub, wire) = hub([taken(100), taken(100), taken(50)]);
        let findings: Vec<Value> = (0..250).map(|n| json!({"Id": n.to_string()})).collect();
        hub.import(&findings).await.unwrap();
        let asked = wire.asked();
        assert_eq!(asked[0].uri, "https://securityhub.us-east-1.amazonaws.com/findings/import");
        let sent = |body: &str| serde_json::from_str::<Value>(body).unwrap()["Findings"].clone();
        let sent: Vec<Value> =
            asked.iter().flat_map(|call| sent(&call.body).as_array().unwrap().clone()).collect();
        assert_eq!((asked.len(), sent), (3, findings));
    }

    #[tokio::test]
    async fn a_finding_that_is_not_taken_is_an_error() {
        let failed = json!({"FailedCount": 1, "SuccessCount": 0, "FailedFindings": [
            {"Id": "f-1", "ErrorCode": "InvalidInput", "ErrorMessage": "Title is missing"}]});
        let (hub, _) = hub([dated(failed)]);
        let error = hub.import(&[json!({"Id": "f-1"})]).await.unwrap_err();
        let text = chain(&error);
        assert!(text.contains("1 of 1 findings were refused: f-1 InvalidInput: Title"), "{text}");
    }

    #[tokio::test]
    async fn an_account_without_security_hub_is_an_error() {
        let (hub, _) = hub([refused_call(401, "InvalidAccessException"), dated(json!({}))]);
        let error = hub.import(&[json!({"Id": "f-1"})]).await.unwrap_err();
        assert!(chain(&error).contains("InvalidAccessException"), "{}", chain(&error));
        // An answer that counts nothing proves nothing.
        let error = hub.import(&[json!({"Id": "f-1"})]).await.unwrap_err();
        assert!(chain(&error).contains("1 of 1 findings were refused"), "{}", chain(&error));
    }
}
