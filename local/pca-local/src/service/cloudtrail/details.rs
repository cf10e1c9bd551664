//! IssueCertificateDetails: what an issuance made of a request, once it is over, and who asked (user guide,
//! "Logging AWS Private CA API calls using AWS CloudTrail").

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

use crate::{
    model::issued_certificates::IssuedCertificate,
    service::events,
    x509::{
        certificate::{Certificate, Serial},
        name::rfc2253,
        scheme::Scheme,
        signed::Signed,
    },
};

/// What the record is made from, as it was when the issuance ended.
pub(crate) struct Details {
    pub(crate) issued: IssuedCertificate,
    /// Why there is no certificate after all.
    pub(crate) failure: Option<String>,
    /// Not known of what was waiting when it was written down by a version that did not keep it.
    pub(crate) requester_arn: Option<String>,
    /// `None` for a root's own certificate: the CA has none yet.
    pub(crate) issuer_serial: Option<Serial>,
}

impl Details {
    /// The record's `serviceEventDetails`. Unknown members are left out, and so is the
    /// validity of a failed issuance.
    pub(super) fn to_json(&self) -> Value {
        let IssuedCertificate {
            der,
            serial,
            not_before,
            not_after,
            issued_at,
            template_arn,
            account,
            ..
        } = &self.issued;
        let signed = Signed::from_der(der).ok();
        let certificate = Certificate::parse_der(der).ok();
        let certificate = certificate.as_ref();
        let is_issued = self.failure.is_none();
        let when_issued = |at| is_issued.then(|| events::instant(at));
        let members = [
            ("tbsCertificate", signed.map(|signed| BASE64_STANDARD.encode(signed.content))),
            (
                "issuerAuthorityKeyIdentifier",
                certificate.and_then(|of| of.authority_key_identifier.as_deref()).map(pairs),
            ),
            (
                "issuerSerialNumber",
                self.issuer_serial.as_ref().map(|serial| pairs(serial.as_bytes())),
            ),
            ("issuerName", certificate.map(|certificate| rfc2253(&certificate.issuer))),
            ("subject", certificate.map(|certificate| rfc2253(&certificate.subject))),
            ("serialNumber", Some(pairs(serial))),
            ("notBefore", when_issued(*not_before)),
            ("notAfter", when_issued(*not_after)),
            ("issuedAt", when_issued(*issued_at)),
            ("templateArn", Some(template_arn.clone())),
            ("signingAlgorithm", signed.and_then(|signed| algorithm(signed.algorithm))),
            ("status", Some(if is_issued { "ISSUED" } else { "FAILED" }.to_owned())),
            ("statusReason", self.failure.clone()),
            ("requesterAccountId", Some(account.clone())),
            ("requesterArn", self.requester_arn.clone()),
        ];
        let known = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
        Value::Object(known.collect::<Map<_, _>>())
    }
}

/// `ECDSAWITHSHA256`, where the API says `SHA256WITHECDSA`.
fn algorithm(identifier: &[u8]) -> Option<String> {
    let algorithm = Scheme::from_der(identifier).ok()?.to_api()?;
    Some(match algorithm.as_str().split_once("WITH") {
        Some((hash, key)) => format!("{key}WITH{hash}"),
        None => algorithm.as_str().to_owned(),
    })
}

/// Upper-case pairs between colons.
fn pairs(octets: &[u8]) -> String {
    let pairs: Vec<String> = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    pairs.join(":")
}
