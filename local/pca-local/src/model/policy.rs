//! Resource policies of CAs: what one may say, and whom it lets in. Pure.
//!
//! The service takes policies of one shape only (user guide, "Resource-based policies"): Allow
//! statements about this CA, for accounts or for an organisation, with the five read actions,
//! IssueCertificate bound to one template, and RevokeCertificate.

use iam_policy::{Principal, Statement, account_of};

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
    document: iam_policy::Policy,
}

impl Policy {
    pub(crate) fn parse(text: &str, ca_arn: &str) -> Result<Self, ApiError> {
        let document = iam_policy::Policy::of_resource(text).map_err(|malformed| {
            ApiError::invalid_policy(format!("The policy is malformed: {malformed}"))
        })?;
        if !document.has_version() {
            return Err(ApiError::invalid_policy("The policy has no Version".to_owned()));
        }
        let statements = document.statements();
        for (index, statement) in statements.iter().enumerate() {
            check(statement, ca_arn).map_err(|why| {
                ApiError::invalid_policy(format!("Statement {}: {why}", index + 1))
            })?;
        }
        let covers =
            |action: &str| statements.iter().any(|statement| grants_action(statement, action));
        if let Some(missing) = READ.iter().find(|action| !covers(action)) {
            return Err(ApiError::invalid_policy(format!(
                "The policy lacks a required statement: nothing allows {missing}"
            )));
        }
        Ok(Self { text: text.to_owned(), document })
    }

    /// Whether the policy lets `account` call `operation`; issuing also depends on the template.
    pub(crate) fn allows(
        &self,
        account: &str,
        operation: &str,
        template_arn: Option<&str>,
    ) -> bool {
        let action = format!("acm-pca:{operation}");
        // There are no organisations here, so a statement for one lets no account in.
        self.document.statements().iter().any(|statement| {
            grants_action(statement, &action)
                && accounts(statement).iter().any(|named| named == account)
                && template(statement).is_none_or(|wanted| template_arn == Some(wanted))
        })
    }
}

fn check(statement: &Statement, ca_arn: &str) -> Result<(), String> {
    if !statement.allows() {
        return Err("Effect must be Allow, not Deny".to_owned());
    }
    let (actions, resources) = (statement.actions(), statement.resources());
    if actions.is_negated() || resources.is_negated() || statement.excludes_principals() {
        return Err("NotAction, NotPrincipal and NotResource are not supported".to_owned());
    }
    if let Some(other) = resources.texts().iter().find(|resource| *resource != ca_arn) {
        return Err(format!("Resource must be {ca_arn}, not {other}"));
    }
    let allowed = |action: &&String| {
        READ.contains(&action.as_str()) || [ISSUE, REVOKE].contains(&action.as_str())
    };
    if let Some(action) = actions.texts().iter().find(|action| !allowed(action)) {
        return Err(format!("{action} cannot be granted by a policy of a CA"));
    }
    if grants_action(statement, ISSUE) && template(statement).is_none() {
        return Err(format!("{ISSUE} needs the condition StringEquals {TEMPLATE_KEY}"));
    }
    if accounts(statement).is_empty() && !is_for_organisation(statement) {
        return Err(
            "Principal must name accounts, or be * with the condition aws:PrincipalOrgID or \
                    aws:PrincipalOrgPaths"
                .to_owned(),
        );
    }
    Ok(())
}

/// ACM PCA takes no wildcards here, so names are compared as they are.
fn grants_action(statement: &Statement, action: &str) -> bool {
    statement.actions().texts().iter().any(|named| named == action)
}

/// The one template that a condition binds the statement to.
fn template(statement: &Statement) -> Option<&str> {
    let condition = statement.conditions().iter().find(|condition| {
        ["StringEquals", "ArnEquals"].contains(&condition.operator())
            && condition.is_on(TEMPLATE_KEY)
    })?;
    match condition.values() {
        [template] => Some(template),
        _ => None,
    }
}

/// The accounts that the statement names, by id or by the ARN of the account's root.
fn accounts(statement: &Statement) -> Vec<String> {
    let named = statement.named_principals().into_iter().filter_map(|principal| match principal {
        // A role or a user is not its account.
        Principal::Aws(name) if !name.contains(':') || name.ends_with(":root") => {
            Some(account_of(&name).to_owned())
        }
        _ => None,
    });
    named
        .filter(|name| name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

fn is_for_organisation(statement: &Statement) -> bool {
    statement.named_principals() == [Principal::Anyone]
        && statement.conditions().iter().any(|condition| {
            let is_of_unit = condition.is_on("aws:PrincipalOrgPaths")
                && condition.operator().starts_with("ForAnyValue:String");
            is_of_unit
                || condition.operator() == "StringEquals" && condition.is_on("aws:PrincipalOrgID")
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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

    /// Principals in AWS Organizations: "an account, an organization or an organizational unit" (API
    /// reference, PutPolicy). There are none here, so they let no account in.
    #[test]
    fn organisations_and_their_units_are_taken() {
        for condition in [
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1234567890/r-ab12/ou-ab12-11111111/*"}}),
        ] {
            let mut reading = read();
            reading["Principal"] = json!("*");
            reading["Condition"] = condition;
            let policy = policy(&[reading]).unwrap();
            assert!(!policy.allows("444455556666", "DescribeCertificateAuthority", None));
        }
    }

    #[test]
    fn what_nothing_speaks_against_is_taken() {
        let mut own = read();
        own["Principal"] = json!({"AWS": "111122223333"});
        let mut unknown = issue();
        unknown["Condition"] =
            json!({"StringEquals": {TEMPLATE_KEY: "arn:aws:acm-pca:::template/None/V1"}});
        for statements in [vec![read()], vec![own], vec![read(), unknown]] {
            assert!(policy(&statements).is_ok());
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
            (
                "a role",
                vec![
                    read(),
                    spoil("Principal", json!({"AWS": "arn:aws:iam::444455556666:role/r"})),
                ],
            ),
            ("unknown member", vec![read(), spoil("NotAction", json!("x"))]),
        ] {
            assert_eq!(policy(&statements).unwrap_err().code, "InvalidPolicyException", "{name}");
        }
        assert_eq!(Policy::parse("{", CA).unwrap_err().code, "InvalidPolicyException");
    }
}
