//! Shares of AWS Resource Access Manager: a managed permission for an account becomes statements of
//! the CA's resource policy, which is how RAM itself grants it. Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{arn::CaArn, policy};

/// One of the permissions that RAM manages for CAs (user guide, "Customer managed permissions" and
/// "Attach a policy for cross-account access" of AWS Private CA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Permission {
    #[serde(
        rename = "AWSRAMBlankEndEntityCertificateAPICSRPassthroughIssuanceCertificateAuthority"
    )]
    BlankApiCsrPassthrough,
    #[serde(rename = "AWSRAMBlankEndEntityCertificateAPIPassthroughIssuanceCertificateAuthority")]
    BlankApiPassthrough,
    #[serde(rename = "AWSRAMDefaultPermissionCertificateAuthority")]
    Default,
    #[serde(rename = "AWSRAMRevokeCertificateCertificateAuthority")]
    Revoke,
    #[serde(rename = "AWSRAMSubordinateCACertificatePathLen0IssuanceCertificateAuthority")]
    SubordinatePathLen0,
}

impl Permission {
    const ALL: [Self; 5] = [
        Self::BlankApiCsrPassthrough,
        Self::BlankApiPassthrough,
        Self::Default,
        Self::Revoke,
        Self::SubordinatePathLen0,
    ];

    /// The one template that it lets the account issue with.
    fn template(self) -> Option<&'static str> {
        match self {
            Self::BlankApiCsrPassthrough => Some("BlankEndEntityCertificate_APICSRPassthrough/V1"),
            Self::BlankApiPassthrough => Some("BlankEndEntityCertificate_APIPassthrough/V1"),
            Self::Default => Some("EndEntityCertificate/V1"),
            Self::Revoke => None,
            Self::SubordinatePathLen0 => Some("SubordinateCACertificate_PathLen0/V1"),
        }
    }

    /// What marks the statements of a share in a policy.
    fn sid(self, account: &str) -> String {
        format!("Ram{self:?}{account}")
    }
}

/// A CA, whom it is shared with, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Share {
    pub(crate) certificate_authority_arn: String,
    /// An account.
    pub(crate) principal: String,
    pub(crate) permission: Permission,
}

impl Share {
    /// The policy with this share in it.
    pub(crate) fn add(&self, ca: &CaArn, policy: Option<&str>) -> String {
        let mut statements = self.others(policy);
        let grant = |action: Value, condition: Option<Value>| {
            let mut statement = json!({
                "Sid": self.permission.sid(&self.principal),
                "Effect": "Allow",
                "Principal": {"AWS": self.principal},
                "Action": action,
                "Resource": ca.to_string(),
            });
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        };
        statements.push(grant(json!(policy::READ), None));
        statements.push(match self.permission.template() {
            None => grant(json!(policy::REVOKE), None),
            Some(template) => {
                let arn = format!("arn:{}:acm-pca:::template/{template}", ca.partition);
                let equals = json!({"StringEquals": {policy::TEMPLATE_KEY: arn}});
                grant(json!(policy::ISSUE), Some(equals))
            }
        });
        document(statements)
    }

    /// The policy without this share; `None` if nothing is left of it.
    pub(crate) fn remove(&self, policy: &str) -> Option<String> {
        let statements = self.others(Some(policy));
        (!statements.is_empty()).then(|| document(statements))
    }

    fn others(&self, policy: Option<&str>) -> Vec<Value> {
        let sid = self.permission.sid(&self.principal);
        let mut statements = policy.map(statements).unwrap_or_default();
        statements.retain(|statement| statement["Sid"] != *sid);
        statements
    }
}

/// The shares that a CA's policy is made of.
pub(crate) fn shares_in(ca: &CaArn, policy: &str) -> Vec<Share> {
    let statements = statements(policy);
    let mut found: Vec<Share> = statements
        .iter()
        .filter_map(|statement| {
            let principal = statement["Principal"]["AWS"].as_str()?;
            let is_marked = |one: &&Permission| statement["Sid"] == *one.sid(principal);
            Some(Share {
                certificate_authority_arn: ca.to_string(),
                principal: principal.to_owned(),
                permission: *Permission::ALL.iter().find(is_marked)?,
            })
        })
        .collect();
    // Two statements each, one after the other.
    found.dedup();
    found
}

fn statements(policy: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(policy).unwrap_or_default();
    match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn document(statements: Vec<Value>) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::policy::Policy;

    const GUEST: &str = "444455556666";

    fn ca() -> CaArn {
        CaArn::parse("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/ca").unwrap()
    }

    fn share(permission: Permission, principal: &str) -> Share {
        let certificate_authority_arn = ca().to_string();
        Share { certificate_authority_arn, principal: principal.to_owned(), permission }
    }

    fn allows(policy: &str, account: &str, operation: &str, template: Option<&str>) -> bool {
        let template = template.map(|name| format!("arn:aws:acm-pca:::template/{name}/V1"));
        let policy = Policy::parse(policy, &ca().to_string()).unwrap();
        policy.allows(account, operation, template.as_deref())
    }

    #[test]
    fn each_permission_grants_reading_and_its_one_thing() {
        let templates = [
            "EndEntityCertificate",
            "BlankEndEntityCertificate_APIPassthrough",
            "BlankEndEntityCertificate_APICSRPassthrough",
            "SubordinateCACertificate_PathLen0",
            "SubordinateCACertificate_PathLen1",
        ];
        for (permission, issues) in [
            (Permission::Default, Some(0)),
            (Permission::BlankApiPassthrough, Some(1)),
            (Permission::BlankApiCsrPassthrough, Some(2)),
            (Permission::SubordinatePathLen0, Some(3)),
            (Permission::Revoke, None),
        ] {
            let policy = share(permission, GUEST).add(&ca(), None);
            for (at, template) in templates.iter().enumerate() {
                let got = allows(&policy, GUEST, "IssueCertificate", Some(template));
                assert_eq!(got, issues == Some(at), "{permission:?} {template}");
            }
            let revokes = allows(&policy, GUEST, "RevokeCertificate", None);
            assert_eq!(revokes, permission == Permission::Revoke);
            assert!(allows(&policy, GUEST, "DescribeCertificateAuthority", None));
            for operation in ["GetCertificateAuthorityCsr", "DeleteCertificateAuthority"] {
                assert!(!allows(&policy, GUEST, operation, None), "{permission:?} {operation}");
            }
            assert!(!allows(&policy, "777788889999", "DescribeCertificateAuthority", None));
        }
    }

    #[test]
    fn shares_are_added_and_removed_beside_other_statements() {
        let (default, revoke) =
            (share(Permission::Default, GUEST), share(Permission::Revoke, "777788889999"));
        let one = default.add(&ca(), None);
        let two = revoke.add(&ca(), Some(&one));
        assert_eq!(shares_in(&ca(), &two), [default.clone(), revoke.clone()]);
        assert_eq!(revoke.add(&ca(), Some(&two)), two, "sharing again changes nothing");
        assert_eq!(revoke.remove(&two), Some(one.clone()));
        assert_eq!(default.remove(&one), None);

        let own = two.replace("RamDefault", "Own");
        assert_eq!(shares_in(&ca(), &own), std::slice::from_ref(&revoke));
        let left = revoke.remove(&own).unwrap();
        assert!(allows(&left, GUEST, "IssueCertificate", Some("EndEntityCertificate")));
    }
}
