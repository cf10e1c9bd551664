//! The certificate that a CRL is verified with must be one of a CA, and valid.

use time::Duration;

use super::{CrlSubject, Profile};
use crate::{
    commands,
    crl::CrlFacts,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.issuer-certificate",
        holds: "The CA's certificate is a CA's, or that of an indirect CRL's issuer, and is valid when the \
                CRL is made and judged.",
        cites: "RFC 5280 §4.1.2.1, §4.1.2.5, §4.2, §4.2.1.9, §6.1.4 (k), §6.3.3 (f)",
        kinds: &[EXPIRED, ILL_FORMED, NOT_A_CA, NOT_YET_VALID, OLDER_THAN_CA, UNKNOWN_CRITICAL],
    },
    check,
};

const EXPIRED: Kind = Kind {
    id: "expired",
    severity: Severity::High,
    title: "The certificate of {ca} expired at {not_after}",
    what_happened: "The certificate that {object} is verified with was valid until {not_after}. Checked \
                    at {as_of}.",
    impact: "Relying parties reject every CRL and every certificate of {ca}.",
    what_to_do: "Install a new certificate for the CA. If vigil crl check found this, pass the one that is \
                 valid now with --issuer. Get the CA's request for a new one:",
    first_command: commands::CSR,
};

const ILL_FORMED: Kind = Kind {
    id: "ill-formed",
    severity: Severity::High,
    title: "The certificate of {ca} has extensions that RFC 5280 forbids",
    what_happened: "The certificate that {object} is verified with has extensions twice, or such that \
                    cannot be read: {parts}. Checked at {as_of}.",
    impact: "Some relying parties reject the certificate, and every CRL with it. Others read something \
             else in it.",
    what_to_do: "Issue a CA certificate with extensions as RFC 5280 has them. Show the certificate:",
    first_command: super::SHOW_CERTIFICATE,
};

const NOT_A_CA: Kind = Kind {
    id: "not-a-ca",
    severity: Severity::High,
    title: "The certificate of {ca} is not a CA certificate",
    what_happened: "The certificate that {object} is verified with says that its subject is no CA: \
                    {reason}. Checked at {as_of}.",
    impact: "Relying parties reject every CRL that only this certificate vouches for.",
    what_to_do: "Give the CA's own certificate, or issue one with basicConstraints cA TRUE. Show the \
                 certificate:",
    first_command: super::SHOW_CERTIFICATE,
};

const NOT_YET_VALID: Kind = Kind {
    id: "not-yet-valid",
    title: "The certificate of {ca} is valid only from {not_before} on",
    what_happened: "The certificate that {object} is verified with is valid from {not_before} on. \
                    Checked at {as_of}.",
    ..EXPIRED
};

const OLDER_THAN_CA: Kind = Kind {
    id: "older-than-ca",
    severity: Severity::Medium,
    title: "The CRL of {ca} was made long before its certificate",
    what_happened: "{object} is dated {this_update}, and the CA's certificate is valid from \
                    {not_before} on. Checked at {as_of}.",
    impact: "The CRL is an old one, or its clock was wrong. Relying parties may reject it.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const UNKNOWN_CRITICAL: Kind = Kind {
    id: "unknown-critical-extension",
    severity: Severity::High,
    title: "The certificate of {ca} has an unknown critical extension",
    what_happened: "The certificate that {object} is verified with has critical extensions that RFC 5280 \
                    does not know: {oids}. Checked at {as_of}.",
    impact: "Relying parties that do not process them reject every CRL and every certificate of {ca}.",
    what_to_do: "Issue a CA certificate without these extensions, or make them not critical. Show the \
                 certificate:",
    first_command: super::SHOW_CERTIFICATE,
};

/// A CA whose certificate was renewed goes on for a while with the CRL that it had.
const RENEWED_WITHIN: Duration = Duration::days(366);

/// RFC 5280 §6.3.3 (f) asks for cRLSign alone: the issuer of an indirect CRL need not be a CA, if its key has no
/// other purposes (§4.2.1.12). ACM PCA has no such CRLs.
fn may_be_delegated(subject: &CrlSubject, facts: &CrlFacts) -> bool {
    let point = facts.issuing_distribution_point.as_ref();
    subject.profile != Profile::AcmPca && point.is_some_and(|point| point.indirect_crl)
}

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let issuer = subject.issuer()?;
    let mut seen = Vec::new();
    // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
    if subject.as_of > issuer.not_after {
        seen.push(Observation::new(EXPIRED).with("not_after", rfc3339(issuer.not_after)));
    }
    if subject.as_of < issuer.not_before {
        seen.push(Observation::new(NOT_YET_VALID).with("not_before", rfc3339(issuer.not_before)));
    }
    let reason = match issuer.ca {
        Some(true) => None,
        _ if may_be_delegated(subject, facts) && !issuer.has_other_purposes => None,
        Some(false) => Some("basicConstraints has cA FALSE"),
        // A certificate of version 1 has no extensions, and is trusted as it is or not at all.
        None if issuer.version.unwrap_or_default() == 0 => None,
        None => Some("it has no basicConstraints"),
    };
    if let Some(reason) = reason {
        seen.push(Observation::new(NOT_A_CA).with("reason", reason));
    }
    if !issuer.ill_formed.is_empty() {
        seen.push(Observation::new(ILL_FORMED).with("parts", issuer.ill_formed.as_slice()));
    }
    if !issuer.unknown_critical.is_empty() {
        let oids = issuer.unknown_critical.as_slice();
        seen.push(Observation::new(UNKNOWN_CRITICAL).with("oids", oids));
    }
    if let Some(this_update) = facts.this_update
        && this_update + RENEWED_WITHIN < issuer.not_before
    {
        let old = Observation::new(OLDER_THAN_CA).with("this_update", rfc3339(this_update));
        seen.push(old.with("not_before", rfc3339(issuer.not_before)));
    }
    Ok(seen)
}
