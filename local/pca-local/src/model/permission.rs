//! What ACM may do with a CA, as CreatePermission grants it.

use aws_sdk_acmpca::types::{ActionType, Permission as PermissionShape};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::model::{
    arn::CaArn,
    values::{timestamp, word},
};

/// What a service principal, which can only be ACM, may do with the CA.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Permission {
    pub(crate) principal: String,
    pub(crate) source_account: String,
    #[serde(with = "word::list")]
    pub(crate) actions: Vec<ActionType>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

impl Permission {
    pub(crate) fn is_for(&self, principal: &str, source_account: &str) -> bool {
        self.principal == principal && self.source_account == source_account
    }

    pub(crate) fn describe(&self, ca: &CaArn) -> PermissionShape {
        PermissionShape::builder()
            .certificate_authority_arn(ca.to_string())
            .created_at(timestamp(self.created_at))
            .principal(&self.principal)
            .source_account(&self.source_account)
            .set_actions(Some(self.actions.clone()))
            .policy(self.equivalent_policy(ca))
            .build()
    }

    /// What the service shows here is not documented: the policy that says the same.
    fn equivalent_policy(&self, ca: &CaArn) -> String {
        let actions: Vec<String> =
            self.actions.iter().map(|action| format!("acm-pca:{action}")).collect();
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": self.principal},
                "Action": actions,
                "Resource": ca.to_string(),
                "Condition": {"StringEquals": {"aws:SourceAccount": self.source_account}},
            }],
        })
        .to_string()
    }
}
