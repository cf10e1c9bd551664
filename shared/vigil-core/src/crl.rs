//! What a CRL says, however wrong it is: facts for the rules, and whether its signature holds.
//!
//! Only an object that cannot be walked as a CertificateList is an error. Everything else that may
//! be amiss (a missing field, a bad time, an odd serial) is a fact, because the auditor's business
//! is to name it. The object is read as it arrives, by [`CrlReader`]; nothing is kept of an entry
//! but what the counters in [`EntryFacts`] need.

use time::OffsetDateTime;

use crate::{
    certificate::Certificate,
    der::DerError,
    signature::{AlgorithmIdentifier, SignatureError, SignedBytes, is_signature},
};

pub mod comparison;
mod distribution_point;
mod entry;
mod extensions;
mod faults;
mod fields;
mod foreign;
mod hasher;
mod indirect;
mod part;
mod reader;
mod repeats;
mod serials;

pub use crate::distribution_point_name::DistributionPointName;
pub use distribution_point::IssuingDistributionPoint;
pub use entry::{Entry, EntryFacts};
pub(crate) use extensions::{OF_CERTIFICATES, OF_NAMES};
pub use faults::{EntryFaults, Fault, FaultKind};
pub use foreign::Foreign;
pub use hasher::TbsHasher;
pub use reader::CrlReader;
pub use repeats::Repeats;
pub use serials::{Serial, Serials, SortedSerials};

/// Everything that the rules want to know of one CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlFacts {
    /// Bytes of the object, whatever follows the CRL included.
    pub size: u64,
    /// As encoded: 1 is v2; `None` if absent, which means v1.
    pub version: Option<u64>,
    /// `signature`, inside what is signed.
    pub inner_algorithm: AlgorithmIdentifier,
    /// `signatureAlgorithm`, outside of it.
    pub outer_algorithm: AlgorithmIdentifier,
    /// The digest of what is signed, by the algorithm's hash; `None` if the algorithm is not known.
    pub signed_digest: Option<Vec<u8>>,
    /// The issuer's Name, encoded.
    pub issuer: Vec<u8>,
    /// thisUpdate (§5.1.2.4), to the second; `None` if it cannot be read.
    pub this_update: Option<OffsetDateTime>,
    /// nextUpdate (§5.1.2.5), to the second; `None` if it is absent or cannot be read.
    pub next_update: Option<OffsetDateTime>,
    /// Counts over revokedCertificates.
    pub entries: EntryFacts,
    /// CRLNumber: the magnitude of a non-negative INTEGER, most significant octet first.
    pub number: Option<Vec<u8>>,
    /// The keyIdentifier of authorityKeyIdentifier.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// issuingDistributionPoint (§5.2.5).
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
    /// BaseCRLNumber: this is a delta CRL.
    pub delta_base: Option<Vec<u8>>,
    /// Dotted OIDs of critical extensions that no relying party can be expected to know.
    pub unknown_critical_extensions: Vec<String>,
    /// Bytes after the end of the CRL.
    pub trailing_bytes: u64,
    /// Parts that are there but cannot be read, the first few of them.
    pub malformed: Vec<Malformed>,
    /// Parts that can be read and are in a form that DER or RFC 5280 forbids.
    pub faults: Vec<Fault>,
    /// authorityCertIssuer and authorityCertSerialNumber of authorityKeyIdentifier.
    pub authority_certificate: Option<AuthorityCertificate>,
    /// The URIs in issuingDistributionPoint, freshestCRL and authorityInfoAccess, the first of each, and
    /// those in issuerAltName and authorityKeyIdentifier that name nothing.
    pub uris: Vec<NamedUri>,
    /// Next CRL Publish, of Microsoft's CA: when the next CRL was to be there.
    pub next_publish: Option<OffsetDateTime>,
    /// freshestCRL is there, which a delta CRL must not have.
    pub has_freshest: bool,
}

/// The certificate of the key that made the CRL (RFC 5280 §4.2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityCertificate {
    /// The issuer's Names, encoded: the first few directoryNames.
    pub issuers: Vec<Vec<u8>>,
    /// The serial's octets as they are encoded.
    pub serial: Vec<u8>,
}

/// A URI that relying parties may fetch from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedUri {
    /// The extension that has it.
    pub part: &'static str,
    /// The URI as it is written.
    pub uri: String,
}

/// A part of the CRL that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The part as RFC 5280 names it.
    pub part: &'static str,
    /// What is wrong with it, and at which offset.
    pub error: DerError,
}

/// A CRL that was read to its end.
pub struct Crl {
    /// What the CRL says.
    pub facts: CrlFacts,
    signed: Option<SignedBytes>,
    signature: Vec<u8>,
    /// Of the signature's last octet; DER signatures have none.
    unused_bits: u8,
}

impl Crl {
    /// Reads a CRL that is all there, and counts its repeated serials.
    ///
    /// # Errors
    ///
    /// [`CrlError`] if the bytes are not one CertificateList in DER.
    pub fn read(bytes: &[u8]) -> Result<Self, CrlError> {
        let mut serials = Serials::default();
        let mut reader = CrlReader::new(|entry: &Entry<'_>| {
            if !entry.indirect {
                serials.insert(entry.serial, ());
            }
        });
        reader.push(bytes)?;
        let mut crl = reader.finish()?;
        crl.facts.entries.duplicate_serials = Some(serials.sort().duplicates());
        Ok(crl)
    }

    /// Whether the key of `issuer` made the signature, by the algorithm named inside what is
    /// signed. That the algorithm named outside is the same one is a rule's business.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] if the key did not make the signature, or that cannot be found out.
    pub fn verify(mut self, issuer: &Certificate) -> Result<(), SignatureError> {
        let signed = self.signed.take();
        self.verify_hashed(signed, issuer)
    }

    /// The same, for a CRL that was hashed beside the walk, by a [`TbsHasher`].
    ///
    /// # Errors
    ///
    /// As [`Self::verify`].
    pub fn verify_hashed(
        &self,
        signed: Option<SignedBytes>,
        issuer: &Certificate,
    ) -> Result<(), SignatureError> {
        if self.unused_bits > 0 {
            return Err(SignatureError::UnusedBits(self.unused_bits));
        }
        let algorithm = &self.facts.inner_algorithm;
        let verified = match signed {
            Some(signed) => signed.verify(&issuer.spki, &self.signature),
            None => Err(SignatureError::of_unknown(algorithm, &issuer.spki)),
        };
        match verified {
            // Such octets are of no key, known here or not.
            Err(SignatureError::Mismatch | SignatureError::Unsupported { .. })
                if !is_signature(algorithm.algorithm, &self.signature) =>
            {
                Err(SignatureError::IllFormed(algorithm.to_string()))
            }
            verified => verified,
        }
    }
}

/// The object is not a CertificateList (RFC 5280 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CrlError {
    #[error("the object is empty")]
    Empty,
    #[error("the object is {0}")]
    Foreign(Foreign),
    #[error("the object begins with byte 0x{0:02x}, where a CRL begins with 0x30")]
    NotDer(u8),
    #[error("the object ends at offset {size}, in the middle of its {part}")]
    Truncated { size: u64, part: &'static str },
    #[error("the {part} is longer than {limit} bytes at offset {offset}")]
    PartTooLong { part: &'static str, offset: u64, limit: u64 },
    #[error("the {part} runs over the end of what contains it, at offset {offset}")]
    Overrun { part: &'static str, offset: u64 },
    #[error("the {part} cannot be read")]
    Malformed {
        part: &'static str,
        #[source]
        error: DerError,
    },
}

#[cfg(test)]
mod differences;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod openssl_tests;
#[cfg(test)]
mod strict_tests;
#[cfg(test)]
mod tests;
