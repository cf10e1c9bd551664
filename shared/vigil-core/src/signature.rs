//! Which signature algorithm an AlgorithmIdentifier names, and whether a signature holds.

use std::fmt;

use aws_lc_rs::digest;

use crate::der::{DerError, Element, Reader, tag, value};

#[cfg(feature = "brainpool")]
mod brainpool;
mod fitted;
mod form;
mod key;
mod rsa;
mod verify;
mod weakness;

pub(crate) use form::is_signature;
pub use key::Key;
pub use verify::{SignatureError, SignedBytes};

/// A hash function of FIPS 180-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, which is no longer safe for signatures.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What a signature is made with. The curve or key size is the public key's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA (RFC 5758 §3.2).
    Ecdsa(Hash),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// ML-DSA-44 (RFC 9881).
    MlDsa44,
    /// ML-DSA-65 (RFC 9881).
    MlDsa65,
    /// ML-DSA-87 (RFC 9881).
    MlDsa87,
    /// RSASSA-PKCS1-v1_5 (RFC 4055 §5).
    RsaPkcs1(Hash),
    /// RSASSA-PSS (RFC 4055 §3).
    RsaPss(Pss),
}

/// RSASSA-PSS-params (RFC 4055 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pss {
    /// The hash of the message.
    pub hash: Hash,
    /// The hash of MGF1.
    pub mask: Hash,
    /// In octets.
    pub salt: u16,
}

/// An AlgorithmIdentifier as it stands in a CRL or certificate, known to us or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlgorithmIdentifier {
    /// The whole SEQUENCE: RFC 5280 §5.1.1.2 demands that two of them be the same.
    pub raw: Vec<u8>,
    /// The algorithm, dotted.
    pub oid: String,
    /// The algorithm, if it is one of those that are known here.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Its parameters are not what the algorithm's RFC demands: NULL, nothing, or readable ones.
    pub odd_parameters: bool,
    /// Its parameters encode a value that is the default, which X.690 §11.5 forbids.
    pub is_default_encoded: bool,
}

impl AlgorithmIdentifier {
    /// Reads one (RFC 5280 §4.1.1.2).
    ///
    /// # Errors
    ///
    /// [`DerError`] if the element is not an AlgorithmIdentifier.
    pub fn read(element: Element<'_>) -> Result<Self, DerError> {
        let mut reader = element.tagged(tag::SEQUENCE)?.open()?;
        let oid = value::oid(reader.expect(tag::OBJECT_IDENTIFIER)?)?;
        let parameters = if reader.is_empty() { None } else { Some(reader.element()?) };
        reader.finish()?;
        let (algorithm, odd_parameters) = algorithm(&oid, parameters);
        let is_default_encoded = matches!(algorithm, Some(SignatureAlgorithm::RsaPss(_)))
            && parameters.and_then(encodes_default).unwrap_or(false);
        Ok(Self { raw: element.raw.to_vec(), oid, algorithm, odd_parameters, is_default_encoded })
    }

    /// Signatures by it can be forged, whatever verifies them.
    pub fn is_weak(&self) -> bool {
        match self.algorithm {
            Some(SignatureAlgorithm::Ecdsa(hash) | SignatureAlgorithm::RsaPkcs1(hash)) => {
                hash == Hash::Sha1
            }
            Some(SignatureAlgorithm::RsaPss(pss)) => pss.hash == Hash::Sha1,
            Some(_) => false,
            None => WEAK.iter().any(|(oid, _)| *oid == self.oid),
        }
    }
}

impl fmt::Display for AlgorithmIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.algorithm {
            Some(algorithm) => algorithm.fmt(f),
            None => {
                let mut known = WEAK.iter().chain(UNVERIFIED);
                let name = known.find(|(oid, _)| *oid == self.oid).map(|(_, name)| *name);
                f.write_str(name.unwrap_or(&self.oid))
            }
        }
    }
}

/// Names for algorithms that are recognised, weak, and not verified here.
const WEAK: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.2", "MD2WITHRSA"),
    ("1.2.840.113549.1.1.3", "MD4WITHRSA"),
    ("1.2.840.113549.1.1.4", "MD5WITHRSA"),
    ("1.3.14.3.2.2", "MD4WITHRSA"),
    ("1.3.14.3.2.3", "MD5WITHRSA"),
    ("1.3.14.3.2.4", "MD4WITHRSA"),
    ("1.3.14.3.2.12", "DSA"),
    ("1.3.14.3.2.13", "SHA0WITHDSA"),
    ("1.3.14.3.2.14", "SHA0WITHRSA"),
    ("1.3.14.3.2.15", "SHA0WITHRSA"),
    ("1.3.14.3.2.27", "SHA1WITHDSA"),
    ("1.2.840.10040.4.3", "SHA1WITHDSA"),
];

/// The same of algorithms that are not weak.
const UNVERIFIED: &[(&str, &str)] = &[
    ("1.2.156.10197.1.501", "SM3WITHSM2"),
    ("1.3.101.113", "ED448"),
    ("1.3.6.1.5.5.7.6.30", "SHAKE128WITHRSA_PSS"),
    ("1.3.6.1.5.5.7.6.31", "SHAKE256WITHRSA_PSS"),
    ("1.3.6.1.5.5.7.6.32", "SHAKE128WITHECDSA"),
    ("1.3.6.1.5.5.7.6.33", "SHAKE256WITHECDSA"),
    ("2.16.840.1.101.3.4.3.2", "SHA256WITHDSA"),
];

/// The algorithm, and whether its parameters are odd.
fn algorithm(oid: &str, parameters: Option<Element<'_>>) -> (Option<SignatureAlgorithm>, bool) {
    use Hash::{Sha1, Sha224, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaPkcs1};
    // RFC 4055 §5 and RFC 3279 §2.2.1 want NULL with PKCS #1; RFC 5758, 8410 and 9881 want nothing.
    let known = match oid {
        "1.2.840.113549.1.1.10" => return pss(parameters),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => RsaPkcs1(Sha1),
        "1.2.840.113549.1.1.11" => RsaPkcs1(Sha256),
        "1.2.840.113549.1.1.12" => RsaPkcs1(Sha384),
        "1.2.840.113549.1.1.13" => RsaPkcs1(Sha512),
        "1.2.840.113549.1.1.14" => RsaPkcs1(Sha224),
        "1.2.840.10045.4.1" => Ecdsa(Sha1),
        "1.2.840.10045.4.3.1" => Ecdsa(Sha224),
        "1.2.840.10045.4.3.2" => Ecdsa(Sha256),
        "1.2.840.10045.4.3.3" => Ecdsa(Sha384),
        "1.2.840.10045.4.3.4" => Ecdsa(Sha512),
        "1.3.101.112" => Ed25519,
        "2.16.840.1.101.3.4.3.17" => MlDsa44,
        "2.16.840.1.101.3.4.3.18" => MlDsa65,
        "2.16.840.1.101.3.4.3.19" => MlDsa87,
        "1.3.101.113" => return (None, parameters.is_some()),
        _ => return (None, false),
    };
    let odd = match known {
        RsaPkcs1(_) => !is_null(parameters),
        _ => parameters.is_some(),
    };
    (Some(known), odd)
}

fn is_null(parameters: Option<Element<'_>>) -> bool {
    parameters.is_some_and(|element| element.raw == [tag::NULL, 0])
}

/// With a signature, the parameters must be there (RFC 4055 §3.1); readers take the defaults if not.
fn pss(parameters: Option<Element<'_>>) -> (Option<SignatureAlgorithm>, bool) {
    let read = match parameters {
        None => Some(Pss::DEFAULT),
        Some(parameters) => Pss::read(parameters),
    };
    (read.map(SignatureAlgorithm::RsaPss), parameters.is_none() || read.is_none())
}

impl Pss {
    /// What RFC 4055 §3.1 gives each field that is left out.
    const DEFAULT: Self = Self { hash: Hash::Sha1, mask: Hash::Sha1, salt: 20 };

    fn read(parameters: Element<'_>) -> Option<Self> {
        let mut read = Self::DEFAULT;
        let mut reader = parameters.tagged(tag::SEQUENCE).ok()?.open().ok()?;
        if let Some(hash) = explicit(&mut reader, 0)? {
            read.hash = hash_of(hash)?;
        }
        if let Some(mask) = explicit(&mut reader, 1)? {
            let mut mask = mask.tagged(tag::SEQUENCE).ok()?.open().ok()?;
            if value::oid(mask.element().ok()?).ok()? != "1.2.840.113549.1.1.8" {
                return None;
            }
            read.mask = hash_of(mask.element().ok()?)?;
            mask.finish().ok()?;
        }
        if let Some(salt) = explicit(&mut reader, 2)? {
            read.salt = u16::try_from(value::unsigned(salt).ok()?).ok()?;
        }
        // trailerField: 1 is the only one there is (RFC 8017 §A.2.3).
        if let Some(trailer) = explicit(&mut reader, 3)?
            && value::unsigned(trailer) != Ok(1)
        {
            return None;
        }
        reader.finish().ok()?;
        Some(read)
    }
}

/// Whether a field of RSASSA-PSS-params has the value that it has without being there.
fn encodes_default(parameters: Element<'_>) -> Option<bool> {
    let mut reader = parameters.open().ok()?;
    let hash = explicit(&mut reader, 0)?.map(hash_of);
    let mask = explicit(&mut reader, 1)?.map(|mask| {
        let mut mask = mask.open().ok()?;
        mask.element().ok()?;
        hash_of(mask.element().ok()?)
    });
    let salt = explicit(&mut reader, 2)?.map(value::unsigned);
    let trailer = explicit(&mut reader, 3)?;
    let default = Pss::DEFAULT;
    Some(
        hash == Some(Some(default.hash))
            || mask == Some(Some(default.mask))
            || salt == Some(Ok(u64::from(default.salt)))
            || trailer.is_some(),
    )
}

/// The content of an explicitly tagged field. The outer `None` means that it cannot be read.
fn explicit<'a>(reader: &mut Reader<'a>, number: u8) -> Option<Option<Element<'a>>> {
    let Some(outer) = reader.optional(tag::context_constructed(number)).ok()? else {
        return Some(None);
    };
    let mut inner = outer.open().ok()?;
    let element = inner.element().ok()?;
    inner.finish().ok()?;
    Some(Some(element))
}

/// RFC 4055 §2.1: readers accept NULL and nothing as parameters of a hash.
fn hash_of(algorithm: Element<'_>) -> Option<Hash> {
    let mut reader = algorithm.tagged(tag::SEQUENCE).ok()?.open().ok()?;
    let oid = value::oid(reader.element().ok()?).ok()?;
    if !reader.is_empty() && !is_null(reader.element().ok()) {
        return None;
    }
    reader.finish().ok()?;
    match oid.as_str() {
        "1.3.14.3.2.26" => Some(Hash::Sha1),
        "2.16.840.1.101.3.4.2.4" => Some(Hash::Sha224),
        "2.16.840.1.101.3.4.2.1" => Some(Hash::Sha256),
        "2.16.840.1.101.3.4.2.2" => Some(Hash::Sha384),
        "2.16.840.1.101.3.4.2.3" => Some(Hash::Sha512),
        _ => None,
    }
}

impl Hash {
    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
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
            Self::RsaPss(pss) => write!(f, "{}WITHRSA_PSS", pss.hash.name()),
        }
    }
}

fn digest_of(hash: Hash) -> &'static digest::Algorithm {
    match hash {
        Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha224 => &digest::SHA224,
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    }
}
