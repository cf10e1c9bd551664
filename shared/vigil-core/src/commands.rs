//! The AWS CLI commands of findings about a CA, as templates.

/// Takes a DELETED CA back: the beginning of a longer text.
macro_rules! restore {
    () => {
        "aws acm-pca restore-certificate-authority --certificate-authority-arn {arn} --region {region}"
    };
}
pub(crate) use restore;

/// Takes a DELETED CA back.
pub(crate) const RESTORE: &str = restore!();
/// Makes a DISABLED CA ACTIVE.
pub(crate) const ACTIVATE: &str = "aws acm-pca update-certificate-authority \
                                   --certificate-authority-arn {arn} --region {region} --status ACTIVE";
/// Gets a CA's request for a certificate, from which a certificate for its key is made.
pub(crate) const CSR: &str = "aws acm-pca get-certificate-authority-csr \
                              --certificate-authority-arn {arn} --region {region} --output text";
/// Shows a CA.
pub(crate) const DESCRIBE: &str = "aws acm-pca describe-certificate-authority \
                                   --certificate-authority-arn {arn} --region {region}";
/// Shows a CA's CRL and OCSP configuration, all of which an update has to repeat.
pub(crate) const REVOCATION_CONFIGURATION: &str = "aws acm-pca describe-certificate-authority --certificate-authority-arn {arn} --region {region} \
     --query CertificateAuthority.RevocationConfiguration";
/// Finds the deletions of CAs in the CloudTrail history of the last 90 days.
pub(crate) const WHO_DELETED: &str = "aws cloudtrail lookup-events --region {region} --lookup-attributes \
     AttributeKey=EventName,AttributeValue=DeleteCertificateAuthority";
/// Has ACM PCA make an audit report.
pub(crate) const MAKE_REPORT: &str = "aws acm-pca create-certificate-authority-audit-report --certificate-authority-arn {arn} \
     --region {region} --audit-report-response-format JSON --s3-bucket-name REPORT-BUCKET";
/// Replaces nothing but the OCSP configuration.
pub(crate) const ENABLE_OCSP: &str = "aws acm-pca update-certificate-authority --certificate-authority-arn {arn} \
                           --region {region} --revocation-configuration \
                           '{\"OcspConfiguration\":{\"Enabled\":true}}'";
