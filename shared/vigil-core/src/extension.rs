//! The extensions of certificates, CRLs and CRL entries, one after another.

use std::collections::BTreeSet;

use crate::der::{DerError, Element, tag, value};

// The content octets of the OBJECT IDENTIFIERs: comparing them costs a million entries nothing.
pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 14];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
pub(crate) const ISSUER_ALT_NAME: &[u8] = &[0x55, 0x1d, 18];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
pub(crate) const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];
pub(crate) const REASON_CODE: &[u8] = &[0x55, 0x1d, 21];
pub(crate) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
pub(crate) const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 27];
pub(crate) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
pub(crate) const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 31];
pub(crate) const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];
pub(crate) const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 46];
/// Next CRL Publish, of Microsoft's CA.
pub(crate) const NEXT_CRL_PUBLISH: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 21, 4];
pub(crate) const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];

/// What RFC 5280 §4.2 and §5.2 define for certificates, beside the extensions above: what relying
/// parties can be expected to process.
const OF_CERTIFICATES: &[&[u8]] = &[
    SUBJECT_KEY_IDENTIFIER,
    KEY_USAGE,
    &[0x55, 0x1d, 17],
    ISSUER_ALT_NAME,
    BASIC_CONSTRAINTS,
    &[0x55, 0x1d, 30],
    CRL_DISTRIBUTION_POINTS,
    &[0x55, 0x1d, 32],
    &[0x55, 0x1d, 33],
    AUTHORITY_KEY_IDENTIFIER,
    &[0x55, 0x1d, 36],
    EXTENDED_KEY_USAGE,
    FRESHEST_CRL,
    &[0x55, 0x1d, 54],
    AUTHORITY_INFO_ACCESS,
    // subjectInfoAccess
    &[0x2b, 6, 1, 5, 5, 7, 1, 11],
];

/// Whether RFC 5280 defines the extension for certificates.
pub(crate) fn is_of_certificates(oid: &[u8]) -> bool {
    OF_CERTIFICATES.contains(&oid)
}

/// Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue } (RFC 5280 §4.1)
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    /// The content of the OBJECT IDENTIFIER.
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    /// FALSE is encoded, which X.690 §11.5 forbids: it is the default.
    pub(crate) is_false_encoded: bool,
    id: Element<'a>,
    value: Element<'a>,
}

impl<'a> Extension<'a> {
    pub(crate) fn read(element: Element<'a>) -> Result<Self, DerError> {
        let mut parts = element.open()?;
        let id = parts.expect(tag::OBJECT_IDENTIFIER)?;
        if !value::is_oid(id.content) {
            return Err(id.invalid("OBJECT IDENTIFIER"));
        }
        let critical = parts.optional(tag::BOOLEAN)?.map(value::boolean).transpose()?;
        let value = parts.expect(tag::OCTET_STRING)?;
        parts.finish()?;
        Ok(Self {
            oid: id.content,
            critical: critical.unwrap_or(false),
            is_false_encoded: critical == Some(false),
            id,
            value,
        })
    }

    /// The one element that the extension's value must be.
    pub(crate) fn single(&self) -> Result<Element<'a>, DerError> {
        let mut reader = self.value.open()?;
        let element = reader.element()?;
        reader.finish()?;
        Ok(element)
    }

    /// For who does not know the extension: its OID is one that relying parties read.
    pub(crate) fn check_oid(&self) -> Result<(), DerError> {
        let is_usual = value::is_usual_oid(self.oid);
        if is_usual { Ok(()) } else { Err(self.id.invalid("OBJECT IDENTIFIER")) }
    }

    pub(crate) fn dotted(&self) -> Result<String, DerError> {
        value::oid(self.id)
    }
}

/// The OIDs that were seen. Most lists are short, and nothing is allocated for them.
#[derive(Default)]
pub(crate) struct SeenOids<'a> {
    few: [&'a [u8]; 4],
    more: BTreeSet<&'a [u8]>,
}

impl<'a> SeenOids<'a> {
    /// Whether it was there before.
    pub(crate) fn see(&mut self, oid: &'a [u8]) -> bool {
        for seen in &mut self.few {
            if *seen == oid {
                return true;
            }
            // No OID is empty.
            if seen.is_empty() {
                *seen = oid;
                return false;
            }
        }
        !self.more.insert(oid)
    }
}

/// `wrapper` is the explicitly tagged Extensions of a certificate or CRL.
pub(crate) fn visit_wrapped<'a>(
    wrapper: Element<'a>,
    visitor: impl FnMut(&Extension<'a>) -> Result<(), DerError>,
) -> Result<(), DerError> {
    let mut wrapped = wrapper.open()?;
    let extensions = wrapped.expect(tag::SEQUENCE)?;
    wrapped.finish()?;
    visit(extensions, visitor)
}

/// `extensions` is the SEQUENCE OF Extension itself, as it stands in a CRL entry.
pub(crate) fn visit<'a>(
    extensions: Element<'a>,
    mut visitor: impl FnMut(&Extension<'a>) -> Result<(), DerError>,
) -> Result<(), DerError> {
    let mut reader = extensions.open()?;
    while !reader.is_empty() {
        visitor(&Extension::read(reader.expect(tag::SEQUENCE)?)?)?;
    }
    Ok(())
}
