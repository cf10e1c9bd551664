//! A certificate was revoked because a CA is compromised.

use super::ReportedCa;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.ca-compromise",
        holds: "No certificate was revoked because a CA is compromised.",
        cites: "RFC 5280 §5.3.1 (cACompromise); AWS Private CA API Reference, RevokeCertificate",
        kinds: &[REVOKED],
    },
    check,
};

const REVOKED: Kind = Kind {
    id: "revoked",
    severity: Severity::Critical,
    title: "{count} certificate(s) of {ca} were revoked because a CA is compromised",
    what_happened: "The audit report of {ca} ({ca_id}) of {as_of} has {count} certificate(s) revoked with reason \
                    CERTIFICATE_AUTHORITY_COMPROMISE, the last at {last}: {first}.",
    impact: "If {ca} itself is compromised, an attacker can issue certificates that every relying party accepts.",
    what_to_do: "Find out which CA is meant. If it is this one, have its issuer revoke its certificate, and replace every \
                 certificate that it issued. CloudTrail records who revoked:",
    first_command: concat!(
        "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=RevokeCertificate\nWhen that is done, end this finding",
        acknowledge!()
    ),
};

/// Each later revocation makes another finding: reports never forget the earlier ones.
fn check(of: &ReportedCa) -> RuleAnswer {
    let concern = &of.summary()?.ca_compromise;
    let Some(last) = concern.first.first() else { return Ok(Vec::new()) };
    let seen = Observation::new(REVOKED)
        .with("count", concern.count)
        .with("first", concern.arns())
        .with("last", rfc3339(last.at))
        .about(&rfc3339(last.at));
    Ok(vec![seen])
}
