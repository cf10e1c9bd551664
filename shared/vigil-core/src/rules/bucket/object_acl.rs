//! The ACL that the service puts on a CRL must be one that the bucket takes and lets work.

use super::{
    BucketSubject, BucketUser,
    block::{Level, Setting},
};
use crate::{
    bucket::PublicAccessBlock,
    ca::S3ObjectAcl,
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.object-acl",
        holds: "Block Public Access (the bucket's and the account's) and Object Ownership fit the CA's \
                S3ObjectAcl.",
        cites: "AWS Private CA User Guide, Enabling the S3 Block Public Access (BPA) feature; Amazon S3 User \
                Guide, Blocking public access; Controlling ownership of objects",
        kinds: &[ACLS_DISABLED, BLOCKS_PUBLIC_ACLS, IGNORES_PUBLIC_ACLS, NOT_BLOCKED],
    },
    check,
};

const ACLS_DISABLED: Kind = Kind {
    id: "acls-disabled",
    severity: Severity::High,
    title: "CRL bucket {bucket} disables ACLs, but {ca} writes PUBLIC_READ",
    what_happened: "Bucket {bucket} has ACLs disabled (BucketOwnerEnforced). {ca} is configured to write CRLs \
                    with ACL PUBLIC_READ. Checked at {as_of}.",
    impact: super::NO_NEW_CRL,
    what_to_do: "Recommended: set S3ObjectAcl to BUCKET_OWNER_FULL_CONTROL and serve the CRL through CloudFront. \
                 Otherwise let the bucket accept public ACLs, with the commands below. Show the configuration that an \
                 update of the CA has to repeat:",
    first_command: commands::REVOCATION_CONFIGURATION,
};

const BLOCKS_PUBLIC_ACLS: Kind = Kind {
    id: "blocks-public-acls",
    title: "Block Public Access of {of_whom} refuses the CRL of {ca}",
    what_happened: "Block Public Access of {of_whom} refuses public ACLs in bucket {bucket}. {ca} is \
                    configured to write CRLs with ACL PUBLIC_READ. Checked at {as_of}.",
    ..ACLS_DISABLED
};

const IGNORES_PUBLIC_ACLS: Kind = Kind {
    id: "ignores-public-acls",
    title: "Block Public Access of {of_whom} hides the CRL of {ca}",
    what_happened: "Block Public Access of {of_whom} ignores public ACLs in bucket {bucket}. {ca} writes CRLs \
                    with ACL PUBLIC_READ. Checked at {as_of}.",
    impact: "Relying parties cannot download the CRL. Those that require one refuse every certificate of {ca}.",
    ..ACLS_DISABLED
};

const NOT_BLOCKED: Kind = Kind {
    id: "not-blocked",
    severity: Severity::Low,
    title: "CRL bucket {bucket} ({ca}) does not block public access",
    what_happened: "No CA publishes CRLs from bucket {bucket} itself, and these settings of Block Public Access \
                    are off: {off}. Checked at {as_of}.",
    impact: "None now. A later mistake in the bucket policy or an ACL can make the bucket public.",
    what_to_do: "Block all public access to the bucket:",
    first_command: "aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration \
                    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,\
                    RestrictPublicBuckets=true",
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    observe(subject).map_err(NotJudged::unknown)
}

/// Or why that is not known.
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
    let refused = subject.blocked(|block| block.block_public_acls)?;
    let ignored = subject.blocked(|block| block.ignore_public_acls)?;
    let mut seen = Vec::new();
    if matches!(subject.facts.ownership.known(), Ok(Some(of)) if of == "BucketOwnerEnforced") {
        seen.push(Observation::new(ACLS_DISABLED));
    }
    let blocked = refused.map(|level| (BLOCKS_PUBLIC_ACLS, level));
    if let Some((kind, level)) = blocked.or(ignored.map(|level| (IGNORES_PUBLIC_ACLS, level))) {
        let level_name = serde_json::to_value(level).unwrap_or_default();
        let blocks = Observation::new(kind).with("level", level_name);
        seen.push(blocks.name("of_whom", level.of_whom()));
    }
    let opening = opening(subject, user, [refused, ignored]).join("\n  ");
    let complete = |seen: Observation| {
        seen.about(user.ca.id())
            .with("certificate_authority", user.ca.as_str())
            .name("ca", user.display_name())
            .name("arn", user.ca.as_str())
            .name("region", user.ca.region())
            .also(format!("To let the bucket accept public ACLs instead:\n  {opening}"))
    };
    Ok(seen.into_iter().map(complete).collect())
}

/// The commands that let public ACLs through, at each level that does not.
fn opening(subject: &BucketSubject, user: &BucketUser, levels: [Option<Level>; 2]) -> Vec<String> {
    let at =
        |one: Level| levels.into_iter().flatten().any(|level| [one, Level::Both].contains(&level));
    let mut commands = Vec::new();
    if let (true, Ok(block)) = (at(Level::Account), subject.account_block.known()) {
        commands.push(format!(
            "aws s3control put-public-access-block --account-id {} {}\nThis changes every bucket of the \
             account: check first that each has a block of its own. Then:",
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
         'Rules=[{{ObjectOwnership=BucketOwnerPreferred}}]'"
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
    Ok(Some(Observation::new(NOT_BLOCKED).with("off", off)))
}
