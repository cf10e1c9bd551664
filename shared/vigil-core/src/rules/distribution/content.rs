//! Relying parties must get the CRL that is in the bucket.

use super::DistributionSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer, crl::CrlState},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    info: RuleInfo {
        id: "distribution.content",
        holds: "The downloaded CRL is, byte for byte, the CRL in the bucket.",
        cites: "RFC 5280 §6.3.3; AWS Private CA User Guide, Set up a CRL",
        kinds: &[ANOTHER_CRL, EXPIRED, NOT_A_CRL, NOT_SIGNED_BY_CA, OLDER],
    },
    check,
};

const ANOTHER_CRL: Kind = Kind {
    id: "another-crl",
    severity: Severity::Medium,
    title: "The CRL URL of {ca} serves a CRL that is not the one in the bucket",
    what_happened: "{url} serves a CRL of {ca} that differs from the one in bucket {bucket}, and is not older. \
                    Checked at {as_of}.",
    impact: "The downloaded CRL may lack revocations that the CRL in the bucket lists.",
    what_to_do: "Save what clients get, with its headers:",
    first_command: concat!(
        download!(),
        "\nCheck the origin of the distribution. Then invalidate its cache, with its id in place of DISTRIBUTION:\n  \
         aws cloudfront create-invalidation --distribution-id DISTRIBUTION --paths '/*'"
    ),
};

const EXPIRED: Kind = Kind {
    id: "expired",
    severity: Severity::High,
    title: "Clients download an expired CRL of {ca}",
    what_happened: "{url} serves an earlier CRL of {ca}, which has expired. Bucket {bucket} has another. Checked \
                    at {as_of}.",
    impact: "Relying parties that require a fresh CRL refuse every certificate of {ca} now. Others do not see \
             new revocations.",
    ..ANOTHER_CRL
};

const NOT_A_CRL: Kind = Kind {
    id: "not-a-crl",
    severity: Severity::Critical,
    title: "The CRL URL of {ca} serves something that is not a CRL",
    what_happened: "{url} serves an object that is not a CRL. Bucket {bucket} has a CRL. Checked at {as_of}.",
    impact: "Relying parties that require a CRL refuse every certificate of {ca} now. Others accept revoked \
             certificates.",
    ..ANOTHER_CRL
};

const NOT_SIGNED_BY_CA: Kind = Kind {
    id: "not-signed-by-ca",
    severity: Severity::Critical,
    title: "The CRL URL of {ca} serves a CRL that this CA did not sign",
    what_happened: "{url} serves a CRL whose signature does not verify with the certificate of {ca}. Checked at \
                    {as_of}.",
    impact: "The served CRL is forged or damaged. Relying parties refuse every certificate of {ca}, or accept \
             revoked ones.",
    ..ANOTHER_CRL
};

/// A cache may lawfully serve the CRL before this one for a while.
const OLDER: Kind = Kind {
    id: "older",
    severity: Severity::Low,
    title: "Clients download an earlier CRL of {ca} than the one in the bucket",
    what_happened: "{url} serves an earlier CRL of {ca} than bucket {bucket} has. It has not expired. Checked at \
                    {as_of}.",
    impact: "The latest revocations reach relying parties only when the cache is renewed.",
    ..ANOTHER_CRL
};

fn check(subject: &DistributionSubject) -> RuleAnswer {
    subject.headers()?;
    if subject.got_sha256 == subject.held_sha256 {
        return Ok(Vec::new());
    }
    let kind = match &subject.got {
        CrlState::Missing | CrlState::NotChecked(_) => {
            return Err(NotJudged::unknown("the downloaded object was not read"));
        }
        CrlState::TooLarge { .. } | CrlState::Unreadable(_) => NOT_A_CRL,
        CrlState::Read { signature: Some(Err(_)), .. } => NOT_SIGNED_BY_CA,
        CrlState::Read { facts, .. } => {
            if facts.next_update.is_some_and(|next_update| next_update <= subject.as_of) {
                EXPIRED
            } else if facts.this_update < subject.held.this_update {
                OLDER
            } else {
                ANOTHER_CRL
            }
        }
    };
    Ok(vec![Observation::new(kind).with("url", &*subject.url)])
}
