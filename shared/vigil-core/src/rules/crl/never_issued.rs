//! A CRL lists certificates of its CA; a serial that the CA never gave is somebody else's doing.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    crl::comparison::Coverage,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.never-issued",
    holds: "Every entry is for a certificate that the CA issued.",
    cites: "RFC 5280 §5.1.2.6",
    finds: &[("never-issued", Severity::High)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    NeverIssued { count: u64, first_serials: &'a [String], report: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NeverIssued { count, .. } = self;
        write!(f, "The CRL lists {count} serial(s) that the audit report does not know")
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let report = match (subject.report(), subject.facts()) {
        (Ok(report), Ok(_)) => report,
        (Ok(report), _) if subject.ca.is_some() => report,
        (_, Err(verdict)) | (Err(verdict), _) => return verdict,
    };
    let Coverage { never_issued, report, unreadable, .. } = report;
    if never_issued.count == 0 {
        return Verdict::Pass;
    }
    if *unreadable > 0 {
        let reason = format!("{unreadable} records of the audit report could not be read");
        return Verdict::unknown(reason);
    }
    let detail = Detail::NeverIssued {
        count: never_issued.count,
        first_serials: &never_issued.first,
        report,
    };
    Some(Observation::new(Severity::High, &detail).remedy(subject.suspect())).into()
}
