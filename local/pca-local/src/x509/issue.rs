//! Issues certificates: a request, a template and a CA's word make a certificate.

mod extensions;
mod issuer;

use aws_sdk_acmpca::types::{ApiPassthrough, SigningAlgorithm};
use der::asn1::{AnyRef, UintRef};
use der::{Decode, Encode};
use time::OffsetDateTime;

pub use issuer::Issuer;

use super::certificate::{TbsCertificate, V3, Validity};
use super::csr::Request;
use super::extension::ExtensionError;
use super::key::{KeyError, check_algorithms};
use super::moment;
use super::name::{Name, NameError, is_too_long, subject_from_api};
use super::signed::{SignError, algorithm_identifier, sign};
use super::template::{Kind, Template};

/// Everything that a certificate is made from.
pub struct Issuance<'a> {
    /// Who signs.
    pub issuer: &'a Issuer,
    /// What was asked for.
    pub request: &'a Request,
    /// What may be taken from request and API.
    pub template: &'a Template,
    /// Ignored unless the template is of an API passthrough variety.
    pub passthrough: Option<&'a ApiPassthrough>,
    /// The serial number, as an unsigned number in big-endian order.
    pub serial: [u8; 16],
    /// The first moment of validity.
    pub not_before: OffsetDateTime,
    /// The last second of validity.
    pub not_after: OffsetDateTime,
    /// Must go with the issuer's key.
    pub signing_algorithm: &'a SigningAlgorithm,
    /// The URL of the CRL, when the CA publishes one and does not leave the extension out.
    pub crl_distribution_point: Option<&'a str>,
    /// The URL of the OCSP responder, when the CA has one.
    pub ocsp_responder: Option<&'a str>,
}

/// Why a certificate was not issued.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum IssueError {
    #[error("the common name {common_name:?} is longer than 64 characters")]
    CommonNameTooLong { common_name: String },
    #[error("the certificate cannot be encoded")]
    Encode(#[from] der::Error),
    #[error("the extensions in ApiPassthrough cannot be used")]
    Extensions(#[from] ExtensionError),
    #[error("the template {template} certifies the CA's own key, which is not the request's")]
    NotOwnKey { template: &'static str },
    /// The service's own words (gyuho/infra).
    #[error("The certificate validity specified exceeds the certificate authority validity")]
    OutlivesIssuer { not_after: OffsetDateTime, limit: OffsetDateTime },
    #[error("the path length {wanted} is not below the issuing CA's, which is {limit}")]
    PathLength { wanted: u8, limit: u8 },
    #[error("the issuing CA's path length is 0, so that it cannot issue CA certificates")]
    PathLengthExhausted,
    #[error("the certificate was not signed")]
    Sign(#[source] SignError),
    #[error(transparent)]
    SigningAlgorithm(KeyError),
    #[error("the subject in ApiPassthrough cannot be used")]
    Subject(#[from] NameError),
}

/// Whose doing an [`IssueError`] is, so that a caller can choose the service's exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An argument of the call: the template, the passthrough, the signing algorithm.
    Argument,
    /// What the CA's own certificate allows.
    Issuer,
    /// The service itself.
    Service,
    /// The request that was handed in.
    Request,
}

impl IssueError {
    /// Whose fault the error is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Extensions(_) | Self::SigningAlgorithm(_) | Self::Subject(_) => Fault::Argument,
            Self::CommonNameTooLong { .. } | Self::NotOwnKey { .. } => Fault::Request,
            Self::OutlivesIssuer { .. } | Self::PathLength { .. } | Self::PathLengthExhausted => {
                Fault::Issuer
            }
            Self::Encode(_) | Self::Sign(_) => Fault::Service,
        }
    }
}

/// Returns the DER of the certificate.
///
/// # Errors
/// If the request, the API or the issuer does not allow the certificate: see [`IssueError::fault`].
pub fn issue(issuance: &Issuance<'_>) -> Result<Vec<u8>, IssueError> {
    let Issuance { issuer, request, template, signing_algorithm, .. } = issuance;
    check_algorithms(issuer.key().algorithm(), signing_algorithm)
        .map_err(IssueError::SigningAlgorithm)?;
    let subject = subject(issuance)?;
    check_common_names(&subject)?;
    if template.is_root() {
        if request.public_key_info != issuer.key().public_key_info() {
            return Err(IssueError::NotOwnKey { template: template.name });
        }
    } else {
        check_limits(issuer, template, issuance.not_after)?;
    }
    let extensions = extensions::collect(issuance, &subject)?;
    let algorithm = algorithm_identifier(signing_algorithm).map_err(IssueError::Sign)?;
    let issuer_name = if template.is_root() { &subject } else { issuer.name() };
    let tbs = TbsCertificate {
        version: V3,
        // Taken as unsigned: DER puts a zero octet before one whose top bit is set.
        serial_number: UintRef::new(&issuance.serial)?,
        signature: AnyRef::from_der(&algorithm)?,
        issuer: AnyRef::from_der(issuer_name.as_der())?,
        validity: Validity {
            not_before: moment::to_time(issuance.not_before)?,
            not_after: moment::to_time(issuance.not_after)?,
        },
        subject: AnyRef::from_der(subject.as_der())?,
        public_key_info: AnyRef::from_der(&request.public_key_info)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    sign(&tbs.to_der()?, issuer.key(), signing_algorithm).map_err(IssueError::Sign)
}

fn subject(issuance: &Issuance<'_>) -> Result<Name, NameError> {
    match issuance.passthrough.and_then(|passthrough| passthrough.subject.as_ref()) {
        Some(subject) if issuance.template.variety.takes_api() => subject_from_api(subject),
        _ => Ok(issuance.request.subject.clone()),
    }
}

fn check_common_names(subject: &Name) -> Result<(), IssueError> {
    match subject.common_names().into_iter().find(|name| is_too_long(name)) {
        Some(common_name) => Err(IssueError::CommonNameTooLong { common_name }),
        None => Ok(()),
    }
}

/// RFC 5280 §4.2.1.9 counts the CA certificates that may follow, so each needs a smaller path
/// length than its issuer. An end equal to the issuer's is allowed: the user guide's own samples
/// have it, though its life-cycle page says otherwise for CA certificates.
fn check_limits(
    issuer: &Issuer,
    template: &Template,
    not_after: OffsetDateTime,
) -> Result<(), IssueError> {
    if let Some(limit) = issuer.not_after().filter(|limit| not_after > *limit) {
        return Err(IssueError::OutlivesIssuer { not_after, limit });
    }
    match (template.kind, issuer.path_len()) {
        (Kind::Subordinate { .. }, Some(0)) => Err(IssueError::PathLengthExhausted),
        (Kind::Subordinate { path_len }, Some(limit)) if path_len >= limit => {
            Err(IssueError::PathLength { wanted: path_len, limit })
        }
        _ => Ok(()),
    }
}
