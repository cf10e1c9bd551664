//! `vigil report ack`: acknowledges a finding that reports never forget, in AWS or in the local stack.

use clap::Args;
use serde::Deserialize;
use vigil_aws::clients::Clients;
use vigil_core::{
    arn::CaArn,
    evidence::keys,
    finding::{Finding, Status},
    jobs::{FindingAck, can_be_acknowledged},
    ports::EvidenceStore as _,
};

use crate::{
    exit::{Answer, Exit},
    output::line,
    signing,
};

#[derive(Args)]
pub(crate) struct Options {
    /// The finding's id: 32 hexadecimal digits, as the finding and the page have it.
    #[arg(value_name = "FINDING")]
    finding: String,
    /// Name of the person who acknowledges. It is recorded; who acknowledged follows from the key.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why the finding is accepted, or what the unknown CA is.
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// KMS key to sign with: id, ARN or alias. It is ECC_NIST_P256, and the stack names it.
    #[arg(long, env = "VIGIL_APPROVER_KEY", value_name = "KEY")]
    key: String,
    /// Vigil's evidence bucket, as vigil-evidence-111122223333-us-east-1.
    #[arg(long, env = "VIGIL_EVIDENCE_BUCKET", value_name = "BUCKET")]
    evidence_bucket: String,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum AckRefused {
    #[error("--{0} is empty")]
    Empty(&'static str),
    #[error("{0:?} is no id of a finding: it has 32 hexadecimal digits")]
    NoId(String),
    #[error("audit-report has no finding {0}")]
    Unknown(String),
    #[error("the record of finding {finding} cannot be read")]
    Unreadable {
        finding: String,
        #[source]
        cause: serde_json::Error,
    },
    #[error("finding {0} is resolved: there is nothing to acknowledge")]
    Resolved(String),
    #[error("findings of {0} end when they are no longer so, and cannot be acknowledged")]
    Passing(String),
    #[error("finding {finding} is about {resource}, which is no CA")]
    NoCa { finding: String, resource: String },
}

/// A finding as the finding store keeps it.
#[derive(Deserialize)]
struct Stored {
    finding: Finding,
}

pub(crate) fn run(options: Options) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(acknowledge(options))
}

async fn acknowledge(options: Options) -> Answer {
    let Options { finding: id, by, note, key, evidence_bucket } = options;
    let given = [("by", &by), ("note", &note)];
    if let Some((name, _)) = given.into_iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(AckRefused::Empty(name).into());
    }
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() != 32 || !id.bytes().all(is_hex) {
        return Err(AckRefused::NoId(id.chars().take(64).collect()).into());
    }
    let clients = Clients::load().await;
    let evidence = clients.evidence(evidence_bucket);
    let stored = evidence.read(&keys::finding("audit-report", &id)).await?;
    let stored = stored.ok_or_else(|| AckRefused::Unknown(id.clone()))?;
    let read = serde_json::from_slice(&stored.body);
    let Stored { finding } =
        read.map_err(|cause| AckRefused::Unreadable { finding: id.clone(), cause })?;
    let ack = statement(finding, by, note)?;
    let name = keys::finding_acknowledgement(&id);
    let old = evidence.read(&name).await?;
    let rule = ack.rule.clone();
    let signed = signing::sign(&clients, &key, ack, Vec::new()).await?;
    signing::store(&evidence, &name, &signed, old.as_ref()).await?;
    line(&format!("acknowledged: {rule} of {} ({name})", signed.statement.ca));
    line(&format!("signed with {}", signing::keys(&signed)));
    line("the next hourly run of audit-report resolves the finding");
    Ok(Exit::Clean)
}

fn statement(finding: Finding, by: String, note: String) -> Result<FindingAck, AckRefused> {
    let Finding { id, rule, resource, status, .. } = finding;
    if !can_be_acknowledged(&rule) {
        return Err(AckRefused::Passing(rule.into_owned()));
    }
    if status == Status::Resolved {
        return Err(AckRefused::Resolved(id));
    }
    let Ok(ca) = resource.parse::<CaArn>() else {
        return Err(AckRefused::NoCa { finding: id, resource });
    };
    Ok(FindingAck { finding: id, rule: rule.into_owned(), ca, by, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, status: &str, resource: &str) -> Finding {
        serde_json::from_value(serde_json::json!({
            "id": "0".repeat(32), "rule": rule, "severity": "CRITICAL", "status": status,
            "resource": resource, "title": "t", "what_happened": "w", "impact": "i",
            "what_to_do": "d", "why": "y", "evidence": {}, "as_of": "2026-03-01T12:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn only_an_open_finding_that_stays_is_acknowledged() {
        let ca = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a";
        let stays = "audit-report.ca-compromise";
        let of = |rule: &str, status: &str, resource: &str| {
            statement(finding(rule, status, resource), "carol".to_owned(), "known".to_owned())
        };
        let ack = of(stays, "NEW", ca).unwrap();
        assert_eq!((ack.ca.as_str(), ack.rule.as_str()), (ca, stays));
        assert!(matches!(of(stays, "RESOLVED", ca), Err(AckRefused::Resolved(_))));
        assert!(matches!(of("audit-report.stale", "NEW", ca), Err(AckRefused::Passing(_))));
        let bucket = of(stays, "NEW", "arn:aws:s3:::bucket");
        assert!(matches!(bucket, Err(AckRefused::NoCa { .. })));
    }
}
