//! CloudTrail's record of a call to KMS that used a key. The message is not in it, nor on AWS.

use serde_json::{Value, json};

use super::Inner;
use crate::api_call::ApiCall;
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
        let identity = self.roles.identity(access_key);
        let (request, response) = (parameters, Value::Null);
        let call = ApiCall {
            service: "kms",
            name: operation,
            identity,
            at: &now,
            request,
            response,
            is_read: true,
        };
        let mut event = call.event(&self.account);
        event["detail"]["resources"] =
            json!([{"accountId": self.account.id, "type": "AWS::KMS::Key", "ARN": arn}]);
        event
    }
}
