//! Which extensions a certificate gets, from whom, and in which order.

use const_oid::ObjectIdentifier;
use der::asn1::OctetString;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{AccessDescription, AuthorityKeyIdentifier, BasicConstraints};

use super::{Issuance, Issuer};
use crate::x509::extension::{ExtensionError, extension, find, from_api, key_usages};
use crate::x509::general_name;
use crate::x509::key::key_identifier;
use crate::x509::name::Name;
use crate::x509::oid;

/// The order in which the service's certificates have them. Of alternative names, OCSP and
/// policies no printed sample is known: they follow, and then what else was passed through, in the
/// order in which it was given.
const ORDER: [ObjectIdentifier; 9] = [
    oid::BASIC_CONSTRAINTS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::KEY_USAGE,
    oid::EXT_KEY_USAGE,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_INFO_ACCESS,
    oid::SUBJECT_ALT_NAME,
    oid::CERTIFICATE_POLICIES,
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Api,
    Csr,
}

/// For each extension the first of these that has it: the template, the API, the request, the CA's
/// configuration.
pub(super) fn collect(
    issuance: &Issuance<'_>,
    subject: &Name,
) -> Result<Vec<Extension>, ExtensionError> {
    let mut extensions = defined_by_template(issuance)?;
    let template = issuance.template;
    let api = issuance.passthrough.and_then(|passthrough| passthrough.extensions.as_ref());
    if let Some(api) = api.filter(|_| template.variety.takes_api()) {
        add(&mut extensions, issuance, Source::Api, from_api(api)?);
    }
    add(&mut extensions, issuance, Source::Csr, issuance.request.extensions.clone());
    if let Some(url) = issuance.crl_distribution_point
        && template.distribution_point.ca
        && find(&extensions, oid::CRL_DISTRIBUTION_POINTS).is_none()
    {
        extensions.push(distribution_point(url)?);
    }
    if subject.is_empty() {
        make_alternative_names_critical(&mut extensions);
    }
    extensions.sort_by_key(|extension| {
        ORDER.iter().position(|oid| *oid == extension.extn_id).unwrap_or(ORDER.len())
    });
    Ok(extensions)
}

fn defined_by_template(issuance: &Issuance<'_>) -> Result<Vec<Extension>, ExtensionError> {
    let Issuance { issuer, request, template, .. } = issuance;
    let constraints =
        BasicConstraints { ca: template.is_ca(), path_len_constraint: template.path_len() };
    let critical = template.basic_constraints_critical;
    let subject_key = OctetString::new(key_identifier(&request.public_key_info))?;
    let mut extensions = vec![
        extension(oid::BASIC_CONSTRAINTS, critical, &constraints)?,
        extension(oid::SUBJECT_KEY_IDENTIFIER, false, &subject_key)?,
    ];
    if !template.is_root() {
        extensions.push(authority_key_identifier(issuer)?);
    }
    if !template.key_usage.is_empty() {
        extensions.push(extension(oid::KEY_USAGE, true, &key_usages(template.key_usage))?);
    }
    if let Some(usage) = &template.extended_key_usage {
        let purposes = usage.purposes.to_vec();
        extensions.push(extension(oid::EXT_KEY_USAGE, usage.critical, &purposes)?);
    }
    // Relying parties do not ask whether a trust anchor is revoked.
    if let Some(url) = issuance.ocsp_responder.filter(|_| !template.is_root()) {
        extensions.push(ocsp_responder(url)?);
    }
    Ok(extensions)
}

fn add(
    extensions: &mut Vec<Extension>,
    issuance: &Issuance<'_>,
    source: Source,
    offered: Vec<Extension>,
) {
    for offer in offered {
        if is_taken_from(source, offer.extn_id, issuance)
            && find(extensions, offer.extn_id).is_none()
        {
            extensions.push(offer);
        }
    }
}

/// Templates define key identifiers and basic constraints themselves; what they define, and what
/// their variety does not take, is dropped without a word. The exceptions: a request's alternative
/// names are always taken, and so are distribution points where the template's row says so. Where
/// the CA has an OCSP responder, only the CA sets authority information access.
fn is_taken_from(source: Source, extension: ObjectIdentifier, issuance: &Issuance<'_>) -> bool {
    let template = issuance.template;
    let variety = template.variety;
    match (extension, source) {
        (oid::BASIC_CONSTRAINTS | oid::SUBJECT_KEY_IDENTIFIER, _) => false,
        (oid::AUTHORITY_KEY_IDENTIFIER, source) => source == Source::Api && template.is_root(),
        (oid::AUTHORITY_INFO_ACCESS, _) if issuance.ocsp_responder.is_some() => false,
        (oid::CRL_DISTRIBUTION_POINTS, Source::Api) => template.distribution_point.api,
        (oid::CRL_DISTRIBUTION_POINTS, Source::Csr) => template.distribution_point.csr,
        (oid::SUBJECT_ALT_NAME, Source::Csr) => true,
        (_, Source::Api) => variety.takes_api(),
        (_, Source::Csr) => variety.takes_csr(),
    }
}

fn authority_key_identifier(issuer: &Issuer) -> der::Result<Extension> {
    let identifier = OctetString::new(issuer.key_identifier())?;
    let authority =
        AuthorityKeyIdentifier { key_identifier: Some(identifier), ..Default::default() };
    extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &authority)
}

fn distribution_point(url: &str) -> Result<Extension, ExtensionError> {
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![general_name::uri(url)?])),
        reasons: None,
        crl_issuer: None,
    };
    Ok(extension(oid::CRL_DISTRIBUTION_POINTS, false, &vec![point])?)
}

/// The one access method that the service writes is OCSP.
fn ocsp_responder(url: &str) -> Result<Extension, ExtensionError> {
    let access_location = general_name::uri(url)?;
    let access = AccessDescription { access_method: oid::AD_OCSP, access_location };
    Ok(extension(oid::AUTHORITY_INFO_ACCESS, false, &vec![access])?)
}

/// RFC 5280 §4.2.1.6: MUST, when the subject is empty.
fn make_alternative_names_critical(extensions: &mut [Extension]) {
    for extension in extensions {
        extension.critical |= extension.extn_id == oid::SUBJECT_ALT_NAME;
    }
}
