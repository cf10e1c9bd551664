//! The extensions of a CRL (RFC 5280 §5.2), read one by one so that a bad one hides no other.

use time::OffsetDateTime;

use super::{
    AuthorityCertificate, CrlFacts, Malformed, NamedUri,
    distribution_point::{IssuingDistributionPoint, some_reasons},
    faults::{self, Fault, FaultKind},
};
use crate::{
    der::{DerError, Element, tag, value},
    distribution_point_name::{DistributionPointName, keeps, uri_text},
    extension::{self, Extension, SeenOids},
    general_name::{self, GeneralName},
    uri,
};

/// What the extensions add to the facts.
#[derive(Default)]
pub(super) struct ExtensionFacts {
    pub(super) number: Option<Vec<u8>>,
    pub(super) authority_key_identifier: Option<Vec<u8>>,
    pub(super) issuing_distribution_point: Option<IssuingDistributionPoint>,
    pub(super) delta_base: Option<Vec<u8>>,
    pub(super) unknown_critical: Vec<String>,
    pub(super) malformed: Vec<Malformed>,
    faults: Vec<Fault>,
    authority_certificate: Option<AuthorityCertificate>,
    uris: Vec<NamedUri>,
    next_publish: Option<OffsetDateTime>,
    has_freshest: bool,
}

/// As RFC 5280 names them.
const ISSUER_ALT_NAME: &str = "issuerAltName";
const AUTHORITY_KEY_IDENTIFIER: &str = "authorityKeyIdentifier";
const AUTHORITY_INFO_ACCESS: &str = "authorityInfoAccess";

/// The extensions whose URIs are names: no relying party fetches from them, and some refuse a bad one.
pub(crate) const OF_NAMES: [&str; 2] = [AUTHORITY_KEY_IDENTIFIER, ISSUER_ALT_NAME];

/// The extension whose URIs lead to certificates, and not to CRLs.
pub(crate) const OF_CERTIFICATES: &str = AUTHORITY_INFO_ACCESS;

/// A CRL has a handful of extensions; a list of thousands is an attack on our memory.
const MAX_NAMED: usize = 16;

impl ExtensionFacts {
    pub(super) fn read(wrapper: Element<'_>) -> Self {
        let mut facts = Self::default();
        let (mut seen, mut count) = (SeenOids::default(), 0);
        let walked = extension::visit_wrapped(wrapper, |extension| {
            count += 1;
            let part = name_of(extension.oid);
            if seen.see(extension.oid) {
                facts.fault(FaultKind::Duplicate, part);
            }
            if extension.is_false_encoded {
                facts.fault(FaultKind::DefaultEncoded, part);
            }
            facts.criticality(extension, part);
            if let Err(error) = facts.extension(extension, part) {
                facts.malformed(part, error);
            }
            Ok(())
        });
        if let Err(error) = walked {
            facts.malformed("crlExtensions", error);
        } else if count == 0 {
            facts.fault(FaultKind::EmptyList, "crlExtensions");
        }
        facts
    }

    fn malformed(&mut self, part: &'static str, error: DerError) {
        if self.malformed.len() < MAX_NAMED {
            self.malformed.push(Malformed { part, error });
        }
    }

    fn fault(&mut self, kind: FaultKind, part: &'static str) {
        faults::add(&mut self.faults, kind, part, 1);
    }

    /// RFC 5280 §5.2.1 to §5.2.7. issuingDistributionPoint has a rule of its own.
    fn criticality(&mut self, extension: &Extension<'_>, part: &'static str) {
        let kind = match (extension.oid, extension.critical) {
            (
                extension::CRL_NUMBER
                | extension::AUTHORITY_KEY_IDENTIFIER
                | extension::FRESHEST_CRL
                | extension::AUTHORITY_INFO_ACCESS,
                true,
            ) => FaultKind::Critical,
            (extension::ISSUER_ALT_NAME, true) => FaultKind::RatherNotCritical,
            (extension::DELTA_CRL_INDICATOR, false) => FaultKind::NotCritical,
            // It is known here, and to few relying parties.
            (extension::NEXT_CRL_PUBLISH, true) => return self.unknown_critical(extension),
            _ => return,
        };
        self.fault(kind, part);
    }

    fn unknown_critical(&mut self, extension: &Extension<'_>) {
        if let Ok(oid) = extension.dotted()
            && self.unknown_critical.len() < MAX_NAMED
        {
            self.unknown_critical.push(oid);
        }
    }

    fn extension(&mut self, extension: &Extension<'_>, part: &'static str) -> Result<(), DerError> {
        match extension.oid {
            extension::CRL_NUMBER => self.number = Some(crl_number(extension)?),
            extension::AUTHORITY_KEY_IDENTIFIER => self.authority_key(extension, part)?,
            extension::ISSUING_DISTRIBUTION_POINT => {
                let (point, is_false_encoded) = IssuingDistributionPoint::read(extension)?;
                if is_false_encoded {
                    self.fault(FaultKind::DefaultEncoded, part);
                }
                self.name(point.name.as_ref(), part);
                self.issuing_distribution_point = Some(point);
            }
            extension::DELTA_CRL_INDICATOR => self.delta_base = Some(crl_number(extension)?),
            extension::ISSUER_ALT_NAME => {
                self.alternative_names(extension.single()?.tagged(tag::SEQUENCE)?, part)?;
            }
            extension::FRESHEST_CRL => {
                self.has_freshest = true;
                self.distribution_points(extension.single()?.tagged(tag::SEQUENCE)?, part)?;
            }
            extension::AUTHORITY_INFO_ACCESS => {
                self.access(extension.single()?.tagged(tag::SEQUENCE)?, part)?;
            }
            extension::NEXT_CRL_PUBLISH => {
                self.next_publish = Some(value::time(extension.single()?)?);
            }
            _ => {
                extension.check_oid()?;
                if extension.critical {
                    self.unknown_critical(extension);
                }
            }
        }
        Ok(())
    }

    /// `AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0], authorityCertIssuer [1],
    /// authorityCertSerialNumber [2] }`, each optional, the last two together (RFC 5280 §4.2.1.1).
    fn authority_key(
        &mut self,
        extension: &Extension<'_>,
        part: &'static str,
    ) -> Result<(), DerError> {
        let sequence = extension.single()?.tagged(tag::SEQUENCE)?;
        let mut reader = sequence.open()?;
        let identifier = reader.optional(tag::context(0))?;
        self.authority_key_identifier = identifier.map(|of| of.content.to_vec());
        let names = reader.optional(tag::context_constructed(1))?;
        let serial = reader.optional(tag::context(2))?;
        reader.finish()?;
        let mut issuers = Vec::new();
        if let Some(names) = names {
            let count = general_name::visit(names, |name| match name {
                GeneralName::Directory(name) if issuers.len() < MAX_NAMED => {
                    issuers.push(name.to_vec());
                }
                GeneralName::Uri(uri) => self.uri_of_name(uri, part),
                GeneralName::Directory(_) | GeneralName::Other => {}
            })?;
            if count == 0 {
                self.fault(FaultKind::EmptyList, part);
            }
        }
        let serial = serial.map(value::integer_content).transpose()?;
        if names.is_some() != serial.is_some() {
            return Err(
                sequence.invalid("pair of authorityCertIssuer and authorityCertSerialNumber")
            );
        }
        self.authority_certificate =
            serial.map(|serial| AuthorityCertificate { issuers, serial: serial.to_vec() });
        Ok(())
    }

    /// issuerAltName (RFC 5280 §5.2.2, §4.2.1.7): no relying party looks anything up in it, and some
    /// refuse a CRL with a name that cannot be read.
    fn alternative_names(
        &mut self,
        names: Element<'_>,
        part: &'static str,
    ) -> Result<(), DerError> {
        let count = general_name::visit(names, |name| {
            if let GeneralName::Uri(uri) = name {
                self.uri_of_name(uri, part);
            }
        })?;
        if count == 0 {
            self.fault(FaultKind::EmptyList, part);
        }
        Ok(())
    }

    /// `CRLDistributionPoints`, each with a name or a cRLIssuer (RFC 5280 §4.2.1.13). In freshestCRL, a
    /// distribution point must have nothing but its name (§5.2.6).
    fn distribution_points(
        &mut self,
        points: Element<'_>,
        part: &'static str,
    ) -> Result<(), DerError> {
        let mut reader = points.open()?;
        if reader.is_empty() {
            self.fault(FaultKind::EmptyList, part);
        }
        while !reader.is_empty() {
            let point = reader.expect(tag::SEQUENCE)?;
            let mut fields = point.open()?;
            let name = fields.optional(tag::context_constructed(0))?;
            if let Some(reasons) = fields.optional(tag::context(1))? {
                some_reasons(reasons)?;
                self.fault(FaultKind::FreshestField, "reasons");
            }
            let issuer = fields.optional(tag::context_constructed(2))?;
            fields.finish()?;
            if name.is_none() && issuer.is_none() {
                return Err(point.invalid("DistributionPoint"));
            }
            if let Some(wrapped) = name {
                let mut wrapped = wrapped.open()?;
                let name = DistributionPointName::read(wrapped.element()?)?;
                wrapped.finish()?;
                self.name(Some(&name), part);
            }
            if let Some(issuer) = issuer {
                self.fault(FaultKind::FreshestField, "cRLIssuer");
                if general_name::visit(issuer, |_| {})? == 0 {
                    self.fault(FaultKind::EmptyList, part);
                }
            }
        }
        Ok(())
    }

    /// `AuthorityInfoAccessSyntax` (RFC 5280 §4.2.2.1, §5.2.7).
    fn access(&mut self, descriptions: Element<'_>, part: &'static str) -> Result<(), DerError> {
        let mut reader = descriptions.open()?;
        if reader.is_empty() {
            self.fault(FaultKind::EmptyList, part);
        }
        while !reader.is_empty() {
            let description = reader.expect(tag::SEQUENCE)?;
            let (is_of_ca_issuers, location) = general_name::access(description)?;
            if !is_of_ca_issuers {
                self.fault(FaultKind::AccessMethod, part);
            }
            if let GeneralName::Uri(uri) = location {
                self.uri(uri_text(uri), part);
            }
        }
        Ok(())
    }

    fn name(&mut self, name: Option<&DistributionPointName>, part: &'static str) {
        let Some(name) = name else { return };
        if name.is_empty() {
            self.fault(FaultKind::EmptyList, part);
        }
        if let DistributionPointName::Full { uris, .. } = name {
            for uri in uris {
                self.uri(uri.clone(), part);
            }
        }
    }

    /// Names are not fetched from, so that of the good ones nothing more is to be said.
    fn uri_of_name(&mut self, octets: &[u8], part: &'static str) {
        let uri = uri_text(octets);
        if uri::is_name(&uri).is_err() {
            self.uri(uri, part);
        }
    }

    /// Those of one extension hide none of another.
    fn uri(&mut self, uri: String, part: &'static str) {
        let kept = self.uris.iter().filter(|named| named.part == part).count();
        let is_wrong = match part {
            OF_CERTIFICATES => uri::certificates_fetched(&uri).is_err(),
            _ => uri::fetched(&uri).is_err(),
        };
        if keeps(kept, &uri, is_wrong) {
            self.uris.push(NamedUri { part, uri });
        }
    }

    pub(super) fn add_to(self, facts: &mut CrlFacts) {
        facts.number = self.number;
        facts.authority_key_identifier = self.authority_key_identifier;
        facts.issuing_distribution_point = self.issuing_distribution_point;
        facts.delta_base = self.delta_base;
        facts.unknown_critical_extensions = self.unknown_critical;
        facts.malformed.extend(self.malformed);
        facts.faults.extend(self.faults);
        facts.authority_certificate = self.authority_certificate;
        facts.uris = self.uris;
        facts.next_publish = self.next_publish;
        facts.has_freshest = self.has_freshest;
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

/// As RFC 5280 names the extension.
fn name_of(oid: &[u8]) -> &'static str {
    match oid {
        extension::CRL_NUMBER => "cRLNumber",
        extension::AUTHORITY_KEY_IDENTIFIER => AUTHORITY_KEY_IDENTIFIER,
        extension::ISSUING_DISTRIBUTION_POINT => "issuingDistributionPoint",
        extension::DELTA_CRL_INDICATOR => "deltaCRLIndicator",
        extension::ISSUER_ALT_NAME => ISSUER_ALT_NAME,
        extension::FRESHEST_CRL => "freshestCRL",
        extension::AUTHORITY_INFO_ACCESS => AUTHORITY_INFO_ACCESS,
        extension::NEXT_CRL_PUBLISH => "Next CRL Publish",
        _ => "another extension",
    }
}
