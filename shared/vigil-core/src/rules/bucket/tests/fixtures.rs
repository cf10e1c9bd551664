//! One fixture for every kind of finding of every rule: a clean bucket, with one thing spoilt.

use serde_json::{Value, json};
use time::macros::datetime;

use super::{
    super::{BucketSubject, BucketUser, RULES},
    world::*,
};
use crate::{
    bucket::{AclGrant, AclGrantee, Encryption, Fact, LifecycleRule, PublicAccessBlock},
    ca::S3ObjectAcl,
    rules::fixtures::assert_every_kind_has_its_fixture,
};

#[test]
fn every_kind_of_every_rule_has_a_fixture_with_only_it() {
    let fixtures = policies().into_iter().chain(settings());
    assert_every_kind_has_its_fixture(
        "bucket",
        RULES,
        |_| datetime!(2026-03-01 0:00 UTC),
        fixtures,
    );
}

type Fixture = (&'static str, &'static str, BucketSubject);

fn with(spoil: impl FnOnce(&mut BucketSubject)) -> BucketSubject {
    let mut subject = clean();
    spoil(&mut subject);
    subject
}

fn policies() -> Vec<Fixture> {
    let tls = || tls_statement(&["s3:*"]);
    let with_service = |change: &dyn Fn(&mut Value)| {
        let mut statement = service_statement();
        change(&mut statement);
        with(|subject| set_policy(subject, &[statement, tls()]))
    };
    let beside_service = |statement: Value| {
        with(|subject| set_policy(subject, &[service_statement(), statement, tls()]))
    };
    let objects = "arn:aws:s3:::crls/*";
    // Two CAs, of which one has relying parties read its CRL in the bucket itself.
    let public = |resource: &str| {
        let everyone = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                               "Resource": resource});
        let mut service = service_statement();
        let other = CA.replace("1122334455", "5544332211");
        service["Condition"]["StringEquals"]["aws:SourceArn"] = json!([CA, other]);
        with(|subject| {
            set_policy(subject, &[service, everyone, tls_statement(&["s3:Put*", "s3:Delete*"])]);
            subject.users.push(BucketUser { is_public_meant: true, ..user(&other) });
            subject.facts.public_access_block = Fact::Known(PublicAccessBlock::default());
        })
    };
    let all_meant = |mut subject: BucketSubject| {
        subject.users[0].is_public_meant = true;
        subject
    };
    let elsewhere = json!({"IpAddress": {"aws:SourceIp": "192.0.2.1/32"}});
    // In ranges of AWS, among others.
    let of_aws = json!({"IpAddress": {"aws:SourceIp": "52.95.0.0/16"}});
    let stranger = |condition: Value| {
        json!({"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "s3:PutObject",
               "Resource": objects, "Condition": condition})
    };
    let others = "bucket.other-writers";
    let writer = |principal: Value| {
        json!({"Effect": "Allow", "Principal": principal, "Action": "s3:DeleteObject",
               "Resource": objects})
    };
    // One CA has anyone read its CRLs here, so Block Public Access may be off.
    let unrestricted = |mut subject: BucketSubject| {
        subject.users[0].is_public_meant = true;
        subject.facts.public_access_block = Fact::Known(PublicAccessBlock::default());
        subject
    };
    let organisation_writes = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
        "Resource": objects, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}});
    let points = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:*",
        "Resource": ["arn:aws:s3:::crls", objects],
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}});
    let bound_by = |condition: Value| {
        let mut statement = service_statement();
        statement["Condition"] = condition;
        statement
    };
    let organisation = bound_by(json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}));
    let network = bound_by(json!({"IpAddress": {"aws:SourceIp": "52.95.0.0/16"}}));
    vec![
        (
            "bucket.service-access",
            "refused",
            with_service(&|statement| {
                statement["Action"] = json!(["s3:PutObject", "s3:GetBucket*"])
            }),
        ),
        (
            "bucket.service-access",
            "probe-refused",
            with_service(&|statement| {
                statement["Resource"] = json!(["arn:aws:s3:::crls/crl/*", "arn:aws:s3:::crls"]);
            }),
        ),
        (
            "bucket.service-access",
            "unclear",
            beside_service(json!({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
                                  "Resource": objects, "Condition": of_aws})),
        ),
        (
            "bucket.confused-deputy",
            "unbound",
            with_service(&|statement| statement["Condition"] = json!({})),
        ),
        (
            "bucket.confused-deputy",
            "account-only",
            with_service(&|statement| {
                let account = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
                statement["Condition"] = account;
            }),
        ),
        (
            "bucket.confused-deputy",
            "organisation",
            with(|subject| set_policy(subject, &[organisation, tls()])),
        ),
        ("bucket.confused-deputy", "other-condition", beside_service(network)),
        (others, "other-account", beside_service(stranger(json!({})))),
        (others, "other-account-conditionally", beside_service(stranger(elsewhere))),
        (others, "organisation", beside_service(organisation_writes)),
        (others, "access-points", beside_service(points)),
        (others, "own-account", beside_service(writer(json!({"AWS": "111122223333"})))),
        (
            others,
            "aws-service",
            beside_service(writer(json!({"Service": "logging.s3.amazonaws.com"}))),
        ),
        (others, "anyone-limited", beside_service(writer(json!("*")))),
        (others, "anyone", unrestricted(beside_service(writer(json!("*"))))),
        ("bucket.public-read", "beyond-crls", all_meant(public(objects))),
        ("bucket.public-read", "not-meant", public("arn:aws:s3:::crls/crl/*")),
        (
            "bucket.tls-only",
            "not-enforced",
            with(|subject| set_policy(subject, &[service_statement()])),
        ),
        (
            "bucket.http-readable",
            "refused",
            with(|subject| subject.users[0].served_by_bucket = true),
        ),
    ]
}

fn settings() -> Vec<Fixture> {
    let public = |block: PublicAccessBlock, ownership: &str| {
        with(|subject| {
            subject.users[0].object_acl = S3ObjectAcl::PublicRead;
            subject.facts.public_access_block = Fact::Known(block);
            subject.facts.ownership = Fact::Known(Some(ownership.to_owned()));
        })
    };
    let open = PublicAccessBlock::default();
    let encrypted = |how| with(|subject| subject.facts.encryption = Fact::Known(how));
    let lifecycle = |narrowed, expires, moves_to: &[&str]| {
        let rule = LifecycleRule {
            id: "tidy".to_owned(),
            prefix: String::new(),
            narrowed,
            expires,
            moves_to: moves_to.iter().map(|class| (*class).to_owned()).collect(),
        };
        with(|subject| subject.facts.lifecycle = Fact::Known(vec![rule]))
    };
    let logs = |to: Option<&str>| {
        let to = to.map(str::to_owned);
        with(|subject| subject.facts.access_logs = Fact::Known(to))
    };
    let preferred = "BucketOwnerPreferred";
    let granted = |to, permission: &str| {
        let grant = AclGrant { to, permission: permission.to_owned() };
        with(|subject| subject.facts.acl = Fact::Known(vec![grant]))
    };
    let theirs =
        || AclGrantee::Other("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7".to_owned());
    // A CA publishes from the bucket itself, so Block Public Access may be off.
    let open_to = |to, permission: &str| {
        let mut subject = granted(to, permission);
        subject.users[0].is_public_meant = true;
        subject.facts.public_access_block = Fact::Known(open);
        subject
    };
    let (acl, encryption) = ("bucket.object-acl", "bucket.encryption");
    let key = "bucket.encryption-key";
    let other = || Encryption::Other("aws:kms:dsse".to_owned());
    vec![
        ("bucket.exists", "missing", with(|s| s.facts.region = Fact::Known(None))),
        ("bucket.owner", "another-account", with(|s| s.facts.owned = Fact::Known(false))),
        (
            "bucket.region",
            "unsupported",
            with(|s| s.facts.region = Fact::Known(Some("af-south-1".to_owned()))),
        ),
        ("bucket.acl", "anyone-writes", open_to(AclGrantee::AllUsers, "WRITE")),
        ("bucket.acl", "ignored", granted(AclGrantee::AuthenticatedUsers, "FULL_CONTROL")),
        ("bucket.acl", "log-delivery", granted(AclGrantee::LogDelivery, "WRITE")),
        ("bucket.acl", "other-account-writes", granted(theirs(), "WRITE_ACP")),
        ("bucket.acl", "readable", granted(theirs(), "READ")),
        (acl, "acls-disabled", public(open, "BucketOwnerEnforced")),
        (
            acl,
            "blocks-public-acls",
            public(PublicAccessBlock { block_public_acls: true, ..open }, preferred),
        ),
        (
            acl,
            "ignores-public-acls",
            public(PublicAccessBlock { ignore_public_acls: true, ..open }, preferred),
        ),
        (acl, "not-blocked", with(|s| s.facts.public_access_block = Fact::Known(open))),
        (encryption, "aws-managed-key", encrypted(kms(None))),
        (
            key,
            "elsewhere",
            with(|s| with_key(s, true, |key| key.arn = KEY.replace("east", "west"))),
        ),
        (
            key,
            "refused",
            with(|s| with_key(s, true, |key| key.policy = key.policy.replace("Gen", "X"))),
        ),
        (
            key,
            "unclear",
            with(|s| with_key(s, true, |key| key.policy = key.policy.replace("kms:Enc", "x:Enc"))),
        ),
        (
            key,
            "unusable",
            with(|s| with_key(s, true, |key| key.state = "PendingDeletion".to_owned())),
        ),
        (encryption, "none", encrypted(Encryption::None)),
        (encryption, "unsupported", encrypted(other())),
        ("bucket.versioning", "off", with(|s| s.facts.versioning = Fact::Known(false))),
        ("bucket.object-lock", "enabled", with(|s| s.facts.object_lock = Fact::Known(true))),
        ("bucket.lifecycle", "expires", lifecycle(false, true, &[])),
        ("bucket.lifecycle", "may-expire", lifecycle(true, true, &[])),
        ("bucket.lifecycle", "may-archive", lifecycle(true, false, &["GLACIER"])),
        ("bucket.lifecycle", "archives", lifecycle(false, false, &["GLACIER"])),
        ("bucket.access-logging", "off", logs(None)),
        ("bucket.access-logging", "to-itself", logs(Some("crls"))),
        (
            "bucket.orphans",
            "no-ca",
            with(|s| s.orphans.as_mut().unwrap().without_ca.push("crl/1.crl".to_owned())),
        ),
        (
            "bucket.orphans",
            "former-partitions",
            with(|s| s.orphans.as_mut().unwrap().former_partitions.push("crl/1/2.crl".to_owned())),
        ),
        (
            "bucket.event-notifications",
            "off",
            with(|s| s.facts.event_notifications = Fact::Known(false)),
        ),
    ]
}
