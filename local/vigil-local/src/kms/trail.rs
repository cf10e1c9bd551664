//! CloudTrail's record of a call to KMS that used a key. The message is not in it, nor on AWS.

use serde_json::{Value, json};

use super::Inner;
use crate::clock::to_the_second;

impl Inner {
    /// As an event for the default bus and the event history.
    pub(super) fn record(
        &self,
        operation: &str,
        access_key: &str,
        arn: &str,
        request: &Value,
    ) -> Value {
        let member = |name: &str| request[name].clone();
        let mut parameters = json!({"keyId": member("KeyId")});
        for (from, to) in [
            ("MessageType", "messageType"),
            ("SigningAlgorithm", "signingAlgorithm"),
            ("MacAlgorithm", "macAlgorithm"),
        ] {
            if !request[from].is_null() {
                parameters[to] = member(from);
            }
        }
        let now = to_the_second(self.clock.now());
        let id = || uuid::Uuid::new_v4().to_string();
        let detail = json!({
            "eventVersion": "1.11",
            "userIdentity": self.roles.identity(access_key),
            "eventTime": now,
            "eventSource": "kms.amazonaws.com",
            "eventName": operation,
            "awsRegion": self.account.region,
            "sourceIPAddress": "127.0.0.1",
            "requestParameters": parameters,
            "responseElements": Value::Null,
            "requestID": id(),
            "eventID": id(),
            "readOnly": true,
            "resources": [{"accountId": self.account.id, "type": "AWS::KMS::Key", "ARN": arn}],
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": self.account.id,
            "eventCategory": "Management",
        });
        json!({
            "version": "0", "id": id(), "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.kms", "account": self.account.id, "time": now,
            "region": self.account.region, "resources": [], "detail": detail,
        })
    }
}
