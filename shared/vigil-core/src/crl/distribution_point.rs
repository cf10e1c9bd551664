//! issuingDistributionPoint (RFC 5280 §5.2.5): which certificates and reasons a CRL is for.

use crate::{
    der::{DerError, Element, Reader, tag, value},
    distribution_point_name::DistributionPointName,
    extension::Extension,
};

/// RFC 5280 §5.2.5. The flags' names are the RFC's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// The extension is critical, as the RFC demands.
    pub critical: bool,
    /// `distributionPoint`.
    pub name: Option<DistributionPointName>,
    /// The same, encoded: the scope of two CRLs is compared by it.
    pub name_der: Vec<u8>,
    /// `onlyContainsUserCerts`.
    pub only_contains_user_certs: bool,
    /// `onlyContainsCACerts`.
    pub only_contains_ca_certs: bool,
    /// `onlySomeReasons` is there, whichever they are.
    pub only_some_reasons: bool,
    /// Which they are: a bit for each, by its number in ReasonFlags.
    pub some_reasons: u16,
    /// `indirectCRL`.
    pub indirect_crl: bool,
    /// `onlyContainsAttributeCerts`.
    pub only_contains_attribute_certs: bool,
}

impl IssuingDistributionPoint {
    /// Also whether a FALSE is encoded.
    pub(super) fn read(extension: &Extension<'_>) -> Result<(Self, bool), DerError> {
        let mut reader = extension.single()?.tagged(tag::SEQUENCE)?.open()?;
        let mut point = Self { critical: extension.critical, ..Default::default() };
        if let Some(wrapped) = reader.optional(tag::context_constructed(0))? {
            point.name_der = wrapped.content.to_vec();
            let mut wrapped = wrapped.open()?;
            point.name = Some(DistributionPointName::read(wrapped.element()?)?);
            wrapped.finish()?;
        }
        let users = flag(&mut reader, 1)?;
        let cas = flag(&mut reader, 2)?;
        if let Some(reasons) = reader.optional(tag::context(3))? {
            point.some_reasons = some_reasons(reasons)?;
            point.only_some_reasons = true;
        }
        let indirect = flag(&mut reader, 4)?;
        let attributes = flag(&mut reader, 5)?;
        reader.finish()?;
        point.only_contains_user_certs = users == Some(true);
        point.only_contains_ca_certs = cas == Some(true);
        point.indirect_crl = indirect == Some(true);
        point.only_contains_attribute_certs = attributes == Some(true);
        Ok((point, [users, cas, indirect, attributes].contains(&Some(false))))
    }
}

/// `[n] BOOLEAN DEFAULT FALSE`
fn flag(reader: &mut Reader<'_>, number: u8) -> Result<Option<bool>, DerError> {
    match reader.optional(tag::context(number))?.map(|flag| (flag, flag.content)) {
        None => Ok(None),
        Some((_, [0x00])) => Ok(Some(false)),
        Some((_, [0xff])) => Ok(Some(true)),
        Some((flag, _)) => Err(flag.invalid("BOOLEAN")),
    }
}

/// ReasonFlags (RFC 5280 §4.2.1.13): bit 0 is unused, and without any other the CRL is for nothing.
pub(super) fn some_reasons(reasons: Element<'_>) -> Result<u16, DerError> {
    let bits = value::named_bits_of(reasons)?;
    let numbers = (1..=8_u16).filter(|number| value::named_bit(bits, usize::from(*number)));
    let flags = numbers.fold(0_u16, |flags, number| flags | 1_u16 << number);
    if flags == 0 { Err(reasons.invalid("ReasonFlags with a reason")) } else { Ok(flags) }
}
