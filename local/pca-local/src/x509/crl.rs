//! Certificate revocation lists, written in one pass over however many entries there are.

mod entry;

use aws_sdk_acmpca::types::SigningAlgorithm;
use der::asn1::{OctetString, Uint};
use der::{Encode, Length, Tag};
use time::OffsetDateTime;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, IssuingDistributionPoint};

pub use entry::{CrlEntry, Reason};

use super::extension::{ExtensionError, extension};
use super::general_name;
use super::issue::Issuer;
use super::key::KeyError;
use super::signed::{SignError, algorithm_identifier};
use super::{moment, oid};

/// The value that stands for version 2.
const V2: u8 = 1;

/// What stands in a CRL besides its entries.
pub struct CrlHeader<'a> {
    /// Must go with the issuer's key.
    pub signing_algorithm: &'a SigningAlgorithm,
    /// The service takes the moment of generation in milliseconds since 1970.
    pub number: u64,
    /// When the CRL says that it was issued.
    pub this_update: OffsetDateTime,
    /// By when the next one is issued.
    pub next_update: OffsetDateTime,
    /// The URL of this partition, for a CRL that is not the only one of its CA.
    pub issuing_distribution_point: Option<&'a str>,
}

/// Why a CRL was not signed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CrlError {
    #[error("the CRL cannot be encoded")]
    Encode(#[from] der::Error),
    #[error("the CRL's extensions cannot be encoded")]
    Extensions(#[from] ExtensionError),
    #[error("the CRL was not signed")]
    Sign(#[from] SignError),
}

impl From<KeyError> for CrlError {
    fn from(error: KeyError) -> Self {
        Self::Sign(error.into())
    }
}

/// The DER of the CRL. Entries stand in the order in which they come.
///
/// # Errors
/// If the key cannot sign with the algorithm, or a field cannot be encoded.
pub fn sign_crl(
    issuer: &Issuer,
    header: &CrlHeader<'_>,
    entries: impl IntoIterator<Item = CrlEntry>,
) -> Result<Vec<u8>, CrlError> {
    let algorithm = algorithm_identifier(header.signing_algorithm)?;
    let before = before_entries(issuer, header, &algorithm)?;
    let after = extensions(issuer, header)?;

    // Lengths come first in DER and are known last. So room is left for everything that precedes
    // the entries, and it is filled from its end towards its start.
    let mut crl = FrontFilled::with_room(before.len() + 3 * MAX_HEADER);
    for entry in entries {
        entry.write(crl.tail())?;
    }
    // RFC 5280 §5.1.2.6: absent when there are none.
    if crl.len() > 0 {
        crl.wrap(Tag::Sequence)?;
    }
    crl.prepend(&before);
    crl.tail().extend_from_slice(&after);
    crl.wrap(Tag::Sequence)?;
    let signature = issuer.key().sign(header.signing_algorithm, crl.content())?;
    crl.tail().extend_from_slice(&algorithm);
    der::asn1::BitStringRef::from_bytes(&signature)?.encode_to_vec(crl.tail())?;
    crl.wrap(Tag::Sequence)?;
    Ok(crl.into_vec())
}

fn before_entries(
    issuer: &Issuer,
    header: &CrlHeader<'_>,
    algorithm: &[u8],
) -> der::Result<Vec<u8>> {
    let mut octets = V2.to_der()?;
    octets.extend_from_slice(algorithm);
    octets.extend_from_slice(issuer.name().as_der());
    moment::to_time(header.this_update)?.encode_to_vec(&mut octets)?;
    moment::to_time(header.next_update)?.encode_to_vec(&mut octets)?;
    Ok(octets)
}

/// `crlExtensions` with its tag.
fn extensions(issuer: &Issuer, header: &CrlHeader<'_>) -> Result<Vec<u8>, CrlError> {
    let mut extensions: Vec<Extension> = vec![
        extension(
            oid::AUTHORITY_KEY_IDENTIFIER,
            false,
            &AuthorityKeyIdentifier {
                key_identifier: Some(OctetString::new(issuer.key_identifier())?),
                ..Default::default()
            },
        )?,
        extension(oid::CRL_NUMBER, false, &Uint::try_from(header.number)?)?,
    ];
    if let Some(url) = header.issuing_distribution_point {
        let name = general_name::uri(url).map_err(ExtensionError::from)?;
        let point = IssuingDistributionPoint {
            distribution_point: Some(DistributionPointName::FullName(vec![name])),
            only_contains_user_certs: false,
            only_contains_ca_certs: false,
            only_some_reasons: None,
            indirect_crl: false,
            only_contains_attribute_certs: false,
        };
        extensions.push(extension(oid::ISSUING_DISTRIBUTION_POINT, true, &point)?);
    }
    let explicit = der::asn1::ContextSpecific {
        tag_number: der::TagNumber(0),
        tag_mode: der::TagMode::Explicit,
        value: extensions,
    };
    Ok(explicit.to_der()?)
}

/// One octet of tag and, for up to 256 MiB, at most five of length.
const MAX_HEADER: usize = 6;

/// A buffer that grows at its end and has room to be filled towards its start.
struct FrontFilled {
    octets: Vec<u8>,
    start: usize,
}

impl FrontFilled {
    fn with_room(room: usize) -> Self {
        Self { octets: vec![0; room], start: room }
    }

    fn content(&self) -> &[u8] {
        &self.octets[self.start..]
    }

    fn len(&self) -> usize {
        self.octets.len() - self.start
    }

    fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }

    /// Moves nothing while the room lasts.
    fn prepend(&mut self, octets: &[u8]) {
        let into_room = octets.len().min(self.start);
        let (outside, inside) = octets.split_at(octets.len() - into_room);
        self.octets[self.start - into_room..self.start].copy_from_slice(inside);
        self.start -= into_room;
        if !outside.is_empty() {
            self.octets.splice(0..0, outside.iter().copied());
        }
    }

    fn wrap(&mut self, tag: Tag) -> der::Result<()> {
        let header = der::Header::new(tag, Length::try_from(self.len())?).to_der()?;
        self.prepend(&header);
        Ok(())
    }

    fn into_vec(mut self) -> Vec<u8> {
        self.octets.drain(..self.start);
        self.octets
    }
}

#[cfg(test)]
mod tests;
