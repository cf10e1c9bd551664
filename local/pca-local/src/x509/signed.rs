//! The outer shell that requests, certificates and CRLs share: what is signed, how, the signature.

use aws_sdk_acmpca::types::SigningAlgorithm;
use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader};

use super::key::{CaKey, KeyError};
use super::scheme::Scheme;
use super::verify::{VerifyError, verify};

/// The parts as they stand in the input, so that a signature is checked over the very bytes.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(crate) fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let signed = reader.sequence(|parts| {
            let content = parts.tlv_bytes()?;
            let algorithm = parts.tlv_bytes()?;
            let signature = BitStringRef::decode(parts)?;
            let signature = signature
                .as_bytes()
                .ok_or(der::ErrorKind::Noncanonical { tag: der::Tag::BitString })?;
            Ok::<_, der::Error>(Self { content, algorithm, signature })
        })?;
        reader.finish()?;
        Ok(signed)
    }

    pub(crate) fn verify(&self, public_key_info: &[u8]) -> Result<(), VerifyError> {
        verify(public_key_info, self.algorithm, self.content, self.signature)
    }
}

/// Why a structure was not signed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum SignError {
    #[error("what was to be signed cannot be encoded")]
    Encode(#[from] der::Error),
    #[error("the signature was not made")]
    Key(#[from] KeyError),
}

/// The AlgorithmIdentifier for `algorithm`, which stands inside what is signed and again beside it.
pub(crate) fn algorithm_identifier(algorithm: &SigningAlgorithm) -> Result<Vec<u8>, SignError> {
    let scheme = Scheme::of(algorithm)
        .ok_or_else(|| KeyError::Unsupported { algorithm: algorithm.as_str().to_owned() })?;
    Ok(scheme.to_der()?)
}

#[derive(Sequence)]
struct Parts<'a> {
    content: AnyRef<'a>,
    algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

/// Signs `content`, a complete DER value, and puts the shell around it.
pub(crate) fn sign(
    content: &[u8],
    key: &CaKey,
    algorithm: &SigningAlgorithm,
) -> Result<Vec<u8>, SignError> {
    let signature = key.sign(algorithm, content)?;
    let identifier = algorithm_identifier(algorithm)?;
    let parts = Parts {
        content: AnyRef::from_der(content)?,
        algorithm: AnyRef::from_der(&identifier)?,
        signature: BitStringRef::from_bytes(&signature)?,
    };
    Ok(parts.to_der()?)
}
