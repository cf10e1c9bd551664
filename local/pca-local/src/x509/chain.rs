//! Whether a CA certificate and its chain may be imported.

use const_oid::ObjectIdentifier;
use time::OffsetDateTime;

use super::certificate::Certificate;
use super::name::rfc2253;
use super::oid;

/// RFC 5280 names for what may be critical in an imported certificate or its chain. Everything
/// else that is critical is refused, notably AIA, CRL distribution points, freshest CRL and policy
/// constraints.
const MAY_BE_CRITICAL: [ObjectIdentifier; 13] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::BASIC_CONSTRAINTS,
    oid::CERTIFICATE_POLICIES,
    oid::EXT_KEY_USAGE,
    oid::INHIBIT_ANY_POLICY,
    oid::ISSUER_ALT_NAME,
    oid::KEY_USAGE,
    oid::NAME_CONSTRAINTS,
    oid::POLICY_MAPPINGS,
    oid::SUBJECT_ALT_NAME,
    oid::SUBJECT_DIRECTORY_ATTRIBUTES,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::SUBJECT_INFO_ACCESS,
];

/// One variant for each violation; `subject` says which certificate of the chain.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum ImportError {
    #[error("the certificate is for another key than this CA's")]
    AnotherKey,
    #[error("the certificate of {subject} has no basic constraints")]
    BasicConstraintsMissing { subject: String },
    #[error("the basic constraints of the certificate of {subject} are not critical")]
    BasicConstraintsNotCritical { subject: String },
    #[error("the certificate of {subject} is not signed by the next one, of {issuer}")]
    ChainBroken { subject: String, issuer: String },
    #[error("the chain holds the certificate itself")]
    ChainHoldsCertificate,
    #[error("the certificate of a subordinate CA needs its chain")]
    ChainMissing,
    #[error("the chain does not end with a root: the certificate of {subject} is not self-signed")]
    ChainWithoutRoot { subject: String },
    #[error("a root CA's certificate has no chain")]
    ChainWithRoot,
    #[error("the certificate of {subject} has the critical extension {oid}")]
    CriticalExtension { subject: String, oid: ObjectIdentifier },
    #[error("the certificate of {subject} ended at {not_after}")]
    Expired { subject: String, not_after: OffsetDateTime },
    #[error("the certificate of {subject} is not a CA certificate")]
    NotACa { subject: String },
    #[error("a root CA's certificate must be self-signed")]
    NotSelfSigned,
    #[error("the certificate of {subject} allows {limit} CA certificates below it, not {found}")]
    PathLength { subject: String, limit: u8, found: usize },
    #[error("a subordinate CA's certificate must not be self-signed")]
    SelfSigned,
}

/// `chain` runs from the issuer of `certificate` to the root.
///
/// # Errors
/// The first rule that the certificate or its chain breaks.
pub fn check_import(
    ca_public_key_info: &[u8],
    is_root: bool,
    certificate: &Certificate,
    chain: &[Certificate],
    now: OffsetDateTime,
) -> Result<(), ImportError> {
    if certificate.public_key_info != ca_public_key_info {
        return Err(ImportError::AnotherKey);
    }
    if is_root {
        check_root(certificate, chain)?;
    } else {
        check_chain(certificate, chain)?;
    }
    if certificate.basic_constraints.is_some_and(|constraints| !constraints.critical) {
        return Err(ImportError::BasicConstraintsNotCritical { subject: subject(certificate) });
    }
    let path: Vec<&Certificate> = std::iter::once(certificate).chain(chain).collect();
    path.iter().try_for_each(|link| check_link(link, now))?;
    (1..path.len()).try_for_each(|position| check_path_len(path[position], &path[..position]))
}

fn check_root(certificate: &Certificate, chain: &[Certificate]) -> Result<(), ImportError> {
    if !chain.is_empty() {
        Err(ImportError::ChainWithRoot)
    } else if !certificate.is_self_signed() {
        Err(ImportError::NotSelfSigned)
    } else {
        Ok(())
    }
}

fn check_chain(certificate: &Certificate, chain: &[Certificate]) -> Result<(), ImportError> {
    if certificate.is_self_signed() {
        return Err(ImportError::SelfSigned);
    }
    let root = chain.last().ok_or(ImportError::ChainMissing)?;
    if chain.iter().any(|link| link.der() == certificate.der()) {
        return Err(ImportError::ChainHoldsCertificate);
    }
    let mut signed = certificate;
    for signer in chain {
        let links = signed.issuer == signer.subject
            && signed.verify_signed_by(&signer.public_key_info).is_ok();
        if !links {
            let (subject, issuer) = (subject(signed), subject(signer));
            return Err(ImportError::ChainBroken { subject, issuer });
        }
        signed = signer;
    }
    if root.is_self_signed() {
        Ok(())
    } else {
        Err(ImportError::ChainWithoutRoot { subject: subject(root) })
    }
}

fn check_link(link: &Certificate, now: OffsetDateTime) -> Result<(), ImportError> {
    let subject = || subject(link);
    let Some(constraints) = link.basic_constraints else {
        return Err(ImportError::BasicConstraintsMissing { subject: subject() });
    };
    if !constraints.ca {
        return Err(ImportError::NotACa { subject: subject() });
    }
    let refused = link
        .extensions
        .iter()
        .find(|extension| extension.critical && !MAY_BE_CRITICAL.contains(&extension.extn_id));
    if let Some(extension) = refused {
        return Err(ImportError::CriticalExtension { subject: subject(), oid: extension.extn_id });
    }
    // Nothing published says so, but a CA that is expired from the start is of no use.
    if link.not_after <= now {
        return Err(ImportError::Expired { subject: subject(), not_after: link.not_after });
    }
    Ok(())
}

/// RFC 5280 §4.2.1.9: the constraint counts the CA certificates below, the imported one among them,
/// but not those that a CA issued to itself.
fn check_path_len(link: &Certificate, below: &[&Certificate]) -> Result<(), ImportError> {
    let found = below.iter().filter(|below| below.issuer != below.subject).count();
    match link.basic_constraints.and_then(|constraints| constraints.path_len) {
        Some(limit) if found > usize::from(limit) => {
            Err(ImportError::PathLength { subject: subject(link), limit, found })
        }
        _ => Ok(()),
    }
}

fn subject(certificate: &Certificate) -> String {
    rfc2253(&certificate.subject)
}
