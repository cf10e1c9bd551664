//! The CRL must be signed by the CA's key, and that key must be allowed to sign CRLs.

use std::fmt;

use serde::Serialize;

use super::{CrlState, CrlSubject};
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
    signature::SignatureError,
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.signature",
    holds: "The signature verifies with the CA's certificate, whose key may sign CRLs.",
    cites: "RFC 5280 §5.1.1.3, §6.3.3 (f) and (g), §4.2.1.3",
    finds: &[("may-not-sign", Severity::High), ("not-the-cas", Severity::Critical)],
    remedy: "Restore the last version that the service wrote and find out who replaced it; a CA certificate \
             without cRLSign is issued and imported anew.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    MayNotSign,
    NotTheCas { reason: String },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MayNotSign => f.write_str("The CA's certificate does not allow it to sign CRLs"),
            Self::NotTheCas { reason } => {
                write!(f, "The CRL was not signed by this CA: {reason}")
            }
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    if let Err(verdict) = subject.facts() {
        return verdict;
    }
    let issuer = match subject.issuer() {
        Ok(issuer) => issuer,
        Err(verdict) => return verdict,
    };
    let mut seen = Vec::new();
    if let CrlState::Read { signature: Some(Err(error)), .. } = &subject.crl {
        if let SignatureError::Unsupported(_) = error {
            return Verdict::unknown(error);
        }
        let detail = Detail::NotTheCas { reason: error.to_string() };
        seen.push(Observation::new(Severity::Critical, &detail).remedy(subject.suspect()));
    }
    // An absent keyUsage restricts nothing.
    if issuer.crl_sign == Some(false) {
        let remedy = "Issue and import a CA certificate with keyUsage cRLSign, as every CA template \
                      of AWS Private CA sets it: aws acm-pca \
                      import-certificate-authority-certificate";
        seen.push(Observation::new(Severity::High, &Detail::MayNotSign).remedy(remedy));
    }
    Verdict::from_observations(seen)
}
