//! Extensions: written from the API's members, and looked up in what was read.

use aws_sdk_acmpca::types::{self, AccessMethodType, ExtendedKeyUsageType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use const_oid::ObjectIdentifier;
use der::asn1::{Any, Ia5StringRef, OctetString};
use der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::{AccessDescription, KeyUsage, KeyUsages};

use super::general_name::{self, GeneralNameError};
use super::oid;

/// Why the extensions that the API asks for cannot be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum ExtensionError {
    #[error("an access description must have a location")]
    AccessLocationMissing,
    #[error(
        "an access method must have exactly one of CustomObjectIdentifier and AccessMethodType"
    )]
    AccessMethod,
    #[error("the value of the custom extension {oid} is not base64")]
    CustomBase64 {
        oid: String,
        #[source]
        source: base64::DecodeError,
    },
    #[error("the value of the custom extension {oid} is not DER")]
    CustomDer {
        oid: String,
        #[source]
        source: der::Error,
    },
    #[error("the extension cannot be encoded")]
    Encode(#[from] der::Error),
    #[error(
        "an extended key usage must have exactly one of ExtendedKeyUsageType and \
         ExtendedKeyUsageObjectIdentifier"
    )]
    ExtendedKeyUsage,
    #[error("a general name cannot be used")]
    GeneralName(#[from] GeneralNameError),
    #[error("{value:?} is not an object identifier that can be used in an extension")]
    NotAnObjectIdentifier { value: String },
    #[error("the policy qualifier of {policy} must be a CPS URI")]
    PolicyQualifier { policy: String },
    #[error("the extension {oid} is given more than once")]
    Repeated { oid: ObjectIdentifier },
}

pub(crate) fn extension(
    extn_id: ObjectIdentifier,
    critical: bool,
    value: &impl Encode,
) -> der::Result<Extension> {
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(value.to_der()?)? })
}

/// RFC 5280 §4.2: a certificate must not have two instances of an extension.
pub(crate) fn repeated(extensions: &[Extension]) -> Option<ObjectIdentifier> {
    let repeats = |(position, extension): &(usize, &Extension)| {
        extensions[..*position].iter().any(|earlier| earlier.extn_id == extension.extn_id)
    };
    extensions.iter().enumerate().find(repeats).map(|(_, extension)| extension.extn_id)
}

pub(crate) fn find(extensions: &[Extension], oid: ObjectIdentifier) -> Option<&Extension> {
    extensions.iter().find(|extension| extension.extn_id == oid)
}

/// `ApiPassthrough.Extensions`. The API has no member for the criticality of the typed ones: key
/// usage is critical, as in all templates (RFC 5280 §4.2.1.3: SHOULD), the others are not.
pub(crate) fn from_api(api: &types::Extensions) -> Result<Vec<Extension>, ExtensionError> {
    let mut extensions = Vec::new();
    if let Some(usage) = &api.key_usage {
        extensions.extend(key_usage(usage)?);
    }
    let usages = api.extended_key_usage.as_deref().unwrap_or_default();
    if !usages.is_empty() {
        let purposes = usages.iter().map(key_purpose).collect::<Result<Vec<_>, _>>()?;
        extensions.push(extension(oid::EXT_KEY_USAGE, false, &purposes)?);
    }
    let names = api.subject_alternative_names.as_deref().unwrap_or_default();
    if !names.is_empty() {
        let names = names.iter().map(general_name::from_api).collect::<Result<Vec<_>, _>>()?;
        extensions.push(extension(oid::SUBJECT_ALT_NAME, false, &names)?);
    }
    let policies = api.certificate_policies.as_deref().unwrap_or_default();
    if !policies.is_empty() {
        let policies = policies.iter().map(policy).collect::<Result<Vec<_>, _>>()?;
        extensions.push(extension(oid::CERTIFICATE_POLICIES, false, &policies)?);
    }
    for custom_extension in api.custom_extensions.as_deref().unwrap_or_default() {
        extensions.push(custom(custom_extension)?);
    }
    match repeated(&extensions) {
        Some(oid) => Err(ExtensionError::Repeated { oid }),
        None => Ok(extensions),
    }
}

/// `None` when no usage is set: RFC 5280 §4.2.1.3 forbids the empty extension.
pub(crate) fn key_usage(usage: &types::KeyUsage) -> der::Result<Option<Extension>> {
    let flags = [
        (usage.digital_signature, KeyUsages::DigitalSignature),
        (usage.non_repudiation, KeyUsages::NonRepudiation),
        (usage.key_encipherment, KeyUsages::KeyEncipherment),
        (usage.data_encipherment, KeyUsages::DataEncipherment),
        (usage.key_agreement, KeyUsages::KeyAgreement),
        (usage.key_cert_sign, KeyUsages::KeyCertSign),
        (usage.crl_sign, KeyUsages::CRLSign),
        (usage.encipher_only, KeyUsages::EncipherOnly),
        (usage.decipher_only, KeyUsages::DecipherOnly),
    ];
    let set: Vec<KeyUsages> =
        flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).collect();
    if set.is_empty() {
        return Ok(None);
    }
    extension(oid::KEY_USAGE, true, &key_usages(&set)).map(Some)
}

pub(crate) fn key_usages(flags: &[KeyUsages]) -> KeyUsage {
    KeyUsage(flags.iter().fold(Default::default(), |set, flag| set | *flag))
}

fn key_purpose(usage: &types::ExtendedKeyUsage) -> Result<ObjectIdentifier, ExtensionError> {
    let custom = usage.extended_key_usage_object_identifier.as_deref();
    match (&usage.extended_key_usage_type, custom) {
        (None, Some(custom)) => object_id(custom),
        (Some(named), None) => named_purpose(named).ok_or(ExtensionError::ExtendedKeyUsage),
        _ => Err(ExtensionError::ExtendedKeyUsage),
    }
}

fn named_purpose(named: &ExtendedKeyUsageType) -> Option<ObjectIdentifier> {
    Some(match named {
        ExtendedKeyUsageType::CertificateTransparency => oid::CERTIFICATE_TRANSPARENCY,
        ExtendedKeyUsageType::ClientAuth => oid::CLIENT_AUTH,
        ExtendedKeyUsageType::CodeSigning => oid::CODE_SIGNING,
        ExtendedKeyUsageType::DocumentSigning => oid::DOCUMENT_SIGNING,
        ExtendedKeyUsageType::EmailProtection => oid::EMAIL_PROTECTION,
        ExtendedKeyUsageType::OcspSigning => oid::OCSP_SIGNING,
        ExtendedKeyUsageType::ServerAuth => oid::SERVER_AUTH,
        ExtendedKeyUsageType::SmartCardLogin => oid::SMART_CARD_LOGIN,
        ExtendedKeyUsageType::TimeStamping => oid::TIME_STAMPING,
        _ => return None,
    })
}

fn policy(policy: &types::PolicyInformation) -> Result<PolicyInformation, ExtensionError> {
    let qualifiers = policy.policy_qualifiers.as_deref().unwrap_or_default();
    let qualifiers = qualifiers
        .iter()
        .map(|qualifier| policy_qualifier(&policy.cert_policy_id, qualifier))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(PolicyInformation {
        policy_identifier: object_id(&policy.cert_policy_id)?,
        policy_qualifiers: (!qualifiers.is_empty()).then_some(qualifiers),
    })
}

fn policy_qualifier(
    policy: &str,
    qualifier: &types::PolicyQualifierInfo,
) -> Result<PolicyQualifierInfo, ExtensionError> {
    let refused = || ExtensionError::PolicyQualifier { policy: policy.to_owned() };
    if qualifier.policy_qualifier_id != types::PolicyQualifierId::Cps {
        return Err(refused());
    }
    let uri = qualifier.qualifier.as_ref().ok_or_else(refused)?.cps_uri.as_str();
    let uri = Ia5StringRef::new(uri).map_err(|_| refused())?;
    Ok(PolicyQualifierInfo {
        policy_qualifier_id: oid::QT_CPS,
        qualifier: Some(Any::encode_from(&uri)?),
    })
}

fn object_id(dotted: &str) -> Result<ObjectIdentifier, ExtensionError> {
    ObjectIdentifier::new(dotted)
        .map_err(|_| ExtensionError::NotAnObjectIdentifier { value: dotted.to_owned() })
}

/// The value must be one DER value, because a certificate that holds anything else is unreadable.
fn custom(custom: &types::CustomExtension) -> Result<Extension, ExtensionError> {
    let oid = || custom.object_identifier.clone();
    let value = STANDARD
        .decode(&custom.value)
        .map_err(|source| ExtensionError::CustomBase64 { oid: oid(), source })?;
    Any::from_der(&value).map_err(|source| ExtensionError::CustomDer { oid: oid(), source })?;
    Ok(Extension {
        extn_id: object_id(&custom.object_identifier)?,
        critical: custom.critical.unwrap_or(false),
        extn_value: OctetString::new(value)?,
    })
}

/// `CsrExtensions.SubjectInformationAccess`.
pub(crate) fn access_descriptions(
    descriptions: &[types::AccessDescription],
) -> Result<Vec<AccessDescription>, ExtensionError> {
    let description = |description: &types::AccessDescription| {
        let method = description.access_method.as_ref().ok_or(ExtensionError::AccessMethod)?;
        let custom = method.custom_object_identifier.as_deref();
        let access_method = match (&method.access_method_type, custom) {
            (None, Some(custom)) => object_id(custom)?,
            (Some(AccessMethodType::CaRepository), None) => oid::AD_CA_REPOSITORY,
            (Some(AccessMethodType::ResourcePkiManifest), None) => oid::AD_RPKI_MANIFEST,
            (Some(AccessMethodType::ResourcePkiNotify), None) => oid::AD_RPKI_NOTIFY,
            _ => return Err(ExtensionError::AccessMethod),
        };
        let location =
            description.access_location.as_ref().ok_or(ExtensionError::AccessLocationMissing)?;
        let access_location = general_name::from_api(location)?;
        Ok(AccessDescription { access_method, access_location })
    };
    descriptions.iter().map(description).collect()
}

#[cfg(test)]
mod tests;
