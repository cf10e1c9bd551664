//! Only ACM PCA may write the object in which the CRL is.

use super::{CrlState, CrlSubject, ForeignWrite};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.writer",
        holds: "ACM PCA is the last writer of the CRL object.",
        cites: "AWS Private CA User Guide, Security best practices; Amazon S3 User Guide, EventBridge \
                event message structure (requester)",
        kinds: &[NOT_SIGNED_BY_CA, SIGNED_BY_CA],
    },
    check,
};

/// The signature of what was written does not verify, or could not be verified.
const NOT_SIGNED_BY_CA: Kind = Kind {
    id: "not-signed-by-ca",
    severity: Severity::High,
    title: "{who} overwrote the CRL of {ca}; signature not verified",
    what_happened: "At {at}, {who}, not ACM PCA, overwrote {object} with content that {ca} did not sign, \
                    or whose signature could not be verified.",
    impact: "Relying parties download this content as the CRL of {ca}. Some refuse every certificate of \
             it, others accept revoked ones.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

/// As when an operator puts an earlier version back.
const SIGNED_BY_CA: Kind = Kind {
    id: "signed-by-ca",
    severity: Severity::Low,
    title: "{who} overwrote the CRL of {ca} with another CRL of this CA",
    what_happened: "At {at}, {who}, not ACM PCA, overwrote {object} with a CRL that {ca} did sign, for \
                    example an earlier version.",
    impact: "Until ACM PCA writes the next CRL, relying parties may miss the latest revocations. The \
             writer of this object can also write another.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let foreign = subject.history.foreign_write.as_ref();
    let foreign = foreign.filter(|write| !write.is_overcome_by(&subject.crl));
    let Some(ForeignWrite { at, by }) = foreign else { return Ok(Vec::new()) };
    let kind = match &subject.crl {
        CrlState::Missing => {
            return Err(NotJudged::not_applicable("there is no CRL object to judge"));
        }
        CrlState::NotChecked(reason) => return Err(NotJudged::unknown(reason)),
        CrlState::Read { signature: Some(Ok(())), .. } => SIGNED_BY_CA,
        CrlState::Read { .. } | CrlState::TooLarge { .. } | CrlState::Unreadable(_) => {
            NOT_SIGNED_BY_CA
        }
    };
    let is_account = by.len() == 12 && by.bytes().all(|octet| octet.is_ascii_digit());
    let who = if is_account { format!("Account {by}") } else { by.clone() };
    let seen = Observation::new(kind).with("at", rfc3339(*at)).with("by", by.as_str());
    Ok(vec![seen.name("who", who)])
}
