//! An issuingDistributionPoint must be critical and must not narrow the CRL beyond what it is for.

use std::fmt;

use serde::Serialize;

use super::{CrlSubject, Place};
use crate::{
    ca::CrlType,
    crl::{DistributionPointName, IssuingDistributionPoint},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.issuing-distribution-point",
    holds: "issuingDistributionPoint, where there is one, is critical, names this object, and \
            leaves no certificate out.",
    cites: "RFC 5280 §5.2.5; AWS Private CA API Reference, CrlConfiguration",
    finds: &[
        ("absent-from-partition", Severity::High),
        ("another-object", Severity::High),
        ("names-nothing", Severity::High),
        ("narrowed", Severity::High),
        ("not-critical", Severity::High),
    ],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    AbsentFromPartition,
    AnotherObject { uris: Vec<String>, key: String },
    NamesNothing,
    Narrowed { flags: Vec<&'static str> },
    NotCritical,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AbsentFromPartition => {
                f.write_str("A partition of the CRL has no issuingDistributionPoint")
            }
            Self::AnotherObject { uris, key } => {
                let uri = uris.first().map_or("no URI", String::as_str);
                let uri: String = uri.chars().take(60).collect();
                write!(f, "The CRL says that it belongs at {uri}, not at {key}")
            }
            Self::NamesNothing => {
                f.write_str("issuingDistributionPoint names no place and narrows nothing")
            }
            Self::Narrowed { flags } => {
                write!(f, "The CRL leaves certificates out: {}", flags.join(", "))
            }
            Self::NotCritical => f.write_str("issuingDistributionPoint is not critical"),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let crl_type = subject.ca.as_ref().and_then(|ca| ca.crl.as_ref()?.crl_type.clone());
    let Some(point) = &facts.issuing_distribution_point else {
        // Absent from a complete CRL until the CA switches to partitions.
        let wrong = (crl_type == Some(CrlType::Partitioned)).then_some(Detail::AbsentFromPartition);
        return wrong
            .map(|detail| Observation::new(Severity::High, &detail).remedy(subject.suspect()))
            .into();
    };
    let seen = details(point, &subject.place)
        .into_iter()
        .map(|detail| Observation::new(Severity::High, &detail).remedy(subject.suspect()));
    Verdict::from_observations(seen.collect())
}

fn details(point: &IssuingDistributionPoint, place: &Place) -> Vec<Detail> {
    let mut details = Vec::new();
    if !point.critical {
        details.push(Detail::NotCritical);
    }
    let flags: Vec<_> = [
        (point.only_contains_user_certs, "onlyContainsUserCerts"),
        (point.only_contains_ca_certs, "onlyContainsCACerts"),
        (point.only_some_reasons, "onlySomeReasons"),
        (point.only_contains_attribute_certs, "onlyContainsAttributeCerts"),
        (point.indirect_crl, "indirectCRL"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
    .collect();
    // RFC 5280 §5.2.5: an empty extension must not be issued.
    if point.name.is_none() && flags.is_empty() {
        details.push(Detail::NamesNothing);
    }
    if !flags.is_empty() {
        details.push(Detail::Narrowed { flags });
    }
    // Where a file was fetched from is not known.
    if let (Some(DistributionPointName::Full { uris, .. }), Place::Bucket { key, .. }) =
        (&point.name, place)
        && !uris.iter().any(|uri| uri.ends_with(&format!("/{key}")))
    {
        details.push(Detail::AnotherObject { uris: uris.clone(), key: key.clone() });
    }
    details
}
