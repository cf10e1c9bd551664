//! The CA has signed the certificate of a CA that Vigil does not know.

use time::{Duration, OffsetDateTime};

use super::{ReportedCa, reported_serial};
use crate::{
    audit_report::Named,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.unknown-subordinate",
        holds: "Every valid CA certificate that the CA has issued is that of a CA that Vigil knows.",
        cites: "RFC 5280 §6.1; AWS Private CA User Guide, Understanding certificate templates",
        kinds: &[UNKNOWN],
    },
    check,
};

const UNKNOWN: Kind = Kind {
    id: "unknown",
    severity: Severity::Critical,
    title: "{ca} has signed a CA that is not in any watched Region of this account",
    what_happened: "Certificate {serial} of {ca} ({ca_id}), issued at {issued_at} for {subject}, is a CA certificate. No \
                    CA that Vigil has listed has this serial number. As of the audit report of {as_of}.",
    impact: "The holder of its key can issue certificates that every relying party of {ca} accepts.",
    what_to_do: "Find out which principal asked for it, and where its key is:",
    first_command: concat!(
        "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=IssueCertificate\n\
         If the CA is not known, revoke its certificate:\n  \
         aws acm-pca revoke-certificate --certificate-authority-arn {arn} --region {region} --certificate-serial {serial} \
         --revocation-reason PRIVILEGE_WITHDRAWN\n\
         If it is known, name it in the note, and end this finding",
        acknowledge!()
    ),
};

/// So long a new CA has for the import of its certificate.
const SETTLE: Duration = Duration::HOUR;

fn check(of: &ReportedCa) -> RuleAnswer {
    let issued = &of.summary()?.ca_certificates;
    let known = of.authorities.as_ref().map_err(NotJudged::unknown)?;
    let is_settled = |at: OffsetDateTime| of.now - at >= SETTLE;
    let is_unknown =
        |one: &&Named| is_settled(one.at) && !known.contains(&reported_serial(&one.serial));
    let unknown = issued.first.iter().filter(is_unknown);
    let found: Vec<Observation> = unknown
        .map(|one| {
            Observation::new(UNKNOWN)
                .with("certificate", one.certificate.as_str())
                .with("serial", one.serial.as_str())
                .with("subject", one.subject.as_str())
                .with("issued_at", rfc3339(one.at))
                .about(&one.serial)
        })
        .collect();
    let is_all = issued.count == issued.first.len() as u64;
    if found.is_empty() && !is_all {
        let shown = issued.first.len();
        return Err(NotJudged::unknown(format!("the CA issued more than {shown} CA certificates")));
    }
    Ok(found)
}
