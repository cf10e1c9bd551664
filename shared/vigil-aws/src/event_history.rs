//! CloudTrail's event history.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use serde_json::{Value, json};
use time::OffsetDateTime;
use vigil_core::ports::{EventHistory, PortError};

use crate::json_calls::{CLOUDTRAIL, Call, send};

/// A restoration waits for it in the worst case.
const LIMIT: Duration = Duration::from_secs(5);

/// Fifty records each.
const MAX_PAGES: usize = 8;

/// The event history of one Region, as [`EventHistory`].
#[derive(Clone, Debug)]
pub struct CloudTrail {
    sdk: SdkConfig,
}

impl CloudTrail {
    pub(crate) fn new(sdk: SdkConfig) -> Self {
        Self { sdk }
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>
    async fn pages(&self, request: Value) -> Result<Vec<Value>, PortError> {
        let (mut records, mut request) = (Vec::new(), request);
        for _ in 0..MAX_PAGES {
            let call = Call::json(CLOUDTRAIL, "LookupEvents", "the event history", &request);
            let page = send(&self.sdk, call).await?.body;
            let events = page["Events"].as_array().into_iter().flatten();
            // The record is text within.
            let text = events.filter_map(|event| event["CloudTrailEvent"].as_str());
            records.extend(text.filter_map(|text| serde_json::from_str(text).ok()));
            match page["NextToken"].as_str() {
                Some(token) => request["NextToken"] = json!(token),
                None => break,
            }
        }
        Ok(records)
    }
}

#[async_trait]
impl EventHistory for CloudTrail {
    async fn deletions(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Vec<Value>, PortError> {
        let request = json!({
            "LookupAttributes": [
                {"AttributeKey": "EventName", "AttributeValue": "DeleteCertificateAuthority"}],
            "StartTime": from.unix_timestamp(),
            "EndTime": to.unix_timestamp(),
        });
        tokio::time::timeout(LIMIT, self.pages(request)).await.unwrap_or_else(|late| {
            Err(PortError::Other {
                operation: "LookupEvents",
                resource: "the event history".to_owned(),
                cause: late.into(),
            })
        })
    }
}
