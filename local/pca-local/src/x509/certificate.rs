//! A certificate: its facts, read over the bytes as they came.

mod serial;
mod tbs;

use der::asn1::{AnyRef, OctetString, UintRef};
use der::{Decode, Encode, Reader, SliceReader};
use spki::SubjectPublicKeyInfoRef;
use time::OffsetDateTime;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{self, AuthorityKeyIdentifier};

pub use serial::Serial;
pub(crate) use tbs::{TbsCertificate, V3, Validity};

use super::extension::{find, repeated};
use super::name::Name;
use super::pem::{self, PemError};
use super::signed::Signed;
use super::verify::{VerifyError, verify};
use super::{moment, oid};

/// RFC 5280 §4.1, with the extensions that the service looks into already read.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    /// The serial number.
    pub serial: Serial,
    /// The name of the CA that signed.
    pub issuer: Name,
    /// Whom the certificate is for.
    pub subject: Name,
    /// The first moment of validity.
    pub not_before: OffsetDateTime,
    /// The last second of validity.
    pub not_after: OffsetDateTime,
    /// The DER of the SubjectPublicKeyInfo as it came.
    pub public_key_info: Vec<u8>,
    /// All extensions, as they came.
    pub extensions: Vec<Extension>,
    /// Whether and how it is a CA certificate; `None` without the extension.
    pub basic_constraints: Option<BasicConstraints>,
    /// The octets of the key identifier; `None` without the extension.
    pub subject_key_identifier: Option<Vec<u8>>,
    /// The octets that name the issuer's key; `None` if the extension names none.
    pub authority_key_identifier: Option<Vec<u8>>,
}

/// The extension of RFC 5280 §4.2.1.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the extension is critical.
    pub critical: bool,
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many CA certificates may follow; `None` is no limit.
    pub path_len: Option<u8>,
}

/// Why octets are not a certificate.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CertificateError {
    #[error("the certificate is not an X.509 Certificate")]
    Asn1(#[source] der::Error),
    #[error("the certificate's {extension} extension cannot be read")]
    Extension {
        extension: &'static str,
        #[source]
        source: der::Error,
    },
    #[error("the certificate has the extension {oid} more than once")]
    ExtensionRepeated { oid: const_oid::ObjectIdentifier },
    #[error("the certificate's {field} cannot be read")]
    Field {
        field: &'static str,
        #[source]
        source: der::Error,
    },
    #[error("the certificate is not PEM")]
    Pem(#[from] PemError),
    #[error("the certificate names two different signature algorithms")]
    TwoAlgorithms,
    #[error("the certificate is of an X.509 version that does not exist")]
    Version,
}

impl Certificate {
    /// Reads text that holds exactly one certificate.
    ///
    /// # Errors
    /// If the text has not exactly one block, or it holds no certificate.
    pub fn parse_pem(text: &[u8]) -> Result<Self, CertificateError> {
        Self::parse_der(&pem::decode_one(text, &[pem::CERTIFICATE])?)
    }

    /// Reads the certificates of a bundle, in their order.
    ///
    /// # Errors
    /// If the text has no block, or one of them holds no certificate.
    pub fn parse_pem_chain(text: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let blocks = pem::decode_all(text, &[pem::CERTIFICATE])?;
        blocks.iter().map(|block| Self::parse_der(block)).collect()
    }

    /// Reads one certificate from DER.
    ///
    /// # Errors
    /// If the octets are not one X.509 v3 certificate whose extensions can be read.
    pub fn parse_der(der: &[u8]) -> Result<Self, CertificateError> {
        let signed = Signed::from_der(der).map_err(CertificateError::Asn1)?;
        let tbs = TbsCertificate::from_der(signed.content).map_err(CertificateError::Asn1)?;
        if tbs.version > V3 {
            return Err(CertificateError::Version);
        }
        // RFC 5280 §4.1.1.2: the one that is signed and the one beside the signature must agree.
        if bytes("signature algorithm", tbs.signature)? != signed.algorithm {
            return Err(CertificateError::TwoAlgorithms);
        }
        let public_key_info = bytes("public key", tbs.public_key_info)?;
        SubjectPublicKeyInfoRef::from_der(&public_key_info).map_err(field("public key"))?;
        let extensions = tbs.extensions.unwrap_or_default();
        if let Some(oid) = repeated(&extensions) {
            return Err(CertificateError::ExtensionRepeated { oid });
        }
        Ok(Self {
            der: der.to_vec(),
            serial: Serial::new(tbs.serial_number.as_bytes()),
            issuer: name("issuer", tbs.issuer)?,
            subject: name("subject", tbs.subject)?,
            not_before: moment::from_time(tbs.validity.not_before).map_err(field("notBefore"))?,
            not_after: moment::from_time(tbs.validity.not_after).map_err(field("notAfter"))?,
            public_key_info,
            basic_constraints: basic_constraints(&extensions)?,
            subject_key_identifier: subject_key_identifier(&extensions)?,
            authority_key_identifier: authority_key_identifier(&extensions)?,
            extensions,
        })
    }

    /// The certificate as it was read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM (RFC 7468), without a newline at the end.
    pub fn pem(&self) -> String {
        pem::encode(pem::CERTIFICATE, &self.der)
    }

    /// As in certificate ARNs: lower-case, 32 digits for the service's own.
    pub fn serial_hex(&self) -> String {
        self.serial.to_hex()
    }

    /// As in audit reports: lower-case pairs between colons.
    pub fn serial_colon(&self) -> String {
        self.serial.to_colon_hex()
    }

    /// As in DescribeCertificateAuthority: unsigned.
    pub fn serial_decimal(&self) -> String {
        self.serial.to_decimal()
    }

    /// Whether basic constraints say that it is a CA's.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    /// Whether issuer and subject are one name and the certificate's own key made the signature.
    pub fn is_self_signed(&self) -> bool {
        self.issuer == self.subject && self.verify_signed_by(&self.public_key_info).is_ok()
    }

    /// Checks the signature with a SubjectPublicKeyInfo. Names are the caller's business.
    ///
    /// # Errors
    /// If the key did not make the signature, or its kind is not known here.
    pub fn verify_signed_by(&self, public_key_info: &[u8]) -> Result<(), VerifyError> {
        // What was parsed once parses again; an error here would be a bug, and counts as "no".
        let signed = Signed::from_der(&self.der).map_err(|_| VerifyError::WrongSignature)?;
        verify(public_key_info, signed.algorithm, signed.content, signed.signature)
    }
}

/// The subject alone: a report of a million certificates has no time to read the rest.
pub(crate) fn subject_of(der: &[u8]) -> der::Result<Name> {
    // serialNumber, signature, issuer, validity, subject.
    Name::from_der(field_of(der, 4)?)
}

/// The serial number alone, for the same reason.
pub(crate) fn serial_of(der: &[u8]) -> der::Result<Serial> {
    Ok(Serial::new(UintRef::from_der(field_of(der, 0)?)?.as_bytes()))
}

/// One of the fields of RFC 5280 §4.1, by how many stand between it and the version, which is optional.
fn field_of(der: &[u8], place: usize) -> der::Result<&[u8]> {
    let signed = Signed::from_der(der)?;
    let mut reader = SliceReader::new(signed.content)?;
    reader.sequence(|fields| {
        if fields.peek_byte() == Some(0xa0) {
            fields.tlv_bytes()?;
        }
        for _ in 0..place {
            fields.tlv_bytes()?;
        }
        let found = fields.tlv_bytes()?;
        while !fields.is_finished() {
            fields.tlv_bytes()?;
        }
        Ok::<_, der::Error>(found)
    })
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("serial", &self.serial.to_hex())
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

fn field(field: &'static str) -> impl FnOnce(der::Error) -> CertificateError {
    move |source| CertificateError::Field { field, source }
}

/// The encoding of a part. DER has one encoding for each value, so this is the input's.
fn bytes(name: &'static str, part: AnyRef<'_>) -> Result<Vec<u8>, CertificateError> {
    part.to_der().map_err(field(name))
}

fn name(what: &'static str, part: AnyRef<'_>) -> Result<Name, CertificateError> {
    Name::from_der(&bytes(what, part)?).map_err(field(what))
}

fn value<'a, T: Decode<'a, Error = der::Error>>(
    extension: &'static str,
    found: &'a Extension,
) -> Result<T, CertificateError> {
    T::from_der(found.extn_value.as_bytes())
        .map_err(|source| CertificateError::Extension { extension, source })
}

fn basic_constraints(
    extensions: &[Extension],
) -> Result<Option<BasicConstraints>, CertificateError> {
    let Some(found) = find(extensions, oid::BASIC_CONSTRAINTS) else { return Ok(None) };
    let constraints: pkix::BasicConstraints = value("basicConstraints", found)?;
    Ok(Some(BasicConstraints {
        critical: found.critical,
        ca: constraints.ca,
        path_len: constraints.path_len_constraint,
    }))
}

fn subject_key_identifier(extensions: &[Extension]) -> Result<Option<Vec<u8>>, CertificateError> {
    let Some(found) = find(extensions, oid::SUBJECT_KEY_IDENTIFIER) else { return Ok(None) };
    let identifier: OctetString = value("subjectKeyIdentifier", found)?;
    Ok(Some(identifier.into_bytes().into_vec()))
}

fn authority_key_identifier(extensions: &[Extension]) -> Result<Option<Vec<u8>>, CertificateError> {
    let Some(found) = find(extensions, oid::AUTHORITY_KEY_IDENTIFIER) else { return Ok(None) };
    let authority: AuthorityKeyIdentifier = value("authorityKeyIdentifier", found)?;
    Ok(authority.key_identifier.map(|identifier| identifier.into_bytes().into_vec()))
}
