//! ACM PCA refuses to make an audit report, by cause.

use serde_json::json;

use crate::{
    arn::CaArn,
    bucket::{BucketFacts, bucket_arn},
    ca::{Ca, S3ObjectAcl},
    finding::{Finding, Kind, Names, Observation, RuleInfo, Severity},
    rules::{
        JudgementResult,
        bucket::{self, BucketSubject, BucketUser},
        judge,
    },
};

/// ACM PCA does not take the request for a report.
pub(crate) const REFUSED: RuleInfo = RuleInfo {
    id: "audit-report.refused",
    holds: "ACM PCA takes the request for an audit report of every ACTIVE and DISABLED CA.",
    cites: "AWS Private CA User Guide, Use audit reports with your private CA; AWS General Reference, AWS Private CA \
            endpoints and quotas",
    kinds: &[
        BLOCK_PUBLIC_ACCESS,
        BUCKET_MISSING,
        BUCKET_POLICY,
        ENCRYPTION,
        IAM,
        OBJECT_LOCK,
        QUOTA,
        STATE,
        TOO_MANY_CERTIFICATES,
        UNKNOWN,
    ],
};

const TITLE_BUCKET: &str = "ACM PCA cannot write audit reports of {which} to bucket {bucket}";
const IMPACT: &str = "Without reports, Vigil does not learn what these CAs issue and revoke, and cannot tell whether \
                      their CRLs are complete: {cas}.";

const BUCKET_POLICY: Kind = Kind {
    id: "bucket-policy",
    severity: Severity::High,
    title: TITLE_BUCKET,
    what_happened: "ACM PCA refused the request at {as_of} for {cas}: the policy of bucket {bucket} does not let it \
                    write. Its answer: {error}",
    impact: IMPACT,
    what_to_do: "Add the statement below to the bucket policy, and remove what denies it. Show the policy:",
    first_command: "aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text",
};

const BUCKET_MISSING: Kind = Kind {
    id: "bucket-missing",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}: there is no bucket {bucket}. Its answer: {error}",
    what_to_do: "Create the bucket, and set its policy as in infra/template.yaml (ReportBucketPolicy). Check that it is there:",
    first_command: "aws s3api head-bucket --bucket {bucket}",
    ..BUCKET_POLICY
};

const ENCRYPTION: Kind = Kind {
    id: "encryption",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}: it cannot use the key that bucket {bucket} is \
                    encrypted with. Its answer: {error}",
    what_to_do: "Encrypt the bucket with SSE-S3, or with a KMS key whose policy lets ACM PCA use it. Encrypt it with \
                 SSE-S3:",
    first_command: "aws s3api put-bucket-encryption --bucket {bucket} --server-side-encryption-configuration \
                    '{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"}}]}'",
    ..BUCKET_POLICY
};

const OBJECT_LOCK: Kind = Kind {
    id: "object-lock",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}: bucket {bucket} has Object Lock, with which ACM \
                    PCA does not write reports. Its answer: {error}",
    what_to_do: "Make the bucket again without Object Lock, which cannot be switched off, or deploy the stack with another \
                 `Name`. Show its configuration:",
    first_command: "aws s3api get-object-lock-configuration --bucket {bucket}",
    ..BUCKET_POLICY
};

const BLOCK_PUBLIC_ACCESS: Kind = Kind {
    id: "block-public-access",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}. Policy, encryption and Object Lock of bucket \
                    {bucket} permit it, and Block Public Access is on. Its answer: {error}",
    what_to_do: "Check Block Public Access of the bucket and of the account. Show the bucket's:",
    first_command: "aws s3api get-public-access-block --bucket {bucket}",
    ..BUCKET_POLICY
};

const IAM: Kind = Kind {
    id: "iam",
    title: "audit-report may not request audit reports of {which}",
    what_happened: "The role of audit-report was refused the request at {as_of} for {cas}. The answer: {error}",
    what_to_do: "Let the role call acm-pca:CreateCertificateAuthorityAuditReport on these CAs, and s3:PutObject on \
                 bucket {bucket}. Look for what denies it in the role, its boundary and the organisation's policies. \
                 List the role's policies, with the name of the execution role of audit-report in place of ROLE:",
    first_command: "aws iam list-role-policies --role-name ROLE\n\
                    Show each, with its name in place of POLICY:\n  \
                    aws iam get-role-policy --role-name ROLE --policy-name POLICY",
    ..BUCKET_POLICY
};

const QUOTA: Kind = Kind {
    id: "quota",
    title: "A quota keeps ACM PCA from making audit reports of {which}",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}: a quota is reached. Its answer: {error}",
    what_to_do: "Find out which other principal requests reports. Show the quotas:",
    first_command: "aws service-quotas list-service-quotas --service-code acm-pca --region {region}",
    ..BUCKET_POLICY
};

const STATE: Kind = Kind {
    id: "state",
    title: "The state of {which} keeps ACM PCA from making audit reports",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}, which it lists as ACTIVE or DISABLED. Its \
                    answer: {error}",
    what_to_do: "Check the state of the CA. Show it:",
    first_command: crate::commands::DESCRIBE,
    ..BUCKET_POLICY
};

const TOO_MANY_CERTIFICATES: Kind = Kind {
    id: "too-many-certificates",
    title: "Too many certificates for an audit report of {which}",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}: it makes no report of a CA that has issued more \
                    than 100,000,000 certificates. Its answer: {error}",
    what_to_do: "Plan a new CA that takes over issuance. CloudTrail records each issuance meanwhile:",
    first_command: "aws cloudtrail lookup-events --region {region} --lookup-attributes \
                    AttributeKey=EventName,AttributeValue=IssueCertificate",
    ..BUCKET_POLICY
};

const UNKNOWN: Kind = Kind {
    id: "unknown",
    title: "ACM PCA refuses audit reports of {which}; the cause is unknown",
    what_happened: "ACM PCA refused the request at {as_of} for {cas}. Vigil found no cause in bucket {bucket}. The \
                    answer: {error}",
    what_to_do: "Check the answer, then request a report manually:",
    first_command: "aws acm-pca create-certificate-authority-audit-report --certificate-authority-arn {arn} --region \
                    {region} --audit-report-response-format JSON --s3-bucket-name {bucket}",
    ..BUCKET_POLICY
};

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    BlockPublicAccess,
    BucketMissing,
    BucketPolicy,
    Encryption,
    Iam,
    ObjectLock,
    Quota,
    State,
    TooManyCertificates,
    Unknown,
}

impl Cause {
    pub(crate) const ALL: [Self; 10] = [
        Self::BlockPublicAccess,
        Self::BucketMissing,
        Self::BucketPolicy,
        Self::Encryption,
        Self::Iam,
        Self::ObjectLock,
        Self::Quota,
        Self::State,
        Self::TooManyCertificates,
        Self::Unknown,
    ];

    pub(crate) fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.kind().id == id)
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::BlockPublicAccess => BLOCK_PUBLIC_ACCESS,
            Self::BucketMissing => BUCKET_MISSING,
            Self::BucketPolicy => BUCKET_POLICY,
            Self::Encryption => ENCRYPTION,
            Self::Iam => IAM,
            Self::ObjectLock => OBJECT_LOCK,
            Self::Quota => QUOTA,
            Self::State => STATE,
            Self::TooManyCertificates => TOO_MANY_CERTIFICATES,
            Self::Unknown => UNKNOWN,
        }
    }

    /// The cause that the bucket's settings show. The service's answer names all of them at once
    /// ("Check that your bucket policy, encryption settings, S3 Block Public Access settings …").
    pub(crate) fn of_bucket(facts: BucketFacts, ca: &CaArn, as_of: time::OffsetDateTime) -> Self {
        let block = facts.public_access_block.known().ok().copied();
        let subject = subject(facts, ca, as_of);
        let found = |id: &str| {
            let rules: Vec<_> = bucket::RULES.iter().filter(|rule| rule.info.id == id).collect();
            let judged = rules
                .into_iter()
                .flat_map(|rule| judge(std::slice::from_ref(rule), &subject, "", as_of));
            judged.into_iter().any(|judgement| match judgement.result {
                JudgementResult::Findings { findings } => {
                    findings.iter().any(|finding| !NOT_ABOUT_WRITING.contains(&kind_of(finding)))
                }
                _ => false,
            })
        };
        let causes = [
            ("bucket.exists", Self::BucketMissing),
            ("bucket.object-lock", Self::ObjectLock),
            ("bucket.service-access", Self::BucketPolicy),
            ("bucket.encryption", Self::Encryption),
            ("bucket.encryption-key", Self::Encryption),
        ];
        let cause = causes.into_iter().find(|(rule, _)| found(rule)).map(|(_, cause)| cause);
        let blocks = block.is_some_and(|block| {
            block.block_public_acls
                || block.ignore_public_acls
                || block.block_public_policy
                || block.restrict_public_buckets
        });
        cause.unwrap_or(if blocks { Self::BlockPublicAccess } else { Self::Unknown })
    }
}

/// Kinds of the bucket's rules that do not say that a report cannot be written.
const NOT_ABOUT_WRITING: [&str; 3] = ["none", "probe-refused", "unclear"];

fn kind_of(finding: &Finding) -> &str {
    finding.evidence.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// The bucket as the rules for buckets judge it, with a report in place of the CRL.
fn subject(facts: BucketFacts, ca: &CaArn, as_of: time::OffsetDateTime) -> BucketSubject {
    let user = BucketUser {
        ca: ca.clone(),
        common_name: None,
        key: format!("audit-report/{}/report.json", ca.id()),
        object_acl: S3ObjectAcl::BucketOwnerFullControl,
        served_by_bucket: false,
        is_public_meant: false,
    };
    BucketSubject {
        facts,
        account_block: crate::bucket::Fact::Unknown("it is not needed".to_owned()),
        users: vec![user],
        orphans: Err("they are not needed".to_owned()),
        administrators: Vec::new(),
        as_of,
    }
}

/// One finding for a cause, with all CAs that it concerns: at least one.
pub(crate) fn finding(
    cause: Cause,
    bucket: &str,
    cas: &[&Ca],
    error: &str,
    as_of: time::OffsetDateTime,
) -> Option<Finding> {
    let first = cas.first()?;
    let names = Names::new(format!("the answers of ACM PCA for bucket {bucket}"))
        .of_ca(&first.arn, first.common_name.as_deref())
        .with("bucket", bucket);
    let arns: Vec<String> = cas.iter().map(|ca| ca.arn.to_string()).collect();
    let ids: Vec<&str> = cas.iter().map(|ca| ca.arn.id()).collect();
    let seen = Observation::new(cause.kind())
        .with("bucket", bucket)
        .with("certificate_authorities", arns)
        .with("count", cas.len())
        .with("error", error)
        .name("which", which(cas))
        .name("cas", shown(&ids));
    let seen = match cause {
        Cause::BucketPolicy => {
            seen.also(format!("The statement to add:\n  {}", statement(bucket, &first.arn)))
        }
        _ => seen,
    };
    Some(seen.finding(&REFUSED, &names, &resource(bucket, &first.arn), as_of))
}

/// The id of the finding for a cause, for its end.
pub(crate) fn id(cause: Cause, bucket: &str, ca: &Ca) -> Option<String> {
    let at = time::OffsetDateTime::UNIX_EPOCH;
    finding(cause, bucket, &[ca], "", at).map(|finding| finding.id)
}

fn resource(bucket: &str, ca: &CaArn) -> String {
    bucket_arn(ca.partition(), bucket)
}

fn which(cas: &[&Ca]) -> String {
    match cas {
        [ca] => ca.display_name(),
        _ => format!("{} CAs", cas.len()),
    }
}

fn shown(ids: &[&str]) -> String {
    const MAX_SHOWN: usize = 6;
    match ids.len().saturating_sub(MAX_SHOWN) {
        0 => ids.join(", "),
        more => format!("{} and {more} more", ids[..MAX_SHOWN].join(", ")),
    }
}

/// The statement of the user guide, for all CAs of the account.
fn statement(bucket: &str, ca: &CaArn) -> serde_json::Value {
    let arn = resource(bucket, ca);
    json!({
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": [format!("{arn}/*"), arn],
        "Condition": {"StringEquals": {"aws:SourceAccount": ca.account()}},
    })
}

#[cfg(test)]
mod tests;
