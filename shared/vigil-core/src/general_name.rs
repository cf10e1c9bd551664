//! GeneralName and GeneralNames, decoded as far as their forms go (RFC 5280 §4.2.1.6).

use crate::der::{DerError, Element, tag, value};

/// A GeneralName that is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName<'a> {
    /// A Name, encoded.
    Directory(&'a [u8]),
    Uri(&'a [u8]),
    Other,
}

impl<'a> GeneralName<'a> {
    pub(crate) fn read(element: Element<'a>) -> Result<Self, DerError> {
        const RFC822: u8 = tag::context(1);
        const DNS: u8 = tag::context(2);
        const URI: u8 = tag::context(6);
        const DIRECTORY: u8 = tag::context_constructed(4);
        let invalid = || element.invalid("GeneralName");
        match element.tag {
            RFC822 | DNS | URI if !element.content.is_ascii() => Err(invalid()),
            RFC822 | DNS => Ok(Self::Other),
            URI => Ok(Self::Uri(element.content)),
            DIRECTORY => {
                let mut inner = element.open()?;
                let name = inner.expect(tag::SEQUENCE)?;
                inner.finish()?;
                Ok(Self::Directory(name.raw))
            }
            // iPAddress: an address of version 4 or 6.
            tag if tag == tag::context(7) && ![4, 16].contains(&element.content.len()) => {
                Err(invalid())
            }
            // registeredID: the content of an OBJECT IDENTIFIER.
            tag if tag == tag::context(8)
                && element.content.last().is_none_or(|octet| octet & 0x80 != 0) =>
            {
                Err(invalid())
            }
            tag if tag == tag::context(7) || tag == tag::context(8) => Ok(Self::Other),
            // otherName, x400Address, ediPartyName: whole elements.
            tag if [0, 3, 5].map(tag::context_constructed).contains(&tag) => {
                let mut inner = element.open()?;
                while !inner.is_empty() {
                    inner.element()?;
                }
                Ok(Self::Other)
            }
            _ => Err(invalid()),
        }
    }
}

/// Shows each name in `names`, whose own tag is the caller's business. Tells how many there are:
/// SIZE (1..MAX) is the caller's business too.
pub(crate) fn visit<'a>(
    names: Element<'a>,
    mut visitor: impl FnMut(GeneralName<'a>),
) -> Result<u64, DerError> {
    let (mut reader, mut count) = (names.open()?, 0);
    while !reader.is_empty() {
        visitor(GeneralName::read(reader.element()?)?);
        count += 1;
    }
    Ok(count)
}

/// The accessLocation of an AccessDescription, which has an accessMethod before it (§4.2.2.1).
pub(crate) fn access_location(description: Element<'_>) -> Result<GeneralName<'_>, DerError> {
    let mut parts = description.open()?;
    value::oid(parts.expect(tag::OBJECT_IDENTIFIER)?)?;
    let location = GeneralName::read(parts.element()?)?;
    parts.finish()?;
    Ok(location)
}
