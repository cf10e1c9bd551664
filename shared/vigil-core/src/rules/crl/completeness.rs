//! What was revoked must be in the CRL, as soon as the service says that it will be.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::CrlSubject;
use crate::{
    crl::comparison::Coverage,
    finding::Severity,
    instant::rfc3339,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.completeness",
    holds: "Every certificate that the audit report shows as revoked and not expired is listed, an \
            hour after its revocation at the latest.",
    cites: "RFC 5280 §5.1.2.6; AWS Private CA User Guide, Set up a CRL (30 minutes, retries at 15)",
    finds: &[("missing", Severity::High)],
    remedy: super::REPUBLISH,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Missing {
        count: u64,
        first_serials: &'a [String],
        report: &'a str,
        #[serde(with = "time::serde::rfc3339::option")]
        revoked_since: Option<OffsetDateTime>,
    },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Missing { count, revoked_since, .. } = self;
        let since = revoked_since.map_or_else(|| "an unknown time".to_owned(), rfc3339);
        write!(f, "The CRL lacks {count} revoked certificate(s), the first revoked at {since}")
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let report = match (subject.report(), subject.facts()) {
        // Of a CA's CRL all parts were held against the report.
        (Ok(report), _) if subject.ca.is_some() => report,
        (Ok(_), Ok(facts)) if facts.issuing_distribution_point.is_some() => {
            return Verdict::not_applicable("the CRL may be one partition of several");
        }
        (Ok(report), Ok(_)) => report,
        (_, Err(verdict)) | (Err(verdict), _) => return verdict,
    };
    let Coverage { missing, missing_since, report, .. } = report;
    if missing.count == 0 {
        return Verdict::Pass;
    }
    let detail = Detail::Missing {
        count: missing.count,
        first_serials: &missing.first,
        report,
        revoked_since: *missing_since,
    };
    Some(Observation::new(Severity::High, &detail).remedy(subject.republish())).into()
}
