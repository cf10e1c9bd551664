//! A certificate was revoked because its key was compromised.

use super::{NOT_WATCHED, ReportedCa};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<ReportedCa> = Rule {
    info: RuleInfo {
        id: "audit-report.key-compromise",
        holds: "No certificate was revoked for the compromise of its key since Vigil began to watch the CA.",
        cites: "RFC 5280 §5.3.1 (keyCompromise); AWS Private CA API Reference, RevokeCertificate",
        kinds: &[REVOKED],
    },
    check,
};

const REVOKED: Kind = Kind {
    id: "revoked",
    severity: Severity::Medium,
    title: "{count} certificate(s) of {ca} were revoked because their key was compromised",
    what_happened: "The audit report of {ca} ({ca_id}) of {as_of} has {count} certificate(s) revoked with reason \
                    KEY_COMPROMISE since {since}, the last at {last}: {first}.",
    impact: "Another principal may hold the keys. Relying parties that do not check revocation still accept them.",
    what_to_do: "Find out how the keys were lost, and which other keys lay beside them. CloudTrail records who revoked:",
    first_command: concat!(
        "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=EventName,AttributeValue=RevokeCertificate\nWhen that is done, end this finding",
        acknowledge!()
    ),
};

fn check(of: &ReportedCa) -> RuleAnswer {
    let concern = &of.summary()?.key_compromise;
    let Some(since) = of.watched_since else {
        return Err(NotJudged::unknown(NOT_WATCHED));
    };
    let new: Vec<_> = concern.first.iter().filter(|one| one.at > since).collect();
    let Some(last) = new.first() else { return Ok(Vec::new()) };
    // The latest ten have names. Where all of these are new, so may be more.
    let count = if new.len() < concern.first.len() { new.len() as u64 } else { concern.count };
    let first: Vec<String> = new.iter().map(|one| one.certificate.clone()).collect();
    let seen = Observation::new(REVOKED)
        .with("count", count)
        .with("first", first)
        .with("last", rfc3339(last.at))
        .with("since", rfc3339(since))
        .about(&rfc3339(last.at));
    Ok(vec![seen])
}
