//! What audit-report reports about the certificates of a CA.

use crate::{
    commands::CSR,
    finding::{Kind, RuleInfo, Severity},
};

/// The worst first.
pub const RULES: &[RuleInfo] = &[CA_COMPROMISE, OUTLIVING_CA, FAILED, UNREADABLE_RECORDS];

/// A certificate was revoked because a CA is compromised.
pub(crate) const CA_COMPROMISE: RuleInfo = RuleInfo {
    id: "audit-report.ca-compromise",
    holds: "No certificate was revoked because a CA is compromised.",
    cites: "RFC 5280 §5.3.1 (cACompromise); AWS Private CA API Reference, RevokeCertificate",
    kinds: &[REVOKED],
};

pub(crate) const REVOKED: Kind = Kind {
    id: "revoked",
    severity: Severity::Critical,
    title: "{count} certificate(s) of {ca} were revoked because a CA is compromised",
    what_happened: "The audit report of {ca} ({ca_id}) of {as_of} has {count} certificate(s) revoked with reason \
                    CERTIFICATE_AUTHORITY_COMPROMISE: {first}.",
    impact: "If {ca} itself is compromised, an attacker can issue certificates that every relying party accepts.",
    what_to_do: "Find out which CA is meant. If it is this one, have its issuer revoke its certificate, and replace every \
                 certificate that it issued. CloudTrail has who revoked, and why:",
    first_command: "aws cloudtrail lookup-events --region {region} --lookup-attributes \
                    AttributeKey=EventName,AttributeValue=RevokeCertificate",
};

/// Certificates are valid for longer than their CA.
pub(crate) const OUTLIVING_CA: RuleInfo = RuleInfo {
    id: "audit-report.outliving-ca",
    holds: "No certificate is valid for longer than its CA's own.",
    cites: "RFC 5280 §6.1.3; AWS Private CA User Guide, Manage the CA lifecycle",
    kinds: &[OUTLIVING],
};

pub(crate) const OUTLIVING: Kind = Kind {
    id: "outliving",
    severity: Severity::Medium,
    title: "{count} certificate(s) of {ca} are valid for longer than the CA's own",
    what_happened: "{count} valid certificate(s) of {ca} ({ca_id}) expire after the CA's own certificate, which expires \
                    at {ca_end}: {first}. As of the audit report of {as_of}.",
    impact: "From {ca_end} on, relying parties refuse these certificates, although their own dates are later.",
    what_to_do: "Renew the CA's certificate before {ca_end}: have its request signed again and import the new \
                 certificate. Get the request:",
    first_command: CSR,
};

/// ACM PCA could not make the report.
pub(crate) const FAILED: RuleInfo = RuleInfo {
    id: "audit-report.failed",
    holds: "ACM PCA can make audit reports of the CA.",
    cites: "AWS Private CA User Guide, Use audit reports with your private CA",
    kinds: &[NOT_MADE],
};

pub(crate) const NOT_MADE: Kind = Kind {
    id: "not-made",
    severity: Severity::Medium,
    title: "ACM PCA could not make an audit report of {ca}",
    what_happened: "Audit report {report} of {ca} ({ca_id}) has status FAILED at {as_of}.",
    impact: "Without a report, Vigil knows neither how many certificates of {ca} are valid nor whether its CRL lists every \
             revocation.",
    what_to_do: "Check that ACM PCA may write to the report bucket: bucket policy, encryption, no Object Lock. Then ask \
                 for a report again, with your report bucket in place of BUCKET:",
    first_command: "aws acm-pca create-certificate-authority-audit-report --certificate-authority-arn {arn} --region \
                    {region} --audit-report-response-format JSON --s3-bucket-name BUCKET",
};

/// Some records of the report are not as documented.
pub(crate) const UNREADABLE_RECORDS: RuleInfo = RuleInfo {
    id: "audit-report.unreadable-records",
    holds: "Every record of the audit report can be read.",
    cites: "AWS Private CA User Guide, Use audit reports with your private CA",
    kinds: &[UNREADABLE],
};

pub(crate) const UNREADABLE: Kind = Kind {
    id: "unreadable",
    severity: Severity::Low,
    title: "{count} record(s) of the audit report of {ca} cannot be read",
    what_happened: "{count} record(s) of audit report {report} of {ca} ({ca_id}) cannot be read: {first}.",
    impact: "The counts of the summary do not include these records.",
    what_to_do: "Look at the records. If the report is damaged, ask for another. Show where the report is:",
    first_command: "aws acm-pca describe-certificate-authority-audit-report --certificate-authority-arn {arn} --region \
                    {region} --audit-report-id {report}",
};
