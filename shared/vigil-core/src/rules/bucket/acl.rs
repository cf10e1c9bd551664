//! The bucket's ACL lets no other account and no group write.

use super::BucketSubject;
use crate::{
    bucket::{AclGrant, AclGrantee},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.acl",
        holds: "The bucket's ACL grants nothing to groups and other accounts.",
        cites: "Amazon S3 User Guide, Access control list (ACL) overview; AWS Security Hub, S3.12",
        kinds: &[ANYONE_WRITES, IGNORED, LOG_DELIVERY, OTHER_ACCOUNT_WRITES, READABLE],
    },
    check,
};

const ANYONE_WRITES: Kind = Kind {
    id: "anyone-writes",
    severity: Severity::Critical,
    title: "Anyone can change the CRLs of {ca} by the ACL of {bucket}",
    what_happened: "The ACL of bucket {bucket} grants {permissions} to {grantee}. Checked at {as_of}.",
    impact: "Anyone on the internet, or with an AWS account, can delete the CRLs of {ca} or replace them, so \
             that revoked certificates are accepted or all are refused.",
    what_to_do: "Set the ACL to private, and disable ACLs (BucketOwnerEnforced), so that none counts. Set the ACL:",
    first_command: "aws s3api put-bucket-acl --bucket {bucket} --acl private",
};

const IGNORED: Kind = Kind {
    id: "ignored",
    severity: Severity::Low,
    title: "The ACL of CRL bucket {bucket} ({ca}) opens it, without effect now",
    what_happened: "The ACL of bucket {bucket} grants {permissions} to {grantee}. Block Public Access ignores \
                    the grant. Checked at {as_of}.",
    impact: "None now. Without IgnorePublicAcls, the grant takes effect on the CRLs of {ca}.",
    ..ANYONE_WRITES
};

const LOG_DELIVERY: Kind = Kind {
    id: "log-delivery",
    severity: Severity::Low,
    title: "S3 can write access logs to CRL bucket {bucket} ({ca})",
    what_happened: "The ACL of bucket {bucket} grants {permissions} to the group of log delivery. Checked at \
                    {as_of}.",
    impact: "Access logs of a bucket of the account may be written among the CRLs of {ca}.",
    ..ANYONE_WRITES
};

const OTHER_ACCOUNT_WRITES: Kind = Kind {
    id: "other-account-writes",
    title: "Another account can change CRLs of {ca} by the ACL of {bucket}",
    what_happened: "The ACL of bucket {bucket} grants {permissions} to {grantee}, which is not its owner. \
                    Checked at {as_of}.",
    impact: "The other account can delete the CRLs of {ca} or replace them, so that revoked certificates are \
             accepted or all are refused.",
    ..ANYONE_WRITES
};

const READABLE: Kind = Kind {
    id: "readable",
    severity: Severity::Low,
    title: "The ACL of CRL bucket {bucket} ({ca}) lets others list its objects",
    what_happened: "The ACL of bucket {bucket} grants {permissions} to {grantee}: the names of its objects, or \
                    its ACL, can be read. Checked at {as_of}.",
    impact: "Grantee {grantee} can list the names of the objects in the bucket, those of audit reports among \
             them. The objects themselves stay private.",
    ..ANYONE_WRITES
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    let ownership = subject.facts.ownership.known();
    if matches!(ownership, Ok(Some(of)) if of == "BucketOwnerEnforced") {
        return Ok(Vec::new());
    }
    let grants = subject.facts.acl.known();
    let grants =
        grants.map_err(|why| NotJudged::unknown(format!("the ACL is not known: {why}")))?;
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    ownership.map_err(|why| {
        NotJudged::unknown(format!("whether the ACL has an effect is not known: {why}"))
    })?;
    let mut grantees: Vec<&AclGrantee> = Vec::new();
    for grant in grants {
        if !grantees.contains(&&grant.to) {
            grantees.push(&grant.to);
        }
    }
    grantees.into_iter().map(|grantee| observe(subject, grantee, grants)).collect()
}

fn observe(
    subject: &BucketSubject,
    grantee: &AclGrantee,
    grants: &[AclGrant],
) -> Result<Observation, NotJudged> {
    let of_grantee = grants.iter().filter(|grant| grant.to == *grantee);
    let permissions: Vec<&str> = of_grantee.map(|grant| grant.permission.as_str()).collect();
    let writes = permissions.iter().any(|one| ["FULL_CONTROL", "WRITE", "WRITE_ACP"].contains(one));
    let kind = match grantee {
        AclGrantee::LogDelivery => LOG_DELIVERY,
        AclGrantee::AllUsers | AclGrantee::AuthenticatedUsers => {
            let ignored = subject.blocked(|block| block.ignore_public_acls);
            match ignored.map_err(NotJudged::unknown)? {
                Some(_) => IGNORED,
                None if writes => ANYONE_WRITES,
                None => READABLE,
            }
        }
        AclGrantee::Other(_) if writes => OTHER_ACCOUNT_WRITES,
        AclGrantee::Other(_) => READABLE,
    };
    let name = match grantee {
        AclGrantee::AllUsers => "all users",
        AclGrantee::AuthenticatedUsers => "all users of AWS",
        AclGrantee::LogDelivery => "log delivery",
        AclGrantee::Other(id) => id,
    };
    let seen = Observation::new(kind).about(name).with("grantee", name);
    Ok(seen.with("permissions", permissions))
}
