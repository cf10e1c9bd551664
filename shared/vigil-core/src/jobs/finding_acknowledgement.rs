//! The acknowledgement of a finding: a person knows of it and accepts it.
//!
//! Reports of ACM PCA never forget a certificate, so some findings stay true for ever. `vigil report ack`
//! signs that one of them is accepted, and the finding is over. What comes later is another finding.

use serde::{Deserialize, Serialize};

use super::authentic::{self, Unproven};
use crate::{
    arn::CaArn,
    evidence::keys,
    failure::chain,
    finding::Finding,
    ports::{EvidenceStore, PortError, Signatures},
    rules::audit_report::ACKNOWLEDGED,
    signed::{Signed, Signers, Statement},
};

/// The acknowledgement of one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "FindingAcknowledgement"))]
#[serde(deny_unknown_fields)]
pub struct FindingAck {
    /// The id of the finding: what it says of which CA.
    pub finding: String,
    /// The rule of the finding.
    pub rule: String,
    /// The CA that it is about.
    pub ca: CaArn,
    /// Who acknowledges.
    pub by: String,
    /// Why, or what the thing is.
    pub note: String,
}

impl Statement for FindingAck {
    const KIND: &'static str = "finding-acknowledgement";
}

/// Whether findings of this rule can be acknowledged. Others end when they are no longer so.
pub fn can_be_acknowledged(rule: &str) -> bool {
    ACKNOWLEDGED.contains(&rule)
}

/// What is known of the acknowledgement of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum Acknowledgement {
    No,
    /// Something is there that does not count: its key, and why.
    Refused(String, String),
    Yes(FindingAck),
}

/// The acknowledgement of the finding.
///
/// An error means that the next attempt may succeed.
pub(in crate::jobs) async fn of(
    (evidence, signatures): (&dyn EvidenceStore, &dyn Signatures),
    approvers: &Signers,
    finding: &Finding,
) -> Result<Acknowledgement, PortError> {
    let key = keys::finding_acknowledgement(&finding.id);
    let object = match evidence.read(&key).await {
        Ok(object) => object,
        Err(error) if error.is_lasting() => {
            let why = chain(&error);
            return Ok(Acknowledgement::Refused(key, why));
        }
        Err(error) => return Err(error),
    };
    let Some(object) = object else { return Ok(Acknowledgement::No) };
    let signed = match Signed::<FindingAck>::read(&object.body) {
        Ok(signed) => signed,
        Err(error) => return Ok(Acknowledgement::Refused(key, chain(&error))),
    };
    let ack = &signed.statement;
    if ack.finding != finding.id || ack.rule != finding.rule || ack.ca.as_str() != finding.resource
    {
        let why = "it is for another finding".to_owned();
        return Ok(Acknowledgement::Refused(key, why));
    }
    match authentic::prove(signatures, approvers, &signed).await {
        Ok(_) => Ok(Acknowledgement::Yes(signed.statement)),
        Err(Unproven::Unasked(error)) => Err(error),
        Err(why) => Ok(Acknowledgement::Refused(key, why.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Signed<FindingAck>>("finding-acknowledgement");
    }

    #[test]
    fn only_findings_that_reports_keep_can_be_acknowledged() {
        assert!(can_be_acknowledged("audit-report.ca-compromise"));
        assert!(!can_be_acknowledged("audit-report.stale"));
        let all = crate::rules::all();
        for id in ACKNOWLEDGED {
            assert!(all.iter().any(|rule| rule.id == id), "{id}");
        }
    }
}
