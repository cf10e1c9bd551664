//! Which signature algorithm an AlgorithmIdentifier names, and whether a signature holds.

use std::fmt;

use crate::der::{DerError, Element, Reader, tag, value};

mod verify;

pub use verify::{SignatureError, SignedBytes};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// What a signature is made with. The curve or key size is the public key's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    Ecdsa(Hash),
    Ed25519,
    MlDsa44,
    MlDsa65,
    MlDsa87,
    RsaPkcs1(Hash),
    RsaPss(Hash),
}

/// An AlgorithmIdentifier as it stands in a CRL or certificate, known to us or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlgorithmIdentifier {
    /// The whole SEQUENCE: RFC 5280 §5.1.1.2 demands that two of them be the same.
    pub raw: Vec<u8>,
    pub oid: String,
    pub algorithm: Option<SignatureAlgorithm>,
}

impl AlgorithmIdentifier {
    pub fn read(element: Element<'_>) -> Result<Self, DerError> {
        let mut reader = element.tagged(tag::SEQUENCE)?.open()?;
        let oid = value::oid(reader.expect(tag::OBJECT_IDENTIFIER)?)?;
        let parameters = if reader.is_empty() { None } else { Some(reader.element()?) };
        reader.finish()?;
        let algorithm = algorithm(&oid, parameters);
        Ok(Self { raw: element.raw.to_vec(), oid, algorithm })
    }
}

impl fmt::Display for AlgorithmIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.algorithm {
            Some(algorithm) => algorithm.fmt(f),
            None => f.write_str(well_known(&self.oid).unwrap_or(&self.oid)),
        }
    }
}

/// Names for what we recognise and will not, or cannot, verify.
fn well_known(oid: &str) -> Option<&'static str> {
    match oid {
        "1.2.840.113549.1.1.4" => Some("MD5WITHRSA"),
        "1.2.840.113549.1.1.5" => Some("SHA1WITHRSA"),
        "1.2.840.10045.4.1" => Some("SHA1WITHECDSA"),
        "1.2.156.10197.1.501" => Some("SM3WITHSM2"),
        _ => None,
    }
}

fn algorithm(oid: &str, parameters: Option<Element<'_>>) -> Option<SignatureAlgorithm> {
    use SignatureAlgorithm::{Ecdsa, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaPkcs1, RsaPss};
    let absent = parameters.is_none();
    // RFC 4055 §5 wants NULL with PKCS #1 and tells readers to accept nothing as well.
    let null = parameters.is_none_or(|element| element.raw == [tag::NULL, 0]);
    match oid {
        "1.2.840.113549.1.1.10" => pss_hash(parameters?).map(RsaPss),
        "1.2.840.113549.1.1.11" if null => Some(RsaPkcs1(Hash::Sha256)),
        "1.2.840.113549.1.1.12" if null => Some(RsaPkcs1(Hash::Sha384)),
        "1.2.840.113549.1.1.13" if null => Some(RsaPkcs1(Hash::Sha512)),
        "1.2.840.10045.4.3.2" if absent => Some(Ecdsa(Hash::Sha256)),
        "1.2.840.10045.4.3.3" if absent => Some(Ecdsa(Hash::Sha384)),
        "1.2.840.10045.4.3.4" if absent => Some(Ecdsa(Hash::Sha512)),
        "1.3.101.112" if absent => Some(Ed25519),
        "2.16.840.1.101.3.4.3.17" if absent => Some(MlDsa44),
        "2.16.840.1.101.3.4.3.18" if absent => Some(MlDsa65),
        "2.16.840.1.101.3.4.3.19" if absent => Some(MlDsa87),
        _ => None,
    }
}

/// RSASSA-PSS-params (RFC 4055 §3.1) with one hash for both uses and a salt of its length, which
/// is all that anybody issues and all that aws-lc verifies.
fn pss_hash(parameters: Element<'_>) -> Option<Hash> {
    let mut reader = parameters.open().ok()?;
    let hash_algorithm = explicit(&mut reader, 0)?;
    let mask = explicit(&mut reader, 1)?;
    let salt = explicit(&mut reader, 2)?;
    let hash = hash_of(hash_algorithm)?;
    let mut mask = mask.open().ok()?;
    if value::oid(mask.element().ok()?).ok()? != "1.2.840.113549.1.1.8" {
        return None;
    }
    let same = hash_of(mask.element().ok()?)? == hash;
    let length = value::unsigned(salt).ok()?;
    (same && length == hash.len()).then_some(hash)
}

fn explicit<'a>(reader: &mut Reader<'a>, number: u8) -> Option<Element<'a>> {
    let outer = reader.optional(tag::context_constructed(number)).ok()??;
    outer.open().ok()?.element().ok()
}

fn hash_of(algorithm: Element<'_>) -> Option<Hash> {
    let oid = value::oid(algorithm.open().ok()?.element().ok()?).ok()?;
    match oid.as_str() {
        "2.16.840.1.101.3.4.2.1" => Some(Hash::Sha256),
        "2.16.840.1.101.3.4.2.2" => Some(Hash::Sha384),
        "2.16.840.1.101.3.4.2.3" => Some(Hash::Sha512),
        _ => None,
    }
}

impl Hash {
    fn len(self) -> u64 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    /// The name that ACM PCA has for it, where it has one (API model, `SigningAlgorithm`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ecdsa(hash) => write!(f, "{}WITHECDSA", hash.name()),
            Self::Ed25519 => f.write_str("ED25519"),
            Self::MlDsa44 => f.write_str("ML_DSA_44"),
            Self::MlDsa65 => f.write_str("ML_DSA_65"),
            Self::MlDsa87 => f.write_str("ML_DSA_87"),
            Self::RsaPkcs1(hash) => write!(f, "{}WITHRSA", hash.name()),
            Self::RsaPss(hash) => write!(f, "{}WITHRSA_PSS", hash.name()),
        }
    }
}
