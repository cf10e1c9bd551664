//! The ACL that the service puts on a CRL must be one that the bucket takes and lets work.

use std::fmt;

use serde::Serialize;

use super::{
    BucketSubject, BucketUser,
    block::{Level, Setting},
};
use crate::{
    bucket::PublicAccessBlock,
    ca::S3ObjectAcl,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.object-acl",
    holds: "Block Public Access (the bucket's and the account's) and Object Ownership fit the CA's \
            S3ObjectAcl.",
    cites: "AWS Private CA User Guide, Enabling the S3 Block Public Access (BPA) feature; Amazon S3 \
            User Guide, Blocking public access; Controlling ownership of objects",
    finds: &[
        ("acls-disabled", Severity::High),
        ("blocks-public-acls", Severity::High),
        ("ignores-public-acls", Severity::High),
        ("not-blocked", Severity::Low),
    ],
    remedy: "Write CRLs with BUCKET_OWNER_FULL_CONTROL and publish them through CloudFront, with Block \
             Public Access on; or allow public ACLs for this bucket, where the \
             account allows them.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    AclsDisabled { certificate_authority: &'a str },
    BlocksPublicAcls { certificate_authority: &'a str, level: Level },
    IgnoresPublicAcls { certificate_authority: &'a str, level: Level },
    NotBlocked { off: Vec<&'static str> },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AclsDisabled { .. } => f.write_str(
                "The bucket has ACLs disabled (BucketOwnerEnforced), so the service cannot write a \
                 CRL with ACL PUBLIC_READ",
            ),
            Self::BlocksPublicAcls { level, .. } => write!(
                f,
                "Block Public Access of {} refuses public ACLs, so the service cannot write a CRL \
                 with ACL PUBLIC_READ",
                level.of_whom()
            ),
            Self::IgnoresPublicAcls { level, .. } => write!(
                f,
                "Block Public Access of {} ignores public ACLs, so nobody can read the CRL that the \
                 service writes with ACL PUBLIC_READ",
                level.of_whom()
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
    observe(subject).map_or_else(Verdict::unknown, Verdict::from_observations)
}

/// Or why it cannot be told.
fn observe(subject: &BucketSubject) -> Result<Vec<Observation>, String> {
    let public = |user: &&BucketUser| user.object_acl == S3ObjectAcl::PublicRead;
    let mut seen = Vec::new();
    for user in subject.users.iter().filter(public) {
        seen.extend(for_public_read(subject, user)?);
    }
    if !subject.users.iter().any(|user| public(&user) || user.is_public_meant) {
        seen.extend(not_blocked(subject)?);
    }
    Ok(seen)
}

fn for_public_read(subject: &BucketSubject, user: &BucketUser) -> Result<Vec<Observation>, String> {
    let certificate_authority = user.ca.as_str();
    let refused = subject.blocked(|block| block.block_public_acls)?;
    let ignored = subject.blocked(|block| block.ignore_public_acls)?;
    let mut details = Vec::new();
    if matches!(subject.facts.ownership.known(), Ok(Some(of)) if of == "BucketOwnerEnforced") {
        details.push(Detail::AclsDisabled { certificate_authority });
    }
    if let Some(level) = refused {
        details.push(Detail::BlocksPublicAcls { certificate_authority, level });
    } else if let Some(level) = ignored {
        details.push(Detail::IgnoresPublicAcls { certificate_authority, level });
    }
    let remedy = format!(
        "Better: set S3ObjectAcl to BUCKET_OWNER_FULL_CONTROL and serve the CRL through CloudFront \
         (aws acm-pca update-certificate-authority --certificate-authority-arn \
         {certificate_authority} --revocation-configuration). Or let the bucket take public ACLs: {}",
        opening(subject, user, [refused, ignored]).join("; ")
    );
    let observation = |detail| Observation::new(Severity::High, detail).about(user.ca.id());
    Ok(details.iter().map(|detail| observation(detail).remedy(remedy.clone())).collect())
}

/// The commands that let public ACLs through, at each level that does not.
fn opening(subject: &BucketSubject, user: &BucketUser, levels: [Option<Level>; 2]) -> Vec<String> {
    let at =
        |one: Level| levels.into_iter().flatten().any(|level| [one, Level::Both].contains(&level));
    let mut commands = Vec::new();
    if let (true, Ok(block)) = (at(Level::Account), subject.account_block.known()) {
        commands.push(format!(
            "aws s3control put-public-access-block --account-id {} {} (for every bucket of the \
             account, so see first that each has a block of its own)",
            user.ca.account(),
            taking_public_acls(block)
        ));
    }
    let bucket = &subject.facts.name;
    if let (true, Ok(block)) = (at(Level::Bucket), subject.facts.public_access_block.known()) {
        let block = taking_public_acls(block);
        commands.push(format!("aws s3api put-public-access-block --bucket {bucket} {block}"));
    }
    commands.push(format!(
        "aws s3api put-bucket-ownership-controls --bucket {bucket} --ownership-controls \
         Rules=[{{ObjectOwnership=BucketOwnerPreferred}}]"
    ));
    commands
}

/// The call sets all four, so it names the two that are to stay as they are.
fn taking_public_acls(block: &PublicAccessBlock) -> String {
    format!(
        "--public-access-block-configuration BlockPublicAcls=false,IgnorePublicAcls=false,\
         BlockPublicPolicy={},RestrictPublicBuckets={}",
        block.block_public_policy, block.restrict_public_buckets
    )
}

fn not_blocked(subject: &BucketSubject) -> Result<Option<Observation>, String> {
    let settings: [(Setting, &str); 4] = [
        (|block| block.block_public_acls, "BlockPublicAcls"),
        (|block| block.ignore_public_acls, "IgnorePublicAcls"),
        (|block| block.block_public_policy, "BlockPublicPolicy"),
        (|block| block.restrict_public_buckets, "RestrictPublicBuckets"),
    ];
    let mut off = Vec::new();
    for (setting, name) in settings {
        if subject.blocked(setting)?.is_none() {
            off.push(name);
        }
    }
    if off.is_empty() {
        return Ok(None);
    }
    let remedy = format!(
        "aws s3api put-public-access-block --bucket {} --public-access-block-configuration \
         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,\
         RestrictPublicBuckets=true",
        subject.facts.name
    );
    Ok(Some(Observation::new(Severity::Low, &Detail::NotBlocked { off }).remedy(remedy)))
}
