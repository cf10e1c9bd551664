//! The findings of a report.

use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    audit_report::{Concern, Summary},
    finding::{Finding, Kind, Names, Observation, RuleInfo},
    instant::rfc3339,
    ports::{Described, ReportRecord},
    rules::audit_report::{
        CA_COMPROMISE, FAILED, NOT_MADE, OUTLIVING, OUTLIVING_CA, REVOKED, UNREADABLE,
        UNREADABLE_RECORDS,
    },
};

/// ACM PCA could not make the report.
pub(super) fn failed(described: &Described, report: &str) -> Finding {
    let seen = Observation::new(NOT_MADE).with("report", report);
    finding(&FAILED, seen, described, report)
}

/// The findings of a report, and the ids of those that it shows to be over.
pub(super) fn findings(
    described: &Described,
    report: &str,
    summary: &Summary,
) -> (Vec<Finding>, Vec<String>) {
    let ca_end = summary.ca_end().map_or_else(|| "an unknown time".to_owned(), rfc3339);
    let of = |rule: &RuleInfo, kind: Kind, concern: &Concern| {
        let seen = Observation::new(kind)
            .with("count", concern.count)
            .with("first", concern.first.clone())
            .name("ca_end", ca_end.as_str());
        (concern.count > 0, finding(rule, seen, described, report))
    };
    let unreadable = Concern {
        count: summary.unreadable.count,
        first: summary.unreadable.first.iter().map(|bad| bad.why.clone()).collect(),
    };
    let judged = [
        of(&CA_COMPROMISE, REVOKED, &summary.ca_compromise),
        of(&OUTLIVING_CA, OUTLIVING, &summary.outliving_ca),
        of(&UNREADABLE_RECORDS, UNREADABLE, &unreadable),
        // A report that came is the end of one that did not.
        (false, failed(described, "")),
    ];
    let mut found = Vec::new();
    let mut over = Vec::new();
    for (is_found, finding) in judged {
        if is_found { found.push(finding) } else { over.push(finding.id) }
    }
    (found, over)
}

/// One for each CA and rule: the next report shows whether it still holds.
fn finding(rule: &RuleInfo, seen: Observation, described: &Described, report: &str) -> Finding {
    let ca = &described.ca;
    let names = Names::new(format!("audit report {report}"))
        .of_ca(&ca.arn, ca.common_name.as_deref())
        .with("report", report);
    seen.discriminator("").finding(rule, &names, ca.arn.as_str(), described.as_of)
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Summary"))]
pub(super) struct Document<'a> {
    ca: &'a CaArn,
    report: &'a str,
    bucket: &'a str,
    key: &'a str,
    #[serde(with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    created_at: Option<OffsetDateTime>,
    summary: &'a Summary,
}

/// The summary as it is kept.
pub(super) fn document<'a>(
    ca: &'a CaArn,
    report: &'a str,
    record: &'a ReportRecord,
    summary: &'a Summary,
) -> Document<'a> {
    let ReportRecord { bucket, key, created_at, .. } = record;
    Document { ca, report, bucket, key, created_at: *created_at, summary }
}

#[cfg(test)]
mod tests;
