//! The CRL must be signed by the CA's key, and that key must be allowed to sign CRLs.

use super::{CrlState, CrlSubject};
use crate::{
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, Verdict},
    signature::SignatureError,
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.signature",
        holds: "The signature verifies with the CA's certificate, whose key may sign CRLs.",
        cites: "RFC 5280 §5.1.1.3, §6.3.3 (f) and (g), §4.2.1.3",
        kinds: &[INVALID, KEY_USAGE],
    },
    check,
};

const INVALID: Kind = Kind {
    id: "invalid",
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

fn check(subject: &CrlSubject) -> Verdict {
    subject.facts()?;
    let issuer = subject.issuer()?;
    let mut seen = Vec::new();
    if let CrlState::Read { signature: Some(Err(error)), .. } = &subject.crl {
        if let SignatureError::Unsupported(_) = error {
            return Err(NotJudged::unknown(error));
        }
        seen.push(Observation::new(INVALID).with("reason", error.to_string()));
    }
    // An absent keyUsage restricts nothing.
    if issuer.crl_sign == Some(false) {
        seen.push(Observation::new(KEY_USAGE));
    }
    Ok(seen)
}
