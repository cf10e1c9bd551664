//! A CA has no recent audit report, or ACM PCA does not finish one.

use crate::{
    commands::DESCRIBE,
    finding::{Kind, RuleInfo, Severity},
};

/// The CA has no recent report, whatever the reason.
pub(crate) const STALE: RuleInfo = RuleInfo {
    id: "audit-report.stale",
    holds: "Every ACTIVE or DISABLED CA has an audit report that is not older than the parameter ReportStale.",
    cites: "AWS Private CA User Guide, Use audit reports with your private CA",
    kinds: &[OLD, VERY_OLD],
};

pub(crate) const OLD: Kind = Kind {
    id: "old",
    severity: Severity::Medium,
    title: "{ca} has had no audit report for {hours} hours",
    what_happened: "The newest summarised audit report of {ca} ({ca_id}) is of {newest}. Checked at {as_of}.",
    impact: "Vigil's numbers about {ca} are as old as this report. Later issuances and revocations are not known, and \
             its CRL is compared with old revocations.",
    what_to_do: "Find the cause: other findings of audit-report name it, and else the function's log does. Show the CA:",
    first_command: DESCRIBE,
};

/// What happened where there is no report at all.
pub(crate) const NO_REPORT: &str =
    "Vigil has summarised no audit report of {ca} ({ca_id}) since {since}. Checked at {as_of}.";

pub(crate) const VERY_OLD: Kind = Kind { id: "very-old", severity: Severity::High, ..OLD };

/// ACM PCA accepted the request and has not finished the report for hours.
pub(crate) const UNFINISHED: RuleInfo = RuleInfo {
    id: "audit-report.unfinished",
    holds: "ACM PCA finishes an audit report within six hours.",
    cites: "AWS Private CA API Reference, DescribeCertificateAuthorityAuditReport",
    kinds: &[CREATING],
};

pub(crate) const CREATING: Kind = Kind {
    id: "creating",
    severity: Severity::Medium,
    title: "ACM PCA has not finished an audit report of {ca} for {hours} hours",
    what_happened: "Audit report {report} of {ca} ({ca_id}) was requested at {asked_at} and has status CREATING at \
                    {as_of}.",
    impact: "Until a report is finished, Vigil's numbers about {ca} grow older.",
    what_to_do: "Wait for the next report, which audit-report requests every day. If that is not finished either, ask \
                 AWS Support. Show the report:",
    first_command: "aws acm-pca describe-certificate-authority-audit-report --certificate-authority-arn {arn} --region \
                    {region} --audit-report-id {report}",
};
