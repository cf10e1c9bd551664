//! What audit-report reports about the certificates of a CA.

use crate::{
    commands::{CSR, MAKE_REPORT},
    finding::{Kind, RuleInfo, Severity},
};

mod history;
mod refused;
mod region;
mod reported;
mod settings;
mod stale;
mod thresholds;

pub(crate) use history::{DIFFERENT, HISTORY, MISSING};
pub(crate) use refused::{Cause, REFUSED, finding as refused_finding, id as refused_id};
pub(crate) use region::ca_quota;
pub(crate) use reported::{ACKNOWLEDGED, NOT_WATCHED, RULES as REPORTED, ReportedCa, serial};
pub(crate) use settings::{refused as acknowledgement_refused, unusable as settings_unusable};
pub(crate) use stale::{CREATING, NO_REPORT, OLD, STALE, UNFINISHED, VERY_OLD};
pub(crate) use thresholds::Thresholds;
pub use thresholds::{MAX_SETTINGS_BYTES, OfTag, Overrides, ReportSettings, SETTINGS_SCHEMA};

/// The worst first.
pub const RULES: &[RuleInfo] = &[
    REFUSED,
    HISTORY,
    STALE,
    OUTLIVING_CA,
    FAILED,
    UNFINISHED,
    INCOMPLETE_REPORT,
    FOREIGN_RECORDS,
    IMPOSSIBLE_RECORDS,
    UNREADABLE_RECORDS,
    region::CA_QUOTA,
    settings::SETTINGS,
    settings::ACKNOWLEDGEMENT,
];

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
                 for a report again:",
    first_command: MAKE_REPORT,
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
    what_to_do: "Read the records. If the report is damaged, ask for another. Show where the report is:",
    first_command: "aws acm-pca describe-certificate-authority-audit-report --certificate-authority-arn {arn} --region \
                    {region} --audit-report-id {report}",
};

/// The report does not have all records.
pub(crate) const INCOMPLETE_REPORT: RuleInfo = RuleInfo {
    id: "audit-report.incomplete",
    holds: "The audit report is a whole document: it begins, ends and counts as one.",
    cites: "AWS Private CA User Guide, Use audit reports with your private CA; RFC 8259; RFC 4180",
    kinds: &[INCOMPLETE, NOT_A_REPORT],
};

pub(crate) const INCOMPLETE: Kind = Kind {
    id: "incomplete",
    severity: Severity::High,
    title: "The audit report of {ca} is incomplete",
    what_happened: "Audit report {report} of {ca} ({ca_id}) is incomplete: {first}. As of the report, created at {as_of}.",
    impact: "The summary counts what could be read. Certificates may be missing from it, and crl-audit does not compare \
             the CRL with this report.",
    what_to_do: "Find out whether another principal wrote the object. The next report, a day later, ends this finding. \
                 Show where the report is:",
    first_command: "aws acm-pca describe-certificate-authority-audit-report --certificate-authority-arn {arn} --region \
                    {region} --audit-report-id {report}",
};

pub(crate) const NOT_A_REPORT: Kind = Kind {
    id: "not-a-report",
    title: "The audit report of {ca} in the bucket is not an audit report",
    what_happened: "Nothing in audit report {report} of {ca} ({ca_id}) is a record: {error}. Checked at {as_of}.",
    impact: "There is no summary of this report. Vigil's numbers about {ca} are those of the report before.",
    ..INCOMPLETE
};

/// Some records are not about certificates of the CA, or are about one that has a record.
pub(crate) const FOREIGN_RECORDS: RuleInfo = RuleInfo {
    id: "audit-report.foreign-records",
    holds: "Every record of the audit report is about a certificate of the CA, and each certificate has one record.",
    cites: "AWS Private CA User Guide, Use audit reports with your private CA",
    kinds: &[FOREIGN],
};

pub(crate) const FOREIGN: Kind = Kind {
    id: "foreign",
    severity: Severity::High,
    title: "{count} record(s) of the audit report of {ca} are foreign or repeated",
    what_happened: "{count} record(s) of audit report {report} of {ca} ({ca_id}) are foreign or repeated ({classes}): \
                    {first}.",
    impact: "ACM PCA does not write such records. The report may have been changed, and then its counts are wrong. A \
             certificate counts as revoked if one of its records says so.",
    what_to_do: "Find out which principal wrote the object last, then request another report. Show where the report is:",
    first_command: INCOMPLETE.first_command,
};

/// Some records contradict themselves.
pub(crate) const IMPOSSIBLE_RECORDS: RuleInfo = RuleInfo {
    id: "audit-report.impossible-records",
    holds: "No record of the audit report contradicts itself or the time of the report.",
    cites: "RFC 5280 §4.1.2.5; AWS Private CA User Guide, Use audit reports with your private CA",
    kinds: &[IMPOSSIBLE],
};

pub(crate) const IMPOSSIBLE: Kind = Kind {
    id: "impossible",
    severity: Severity::Medium,
    title: "{count} record(s) of the audit report of {ca} contradict themselves",
    what_happened: "{count} time(s) in audit report {report} of {ca} ({ca_id}) a validity ends before it begins, or an \
                    issuance or revocation is before its cause or after the report: {first}.",
    impact: "ACM PCA does not write such records. The report may have been changed, and then its counts are wrong.",
    what_to_do: "Find out which principal wrote the object last, then request another report. Show where the report is:",
    first_command: INCOMPLETE.first_command,
};
