//! Public ACLs, and who blocks them.

use time::macros::datetime;

use super::{super::object_acl, world::*};
use crate::{
    bucket::{AclGrant, AclGrantee, Fact, PublicAccessBlock},
    ca::S3ObjectAcl,
    finding::Severity,
    rules::{JudgementResult, judge},
};

#[test]
fn a_public_acl_needs_a_bucket_that_takes_and_honours_it() {
    let open = PublicAccessBlock::default();
    let public = |block, ownership: Option<&str>| {
        let mut subject = clean();
        subject.users[0].object_acl = S3ObjectAcl::PublicRead;
        subject.facts.public_access_block = Fact::Known(block);
        subject.facts.ownership = Fact::Known(ownership.map(str::to_owned));
        findings(&subject).into_iter().map(|(_, kind, _)| kind).collect::<Vec<_>>()
    };
    assert!(public(open, Some("BucketOwnerPreferred")).is_empty());
    assert!(public(open, None).is_empty());
    assert_eq!(public(open, Some("BucketOwnerEnforced")), ["acls-disabled"]);
    let blocking = PublicAccessBlock { block_public_acls: true, ..open };
    assert_eq!(public(blocking, None), ["blocks-public-acls"]);
    let ignoring = PublicAccessBlock { ignore_public_acls: true, ..open };
    assert_eq!(public(ignoring, None), ["ignores-public-acls"]);

    let mut private = clean();
    (private.account_block, private.facts.public_access_block) =
        (private.facts.public_access_block, Fact::Known(open));
    assert_eq!(findings(&private), [], "the account's block is as good");
    private.account_block = Fact::Known(open);
    assert_only(&private, "private, open", "bucket.object-acl", "not-blocked", Severity::Low);
}

#[test]
fn the_level_that_blocks_public_acls_is_named_with_its_command() {
    let blocking = PublicAccessBlock {
        block_public_acls: true,
        restrict_public_buckets: true,
        ..PublicAccessBlock::default()
    };
    let account = "aws s3control put-public-access-block --account-id 111122223333 \
                   --public-access-block-configuration BlockPublicAcls=false,\
                   IgnorePublicAcls=false,BlockPublicPolicy=false,RestrictPublicBuckets=true";
    let bucket = "aws s3api put-public-access-block --bucket crls";
    for (by_account, by_bucket, level, who) in [
        (true, false, "account", "of the account refuses"),
        (false, true, "bucket", "of the bucket refuses"),
        (true, true, "both", "of the account and of the bucket refuses"),
    ] {
        let block =
            |on: bool| Fact::Known(if on { blocking } else { PublicAccessBlock::default() });
        let mut subject = clean();
        subject.users[0].object_acl = S3ObjectAcl::PublicRead;
        subject.account_block = block(by_account);
        subject.facts.public_access_block = block(by_bucket);
        let at = datetime!(2026-03-01 0:00 UTC);
        let judgements = judge(&[object_acl::RULE], &subject, &subject.arn(), at);
        let JudgementResult::Findings { findings } = &judgements[0].result else {
            panic!("{judgements:?}")
        };
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.evidence["level"], level);
        assert!(finding.title.contains(who), "{}", finding.title);
        assert_eq!(finding.what_to_do.contains(account), by_account, "{}", finding.what_to_do);
        assert_eq!(finding.what_to_do.contains(bucket), by_bucket, "{}", finding.what_to_do);
    }
}

#[test]
fn a_grant_counts_unless_acls_are_disabled_or_ignored() {
    use Severity::{Critical, Low};
    let ignoring = PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::default() };
    let open = PublicAccessBlock::default();
    let theirs = || AclGrantee::Other("79a59df9".to_owned());
    let preferred = Some("BucketOwnerPreferred");
    for (to, permission, ownership, block, want) in [
        (AclGrantee::AllUsers, "WRITE", preferred, open, Some(("anyone-writes", Critical))),
        (AclGrantee::AllUsers, "WRITE_ACP", None, open, Some(("anyone-writes", Critical))),
        (
            AclGrantee::AuthenticatedUsers,
            "FULL_CONTROL",
            None,
            open,
            Some(("anyone-writes", Critical)),
        ),
        (AclGrantee::AllUsers, "READ", preferred, open, Some(("readable", Low))),
        (AclGrantee::AllUsers, "WRITE", preferred, ignoring, Some(("ignored", Low))),
        (AclGrantee::AllUsers, "WRITE", Some("BucketOwnerEnforced"), open, None),
        (theirs(), "WRITE", preferred, ignoring, Some(("other-account-writes", Critical))),
        (theirs(), "READ_ACP", preferred, open, Some(("readable", Low))),
        (theirs(), "FULL_CONTROL", Some("BucketOwnerEnforced"), open, None),
    ] {
        let mut subject = clean();
        subject.users[0].is_public_meant = true;
        subject.facts.ownership = Fact::Known(ownership.map(str::to_owned));
        subject.facts.public_access_block = Fact::Known(block);
        let name = format!("{to:?} {permission} {ownership:?}");
        subject.facts.acl = Fact::Known(vec![AclGrant { to, permission: permission.to_owned() }]);
        let want: Vec<_> = want
            .map(|(kind, severity)| ("bucket.acl", kind.to_owned(), severity))
            .into_iter()
            .collect();
        assert_eq!(findings(&subject), want, "{name}");
    }
}
