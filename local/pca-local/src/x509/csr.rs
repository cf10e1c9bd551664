//! Certificate requests: read from others, and written for a CA.

mod write;

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag};
use x509_cert::ext::Extension;

pub use write::{CaRequestError, ca_request, check_ca_request};

use super::extension::{find, repeated};
use super::name::Name;
use super::oid;
use super::pem::{self, PemError};
use super::signed::Signed;
use super::verify::VerifyError;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE REQUEST-----";
const END: &[u8] = b"-----END CERTIFICATE REQUEST-----";

/// What a request asks for, after its signature has proved that the sender holds the key.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name that is asked for.
    pub subject: Name,
    /// The DER of the SubjectPublicKeyInfo as it came.
    pub public_key_info: Vec<u8>,
    /// The extensions that are asked for, as they came.
    pub extensions: Vec<Extension>,
}

/// Why octets are not a request.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum RequestError {
    #[error("the request is not a PKCS #10 CertificationRequest")]
    Asn1(#[source] der::Error),
    #[error("the request asks for the extension {oid} more than once")]
    ExtensionRepeated { oid: ObjectIdentifier },
    #[error("the extensions that the request asks for cannot be read")]
    Extensions(#[source] der::Error),
    #[error(
        "the request does not begin with -----BEGIN CERTIFICATE REQUEST----- and end with \
         -----END CERTIFICATE REQUEST-----"
    )]
    Format,
    /// The service's own words (aws/aws-sdk-net#1261).
    #[error("CSR is missing required element 'attributes'.")]
    NoAttributes,
    #[error("the request names neither a subject nor a subject alternative name")]
    Nameless,
    #[error("the request is not PEM")]
    Pem(#[from] PemError),
    /// The service's own words (cert-manager/aws-privateca-issuer#6).
    #[error("CSR must mark the SAN extension critical when it has an empty subject")]
    SanNotCritical,
    #[error("the request's signature was not accepted")]
    Signature(#[source] VerifyError),
    #[error("the request's subject cannot be read")]
    Subject(#[source] der::Error),
    #[error("the request is of PKCS #10 version {version}, of which there is only 0")]
    Version { version: u32 },
}

impl Request {
    /// Reads a request in PEM. Checked are, in this order, its first and last line, structure,
    /// signature, extensions, names. The older label, NEW CERTIFICATE REQUEST, is refused as by
    /// the service (aws/aws-cli#9613).
    ///
    /// # Errors
    /// The first of these that is wrong.
    pub fn parse(text: &[u8]) -> Result<Self, RequestError> {
        let trimmed = text.trim_ascii();
        if !trimmed.starts_with(BEGIN) || !trimmed.ends_with(END) {
            return Err(RequestError::Format);
        }
        Self::parse_der(&pem::decode_one(trimmed, &[pem::CERTIFICATE_REQUEST])?)
    }

    /// Reads one PKCS #10 request from DER and verifies its signature.
    ///
    /// # Errors
    /// If the octets are not a request (RFC 2986), or its own key did not sign it.
    pub fn parse_der(der: &[u8]) -> Result<Self, RequestError> {
        let signed = Signed::from_der(der).map_err(RequestError::Asn1)?;
        let info = Info::from_der(signed.content).map_err(RequestError::Asn1)?;
        if info.version != 0 {
            return Err(RequestError::Version { version: info.version });
        }
        let attributes = info.attributes.ok_or(RequestError::NoAttributes)?;
        signed.verify(info.public_key_info).map_err(RequestError::Signature)?;
        let subject = Name::from_der(info.subject).map_err(RequestError::Subject)?;
        let extensions = requested_extensions(attributes).map_err(RequestError::Extensions)?;
        if let Some(oid) = repeated(&extensions) {
            return Err(RequestError::ExtensionRepeated { oid });
        }
        if subject.is_empty() {
            let names = find(&extensions, oid::SUBJECT_ALT_NAME).ok_or(RequestError::Nameless)?;
            if !names.critical {
                return Err(RequestError::SanNotCritical);
            }
        }
        Ok(Self { subject, public_key_info: info.public_key_info.to_vec(), extensions })
    }
}

/// CertificationRequestInfo of RFC 2986 §4.1, its parts as they stand in the input.
struct Info<'a> {
    version: u32,
    subject: &'a [u8],
    public_key_info: &'a [u8],
    /// The contents of `[0]`. Some generators leave the field out when it would be empty.
    attributes: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let info = reader.sequence(|parts| {
            let version = u32::decode(parts)?;
            let subject = parts.tlv_bytes()?;
            let public_key_info = parts.tlv_bytes()?;
            let attributes = match parts.is_finished() {
                true => None,
                false => Some(attributes(AnyRef::decode(parts)?)?),
            };
            Ok::<_, der::Error>(Self { version, subject, public_key_info, attributes })
        })?;
        reader.finish()?;
        Ok(info)
    }
}

fn attributes(field: AnyRef<'_>) -> der::Result<&[u8]> {
    let tag = field.header().tag();
    let wanted = Tag::ContextSpecific { constructed: true, number: der::TagNumber(0) };
    if tag == wanted { Ok(field.value()) } else { Err(tag.unexpected_error(Some(wanted)).into()) }
}

/// The extensions of all extensionRequest attributes (RFC 2985 §5.4.2); there should be one.
fn requested_extensions(attributes: &[u8]) -> der::Result<Vec<Extension>> {
    let mut reader = SliceReader::new(attributes)?;
    let mut extensions = Vec::new();
    while !reader.is_finished() {
        let (attribute, values) = reader.sequence(|parts| {
            Ok::<_, der::Error>((ObjectIdentifier::decode(parts)?, AnyRef::decode(parts)?))
        })?;
        if attribute == oid::EXTENSION_REQUEST {
            extensions.extend(extension_lists(values)?);
        }
    }
    Ok(extensions)
}

fn extension_lists(values: AnyRef<'_>) -> der::Result<Vec<Extension>> {
    let tag = values.header().tag();
    if tag != Tag::Set {
        return Err(tag.unexpected_error(Some(Tag::Set)).into());
    }
    let mut reader = SliceReader::new(values.value())?;
    let mut extensions = Vec::new();
    while !reader.is_finished() {
        extensions.extend(Vec::<Extension>::decode(&mut reader)?);
    }
    Ok(extensions)
}

/// The PEM text of a request, a line feed at its end.
pub fn to_pem(der: &[u8]) -> String {
    pem::encode(pem::CERTIFICATE_REQUEST, der) + "\n"
}

#[cfg(test)]
mod tests;
