//! What an OCSP responder answers.

use aws_sdk_acmpca::types::SigningAlgorithm;
use der::asn1::{AnyRef, GeneralizedTime, OctetStringRef};
use der::{Decode, Encode, Sequence};
use time::OffsetDateTime;
use x509_cert::ext::Extension;

use super::CertId;
use crate::x509::crl::Reason;
use crate::x509::issue::Issuer;
use crate::x509::key::key_identifier;
use crate::x509::oid;
use crate::x509::signed::{SignError, sign};

/// RFC 6960 §2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStatus {
    /// Issued and not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// The moment of revocation.
        at: OffsetDateTime,
        /// Why it was revoked.
        reason: Reason,
    },
    /// The CA has issued no such certificate.
    Unknown,
}

/// What a response says of one certificate.
pub struct SingleResponse<'a> {
    /// As the request names it.
    pub certificate: &'a CertId,
    /// What is known of it.
    pub status: CertStatus,
}

/// What a response says besides the certificates' status. Whole seconds count.
pub struct ResponseHeader<'a> {
    /// Must go with the issuer's key.
    pub signing_algorithm: &'a SigningAlgorithm,
    /// When the response is signed.
    pub produced_at: OffsetDateTime,
    /// When the statuses are known to be true.
    pub this_update: OffsetDateTime,
    /// Until when the response may be used.
    pub next_update: OffsetDateTime,
    /// The request's own nonce, repeated.
    pub nonce: Option<&'a Extension>,
}

/// Why there is no answer. Those are not signed (RFC 6960 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "RFC 6960 §4.2.1 names them")]
pub enum OcspRefusal {
    MalformedRequest = 1,
    InternalError = 2,
    Unauthorized = 6,
}

/// Why a response was not signed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum OcspResponseError {
    #[error("the OCSP response cannot be encoded")]
    Encode(#[from] der::Error),
    #[error("the OCSP response was not signed")]
    Sign(#[from] SignError),
}

/// An OCSPResponse without responseBytes: SEQUENCE { ENUMERATED }.
pub fn refusal(refusal: OcspRefusal) -> Vec<u8> {
    vec![0x30, 3, 0x0a, 1, refusal as u8]
}

#[derive(Sequence)]
struct Outer<'a> {
    response_status: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    response_bytes: ResponseBytes<'a>,
}

#[derive(Sequence)]
struct ResponseBytes<'a> {
    response_type: const_oid::ObjectIdentifier,
    response: &'a OctetStringRef,
}

#[derive(Sequence)]
struct ResponseData<'a> {
    /// RFC 6960 §4.2.1, ResponderID: byKey.
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    by_key: &'a OctetStringRef,
    produced_at: GeneralizedTime,
    responses: Vec<Single<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    response_extensions: Option<Vec<Extension>>,
}

#[derive(Sequence)]
struct Single<'a> {
    cert_id: AnyRef<'a>,
    cert_status: AnyRef<'a>,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    next_update: Option<GeneralizedTime>,
}

/// A response that the CA signs with its own key, so that no certificate needs to be in it.
///
/// # Errors
/// If the key cannot sign with the algorithm, or a field cannot be encoded.
pub fn sign_response(
    issuer: &Issuer,
    header: &ResponseHeader<'_>,
    responses: &[SingleResponse<'_>],
) -> Result<Vec<u8>, OcspResponseError> {
    // RFC 6960 §4.2.1, KeyHash: SHA-1 of the key itself, whatever the CA's certificate calls it.
    let key_hash = key_identifier(issuer.key().public_key_info());
    let statuses = responses
        .iter()
        .map(|response| status(response.status))
        .collect::<der::Result<Vec<_>>>()?;
    let (this_update, next_update) = (moment(header.this_update)?, moment(header.next_update)?);
    let mut singles = Vec::with_capacity(responses.len());
    for (response, status) in responses.iter().zip(&statuses) {
        singles.push(Single {
            cert_id: AnyRef::from_der(&response.certificate.der)?,
            cert_status: AnyRef::from_der(status)?,
            this_update,
            next_update: Some(next_update),
        });
    }
    let data = ResponseData {
        by_key: OctetStringRef::new(&key_hash)?,
        produced_at: moment(header.produced_at)?,
        responses: singles,
        response_extensions: header.nonce.map(|nonce| vec![nonce.clone()]),
    };
    let signed = sign(&data.to_der()?, issuer.key(), header.signing_algorithm)?;
    let response = Outer {
        response_status: AnyRef::from_der(&[0x0a, 1, 0])?,
        response_bytes: ResponseBytes {
            response_type: oid::OCSP_BASIC,
            response: OctetStringRef::new(&signed)?,
        },
    };
    Ok(response.to_der()?)
}

/// CertStatus: good `[0]` and unknown `[2]` are IMPLICIT NULL, revoked `[1]` an IMPLICIT
/// RevokedInfo. As in CRLs, reason 0 is left out rather than written.
fn status(status: CertStatus) -> der::Result<Vec<u8>> {
    let (at, reason) = match status {
        CertStatus::Good => return Ok(vec![0x80, 0]),
        CertStatus::Unknown => return Ok(vec![0x82, 0]),
        CertStatus::Revoked { at, reason } => (at, reason),
    };
    let mut info = moment(at)?.to_der()?;
    if reason != Reason::Unspecified {
        info.extend([0xa0, 3, 0x0a, 1, reason as u8]);
    }
    // 17 octets of time and 5 of reason at most.
    let mut status = vec![0xa1, info.len() as u8];
    status.extend(info);
    Ok(status)
}

fn moment(at: OffsetDateTime) -> der::Result<GeneralizedTime> {
    let seconds = u64::try_from(at.unix_timestamp()).map_err(|_| der::ErrorKind::DateTime)?;
    GeneralizedTime::from_unix_duration(std::time::Duration::from_secs(seconds))
}
