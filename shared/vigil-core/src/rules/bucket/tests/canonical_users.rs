//! A canonical user id is an account's: the own one's if the bucket's owner has it, else another's.

use serde_json::{Value, json};

use super::world::*;
use crate::{
    bucket::Fact,
    finding::Severity::{self, High, Low},
};

const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
const STRANGER: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// What is found where this user may write.
fn found(
    user: &str,
    owner_id: Fact<Option<String>>,
    owned: Fact<bool>,
    condition: Value,
) -> Vec<(&'static str, String, Severity)> {
    let mut subject = clean();
    subject.facts.owner_id = owner_id;
    subject.facts.owned = owned;
    let statement = json!({"Effect": "Allow", "Principal": {"CanonicalUser": user},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::crls/*", "Condition": condition});
    set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"]), statement]);
    let found = findings(&subject).into_iter();
    found.filter(|(rule, ..)| *rule == "bucket.other-writers").collect()
}

#[test]
fn only_the_bucket_owners_own_id_is_the_own_account() {
    let owner = || Fact::Known(Some(OWNER.to_owned()));
    let unread = || Fact::Unknown("GetBucketAcl was refused".to_owned());
    let (own, other) = (("own-account", Low), ("other-account", High));
    for (name, user, owner_id, owned, (kind, severity)) in [
        ("the owner", OWNER, owner(), Fact::Known(true), own),
        ("another user", STRANGER, owner(), Fact::Known(true), other),
        ("an owner without an id", OWNER, Fact::Known(None), Fact::Known(true), other),
        ("an ACL that was not read", OWNER, unread(), Fact::Known(true), other),
        ("a bucket of another account", OWNER, owner(), Fact::Known(false), other),
        ("a bucket of no known account", OWNER, owner(), Fact::Unknown("x".to_owned()), other),
    ] {
        let found = found(user, owner_id, owned, json!({}));
        assert_eq!(found, [("bucket.other-writers", kind.to_owned(), severity)], "{name}");
    }
}

#[test]
fn the_owners_account_meets_conditions_on_the_account() {
    let owner = Fact::Known(Some(OWNER.to_owned()));
    let elsewhere = json!({"StringEquals": {"aws:PrincipalAccount": "444455556666"}});
    assert_eq!(found(OWNER, owner, Fact::Known(true), elsewhere), []);
}

#[test]
fn what_could_not_be_compared_is_said() {
    let mut subject = clean();
    let statement = json!({"Effect": "Allow", "Principal": {"CanonicalUser": OWNER},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::crls/*"});
    set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"]), statement]);
    for (owner_id, is_said) in [
        (Fact::Unknown("GetBucketAcl was refused".to_owned()), true),
        (Fact::Known(Some(STRANGER.to_owned())), false),
    ] {
        subject.facts.owner_id = owner_id;
        let found = whole_findings(&subject);
        let (_, finding) = found.iter().find(|(rule, _)| *rule == "bucket.other-writers").unwrap();
        let words = "is not known: GetBucketAcl was refused. Show the owner's:\n  aws s3api";
        assert_eq!(finding.what_to_do.contains(words), is_said, "{}", finding.what_to_do);
        assert_eq!(finding.evidence.contains_key("owner_unknown"), is_said);
    }
}

#[test]
fn an_administrators_account_has_the_owners_id() {
    let mut subject = clean();
    subject.facts.owner_id = Fact::Known(Some(OWNER.to_owned()));
    let statement = json!({"Effect": "Allow", "Principal": {"CanonicalUser": OWNER},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::crls/*"});
    set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"]), statement]);
    subject.administrators = vec!["111122223333".to_owned()];
    assert_eq!(findings(&subject), []);
}

/// A Deny for everyone but this user counts for no more than it is known to do.
#[test]
fn a_deny_that_excepts_a_user_hides_no_account() {
    let own_role = "arn:aws:iam::111122223333:role/deploy";
    let other_role = "arn:aws:iam::444455556666:role/deploy";
    let known = || Fact::Known(Some(OWNER.to_owned()));
    let unread = || Fact::Unknown("GetBucketAcl was refused".to_owned());
    let own = &[("own-account", Low)][..];
    let unclear = &[("other-account-conditionally", Severity::Medium)][..];
    for (name, excepted, role, owner_id, want) in [
        ("the owner excepted, own role", OWNER, own_role, known(), own),
        ("the owner excepted, another's role", OWNER, other_role, known(), &[]),
        ("a foreign user, another's role", STRANGER, other_role, known(), unclear),
        ("an unknown user, own role", OWNER, own_role, unread(), own),
        ("an unknown user, another's role", OWNER, other_role, unread(), unclear),
    ] {
        let mut subject = clean();
        subject.facts.owner_id = owner_id;
        let objects = "arn:aws:s3:::crls/*";
        let allow = json!({"Effect": "Allow", "Principal": {"AWS": role},
            "Action": "s3:PutObject", "Resource": objects});
        let deny = json!({"Effect": "Deny", "NotPrincipal":
            {"CanonicalUser": excepted, "Service": "acm-pca.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": objects});
        let tls = tls_statement(&["s3:*"]);
        set_policy(&mut subject, &[service_statement(), tls, allow, deny]);
        let found = findings(&subject);
        let found: Vec<_> = found.iter().map(|(_, kind, level)| (kind.as_str(), *level)).collect();
        assert_eq!(found, want, "{name}");
    }
}
