//! Key material, and what is computed with it: ECDSA, RSA and HMAC by aws-lc-rs.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    RsaEncoding, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use aws_lc_rs::{digest, hmac, rsa};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// The specs of keys that are made here, as `KeySpec` has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeySpecName {
    /// Keeps no material: nothing is encrypted here.
    #[default]
    #[serde(rename = "SYMMETRIC_DEFAULT")]
    Symmetric,
    #[serde(rename = "ECC_NIST_P256")]
    EccP256,
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    #[serde(rename = "RSA_4096")]
    Rsa4096,
    #[serde(rename = "HMAC_256")]
    Hmac256,
}

impl KeySpecName {
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_value(text.into()).ok()
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "SYMMETRIC_DEFAULT",
            Self::EccP256 => "ECC_NIST_P256",
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::Hmac256 => "HMAC_256",
        }
    }

    /// The `KeyUsage` that goes with it. An RSA key could encrypt as well, which nothing here does.
    pub(crate) fn usage(self) -> &'static str {
        match self {
            Self::Symmetric => "ENCRYPT_DECRYPT",
            Self::EccP256 | Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => "SIGN_VERIFY",
            Self::Hmac256 => "GENERATE_VERIFY_MAC",
        }
    }

    /// The member of `KeyMetadata` that lists what the key is good for, and the list.
    pub(super) fn algorithms(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Symmetric => ("EncryptionAlgorithms", &["SYMMETRIC_DEFAULT"]),
            Self::EccP256 => ("SigningAlgorithms", &["ECDSA_SHA_256"]),
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => ("SigningAlgorithms", &RSA_ALGORITHMS),
            Self::Hmac256 => ("MacAlgorithms", &["HMAC_SHA_256"]),
        }
    }

    /// New material in base64: PKCS #8, or the octets of an HMAC key.
    pub(super) fn generate(self) -> Result<Option<String>, Unspecified> {
        let rsa = |size| -> Result<Vec<u8>, Unspecified> {
            let der: Pkcs8V1Der<'_> = RsaKeyPair::generate(size)?.as_der()?;
            Ok(der.as_ref().to_vec())
        };
        let octets = match self {
            Self::Symmetric => return Ok(None),
            Self::EccP256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
                key.to_pkcs8v1()?.as_ref().to_vec()
            }
            Self::Rsa2048 => rsa(rsa::KeySize::Rsa2048)?,
            Self::Rsa3072 => rsa(rsa::KeySize::Rsa3072)?,
            Self::Rsa4096 => rsa(rsa::KeySize::Rsa4096)?,
            Self::Hmac256 => {
                let mut octets = [0; 32];
                aws_lc_rs::rand::fill(&mut octets)?;
                octets.to_vec()
            }
        };
        Ok(Some(BASE64_STANDARD.encode(octets)))
    }
}

const RSA_ALGORITHMS: [&str; 6] = [
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];

/// A signing algorithm of KMS.
pub(super) struct SigningAlgorithm {
    pub(super) digest: &'static digest::Algorithm,
    /// `None`: ECDSA.
    rsa: Option<&'static dyn RsaEncoding>,
    verification: &'static dyn VerificationAlgorithm,
}

impl SigningAlgorithm {
    pub(super) fn named(name: &str) -> Option<Self> {
        use signature::{
            RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
            RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
            RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
            RSA_PSS_SHA512,
        };
        let rsa = |digest, encoding, verification| {
            Some(Self { digest, rsa: Some(encoding), verification })
        };
        let (sha256, sha384, sha512) = (&digest::SHA256, &digest::SHA384, &digest::SHA512);
        match name {
            "ECDSA_SHA_256" => {
                Some(Self { digest: sha256, rsa: None, verification: &ECDSA_P256_SHA256_ASN1 })
            }
            "RSASSA_PKCS1_V1_5_SHA_256" => {
                rsa(sha256, &RSA_PKCS1_SHA256, &RSA_PKCS1_2048_8192_SHA256)
            }
            "RSASSA_PKCS1_V1_5_SHA_384" => {
                rsa(sha384, &RSA_PKCS1_SHA384, &RSA_PKCS1_2048_8192_SHA384)
            }
            "RSASSA_PKCS1_V1_5_SHA_512" => {
                rsa(sha512, &RSA_PKCS1_SHA512, &RSA_PKCS1_2048_8192_SHA512)
            }
            "RSASSA_PSS_SHA_256" => rsa(sha256, &RSA_PSS_SHA256, &RSA_PSS_2048_8192_SHA256),
            "RSASSA_PSS_SHA_384" => rsa(sha384, &RSA_PSS_SHA384, &RSA_PSS_2048_8192_SHA384),
            "RSASSA_PSS_SHA_512" => rsa(sha512, &RSA_PSS_SHA512, &RSA_PSS_2048_8192_SHA512),
            _ => None,
        }
    }

    pub(super) fn sign(
        &self,
        material: &[u8],
        digest: &digest::Digest,
    ) -> Result<Vec<u8>, Unspecified> {
        let Some(encoding) = self.rsa else {
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, material);
            return Ok(key.map_err(|_| Unspecified)?.sign_digest(digest)?.as_ref().to_vec());
        };
        let key = RsaKeyPair::from_pkcs8(material).map_err(|_| Unspecified)?;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign_digest(encoding, digest, &mut signature)?;
        Ok(signature)
    }

    pub(super) fn is_valid(
        &self,
        public_key: &[u8],
        digest: &digest::Digest,
        signature: &[u8],
    ) -> bool {
        let key = UnparsedPublicKey::new(self.verification, public_key);
        key.verify_digest(digest, signature).is_ok()
    }
}

/// The public key as a SubjectPublicKeyInfo.
pub(super) fn public_key(spec: KeySpecName, material: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let der: PublicKeyX509Der<'_> = if spec == KeySpecName::EccP256 {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, material);
        key.map_err(|_| Unspecified)?.public_key().as_der()?
    } else {
        RsaKeyPair::from_pkcs8(material).map_err(|_| Unspecified)?.public_key().as_der()?
    };
    Ok(der.as_ref().to_vec())
}

pub(super) fn mac(material: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, material), message).as_ref().to_vec()
}

pub(super) fn is_mac(material: &[u8], message: &[u8], mac: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, material), message, mac).is_ok()
}
