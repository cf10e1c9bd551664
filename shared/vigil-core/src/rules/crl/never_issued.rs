//! A CRL lists certificates of its CA. A serial that the CA never gave was added by another party.

use super::CrlSubject;
use crate::{
    crl::comparison::Coverage,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.never-issued",
        holds: "Every entry is for a certificate that the CA issued.",
        cites: "RFC 5280 §5.1.2.6",
        kinds: &[NEVER_ISSUED],
    },
    check,
};

const NEVER_ISSUED: Kind = Kind {
    id: "never-issued",
    severity: Severity::High,
    title: "The CRL of {ca} lists {count} serial(s) that the CA never issued",
    what_happened: "{object} lists {count} serial(s) that audit report {report} does not have: \
                    {first_serials}. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let report = match subject.report() {
        Ok(report) if subject.ca.is_some() => report,
        report => subject.facts().and(report)?,
    };
    subject.has_own_report(report)?;
    let Coverage { never_issued, report: name, unreadable, .. } = report;
    if never_issued.count == 0 {
        return Ok(Vec::new());
    }
    if *unreadable > 0 {
        let reason = format!("{unreadable} records of the audit report could not be read");
        return Err(NotJudged::unknown(reason));
    }
    let seen = Observation::new(NEVER_ISSUED)
        .with("count", never_issued.count)
        .with("first_serials", never_issued.first.as_slice())
        .with("report", name.as_str());
    Ok(vec![seen])
}
