//! What a signature was made with: an AlgorithmIdentifier, read and written.

use aws_sdk_acmpca::types::SigningAlgorithm;
use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode, Encode, Sequence};
use spki::AlgorithmIdentifierRef;

use super::oid;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    pub(crate) fn octets(self) -> u16 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(crate) fn algorithm(self) -> &'static aws_lc_rs::digest::Algorithm {
        match self {
            Self::Sha256 => &aws_lc_rs::digest::SHA256,
            Self::Sha384 => &aws_lc_rs::digest::SHA384,
            Self::Sha512 => &aws_lc_rs::digest::SHA512,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MlDsa {
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

impl MlDsa {
    const ALL: [Self; 3] = [Self::MlDsa44, Self::MlDsa65, Self::MlDsa87];

    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::MlDsa44 => oid::ML_DSA_44,
            Self::MlDsa65 => oid::ML_DSA_65,
            Self::MlDsa87 => oid::ML_DSA_87,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scheme {
    Ecdsa(Hash),
    Ed25519,
    MlDsa(MlDsa),
    RsaPkcs1(Hash),
    /// MGF1 uses the same hash as the message; nothing else is accepted.
    RsaPss {
        hash: Hash,
        salt_octets: u16,
    },
}

/// Why an AlgorithmIdentifier names no signature scheme that is known here.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum SchemeError {
    #[error("the signature algorithm identifier cannot be read")]
    Malformed(#[source] der::Error),
    #[error("the signature algorithm {0} is not supported")]
    Unsupported(ObjectIdentifier),
    #[error("the RSASSA-PSS parameters are not supported: {0}")]
    UnsupportedPss(&'static str),
}

impl Scheme {
    /// `None` for SM3WITHSM2 and for algorithms this version does not know.
    pub(crate) fn of(algorithm: &SigningAlgorithm) -> Option<Self> {
        use SigningAlgorithm as S;
        // RFC 4055 §3.1 recommends a salt as long as the hash. What the service uses is not
        // published, so the recommendation is the choice.
        let pss = |hash: Hash| Self::RsaPss { hash, salt_octets: hash.octets() };
        Some(match algorithm {
            S::MlDsa44 => Self::MlDsa(MlDsa::MlDsa44),
            S::MlDsa65 => Self::MlDsa(MlDsa::MlDsa65),
            S::MlDsa87 => Self::MlDsa(MlDsa::MlDsa87),
            S::Sha256Withecdsa => Self::Ecdsa(Hash::Sha256),
            S::Sha384Withecdsa => Self::Ecdsa(Hash::Sha384),
            S::Sha512Withecdsa => Self::Ecdsa(Hash::Sha512),
            S::Sha256Withrsa => Self::RsaPkcs1(Hash::Sha256),
            S::Sha384Withrsa => Self::RsaPkcs1(Hash::Sha384),
            S::Sha512Withrsa => Self::RsaPkcs1(Hash::Sha512),
            S::Sha256WithrsaPss => pss(Hash::Sha256),
            S::Sha384WithrsaPss => pss(Hash::Sha384),
            S::Sha512WithrsaPss => pss(Hash::Sha512),
            _ => return None,
        })
    }

    /// The service's own name for it.
    pub(crate) fn to_api(self) -> Option<SigningAlgorithm> {
        let mut all = SigningAlgorithm::values().iter().map(|name| SigningAlgorithm::from(*name));
        all.find(|algorithm| Self::of(algorithm) == Some(self))
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<Self, SchemeError> {
        let identifier = AlgorithmIdentifierRef::from_der(der).map_err(SchemeError::Malformed)?;
        Ok(match identifier.oid {
            oid::ECDSA_WITH_SHA256 => Self::Ecdsa(Hash::Sha256),
            oid::ECDSA_WITH_SHA384 => Self::Ecdsa(Hash::Sha384),
            oid::ECDSA_WITH_SHA512 => Self::Ecdsa(Hash::Sha512),
            oid::ED25519 => Self::Ed25519,
            oid::SHA256_WITH_RSA => Self::RsaPkcs1(Hash::Sha256),
            oid::SHA384_WITH_RSA => Self::RsaPkcs1(Hash::Sha384),
            oid::SHA512_WITH_RSA => Self::RsaPkcs1(Hash::Sha512),
            oid::RSASSA_PSS => pss_from_parameters(identifier.parameters)?,
            other => MlDsa::ALL
                .into_iter()
                .find(|level| level.oid() == other)
                .map(Self::MlDsa)
                .ok_or(SchemeError::Unsupported(other))?,
        })
    }

    /// The DER of the AlgorithmIdentifier. RFC 4055 §5 wants NULL parameters with RSA; RFC 5758
    /// §3.2, RFC 8410 §3 and RFC 9881 §2 want none with the others.
    pub(crate) fn to_der(self) -> der::Result<Vec<u8>> {
        let (oid, parameters) = match self {
            Self::Ecdsa(Hash::Sha256) => (oid::ECDSA_WITH_SHA256, None),
            Self::Ecdsa(Hash::Sha384) => (oid::ECDSA_WITH_SHA384, None),
            Self::Ecdsa(Hash::Sha512) => (oid::ECDSA_WITH_SHA512, None),
            Self::Ed25519 => (oid::ED25519, None),
            Self::MlDsa(level) => (level.oid(), None),
            Self::RsaPkcs1(Hash::Sha256) => (oid::SHA256_WITH_RSA, Some(AnyRef::NULL)),
            Self::RsaPkcs1(Hash::Sha384) => (oid::SHA384_WITH_RSA, Some(AnyRef::NULL)),
            Self::RsaPkcs1(Hash::Sha512) => (oid::SHA512_WITH_RSA, Some(AnyRef::NULL)),
            Self::RsaPss { hash, salt_octets } => {
                let parameters = pss_to_parameters(hash, salt_octets)?;
                let parameters = Some(AnyRef::from_der(&parameters)?);
                return AlgorithmIdentifierRef { oid: oid::RSASSA_PSS, parameters }.to_der();
            }
        };
        AlgorithmIdentifierRef { oid, parameters }.to_der()
    }
}

/// RSASSA-PSS-params of RFC 4055 §3.1. What is absent has its default, and the default is SHA-1.
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask_generation: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_octets: Option<u16>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u8>,
}

fn pss_to_parameters(hash: Hash, salt_octets: u16) -> der::Result<Vec<u8>> {
    let hash = AlgorithmIdentifierRef { oid: hash.oid(), parameters: Some(AnyRef::NULL) };
    let inner = hash.to_der()?;
    let mask_generation =
        AlgorithmIdentifierRef { oid: oid::MGF1, parameters: Some(AnyRef::from_der(&inner)?) };
    PssParameters {
        hash: Some(hash),
        mask_generation: Some(mask_generation),
        salt_octets: Some(salt_octets),
        trailer: None,
    }
    .to_der()
}

fn pss_from_parameters(parameters: Option<AnyRef<'_>>) -> Result<Scheme, SchemeError> {
    let parameters = parameters.ok_or(SchemeError::UnsupportedPss("absent, which means SHA-1"))?;
    let parameters: PssParameters<'_> = parameters.decode_as().map_err(SchemeError::Malformed)?;
    let hash = parameters
        .hash
        .and_then(|hash| hash_of(&hash))
        .ok_or(SchemeError::UnsupportedPss("the hash is not SHA-256, SHA-384 or SHA-512"))?;
    let mask_hash = parameters
        .mask_generation
        .filter(|mask| mask.oid == oid::MGF1)
        .and_then(|mask| mask.parameters?.decode_as::<AlgorithmIdentifierRef<'_>>().ok())
        .and_then(|mask| hash_of(&mask));
    if mask_hash != Some(hash) {
        return Err(SchemeError::UnsupportedPss("the mask is not MGF1 with the message's hash"));
    }
    if parameters.trailer.is_some_and(|trailer| trailer != 1) {
        return Err(SchemeError::UnsupportedPss("the trailer field is not 1"));
    }
    Ok(Scheme::RsaPss { hash, salt_octets: parameters.salt_octets.unwrap_or(20) })
}

fn hash_of(identifier: &AlgorithmIdentifierRef<'_>) -> Option<Hash> {
    Hash::ALL.into_iter().find(|hash| hash.oid() == identifier.oid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signing_algorithm_but_sm2_is_written_and_read_back() {
        for name in SigningAlgorithm::values() {
            let algorithm = SigningAlgorithm::from(*name);
            let Some(scheme) = Scheme::of(&algorithm) else {
                assert_eq!(*name, "SM3WITHSM2");
                continue;
            };
            let der = scheme.to_der().unwrap();
            assert_eq!(Scheme::from_der(&der).unwrap(), scheme, "{name}");
            assert_eq!(scheme.to_api(), Some(algorithm));
        }
    }

    #[test]
    fn pss_is_encoded_as_rfc_4055_prints_it() {
        let der = Scheme::of(&SigningAlgorithm::Sha256WithrsaPss).unwrap().to_der().unwrap();
        let want = "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a\
                    864886f70d010108300d06096086480165030402010500a203020120";
        assert_eq!(hex::encode(&der), want.replace(' ', ""));
    }

    #[test]
    fn sha1_is_refused_by_name() {
        let sha1_with_rsa = AlgorithmIdentifierRef {
            oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
            parameters: Some(AnyRef::NULL),
        };
        let error = Scheme::from_der(&sha1_with_rsa.to_der().unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the signature algorithm 1.2.840.113549.1.1.5 is not supported"
        );
        let default_pss = AlgorithmIdentifierRef { oid: oid::RSASSA_PSS, parameters: None };
        assert!(Scheme::from_der(&default_pss.to_der().unwrap()).is_err());
    }
}
