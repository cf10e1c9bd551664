//! The least IAM policy of `vigil assess`. `tests/e2e/suites/assess.rs` holds it to the local stack:
//! it is enough, and each action in it is needed.

use serde_json::{Value, json};

use super::Options;

/// What crl-audit's rules ask of a bucket.
const BUCKET_ACTIONS: [&str; 13] = [
    "s3:GetBucketAcl",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketNotification",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:ListBucket",
    "s3:ListBucketVersions",
];

/// `regions` decide on the partition, and on the CAs.
pub(super) fn json(options: &Options, regions: &[String]) -> Result<String, serde_json::Error> {
    let partition = match regions.first() {
        Some(name) if name.starts_with("cn-") => "aws-cn",
        Some(name) if name.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let named: Vec<&str> = if options.region.is_empty() {
        vec!["*"]
    } else {
        regions.iter().map(String::as_str).collect()
    };
    let cas: Vec<String> = named
        .iter()
        .map(|region| format!("arn:{partition}:acm-pca:{region}:*:certificate-authority/*"))
        .collect();
    let mut on_cas = vec![
        "acm-pca:DescribeCertificateAuthorityAuditReport",
        "acm-pca:GetCertificate",
        "acm-pca:GetCertificateAuthorityCertificate",
        "acm-pca:ListTags",
    ];
    if options.request_reports.is_some() {
        on_cas.insert(0, "acm-pca:CreateCertificateAuthorityAuditReport");
    }
    let keys = format!("arn:{partition}:kms:*:*:key/*");
    let mut statements = vec![
        allow(
            "ListCasBucketsAndAccountSettings",
            json!([
                "acm-pca:ListCertificateAuthorities",
                "s3:GetAccountPublicAccessBlock",
                "s3:ListAllMyBuckets",
            ]),
            json!("*"),
        ),
        allow("ReadCas", json!(on_cas), json!(cas)),
        allow(
            "ReadBucketSettings",
            json!(BUCKET_ACTIONS),
            json!(format!("arn:{partition}:s3:::*")),
        ),
        allow(
            "ReadCrls",
            json!(["s3:GetObject", "s3:GetObjectVersion"]),
            json!(format!("arn:{partition}:s3:::*/*.crl")),
        ),
        allow(
            "ReadAuditReports",
            json!("s3:GetObject"),
            json!(format!("arn:{partition}:s3:::*/audit-report/*")),
        ),
        allow("ReadKeysOfBuckets", json!(["kms:DescribeKey", "kms:GetKeyPolicy"]), json!(keys)),
    ];
    let mut decrypt = allow("ReadEncryptedObjects", json!("kms:Decrypt"), json!(keys));
    decrypt["Condition"] = json!({"StringLike": {"kms:ViaService": format!("s3.*.{suffix}")}});
    statements.push(decrypt);
    if let Some(bucket) = &options.request_reports {
        // ACM PCA requires it of the principal that requests a report.
        let reports = format!("arn:{partition}:s3:::{bucket}/audit-report/*");
        statements.push(allow("WriteAuditReports", json!("s3:PutObject"), json!(reports)));
    }
    serde_json::to_string_pretty(&json!({"Version": "2012-10-17", "Statement": statements}))
}

fn allow(sid: &str, actions: Value, resources: Value) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources})
}
