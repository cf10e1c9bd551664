//! The ACL that the service puts on a CRL must be one that the bucket takes and lets work.

use std::fmt;

use serde::Serialize;

use super::{BucketSubject, BucketUser};
use crate::{
    bucket::PublicAccessBlock,
    ca::S3ObjectAcl,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.object-acl",
    holds: "Block Public Access and Object Ownership fit the CA's S3ObjectAcl.",
    cites: "AWS Private CA User Guide, Enabling the S3 Block Public Access (BPA) feature; Amazon S3 \
            User Guide, Controlling ownership of objects",
    finds: &[
        ("acls-disabled", Severity::High),
        ("blocks-public-acls", Severity::High),
        ("ignores-public-acls", Severity::High),
        ("not-blocked", Severity::Low),
    ],
    remedy: "Write CRLs with BUCKET_OWNER_FULL_CONTROL and publish them through CloudFront, with Block \
             Public Access on; or allow public ACLs for this bucket.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    AclsDisabled { certificate_authority: &'a str },
    BlocksPublicAcls { certificate_authority: &'a str },
    IgnoresPublicAcls { certificate_authority: &'a str },
    NotBlocked { off: Vec<&'static str> },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AclsDisabled { .. } => f.write_str(
                "The bucket has ACLs disabled (BucketOwnerEnforced), so the service cannot write a \
                 CRL with ACL PUBLIC_READ",
            ),
            Self::BlocksPublicAcls { .. } => f.write_str(
                "Block Public Access refuses public ACLs, so the service cannot write a CRL with \
                 ACL PUBLIC_READ",
            ),
            Self::IgnoresPublicAcls { .. } => f.write_str(
                "Block Public Access ignores public ACLs, so nobody can read the CRL that the \
                 service writes with ACL PUBLIC_READ",
            ),
            Self::NotBlocked { off } => write!(
                f,
                "No CA publishes from this bucket, and Block Public Access is not on: {}",
                off.join(", ")
            ),
        }
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let block = match subject.facts.public_access_block.known() {
        Ok(block) => *block,
        Err(why) => {
            let reason = format!("Block Public Access is not known: {why}");
            return Verdict::unknown(reason);
        }
    };
    let enforced = matches!(subject.facts.ownership.known(), Ok(Some(ownership))
        if ownership == "BucketOwnerEnforced");
    let public = |user: &&BucketUser| user.object_acl == S3ObjectAcl::PublicRead;
    let mut seen: Vec<Observation> = subject
        .users
        .iter()
        .filter(public)
        .flat_map(|user| for_public_read(subject, user, block, enforced))
        .collect();
    if !subject.users.iter().any(|user| public(&user) || user.is_public_meant) {
        seen.extend(not_blocked(subject, block));
    }
    Verdict::from_observations(seen)
}

fn for_public_read(
    subject: &BucketSubject,
    user: &BucketUser,
    block: PublicAccessBlock,
    enforced: bool,
) -> Vec<Observation> {
    let certificate_authority = user.ca.as_str();
    let mut details = Vec::new();
    if enforced {
        details.push(Detail::AclsDisabled { certificate_authority });
    }
    if block.block_public_acls {
        details.push(Detail::BlocksPublicAcls { certificate_authority });
    } else if block.ignore_public_acls {
        details.push(Detail::IgnoresPublicAcls { certificate_authority });
    }
    let remedy = format!(
        "Better: set S3ObjectAcl to BUCKET_OWNER_FULL_CONTROL and serve the CRL through CloudFront \
         (aws acm-pca update-certificate-authority --certificate-authority-arn \
         {certificate_authority} --revocation-configuration). Or let the bucket take public ACLs: \
         aws s3api put-public-access-block and put-bucket-ownership-controls --bucket {}",
        subject.facts.name
    );
    details
        .iter()
        .map(|detail| {
            Observation::new(Severity::High, detail).about(user.ca.id()).remedy(remedy.clone())
        })
        .collect()
}

fn not_blocked(subject: &BucketSubject, block: PublicAccessBlock) -> Option<Observation> {
    let off: Vec<_> = [
        (block.block_public_acls, "BlockPublicAcls"),
        (block.ignore_public_acls, "IgnorePublicAcls"),
        (block.block_public_policy, "BlockPublicPolicy"),
        (block.restrict_public_buckets, "RestrictPublicBuckets"),
    ]
    .into_iter()
    .filter_map(|(on, name)| (!on).then_some(name))
    .collect();
    if off.is_empty() {
        return None;
    }
    let remedy = format!(
        "aws s3api put-public-access-block --bucket {} --public-access-block-configuration \
         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,\
         RestrictPublicBuckets=true",
        subject.facts.name
    );
    Some(Observation::new(Severity::Low, &Detail::NotBlocked { off }).remedy(remedy))
}
