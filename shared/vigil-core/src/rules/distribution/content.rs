//! What relying parties get must be the CRL that the service has written.

use std::fmt;

use serde::Serialize;

use super::DistributionSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict, crl::CrlState},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    id: "distribution.content",
    holds: "What is served is byte for byte the CRL in the bucket.",
    cites: "RFC 5280 §6.3.3; AWS Private CA User Guide, Set up a CRL",
    finds: &[
        ("another-crl", Severity::Medium),
        ("expired", Severity::High),
        ("not-a-crl", Severity::Critical),
        ("not-the-cas", Severity::Critical),
        ("older", Severity::Low),
    ],
    remedy: "Invalidate what the distribution has cached, and check its origin.",
    check,
};

#[derive(Serialize)]
struct Detail<'a> {
    kind: &'static str,
    url: &'a str,
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            "expired" => "Clients get an earlier CRL, which has expired, and not the bucket's",
            "not-a-crl" => "Clients get something that is not a CRL",
            "not-the-cas" => "Clients get a CRL that this CA has not signed",
            "older" => "Clients get an earlier CRL than the bucket's",
            _ => "Clients get another CRL of this CA than the bucket's",
        })
    }
}

/// A cache may lawfully serve the CRL before this one for a while.
fn check(subject: &DistributionSubject) -> Verdict {
    if let Err(verdict) = subject.headers() {
        return verdict;
    }
    if subject.got_sha256 == subject.held_sha256 {
        return Verdict::Pass;
    }
    let (kind, severity) = match &subject.got {
        CrlState::Missing | CrlState::NotChecked(_) => {
            return Verdict::unknown("what was downloaded was not read");
        }
        CrlState::TooLarge { .. } | CrlState::Unreadable(_) => ("not-a-crl", Severity::Critical),
        CrlState::Read { signature: Some(Err(_)), .. } => ("not-the-cas", Severity::Critical),
        CrlState::Read { facts, .. } => {
            if facts.next_update.is_some_and(|next_update| next_update <= subject.as_of) {
                ("expired", Severity::High)
            } else if facts.this_update < subject.held.this_update {
                ("older", Severity::Low)
            } else {
                ("another-crl", Severity::Medium)
            }
        }
    };
    let remedy = format!(
        "Compare: {}; aws s3 ls s3://{}. Invalidate what is cached (aws cloudfront \
         create-invalidation --distribution-id ID --paths '/crl/*') and check the origin.",
        subject.look(),
        subject.bucket
    );
    let detail = Detail { kind, url: &subject.url };
    Some(Observation::new(severity, &detail).remedy(remedy)).into()
}
