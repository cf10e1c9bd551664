//! The extensions of a CRL (RFC 5280 §5.2), read one by one so that a bad one hides no other.

use super::{CrlFacts, Malformed};
use crate::distribution_point_name::DistributionPointName;
use crate::{
    der::{DerError, Element, Reader, tag, value},
    extension::{self, Extension},
};

/// RFC 5280 §5.2.5. The flags' names are the RFC's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    pub critical: bool,
    pub name: Option<DistributionPointName>,
    pub only_contains_user_certs: bool,
    pub only_contains_ca_certs: bool,
    pub only_some_reasons: bool,
    pub indirect_crl: bool,
    pub only_contains_attribute_certs: bool,
}

/// What the extensions add to the facts.
#[derive(Default)]
pub(super) struct ExtensionFacts {
    pub(super) number: Option<Vec<u8>>,
    pub(super) authority_key_identifier: Option<Vec<u8>>,
    pub(super) issuing_distribution_point: Option<IssuingDistributionPoint>,
    pub(super) delta_base: Option<Vec<u8>>,
    pub(super) unknown_critical: Vec<String>,
    pub(super) malformed: Vec<Malformed>,
}

/// A CRL has a handful of extensions; a list of thousands is an attack on our memory.
const MAX_NAMED: usize = 16;

impl ExtensionFacts {
    pub(super) fn read(wrapper: Element<'_>) -> Self {
        let mut facts = Self::default();
        let walked = extension::visit_wrapped(wrapper, |extension| {
            if let Err((part, error)) = facts.extension(extension) {
                facts.malformed(part, error);
            }
            Ok(())
        });
        if let Err(error) = walked {
            facts.malformed("crlExtensions", error);
        }
        facts
    }

    fn malformed(&mut self, part: &'static str, error: DerError) {
        if self.malformed.len() < MAX_NAMED {
            self.malformed.push(Malformed { part, error });
        }
    }

    fn extension(&mut self, extension: &Extension<'_>) -> Result<(), (&'static str, DerError)> {
        let part = |part| move |error| (part, error);
        match extension.oid {
            extension::CRL_NUMBER => {
                self.number = Some(crl_number(extension).map_err(part("cRLNumber"))?);
            }
            extension::AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_identifier =
                    key_identifier(extension).map_err(part("authorityKeyIdentifier"))?;
            }
            extension::ISSUING_DISTRIBUTION_POINT => {
                let point = distribution_point(extension).map_err(part("issuingDistributionPoint"));
                self.issuing_distribution_point = Some(point?);
            }
            extension::DELTA_CRL_INDICATOR => {
                self.delta_base = Some(crl_number(extension).map_err(part("deltaCRLIndicator"))?);
            }
            extension::ISSUER_ALT_NAME
            | extension::FRESHEST_CRL
            | extension::AUTHORITY_INFO_ACCESS => {}
            _ if extension.critical && self.unknown_critical.len() < MAX_NAMED => {
                let oid = extension.dotted().map_err(part("extnID"))?;
                self.unknown_critical.push(oid);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn add_to(self, facts: &mut CrlFacts) {
        facts.number = self.number;
        facts.authority_key_identifier = self.authority_key_identifier;
        facts.issuing_distribution_point = self.issuing_distribution_point;
        facts.delta_base = self.delta_base;
        facts.unknown_critical_extensions = self.unknown_critical;
        facts.malformed.extend(self.malformed);
    }
}

/// CRLNumber ::= INTEGER (0..MAX), RFC 5280 §5.2.3.
fn crl_number(extension: &Extension<'_>) -> Result<Vec<u8>, DerError> {
    let element = extension.single()?;
    let octets = value::integer(element)?;
    if octets[0] & 0x80 != 0 {
        return Err(element.invalid("non-negative INTEGER"));
    }
    Ok(value::magnitude(octets).to_vec())
}

/// The keyIdentifier `[0]` of AuthorityKeyIdentifier, which may be left out.
fn key_identifier(extension: &Extension<'_>) -> Result<Option<Vec<u8>>, DerError> {
    let mut reader = extension.single()?.open()?;
    let identifier = reader.optional(tag::context(0))?;
    Ok(identifier.map(|element| element.content.to_vec()))
}

fn distribution_point(extension: &Extension<'_>) -> Result<IssuingDistributionPoint, DerError> {
    let mut reader = extension.single()?.open()?;
    let mut point = IssuingDistributionPoint { critical: extension.critical, ..Default::default() };
    if let Some(wrapped) = reader.optional(tag::context_constructed(0))? {
        let mut wrapped = wrapped.open()?;
        point.name = Some(DistributionPointName::read(wrapped.element()?)?);
        wrapped.finish()?;
    }
    point.only_contains_user_certs = flag(&mut reader, 1)?;
    point.only_contains_ca_certs = flag(&mut reader, 2)?;
    point.only_some_reasons = reader.optional(tag::context(3))?.is_some();
    point.indirect_crl = flag(&mut reader, 4)?;
    point.only_contains_attribute_certs = flag(&mut reader, 5)?;
    reader.finish()?;
    Ok(point)
}

/// `[n] BOOLEAN DEFAULT FALSE`
fn flag(reader: &mut Reader<'_>, number: u8) -> Result<bool, DerError> {
    match reader.optional(tag::context(number))?.map(|flag| (flag, flag.content)) {
        None | Some((_, [0x00])) => Ok(false),
        Some((_, [0xff])) => Ok(true),
        Some((flag, _)) => Err(flag.invalid("BOOLEAN")),
    }
}
