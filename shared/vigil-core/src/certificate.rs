//! The facts of a CA's certificate that its CRLs are judged by.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use time::OffsetDateTime;

use crate::{
    der::{DerError, Element, Reader, tag, value},
    distribution_point_name::DistributionPointName,
    extension::{self, Extension, SeenOids},
    name,
    signature::{AlgorithmIdentifier, Key},
};

/// What a CA's certificate says (RFC 5280 §4.1), as far as its CRLs depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The serial's octets as they are encoded.
    pub serial: Vec<u8>,
    /// The Name of who signed it, encoded as `subject` is.
    pub issuer: Vec<u8>,
    /// The Name, encoded: names are compared octet by octet, as the service copies them.
    pub subject: Vec<u8>,
    /// SubjectPublicKeyInfo, encoded.
    pub spki: Vec<u8>,
    /// `notBefore`, to the second.
    pub not_before: OffsetDateTime,
    /// `notAfter`, to the second; the certificate is valid through it (§4.1.2.5).
    pub not_after: OffsetDateTime,
    /// The octets of subjectKeyIdentifier (§4.2.1.2).
    pub subject_key_identifier: Option<Vec<u8>>,
    /// keyIdentifier of authorityKeyIdentifier: which key of the issuer's signed it.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// basicConstraints cA; `None` if the extension is absent.
    pub ca: Option<bool>,
    /// keyUsage cRLSign; `None` if the extension is absent, which restricts nothing.
    pub crl_sign: Option<bool>,
    /// extKeyUsage is there, and has not anyExtendedKeyUsage: of its purposes, none is to sign CRLs (§4.2.1.12).
    pub has_other_purposes: bool,
    /// As encoded: 2 is version 3; `None` if absent, which means version 1.
    pub version: Option<u64>,
    /// What RFC 5280 §4.1.2.9 and §4.2 forbid in its extensions: the first 16.
    pub ill_formed: Vec<String>,
    /// cRLDistributionPoints cannot be read to its end. No CRL is judged by it.
    pub has_odd_distribution_points: bool,
    /// Critical extensions that RFC 5280 §4.2 does not define, dotted: the first 16.
    pub unknown_critical: Vec<String>,
    /// The URIs of cRLDistributionPoints (RFC 5280 §4.2.1.13).
    pub distribution_points: Vec<String>,
    /// The kind of its key, as `RSA 2048` or `P-256`.
    pub key: String,
    /// The algorithm of its signature, as `SHA256WITHRSA`; one that is not known here, dotted.
    pub signature_algorithm: String,
    /// The kinds of its subjectAltNames: `dns`, `wildcard`, `ip`, `email`, `uri`, `other`.
    pub names: BTreeSet<&'static str>,
}

/// Why a text is not read as a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CertificateError {
    #[error("there is no PEM block BEGIN CERTIFICATE")]
    NoPem,
    #[error("the PEM block has no END CERTIFICATE")]
    UnterminatedPem,
    #[error("the PEM block is not base64")]
    Base64,
    #[error("the certificate is not valid DER")]
    Der(#[from] DerError),
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

impl Certificate {
    /// The first certificate of a PEM text, as GetCertificateAuthorityCertificate gives it.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if there is no whole PEM block, or its content is not a certificate in
    /// DER.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let (_, rest) = text.split_once(BEGIN).ok_or(CertificateError::NoPem)?;
        let (body, _) = rest.split_once(END).ok_or(CertificateError::UnterminatedPem)?;
        let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = BASE64_STANDARD.decode(body).map_err(|_| CertificateError::Base64)?;
        Ok(Self::from_der(&der)?)
    }

    /// Every certificate of a PEM text: a chain, or all that a CA has had.
    ///
    /// # Errors
    ///
    /// There is none, or one of them cannot be read.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        let mut rest = text;
        let mut all = Vec::new();
        while let Some(at) = rest.find(BEGIN) {
            all.push(Self::from_pem(&rest[at..])?);
            rest = &rest[at + BEGIN.len()..];
        }
        if all.is_empty() { Err(CertificateError::NoPem) } else { Ok(all) }
    }

    /// Whether its extensions could all be read as RFC 5280 has them.
    pub fn is_whole(&self) -> bool {
        self.ill_formed.is_empty() && !self.has_odd_distribution_points
    }

    /// Whether it names itself as its issuer, as that of a root does (RFC 5280 §3.2).
    pub fn is_self_issued(&self) -> bool {
        self.is_named(&self.issuer)
    }

    /// Whether this Name is its subject (RFC 5280 §7.1).
    pub fn is_named(&self, name: &[u8]) -> bool {
        name::is_same(&self.subject, name)
    }

    /// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 §4.1)
    ///
    /// # Errors
    ///
    /// [`DerError`] at the first octet that is not a certificate in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(der);
        let mut certificate = outer.expect(tag::SEQUENCE)?.open()?;
        outer.finish()?;
        let mut tbs = certificate.expect(tag::SEQUENCE)?.open()?;
        let algorithm = certificate.expect(tag::SEQUENCE)?;
        certificate.expect(tag::BIT_STRING)?;
        certificate.finish()?;

        let version = tbs.optional(tag::context_constructed(0))?.map(version).transpose()?;
        let serial = value::integer(tbs.expect(tag::INTEGER)?)?.to_vec();
        tbs.expect(tag::SEQUENCE)?;
        let issuer = tbs.expect(tag::SEQUENCE)?.raw.to_vec();
        let mut validity = tbs.expect(tag::SEQUENCE)?.open()?;
        let not_before = value::time(validity.element()?)?;
        let not_after = value::time(validity.element()?)?;
        let subject = tbs.expect(tag::SEQUENCE)?.raw.to_vec();
        let spki = tbs.expect(tag::SEQUENCE)?.raw.to_vec();
        tbs.optional(tag::context(1))?;
        tbs.optional(tag::context(2))?;
        let extensions = tbs.optional(tag::context_constructed(3))?;
        tbs.finish()?;

        let unknown = || "not readable".to_owned();
        let mut certificate = Self {
            key: key(&spki).unwrap_or_else(unknown),
            signature_algorithm: AlgorithmIdentifier::read(algorithm)
                .map_or_else(|_| unknown(), |algorithm| algorithm.to_string()),
            names: BTreeSet::new(),
            serial,
            issuer,
            subject,
            spki,
            not_before,
            not_after,
            subject_key_identifier: None,
            authority_key_identifier: None,
            ca: None,
            crl_sign: None,
            has_other_purposes: false,
            version,
            ill_formed: Vec::new(),
            has_odd_distribution_points: false,
            unknown_critical: Vec::new(),
            distribution_points: Vec::new(),
        };
        if let Some(extensions) = extensions {
            certificate.extensions(extensions)?;
        }
        Ok(certificate)
    }

    /// One that cannot be read hides no other.
    fn extensions(&mut self, wrapper: Element<'_>) -> Result<(), DerError> {
        if self.version != Some(2) {
            self.ill_formed("extensions, and a version before 3".to_owned());
        }
        let mut seen = SeenOids::default();
        extension::visit_wrapped(wrapper, |extension| {
            let part = name_of(extension.oid);
            if seen.see(extension.oid) {
                self.ill_formed(format!("{part} twice"));
            }
            match self.extension(extension) {
                Err(_) if extension.oid == extension::CRL_DISTRIBUTION_POINTS => {
                    self.has_odd_distribution_points = true;
                }
                Err(error) => self.ill_formed(format!("{part}: {error}")),
                Ok(()) => {}
            }
            Ok(())
        })
    }

    fn ill_formed(&mut self, what: String) {
        if self.ill_formed.len() < 16 {
            self.ill_formed.push(what);
        }
    }

    /// `DistributionPoint ::= SEQUENCE { distributionPoint [0], reasons [1], cRLIssuer [2] }`
    fn distribution_point(&mut self, point: Element<'_>) -> Result<(), DerError> {
        let Some(wrapped) = point.open()?.optional(tag::context_constructed(0))? else {
            return Ok(());
        };
        if let DistributionPointName::Full { uris, .. } =
            DistributionPointName::read(wrapped.open()?.element()?)?
        {
            self.distribution_points.extend(uris);
        }
        Ok(())
    }

    fn extension(&mut self, extension: &Extension<'_>) -> Result<(), DerError> {
        if extension.critical
            && !extension::is_of_certificates(extension.oid)
            && self.unknown_critical.len() < 16
        {
            self.unknown_critical.push(extension.dotted()?);
        }
        match extension.oid {
            extension::SUBJECT_KEY_IDENTIFIER => {
                let identifier = extension.single()?.tagged(tag::OCTET_STRING)?;
                self.subject_key_identifier = Some(identifier.content.to_vec());
            }
            extension::AUTHORITY_KEY_IDENTIFIER => {
                let mut parts = extension.single()?.tagged(tag::SEQUENCE)?.open()?;
                let identifier = parts.optional(tag::context(0))?;
                self.authority_key_identifier = identifier.map(|of| of.content.to_vec());
            }
            extension::KEY_USAGE => {
                let (bits, _) = value::bit_string(extension.single()?)?;
                // KeyUsage: cRLSign (6), RFC 5280 §4.2.1.3.
                self.crl_sign = Some(value::named_bit(bits, 6));
            }
            extension::EXTENDED_KEY_USAGE => {
                /// anyExtendedKeyUsage
                const ANY: &[u8] = &[0x55, 0x1d, 37, 0];
                let mut purposes = extension.single()?.tagged(tag::SEQUENCE)?.open()?;
                self.has_other_purposes = true;
                while !purposes.is_empty() {
                    let purpose = purposes.expect(tag::OBJECT_IDENTIFIER)?;
                    self.has_other_purposes &= purpose.content != ANY;
                }
            }
            extension::CRL_DISTRIBUTION_POINTS => {
                let mut points = extension.single()?.open()?;
                while !points.is_empty() {
                    self.distribution_point(points.expect(tag::SEQUENCE)?)?;
                }
            }
            extension::SUBJECT_ALT_NAME => {
                let mut names = extension.single()?.open()?;
                while !names.is_empty() {
                    self.names.insert(kind_of_name(names.element()?));
                }
            }
            extension::BASIC_CONSTRAINTS => {
                let mut constraints = extension.single()?.tagged(tag::SEQUENCE)?.open()?;
                let ca = constraints.optional(tag::BOOLEAN)?.map(value::boolean).transpose()?;
                // pathLenConstraint INTEGER (0..MAX) OPTIONAL
                constraints.optional(tag::INTEGER)?.map(value::unsigned).transpose()?;
                constraints.finish()?;
                self.ca = Some(ca.unwrap_or(false));
            }
            _ => {}
        }
        Ok(())
    }
}

/// `[0] EXPLICIT Version DEFAULT v1`
fn version(wrapper: Element<'_>) -> Result<u64, DerError> {
    let mut wrapped = wrapper.open()?;
    let version = value::unsigned(wrapped.element()?)?;
    wrapped.finish()?;
    Ok(version)
}

/// As RFC 5280 names the extension.
fn name_of(oid: &[u8]) -> &'static str {
    match oid {
        extension::SUBJECT_KEY_IDENTIFIER => "subjectKeyIdentifier",
        extension::AUTHORITY_KEY_IDENTIFIER => "authorityKeyIdentifier",
        extension::KEY_USAGE => "keyUsage",
        extension::EXTENDED_KEY_USAGE => "extKeyUsage",
        extension::CRL_DISTRIBUTION_POINTS => "cRLDistributionPoints",
        extension::SUBJECT_ALT_NAME => "subjectAltName",
        extension::BASIC_CONSTRAINTS => "basicConstraints",
        _ => "another extension",
    }
}

fn key(spki: &[u8]) -> Option<String> {
    let key = Key::read(spki).ok()?;
    Some(match key.rsa_bits() {
        Some(bits) => format!("{key} {bits}"),
        None => key.to_string(),
    })
}

/// GeneralName, RFC 5280 §4.2.1.6. What the name says is not judged here.
fn kind_of_name(name: Element<'_>) -> &'static str {
    const RFC822: u8 = tag::context(1);
    const DNS: u8 = tag::context(2);
    const URI: u8 = tag::context(6);
    const IP: u8 = tag::context(7);
    match name.tag {
        DNS if name.content.starts_with(b"*.") => "wildcard",
        DNS => "dns",
        RFC822 => "email",
        URI => "uri",
        IP => "ip",
        _ => "other",
    }
}

#[cfg(test)]
mod tests;
