//! Resource policies of CAs: what one may say, and whom it lets in. Pure.
//!
//! The service takes policies of one shape only (user guide, "Resource-based policies"): Allow
//! statements about this CA, for accounts or for an organisation, with the five read actions,
//! IssueCertificate bound to one template, and RevokeCertificate.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::error::ApiError;

pub(crate) const READ: [&str; 5] = [
    "acm-pca:DescribeCertificateAuthority",
    "acm-pca:GetCertificate",
    "acm-pca:GetCertificateAuthorityCertificate",
    "acm-pca:ListPermissions",
    "acm-pca:ListTags",
];
pub(crate) const ISSUE: &str = "acm-pca:IssueCertificate";
pub(crate) const REVOKE: &str = "acm-pca:RevokeCertificate";
pub(crate) const TEMPLATE_KEY: &str = "acm-pca:TemplateArn";

#[derive(Debug)]
pub(crate) struct Policy {
    /// As it was put; GetPolicy gives it back unchanged.
    pub(crate) text: String,
    statements: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    #[serde(default)]
    #[expect(dead_code, reason = "allowed, and means nothing here")]
    id: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default)]
    #[expect(dead_code, reason = "allowed, and means nothing here")]
    sid: Option<String>,
    effect: String,
    principal: Value,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(default)]
    condition: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::Many(many) => many,
            Self::One(one) => vec![one],
        }
    }

    fn as_slice(&self) -> &[T] {
        match self {
            Self::Many(many) => many,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

impl Policy {
    pub(crate) fn parse(text: &str, ca_arn: &str) -> Result<Self, ApiError> {
        let document: Document = serde_json::from_str(text).map_err(|error| {
            ApiError::invalid_policy(format!("The policy is malformed: {error}"))
        })?;
        if !matches!(document.version.as_str(), "2012-10-17" | "2008-10-17") {
            let version = &document.version;
            return Err(ApiError::invalid_policy(format!("{version} is not a policy version")));
        }
        let statements = document.statement.into_vec();
        for (index, statement) in statements.iter().enumerate() {
            statement.check(ca_arn).map_err(|why| {
                ApiError::invalid_policy(format!("Statement {}: {why}", index + 1))
            })?;
        }
        let covers = |action: &str| statements.iter().any(|statement| statement.names(action));
        if let Some(missing) = READ.iter().find(|action| !covers(action)) {
            return Err(ApiError::invalid_policy(format!(
                "The policy lacks a required statement: nothing allows {missing}"
            )));
        }
        Ok(Self { text: text.to_owned(), statements })
    }

    /// Whether the policy lets `account` call `operation`; issuing also depends on the template.
    pub(crate) fn allows(
        &self,
        account: &str,
        operation: &str,
        template_arn: Option<&str>,
    ) -> bool {
        let action = format!("acm-pca:{operation}");
        self.statements.iter().any(|statement| {
            statement.names(&action)
                && statement.is_for(account)
                && statement.template().is_none_or(|wanted| template_arn == Some(wanted))
        })
    }
}

impl Statement {
    fn check(&self, ca_arn: &str) -> Result<(), String> {
        if self.effect != "Allow" {
            return Err(format!("Effect must be Allow, not {}", self.effect));
        }
        if let Some(other) = self.resource.as_slice().iter().find(|resource| *resource != ca_arn) {
            return Err(format!("Resource must be {ca_arn}, not {other}"));
        }
        let allowed = |action: &&String| {
            READ.contains(&action.as_str()) || [ISSUE, REVOKE].contains(&action.as_str())
        };
        if let Some(action) = self.action.as_slice().iter().find(|action| !allowed(action)) {
            return Err(format!("{action} cannot be granted by a policy of a CA"));
        }
        if self.names(ISSUE) && self.template().is_none() {
            return Err(format!("{ISSUE} needs the condition StringEquals {TEMPLATE_KEY}"));
        }
        if self.accounts().is_empty() && !self.is_for_organisation() {
            return Err("Principal must name accounts, or be * with the condition \
                        aws:PrincipalOrgID"
                .to_owned());
        }
        Ok(())
    }

    fn names(&self, action: &str) -> bool {
        self.action.as_slice().iter().any(|named| named == action)
    }

    fn template(&self) -> Option<&str> {
        ["StringEquals", "ArnEquals"]
            .iter()
            .find_map(|operator| self.condition.get(*operator)?.get(TEMPLATE_KEY)?.as_str())
    }

    /// `{"AWS": "444455556666"}`, or the ARN of the account's root, or a list of either.
    fn accounts(&self) -> Vec<&str> {
        let named = match self.principal.get("AWS") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        named
            .into_iter()
            .map(|name| name.split(':').nth(4).unwrap_or(name))
            .filter(|name| name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()))
            .collect()
    }

    fn is_for_organisation(&self) -> bool {
        self.principal == "*"
            && self
                .condition
                .get("StringEquals")
                .is_some_and(|equals| equals.get("aws:PrincipalOrgID").is_some())
    }

    /// Organisations are not known here, so a statement for one allows no account.
    fn is_for(&self, account: &str) -> bool {
        self.accounts().contains(&account)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/ca";
    const LEAF: &str = "arn:aws:acm-pca:::template/EndEntityCertificate/V1";

    fn read() -> Value {
        json!({
            "Sid": "1", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
            "Action": READ, "Resource": CA,
        })
    }

    fn issue() -> Value {
        json!({
            "Sid": "1", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": [ISSUE], "Resource": CA,
            "Condition": {"StringEquals": {TEMPLATE_KEY: LEAF}},
        })
    }

    fn policy(statements: &[Value]) -> Result<Policy, ApiError> {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        Policy::parse(&document.to_string(), CA)
    }

    #[test]
    fn the_documented_policy_lets_its_account_in_and_nobody_else() {
        let policy = policy(&[read(), issue()]).unwrap();
        for (account, operation, template, want) in [
            ("444455556666", "DescribeCertificateAuthority", None, true),
            ("777788889999", "DescribeCertificateAuthority", None, false),
            ("444455556666", "DeleteCertificateAuthority", None, false),
            ("444455556666", "IssueCertificate", Some(LEAF), true),
            ("444455556666", "IssueCertificate", Some("another"), false),
            ("444455556666", "RevokeCertificate", None, false),
        ] {
            assert_eq!(policy.allows(account, operation, template), want, "{account} {operation}");
        }
    }

    #[test]
    fn what_the_service_would_not_take_is_refused() {
        let spoil = |member: &str, value: Value| {
            let mut statement = issue();
            statement[member] = value;
            statement
        };
        for (name, statements) in [
            ("no read statement", vec![issue()]),
            ("deny", vec![read(), spoil("Effect", json!("Deny"))]),
            ("another CA", vec![read(), spoil("Resource", json!("*"))]),
            ("deletion", vec![read(), spoil("Action", json!("acm-pca:DeletePolicy"))]),
            ("any template", vec![read(), spoil("Condition", json!({}))]),
            ("everybody", vec![read(), spoil("Principal", json!("*"))]),
            ("unknown member", vec![read(), spoil("NotAction", json!("x"))]),
        ] {
            assert_eq!(policy(&statements).unwrap_err().code, "InvalidPolicyException", "{name}");
        }
        assert_eq!(Policy::parse("{", CA).unwrap_err().code, "InvalidPolicyException");
    }
}
