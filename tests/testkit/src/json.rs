//! The steps to an active CA in plain JSON, for tests and benchmarks that bring their own transport.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// What the steps to an active root left behind.
#[derive(Clone, Debug)]
pub struct Root {
    /// The CA's ARN.
    pub arn: String,
    /// The root's own request, in PEM.
    pub csr: String,
    /// The root's own certificate, in PEM.
    pub certificate: String,
}

/// The request that creates a P-256 root, which writes its CRLs to `bucket` if one is given.
pub fn creation(name: &str, bucket: Option<&str>) -> Value {
    let mut request = json!({
        "CertificateAuthorityType": "ROOT",
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1",
            "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"Organization": "Example", "CommonName": name},
        },
    });
    if let Some(bucket) = bucket {
        request["RevocationConfiguration"] = json!({
            "CrlConfiguration": {"Enabled": true, "ExpirationInDays": 7, "S3BucketName": bucket,
                                 "S3ObjectAcl": "BUCKET_OWNER_FULL_CONTROL"},
        });
    }
    request
}

/// The request for a certificate. `csr` is in PEM, `template` has no version.
pub fn issuance(ca: &str, csr: &str, algorithm: &str, template: &str, years: u32) -> Value {
    json!({
        "CertificateAuthorityArn": ca,
        "Csr": blob(csr),
        "SigningAlgorithm": algorithm,
        "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
        "Validity": {"Type": "YEARS", "Value": years},
    })
}

/// Makes a root ACTIVE through `call`, which sends an operation's request and gives the answer.
///
/// # Errors
///
/// What `call` failed with, or the name of a member that an answer lacks.
pub async fn active_root(
    creation: &Value,
    algorithm: &str,
    mut call: impl AsyncFnMut(&str, Value) -> Result<Value, String>,
) -> Result<Root, String> {
    let created = call("CreateCertificateAuthority", creation.clone()).await?;
    let arn = text(&created, "CertificateAuthorityArn")?;
    let of_ca = json!({"CertificateAuthorityArn": arn});
    let csr = text(&call("GetCertificateAuthorityCsr", of_ca).await?, "Csr")?;
    let own = issuance(&arn, &csr, algorithm, "RootCACertificate", 10);
    let issued = call("IssueCertificate", own).await?;
    let wanted = json!({
        "CertificateAuthorityArn": arn,
        "CertificateArn": text(&issued, "CertificateArn")?,
    });
    let certificate = text(&call("GetCertificate", wanted).await?, "Certificate")?;
    let import = json!({
        "CertificateAuthorityArn": arn,
        "Certificate": blob(&certificate),
    });
    call("ImportCertificateAuthorityCertificate", import).await?;
    Ok(Root { arn, csr, certificate })
}

/// A blob as the API's JSON carries it.
pub fn blob(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

/// A member of an answer that is a string.
///
/// # Errors
///
/// If the answer lacks it: its name, and the answer.
pub fn text(answer: &Value, member: &str) -> Result<String, String> {
    answer[member]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{member} is missing in {answer}"))
}
