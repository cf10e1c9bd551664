//! A later report has every certificate of the earlier ones.

use crate::finding::{Kind, RuleInfo, Severity};

/// ACM PCA lists every certificate that the CA ever issued, so what one report has the next one has, too.
pub(crate) const HISTORY: RuleInfo = RuleInfo {
    id: "audit-report.history",
    holds: "What an audit report says of the past, the next one says as well: each certificate, when it was issued and \
            when it ends.",
    cites: "AWS Private CA User Guide, Use audit reports with your private CA",
    kinds: &[DIFFERENT, MISSING],
};

pub(crate) const MISSING: Kind = Kind {
    id: "missing",
    severity: Severity::High,
    title: "{missing} certificate(s) of {ca} are missing in its newest audit report",
    what_happened: "Audit report {before} of {ca} ({ca_id}) has {missing} certificate(s) more, issued up to {until}, than \
                    audit report {report}.",
    impact: "Reports of ACM PCA never lose a certificate. One of the two reports was changed, and numbers about {ca} are \
             wrong since then.",
    what_to_do: "Compare the two objects, and find out which principal wrote them. Show where the newer one is:",
    first_command: "aws acm-pca describe-certificate-authority-audit-report --certificate-authority-arn {arn} --region \
                    {region} --audit-report-id {report}",
};

pub(crate) const DIFFERENT: Kind = Kind {
    id: "different",
    title: "Two audit reports of {ca} contradict each other",
    what_happened: "Audit reports {before} and {report} of {ca} ({ca_id}) differ in certificates that were issued up to \
                    {until}: {surplus} more than before, or another serial, issuance or end.",
    ..MISSING
};
