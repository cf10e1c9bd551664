//! The CRL must be signed by the CA's key, and that key must be allowed to sign CRLs.

use super::{CrlState, CrlSubject, Profile, hex};
use crate::{
    certificate::Certificate,
    commands,
    crl::CrlFacts,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
    signature::SignatureError,
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.signature",
        holds: "The signature verifies with the CA's certificate, whose key may sign CRLs.",
        cites: "RFC 5280 §5.1.1.3, §6.3.3 (f) and (g), §4.2.1.3",
        kinds: &[ANOTHER_KEY, KEY_USAGE, NOT_THE_CAS, UNVERIFIED],
    },
    check,
};

const ANOTHER_KEY: Kind = Kind {
    id: "another-key",
    severity: Severity::High,
    title: "The CRL of {ca} was signed by another key than its certificate's",
    what_happened: "The signature of {object} does not verify with the CA's certificate. The CRL names \
                    key {authority_key_identifier}, and the certificate has key \
                    {subject_key_identifier}. Checked at {as_of}.",
    impact: "After a key rollover, a CRL of the other key is right for certificates that the other key \
             signed. Otherwise the CRL is forged.",
    what_to_do: "Check the CRL with the certificate of the key that it names. Show the CA's certificate, \
                 with its subjectKeyIdentifier:",
    first_command: super::SHOW_CERTIFICATE,
};

const UNVERIFIED: Kind = Kind {
    id: "unverified",
    severity: Severity::High,
    title: "Nothing has verified the signature on the CRL of {ca}",
    what_happened: "The signature of {object} was not verified: {reason}. Checked at {as_of}.",
    impact: "The CRL may be good or forged. A forged one hides revocations by {ca}.",
    what_to_do: "Verify the signature with a program that knows the algorithm, such as OpenSSL:",
    first_command: super::VERIFY,
};

const NOT_THE_CAS: Kind = Kind {
    id: "not-the-cas",
    severity: Severity::Critical,
    title: "The CRL of {ca} was not signed by this CA",
    what_happened: "The signature of {object} does not verify with the CA's certificate: {reason}. \
                    Checked at {as_of}.",
    impact: "The CRL is forged or damaged. Relying parties that verify it refuse every certificate of \
             {ca}; others may accept revoked ones.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const KEY_USAGE: Kind = Kind {
    id: "key-usage",
    severity: Severity::High,
    title: "The certificate of {ca} does not allow it to sign CRLs",
    what_happened: "The CA's certificate has a keyUsage without cRLSign. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: "Issue a CA certificate with keyUsage cRLSign, as every CA template of AWS Private CA \
                 sets it, and import it. Get the CA's request for it:",
    first_command: commands::CSR,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let issuer = subject.issuer()?;
    let mut seen = Vec::new();
    if let CrlState::Read { signature: Some(Err(error)), .. } = &subject.crl {
        seen.push(unsigned(subject, facts, issuer, error));
    }
    // An absent keyUsage restricts nothing.
    if issuer.crl_sign == Some(false) {
        seen.push(Observation::new(KEY_USAGE));
    }
    Ok(seen)
}

fn unsigned(
    subject: &CrlSubject,
    facts: &CrlFacts,
    issuer: &Certificate,
    error: &SignatureError,
) -> Observation {
    if let Some(other) = by_another_key(subject, facts, issuer, error) {
        return other;
    }
    let configured = subject.ca.as_ref().and_then(|ca| ca.signing_algorithm.as_deref());
    let is_configured =
        configured.is_none_or(|configured| configured == facts.inner_algorithm.to_string());
    let kind = match error {
        SignatureError::Unsupported { .. } if is_configured => UNVERIFIED,
        _ => NOT_THE_CAS,
    };
    Observation::new(kind).with("reason", error.to_string())
}

/// Whether the signature is not of the certificate's key, and the CRL names another key of the CA.
pub(super) fn is_by_another_key(subject: &CrlSubject) -> bool {
    let (CrlState::Read { facts, signature: Some(Err(error)) }, Ok(issuer)) =
        (&subject.crl, &subject.issuer)
    else {
        return false;
    };
    by_another_key(subject, facts, issuer, error).is_some()
}

/// In AWS Private CA, a CA has one key for ever: there, another key is not the CA's.
fn by_another_key(
    subject: &CrlSubject,
    facts: &CrlFacts,
    issuer: &Certificate,
    error: &SignatureError,
) -> Option<Observation> {
    // Anyone can write any key's identifier. What no key of this kind can have made is forged, or damaged.
    if !matches!(error, SignatureError::Mismatch | SignatureError::Unsupported { .. }) {
        return None;
    }
    let named = facts.authority_key_identifier.as_ref()?;
    let own = issuer.subject_key_identifier.as_ref()?;
    let is_rollover = named != own && facts.issuer == issuer.subject;
    if subject.profile == Profile::AcmPca || !is_rollover {
        return None;
    }
    let seen = Observation::new(ANOTHER_KEY).with("authority_key_identifier", hex(named));
    Some(seen.with("subject_key_identifier", hex(own)))
}
