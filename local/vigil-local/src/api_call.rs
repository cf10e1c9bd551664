//! What CloudTrail records of a management call, as the event that EventBridge gets (CloudTrail User
//! Guide, "CloudTrail record contents").

use serde_json::{Value, json};

use crate::account::Account;

/// A call of one service by a principal.
pub(crate) struct ApiCall<'a> {
    /// As in `kms.amazonaws.com`.
    pub(crate) service: &'a str,
    pub(crate) name: &'a str,
    pub(crate) identity: Value,
    /// RFC 3339, to the second.
    pub(crate) at: &'a str,
    pub(crate) request: Value,
    pub(crate) response: Value,
    /// Whether it changes nothing.
    pub(crate) is_read: bool,
}

impl ApiCall<'_> {
    pub(crate) fn event(self, account: &Account) -> Value {
        let Self { service, name, identity, at, request, response, is_read } = self;
        let id = || uuid::Uuid::new_v4().to_string();
        json!({
            "version": "0", "id": id(), "detail-type": "AWS API Call via CloudTrail",
            "source": format!("aws.{service}"), "account": account.id, "time": at,
            "region": account.region, "resources": [],
            "detail": {
                "eventVersion": "1.11",
                "userIdentity": identity,
                "eventTime": at,
                "eventSource": format!("{service}.amazonaws.com"),
                "eventName": name,
                "awsRegion": account.region,
                "sourceIPAddress": "127.0.0.1",
                "requestParameters": request,
                "responseElements": response,
                "requestID": id(),
                "eventID": id(),
                "readOnly": is_read,
                "eventType": "AwsApiCall",
                "managementEvent": true,
                "recipientAccountId": account.id,
                "eventCategory": "Management",
            },
        })
    }
}
