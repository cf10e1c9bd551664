//! The request that a CA makes for its own certificate.

use aws_sdk_acmpca::types::{Asn1Subject, CsrExtensions, SigningAlgorithm};
use der::asn1::{AnyRef, SetOfVec};
use der::{Decode, Encode, Sequence};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::request::ExtensionReq;

use crate::x509::extension::{ExtensionError, access_descriptions, extension, key_usage};
use crate::x509::key::CaKey;
use crate::x509::name::{NameError, subject_from_api};
use crate::x509::oid;
use crate::x509::signed::{SignError, sign};

/// Why the request of a CA was not made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CaRequestError {
    #[error("the request cannot be encoded")]
    Encode(#[from] der::Error),
    #[error("the CSR extensions cannot be used")]
    Extensions(#[from] ExtensionError),
    #[error("the request was not signed")]
    Sign(#[from] SignError),
    #[error("the subject cannot be used")]
    Subject(#[from] NameError),
}

/// CertificationRequestInfo of RFC 2986 §4.1, for writing.
#[derive(Sequence)]
struct Info<'a> {
    version: u8,
    subject: AnyRef<'a>,
    public_key_info: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    attributes: SetOfVec<Attribute>,
}

/// The DER of a PKCS #10 request as the service writes it: one attribute, an extensionRequest that
/// opens with critical basic constraints.
///
/// # Errors
/// If the subject or an extension cannot be written, or the key cannot sign.
pub fn ca_request(
    key: &CaKey,
    algorithm: &SigningAlgorithm,
    subject: &Asn1Subject,
    extensions: Option<&CsrExtensions>,
) -> Result<Vec<u8>, CaRequestError> {
    let subject = subject_from_api(subject)?;
    let request = ExtensionReq(requested(extensions)?);
    let info = Info {
        version: 0,
        subject: AnyRef::from_der(subject.as_der())?,
        public_key_info: AnyRef::from_der(key.public_key_info())?,
        attributes: SetOfVec::try_from(vec![Attribute::try_from(request)?])?,
    };
    Ok(sign(&info.to_der()?, key, algorithm)?)
}

/// Whether [`ca_request`] can write these, before there is a key to sign with.
///
/// # Errors
/// If the subject or an extension cannot be written.
pub fn check_ca_request(
    subject: &Asn1Subject,
    extensions: Option<&CsrExtensions>,
) -> Result<(), CaRequestError> {
    subject_from_api(subject)?;
    requested(extensions)?;
    Ok(())
}

fn requested(extensions: Option<&CsrExtensions>) -> Result<Vec<Extension>, ExtensionError> {
    let ca = BasicConstraints { ca: true, path_len_constraint: None };
    let mut requested = vec![extension(oid::BASIC_CONSTRAINTS, true, &ca)?];
    let Some(extensions) = extensions else { return Ok(requested) };
    if let Some(usage) = &extensions.key_usage {
        requested.extend(key_usage(usage)?);
    }
    let access = extensions.subject_information_access.as_deref().unwrap_or_default();
    if !access.is_empty() {
        let access = access_descriptions(access)?;
        requested.push(extension(oid::SUBJECT_INFO_ACCESS, false, &access)?);
    }
    Ok(requested)
}
