//! The CRL must point at the key that signed it.

use super::{CrlSubject, Profile, hex, signature};
use crate::{
    certificate::Certificate,
    crl::AuthorityCertificate,
    finding::{Kind, Observation, RuleInfo, Severity},
    name,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.authority-key-identifier",
        holds: "authorityKeyIdentifier is there and is the CA's subjectKeyIdentifier.",
        cites: "RFC 5280 §5.2.1, §4.2.1.1, §7.1; CA/Browser Forum Baseline Requirements §7.2.2",
        kinds: &[ABSENT, ANOTHER_CERTIFICATE, ANOTHER_KEY, MORE_THAN_KEY],
    },
    check,
};

const ABSENT: Kind = Kind {
    id: "absent",
    severity: Severity::High,
    title: "The CRL of {ca} has no authorityKeyIdentifier",
    what_happened: "{object} has no authorityKeyIdentifier. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const ANOTHER_CERTIFICATE: Kind = Kind {
    id: "another-certificate",
    severity: Severity::High,
    title: "The CRL of {ca} names another certificate as its signer's",
    what_happened: "The authorityKeyIdentifier of {object} names the certificate with serial {serial}, \
                    and its issuer. The CA's certificate has serial {expected}, or another issuer. \
                    Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const ANOTHER_KEY: Kind = Kind {
    id: "another-key",
    severity: Severity::High,
    title: "The CRL of {ca} names another key as its signer",
    what_happened: "{object} names key {authority_key_identifier}. The key of {ca} is \
                    {subject_key_identifier}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const MORE_THAN_KEY: Kind = Kind {
    id: "more-than-key",
    severity: Severity::Medium,
    title: "The CRL of {ca} names its signer by more than the key",
    what_happened: "The authorityKeyIdentifier of {object} has authorityCertIssuer and \
                    authorityCertSerialNumber beside the keyIdentifier. Checked at {as_of}.",
    impact: "The Baseline Requirements allow the keyIdentifier alone. When the CA's certificate is \
             renewed, the serial no longer fits, and OpenSSL refuses the CRL.",
    what_to_do: "Configure the CA to write the keyIdentifier alone. Show what the CRL says now:",
    first_command: super::SHOW_CRL,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    if facts.authority_key_identifier.is_none() && facts.authority_certificate.is_none() {
        return Ok(vec![Observation::new(ABSENT)]);
    }
    let mut seen = Vec::new();
    if subject.profile == Profile::Cabf && facts.authority_certificate.is_some() {
        seen.push(Observation::new(MORE_THAN_KEY));
    }
    let issuer = match subject.issuer() {
        Err(_) if !seen.is_empty() => return Ok(seen),
        issuer => issuer?,
    };
    if let Some(named) = &facts.authority_certificate
        && !names(named, issuer)
    {
        let another = Observation::new(ANOTHER_CERTIFICATE).with("serial", hex(&named.serial));
        seen.push(another.with("expected", hex(&issuer.serial)));
    }
    let Some(identifier) = &facts.authority_key_identifier else {
        // RFC 5280 §5.2.1: CRL issuers must use the key identifier method.
        seen.push(Observation::new(ABSENT));
        return Ok(seen);
    };
    let Some(expected) = &issuer.subject_key_identifier else {
        if !seen.is_empty() {
            return Ok(seen);
        }
        let reason = "the CA's certificate has no subjectKeyIdentifier";
        return Err(NotJudged::not_applicable(reason));
    };
    // crl.signature reports a CRL of another key.
    if identifier != expected && !signature::is_by_another_key(subject) {
        let another = Observation::new(ANOTHER_KEY)
            .with("authority_key_identifier", hex(identifier))
            .with("subject_key_identifier", hex(expected));
        seen.push(another);
    }
    Ok(seen)
}

/// OpenSSL compares the same (X509_check_akid): the serial, and the directoryName if there is one, as
/// names are compared (RFC 5280 §7.1).
fn names(named: &AuthorityCertificate, issuer: &Certificate) -> bool {
    let is_its = |one: &Vec<u8>| name::is_same(one, &issuer.issuer);
    named.serial == issuer.serial && (named.issuers.is_empty() || named.issuers.iter().any(is_its))
}
