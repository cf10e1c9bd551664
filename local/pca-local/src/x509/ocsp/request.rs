//! What an OCSP client asks: for which certificates, of which CA.

use aws_lc_rs::digest::{self, Algorithm, digest};
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::ext::Extension;

use crate::x509::certificate::{Certificate, Serial};
use crate::x509::extension::find;
use crate::x509::oid;

/// RFC 6960 §4.1, with all that matters to a responder that does not ask for signed requests.
#[derive(Debug)]
pub struct OcspRequest {
    /// The certificates that are asked about.
    pub certificates: Vec<CertId>,
    /// RFC 9654 §2.1: to be echoed.
    pub nonce: Option<Extension>,
}

/// How OCSP names a certificate (RFC 6960 §4.1.1).
#[derive(Debug)]
pub struct CertId {
    /// As it came, and as it is given back.
    pub(super) der: Vec<u8>,
    hash: Option<Hash>,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    /// The serial number.
    pub serial: Serial,
}

/// RFC 5019 §2.1.1 has SHA-1 only; RFC 9654's companions move to SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
}

/// Why octets are not an OCSP request.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum OcspRequestError {
    #[error("the OCSP request cannot be read")]
    Asn1(#[from] der::Error),
    #[error("the OCSP request has the critical extension {oid}, which is not known here")]
    CriticalExtension { oid: const_oid::ObjectIdentifier },
    #[error("the OCSP request's nonce is not 1 to 128 octets long")]
    Nonce,
    #[error("the OCSP request asks for no certificate")]
    NoCertificate,
    #[error("the OCSP request is of a version that does not exist")]
    Version,
}

#[derive(Sequence)]
struct Outer<'a> {
    tbs_request: TbsRequest<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    signature: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct TbsRequest<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", default = "v1")]
    version: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    requestor_name: Option<AnyRef<'a>>,
    request_list: Vec<Single<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    request_extensions: Option<Vec<Extension>>,
}

#[derive(Sequence)]
struct Single<'a> {
    req_cert: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    single_request_extensions: Option<Vec<Extension>>,
}

#[derive(Sequence)]
struct Id<'a> {
    hash_algorithm: AlgorithmIdentifierRef<'a>,
    issuer_name_hash: &'a OctetStringRef,
    issuer_key_hash: &'a OctetStringRef,
    serial_number: UintRef<'a>,
}

fn v1() -> u8 {
    0
}

impl OcspRequest {
    /// RFC 5019 §2.1.1: a signature is not checked.
    ///
    /// # Errors
    /// If the octets are not an OCSP request for at least one certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, OcspRequestError> {
        let request = Outer::from_der(der)?.tbs_request;
        if request.version != v1() {
            return Err(OcspRequestError::Version);
        }
        let extensions = request.request_extensions.unwrap_or_default();
        check_critical(&extensions)?;
        let nonce = find(&extensions, oid::OCSP_NONCE).cloned();
        if nonce.as_ref().is_some_and(|nonce| !is_nonce(nonce)) {
            return Err(OcspRequestError::Nonce);
        }
        let mut certificates = Vec::with_capacity(request.request_list.len());
        for single in &request.request_list {
            check_critical(single.single_request_extensions.as_deref().unwrap_or_default())?;
            certificates.push(CertId::read(single.req_cert)?);
        }
        if certificates.is_empty() {
            return Err(OcspRequestError::NoCertificate);
        }
        Ok(Self { certificates, nonce })
    }
}

fn check_critical(extensions: &[Extension]) -> Result<(), OcspRequestError> {
    let unknown =
        |extension: &&Extension| extension.critical && extension.extn_id != oid::OCSP_NONCE;
    match extensions.iter().find(unknown) {
        Some(extension) => Err(OcspRequestError::CriticalExtension { oid: extension.extn_id }),
        None => Ok(()),
    }
}

/// RFC 9654 §2.1: an OCTET STRING of 1 to 128 octets; anything else is to be refused.
fn is_nonce(nonce: &Extension) -> bool {
    <&OctetStringRef>::from_der(nonce.extn_value.as_bytes())
        .is_ok_and(|nonce| (1..=128).contains(&nonce.as_bytes().len()))
}

impl CertId {
    fn read(id: AnyRef<'_>) -> der::Result<Self> {
        let der = id.to_der()?;
        let read = Id::from_der(&der)?;
        let hash = match read.hash_algorithm.oid {
            oid::SHA1 => Some(Hash::Sha1),
            oid::SHA256 => Some(Hash::Sha256),
            _ => None,
        };
        let issuer_name_hash = read.issuer_name_hash.as_bytes().to_vec();
        let issuer_key_hash = read.issuer_key_hash.as_bytes().to_vec();
        let serial = Serial::new(read.serial_number.as_bytes());
        Ok(Self { der, hash, issuer_name_hash, issuer_key_hash, serial })
    }
}

/// What requests name a CA by: hashes of its name and of its public key.
#[derive(Clone, Debug)]
pub struct IssuerHashes {
    sha1: (Vec<u8>, Vec<u8>),
    sha256: (Vec<u8>, Vec<u8>),
}

impl IssuerHashes {
    /// The hashes of a CA certificate's name and key.
    pub fn of(issuer: &Certificate) -> Self {
        let name = issuer.subject.as_der();
        // RFC 6960 §4.1.1: the contents of the BIT STRING, without its tag and its unused bits.
        let key = SubjectPublicKeyInfoRef::from_der(&issuer.public_key_info)
            .map_or(issuer.public_key_info.as_slice(), |info| info.subject_public_key.raw_bytes());
        let hash = |algorithm: &'static Algorithm, octets: &[u8]| {
            digest(algorithm, octets).as_ref().to_vec()
        };
        let both = |algorithm| (hash(algorithm, name), hash(algorithm, key));
        Self { sha1: both(&digest::SHA1_FOR_LEGACY_USE_ONLY), sha256: both(&digest::SHA256) }
    }

    /// Whether this CA issued the certificate that is asked for.
    pub fn are_in(&self, id: &CertId) -> bool {
        let (name, key) = match id.hash {
            Some(Hash::Sha1) => &self.sha1,
            Some(Hash::Sha256) => &self.sha256,
            None => return false,
        };
        id.issuer_name_hash == *name && id.issuer_key_hash == *key
    }
}
