//! An issuingDistributionPoint must be critical and must not narrow the CRL beyond what it is for.

use super::{CrlLocation, CrlSubject, Profile};
use crate::{
    ca::CrlType,
    certificate::Certificate,
    crl::{DistributionPointName, IssuingDistributionPoint},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.issuing-distribution-point",
        holds: "issuingDistributionPoint, if present, is critical, names this object, and excludes no \
                certificate. A CA other than ACM PCA may make CRLs of some of its certificates.",
        cites: "RFC 5280 §5.2.5; AWS Private CA API Reference, CrlConfiguration; CA/Browser Forum \
                Baseline Requirements §7.2.2.1",
        kinds: &[ABSENT, ANOTHER_OBJECT, BASELINE, CONTRADICTORY, EMPTY, NARROWED, NOT_CRITICAL],
    },
    check,
};

const ABSENT: Kind = Kind {
    id: "absent-from-partition",
    severity: Severity::High,
    title: "A CRL partition of {ca} has no issuingDistributionPoint",
    what_happened: "{ca} uses partitioned CRLs, and {object} has no issuingDistributionPoint. Checked at \
                    {as_of}.",
    impact: "Relying parties take the partition for the complete CRL. They then accept revoked \
             certificates that other partitions list.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const ANOTHER_OBJECT: Kind = Kind {
    id: "another-object",
    severity: Severity::High,
    title: "The CRL of {ca} belongs at another URL",
    what_happened: "The issuingDistributionPoint of {object} names {uris}, and the object's key is {key}. \
                    Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

/// Fetched from a URL.
const ANOTHER_URL: Kind = Kind {
    what_happened: "The issuingDistributionPoint of {object} names {uris}, and not the URL that the CRL was \
                    fetched from. Checked at {as_of}.",
    ..ANOTHER_OBJECT
};

const BASELINE: Kind = Kind {
    id: "beyond-baseline",
    severity: Severity::Medium,
    title: "issuingDistributionPoint in the CRL of {ca} breaks the Baseline Requirements: {parts}",
    what_happened: "The issuingDistributionPoint of {object} has what the Baseline Requirements §7.2.2.1 \
                    exclude, or lacks what they demand: {parts}. Checked at {as_of}.",
    impact: "The CRL breaks the Baseline Requirements, by which browsers judge public CAs.",
    what_to_do: "Configure the CA to name each CRL by the http URIs of its certificates alone. Show what \
                 the CRL says now:",
    first_command: super::SHOW_CRL,
};

const CONTRADICTORY: Kind = Kind {
    id: "contradictory",
    severity: Severity::High,
    title: "The CRL of {ca} can list no certificate: {flags}",
    what_happened: "The issuingDistributionPoint of {object} sets {flags}, of which RFC 5280 §5.2.5 \
                    allows one. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const EMPTY: Kind = Kind {
    id: "names-nothing",
    severity: Severity::High,
    title: "The CRL of {ca} has an empty issuingDistributionPoint",
    what_happened: "The issuingDistributionPoint of {object} is empty, which RFC 5280 forbids. Checked at \
                    {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const NARROWED: Kind = Kind {
    id: "narrowed",
    severity: Severity::High,
    title: "The CRL of {ca} excludes certificates: {flags}",
    what_happened: "The issuingDistributionPoint of {object} sets {flags}. Checked at {as_of}.",
    impact: "The CRL does not cover every certificate of {ca}. Revocations of the others are not \
             published.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const NOT_CRITICAL: Kind = Kind {
    id: "not-critical",
    severity: Severity::High,
    title: "issuingDistributionPoint in the CRL of {ca} is not critical",
    what_happened: "{object} has an issuingDistributionPoint that is not critical. Checked at {as_of}.",
    impact: "Relying parties that do not know the extension take a part of the CRL for all of it.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let crl_type = subject.ca.as_ref().and_then(|ca| ca.crl.as_ref()?.crl_type.clone());
    Ok(match &facts.issuing_distribution_point {
        Some(point) => observe(point, subject),
        None if crl_type == Some(CrlType::Partitioned) => vec![Observation::new(ABSENT)],
        // Absent from a complete CRL until the CA switches to partitions.
        None => Vec::new(),
    })
}

fn observe(point: &IssuingDistributionPoint, subject: &CrlSubject) -> Vec<Observation> {
    let mut seen = Vec::new();
    if !point.critical {
        seen.push(Observation::new(NOT_CRITICAL));
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
        seen.push(Observation::new(EMPTY));
    }
    let kinds = [
        point.only_contains_user_certs,
        point.only_contains_ca_certs,
        point.only_contains_attribute_certs,
    ];
    if kinds.into_iter().filter(|only| *only).count() > 1 {
        seen.push(Observation::new(CONTRADICTORY).with("flags", flags));
    } else if !flags.is_empty() && subject.profile == Profile::AcmPca {
        seen.push(Observation::new(NARROWED).with("flags", flags));
    }
    if subject.profile == Profile::Cabf {
        let is_of_root = subject.issuer.as_ref().is_ok_and(Certificate::is_self_issued);
        seen.extend(beyond_baseline(point, is_of_root));
    }
    // Where a file was fetched from is not known; of a URL it is.
    if let (Some(DistributionPointName::Full { uris, .. }), CrlLocation::Bucket { key, .. }) =
        (&point.name, &subject.location)
        && !uris.iter().any(|uri| uri.ends_with(&format!("/{key}")))
    {
        let another = Observation::new(ANOTHER_OBJECT).with("uris", uris.as_slice());
        seen.push(another.with("key", key.as_str()));
    }
    if let (Some(DistributionPointName::Full { uris, .. }), CrlLocation::File(url)) =
        (&point.name, &subject.location)
        && let Some(from) = place(url)
    {
        // Those of LDAP lead elsewhere.
        let mut named = uris.iter().filter_map(|uri| place(uri)).peekable();
        if named.peek().is_some() && !named.any(|place| place == from) {
            seen.push(Observation::new(ANOTHER_URL).with("uris", uris.as_slice()));
        }
    }
    seen
}

/// Host and path of a URL of HTTP: relying parties look for the CRL whose name is the certificate's (RFC 5280
/// §6.3.3 (b)), and the scheme by which a person fetches it is no part of that.
fn place(url: &str) -> Option<(String, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_http = ["http", "https"].iter().any(|http| http.eq_ignore_ascii_case(scheme));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    is_http.then(|| (host.to_ascii_lowercase(), path))
}

/// What Baseline Requirements §7.2.2.1 exclude: fields, and names other than URIs.
fn beyond_baseline(point: &IssuingDistributionPoint, is_of_root: bool) -> Option<Observation> {
    // A root issues nothing but CA certificates: its CRL for them is complete, and needs no name.
    let is_complete = is_of_root && point.only_contains_ca_certs && point.name.is_none();
    let (has_uri, has_other) = match &point.name {
        Some(DistributionPointName::Full { uris, others }) => (!uris.is_empty(), *others > 0),
        Some(DistributionPointName::RelativeToIssuer) => (false, true),
        None => (false, false),
    };
    let parts: Vec<_> = [
        (point.indirect_crl, "indirectCRL"),
        (point.only_contains_attribute_certs, "onlyContainsAttributeCerts"),
        (point.only_some_reasons, "onlySomeReasons"),
        (has_other, "a name that is no URI"),
        (!has_uri && !is_complete, "no URI"),
    ]
    .into_iter()
    .filter_map(|(is_there, part)| is_there.then_some(part))
    .collect();
    (!parts.is_empty()).then(|| Observation::new(BASELINE).with("parts", parts))
}
