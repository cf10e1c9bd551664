//! Whether a certificate's names keep to the name constraints of the CAs above it.

mod subtree;

use std::fmt;

use der::asn1::AnyRef;
use der::{Decode, Encode};
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtrees;
use x509_cert::ext::pkix::name::GeneralName;

use super::certificate::Certificate;
use super::extension::find;
use super::{name, oid};

/// Why the name constraints above do not allow a certificate.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum NameConstraintsError {
    #[error("Name Constraints violation: {kind} found in an excluded subtree.")]
    Excluded { kind: NameKind },
    /// The sentence in which the service reports this one is the only one that is published.
    #[error("Name Constraints violation: {kind} not found in a permitted subtree.")]
    NotPermitted { kind: NameKind },
    #[error("Name Constraints violation: {what} cannot be read.")]
    Unreadable {
        what: &'static str,
        #[source]
        source: der::Error,
    },
}

/// The kinds of general names, as a person reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "RFC 5280 §4.2.1.6 names them")]
pub enum NameKind {
    DirectoryName,
    DnsName,
    EdiPartyName,
    IpAddress,
    OtherName,
    RegisteredId,
    Rfc822Name,
    Uri,
}

impl NameKind {
    fn of(name: &GeneralName) -> Self {
        match name {
            GeneralName::DirectoryName(_) => Self::DirectoryName,
            GeneralName::DnsName(_) => Self::DnsName,
            GeneralName::EdiPartyName(_) => Self::EdiPartyName,
            GeneralName::IpAddress(_) => Self::IpAddress,
            GeneralName::OtherName(_) => Self::OtherName,
            GeneralName::RegisteredId(_) => Self::RegisteredId,
            GeneralName::Rfc822Name(_) => Self::Rfc822Name,
            GeneralName::UniformResourceIdentifier(_) => Self::Uri,
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DirectoryName => "directory name",
            Self::DnsName => "DNS name",
            Self::EdiPartyName => "EDI party name",
            Self::IpAddress => "IP address",
            Self::OtherName => "other name",
            Self::RegisteredId => "registered id",
            Self::Rfc822Name => "email address",
            Self::Uri => "URI",
        })
    }
}

/// `issuers` are the issuing CA's certificate and those above it.
///
/// # Errors
/// The first name that is excluded or not permitted, or constraints that cannot be read.
pub fn check_name_constraints<'a>(
    certificate: &Certificate,
    issuers: impl IntoIterator<Item = &'a Certificate>,
) -> Result<(), NameConstraintsError> {
    let mut names = None;
    for issuer in issuers {
        let Some(extension) = find(&issuer.extensions, oid::NAME_CONSTRAINTS) else { continue };
        let constraints = NameConstraints::from_der(extension.extn_value.as_bytes())
            .map_err(unreadable("a name constraints extension above the certificate"))?;
        let names = match &mut names {
            Some(names) => names,
            none => none.insert(names_in(certificate)?),
        };
        names.iter().try_for_each(|name| check(name, &constraints))?;
    }
    Ok(())
}

/// Whether the certificate says anything that [`check_name_constraints`] checks.
pub(crate) fn has_name_constraints(certificate: &Certificate) -> bool {
    find(&certificate.extensions, oid::NAME_CONSTRAINTS).is_some()
}

/// RFC 5280 §4.2.1.10: excluded goes before permitted, and a name is free of restrictions when no
/// subtree is of its kind.
fn check(name: &GeneralName, constraints: &NameConstraints) -> Result<(), NameConstraintsError> {
    let kind = NameKind::of(name);
    let mut excluded = bases(&constraints.excluded_subtrees, kind).peekable();
    if excluded.peek().is_some()
        && excluded.any(|base| subtree::contains(base, name) != Some(false))
    {
        return Err(NameConstraintsError::Excluded { kind });
    }
    let mut permitted = bases(&constraints.permitted_subtrees, kind).peekable();
    if permitted.peek().is_some()
        && !permitted.any(|base| subtree::contains(base, name) == Some(true))
    {
        return Err(NameConstraintsError::NotPermitted { kind });
    }
    Ok(())
}

fn bases(subtrees: &Option<GeneralSubtrees>, kind: NameKind) -> impl Iterator<Item = &GeneralName> {
    let bases = subtrees.iter().flatten().map(|subtree| &subtree.base);
    bases.filter(move |base| NameKind::of(base) == kind)
}

/// The alternative names, the subject unless it is empty, and the subject's email addresses if no
/// alternative name is one (RFC 5280 §4.2.1.10).
fn names_in(certificate: &Certificate) -> Result<Vec<GeneralName>, NameConstraintsError> {
    let mut names = match find(&certificate.extensions, oid::SUBJECT_ALT_NAME) {
        Some(extension) => Vec::<GeneralName>::from_der(extension.extn_value.as_bytes())
            .map_err(unreadable("the subject alternative name"))?,
        None => Vec::new(),
    };
    let subject = &certificate.subject;
    if !names.iter().any(|name| matches!(name, GeneralName::Rfc822Name(_))) {
        let relative_names = subject.relative_names();
        let attributes = relative_names.iter().flatten();
        let addresses = attributes.filter(|attribute| attribute.oid == oid::EMAIL_ADDRESS);
        names.extend(addresses.filter_map(|address| email_address(address.value)));
    }
    if !subject.is_empty() {
        let subject =
            x509_cert::name::Name::from_der(subject.as_der()).map_err(unreadable("the subject"))?;
        names.push(GeneralName::DirectoryName(subject));
    }
    Ok(names)
}

fn email_address(value: AnyRef<'_>) -> Option<GeneralName> {
    let text = name::text(value)?;
    der::asn1::Ia5String::new(&text).ok().map(GeneralName::Rfc822Name)
}

fn unreadable(what: &'static str) -> impl FnOnce(der::Error) -> NameConstraintsError {
    move |source| NameConstraintsError::Unreadable { what, source }
}

/// The DER of a name as x509-cert holds it, for comparison with our own reading.
fn encoded(name: &x509_cert::name::Name) -> Vec<u8> {
    name.to_der().unwrap_or_default()
}
