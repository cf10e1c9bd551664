//! What was attached to a CA when it was last read, and what of it is missing now.
//!
//! One object for each CA, `state/snapshots/<CA id>.json`. What was changed since was changed on
//! purpose and is left alone; what is not there at all is put back.

use std::collections::{BTreeMap, BTreeSet};

use iam_policy::{Policy, Principal, Statement};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{arn::CaArn, ca::CrlConfiguration};

/// What one CA had at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The CA.
    pub ca: CaArn,
    /// When it was read.
    #[serde(with = "crate::instant::text")]
    pub as_of: OffsetDateTime,
    /// What it had.
    #[serde(flatten)]
    pub attached: Attached,
    /// When its owner changed something that could not be read any more: the CA was DELETED.
    #[serde(
        default,
        with = "crate::instant::text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub changed_at: Option<OffsetDateTime>,
}

/// What is attached to a CA, as the API returns it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// The resource policy, as it was put. Sharing through AWS RAM writes it, too.
    pub policy: Option<String>,
    /// ListPermissions.
    pub permissions: Vec<Permission>,
    /// ListTags; a tag may have no value.
    pub tags: BTreeMap<String, Option<String>>,
    /// RevocationConfiguration.
    pub revocation: Revocation,
}

/// What CreatePermission lets a service do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Permission {
    /// The service's principal, such as `acm.amazonaws.com`.
    pub principal: String,
    /// The account for which it may act.
    pub source_account: Option<String>,
    /// What it may do, such as `IssueCertificate`.
    pub actions: Vec<String>,
}

/// How a CA publishes revocations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Revocation {
    /// `CrlConfiguration`.
    pub crl: Option<CrlConfiguration>,
    /// `OcspConfiguration.Enabled`.
    pub ocsp_enabled: bool,
    /// `OcspConfiguration.OcspCustomCname`.
    pub ocsp_custom_cname: Option<String>,
}

/// Only what is to be put back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Missing {
    /// The resource policy, if the CA has none now.
    pub policy: Option<String>,
    /// Permissions that it lacks.
    pub permissions: Vec<Permission>,
    /// Tags that it lacks.
    pub tags: BTreeMap<String, Option<String>>,
    /// The revocation configuration, if CRL or OCSP was enabled and is not now.
    pub revocation: Option<Revocation>,
}

impl Snapshot {}

impl Attached {
    /// The principals that the resource policy allows something, through AWS RAM or not: accounts,
    /// services, organisations, `*`. None if the policy cannot be read; ACM PCA accepts no such policy.
    pub fn shared_with(&self) -> Vec<String> {
        let Some(Ok(policy)) = self.policy.as_deref().map(Policy::of_resource) else {
            return Vec::new();
        };
        let mut named = BTreeSet::new();
        for statement in policy.statements().iter().filter(|statement| statement.allows()) {
            let organisations = organisations(statement);
            for principal in statement.named_principals() {
                // A statement lets an organisation in by naming everyone who belongs to it.
                if principal == Principal::Anyone && !organisations.is_empty() {
                    named.extend(organisations.iter().map(|of| (*of).to_owned()));
                } else {
                    named.insert(principal.name().to_owned());
                }
            }
        }
        named.into_iter().collect()
    }
}

/// The organisations, and their units by path, that a condition asks callers to belong to.
fn organisations(statement: &Statement) -> Vec<&str> {
    // `StringNotEquals` and its like exclude; `IfExists` admits callers without an organisation.
    let admits = |operator: &str| !operator.contains("Not") && !operator.ends_with("IfExists");
    let keys = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"];
    let conditions = statement.conditions().iter().filter(|condition| {
        admits(condition.operator()) && keys.iter().any(|key| condition.is_on(key))
    });
    conditions.flat_map(|condition| condition.values()).map(String::as_str).collect()
}

impl Missing {
    /// What a snapshot has and the CA has not. A policy or a tag with another value is no loss.
    pub fn of(before: &Attached, now: &Attached) -> Self {
        let held = |one: &Permission| {
            now.permissions.iter().any(|held| {
                held.principal == one.principal && held.source_account == one.source_account
            })
        };
        let is_enabled = |of: &Revocation| of.crl.as_ref().is_some_and(|crl| crl.enabled);
        let crl_lost = is_enabled(&before.revocation) && !is_enabled(&now.revocation);
        let ocsp_lost = before.revocation.ocsp_enabled && !now.revocation.ocsp_enabled;
        let (lost, kept) = (&before.revocation, &now.revocation);
        let revocation = (crl_lost || ocsp_lost).then(|| Revocation {
            crl: if crl_lost { lost.crl.clone() } else { kept.crl.clone() },
            ocsp_enabled: lost.ocsp_enabled || kept.ocsp_enabled,
            ocsp_custom_cname: if ocsp_lost {
                lost.ocsp_custom_cname.clone()
            } else {
                kept.ocsp_custom_cname.clone()
            },
        });
        // ACM PCA keeps tags of this prefix for itself and accepts them from no caller.
        let is_ours = |key: &str| !key.starts_with("aws:");
        Self {
            policy: before.policy.clone().filter(|_| now.policy.is_none()),
            permissions: before.permissions.iter().filter(|one| !held(one)).cloned().collect(),
            tags: (before.tags.iter())
                .filter(|(key, _)| is_ours(key) && !now.tags.contains_key(*key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            revocation,
        }
    }

    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// For a finding: `resource policy, tags owner and stage`.
    pub fn in_words(&self) -> String {
        let mut words = Vec::new();
        if self.policy.is_some() {
            words.push("the resource policy".to_owned());
        }
        for permission in &self.permissions {
            words.push(format!("the permission of {}", permission.principal));
        }
        for key in self.tags.keys() {
            words.push(format!("the tag {key}"));
        }
        if self.revocation.is_some() {
            words.push("the revocation configuration".to_owned());
        }
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(account: &str) -> Permission {
        Permission {
            principal: "acm.amazonaws.com".to_owned(),
            source_account: Some(account.to_owned()),
            actions: vec!["IssueCertificate".to_owned()],
        }
    }

    fn full() -> Attached {
        Attached {
            policy: Some("{}".to_owned()),
            permissions: vec![permission("111122223333")],
            tags: BTreeMap::from([("owner".to_owned(), Some("pki".to_owned()))]),
            revocation: Revocation {
                crl: Some(CrlConfiguration { enabled: true, ..CrlConfiguration::default() }),
                ocsp_enabled: true,
                ocsp_custom_cname: Some("ocsp.example".to_owned()),
            },
        }
    }

    #[test]
    fn what_is_there_in_some_form_is_not_missing() {
        assert!(Missing::of(&full(), &full()).is_empty());
        assert!(Missing::of(&Attached::default(), &full()).is_empty());
        let mut changed = full();
        changed.policy = Some(r#"{"Version": "2012-10-17"}"#.to_owned());
        changed.tags.insert("owner".to_owned(), None);
        changed.permissions[0].actions.clear();
        assert!(Missing::of(&full(), &changed).is_empty(), "it is somebody's will");
    }

    #[test]
    fn each_part_that_is_not_there_is_missing_and_nothing_else() {
        let missing = |spoil: fn(&mut Attached)| {
            let mut now = full();
            spoil(&mut now);
            Missing::of(&full(), &now)
        };
        let nothing = Missing::default;
        let policy = missing(|now| now.policy = None);
        assert_eq!(policy, Missing { policy: full().policy, ..nothing() });
        let tags = missing(|now| now.tags.clear());
        assert_eq!(tags, Missing { tags: full().tags, ..nothing() });
        let permissions = missing(|now| now.permissions = vec![permission("444455556666")]);
        assert_eq!(permissions, Missing { permissions: full().permissions, ..nothing() });
        let ocsp = missing(|now| now.revocation.ocsp_enabled = false);
        assert_eq!(ocsp, Missing { revocation: Some(full().revocation), ..nothing() });
        let crl = missing(|now| now.revocation.crl = None);
        assert_eq!(crl.revocation, Some(full().revocation));
        let all = Missing::of(&full(), &Attached::default());
        assert_eq!(all.in_words().split(", ").count(), 4, "{}", all.in_words());
    }

    #[test]
    fn the_services_own_tags_are_its_own() {
        let mut before = full();
        before.tags.insert("aws:cloudformation:stack-name".to_owned(), None);
        assert!(Missing::of(&before, &full()).is_empty());
    }

    #[test]
    fn whom_a_policy_names_in_what_it_allows_shares_the_ca() {
        let with = |policy: &str| {
            let attached = Attached { policy: Some(policy.to_owned()), ..Attached::default() };
            attached.shared_with()
        };
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ["444455556666", "777788889999"]},
             "Action": "acm-pca:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": "pca-connector-ad.amazonaws.com"},
             "Action": "acm-pca:*", "Resource": "*"},
            {"Effect": "Deny", "Principal": {"AWS": "123412341234"},
             "Action": "acm-pca:*", "Resource": "*"}]}"#;
        assert_eq!(
            with(policy),
            ["444455556666", "777788889999", "pca-connector-ad.amazonaws.com"]
        );
        let everyone = r#"{"Statement": {"Effect": "Allow", "Principal": "*",
            "Action": "acm-pca:*", "Resource": "*"}}"#;
        assert_eq!(with(everyone), ["*"]);
        let narrowed = |condition: &str| {
            with(&format!(
                r#"{{"Statement": {{"Effect": "Allow", "Principal": "*", "Action": "acm-pca:*",
                    "Resource": "*", "Condition": {condition}}}}}"#
            ))
        };
        // AWS Private CA User Guide, "Attach a policy for cross-account access".
        let organisation = r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4z5"},
            "StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}"#;
        assert_eq!(narrowed(organisation), ["o-a1b2c3d4z5"]);
        let unit = r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-a/r-b/ou-c/*"]}}"#;
        assert_eq!(narrowed(unit), ["o-a/r-b/ou-c/*"]);
        for everybody in [
            r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a"}}"#,
            r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a"}}"#,
            r#"{"StringEquals": {"acm-pca:TemplateArn": "x"}}"#,
        ] {
            assert_eq!(narrowed(everybody), ["*"], "{everybody}");
        }
        assert!(with("garbage").is_empty() && with("[]").is_empty());
        assert!(Attached::default().shared_with().is_empty());
    }
}
