//! GeneralName and GeneralNames, decoded as far as their forms go (RFC 5280 §4.2.1.6).

use crate::{
    der::{DerError, Element, tag, value},
    name,
};

/// A GeneralName that is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName<'a> {
    /// A Name, encoded.
    Directory(&'a [u8]),
    /// ASCII, whatever it says.
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
            RFC822 if !is_mailbox(element.content) => Err(element.invalid("rfc822Name")),
            DNS if !is_dns_name(element.content) => Err(element.invalid("dNSName")),
            URI if !element.content.is_ascii() => Err(invalid()),
            RFC822 | DNS => Ok(Self::Other),
            URI => Ok(Self::Uri(element.content)),
            DIRECTORY => {
                let mut inner = element.open()?;
                let name = inner.expect(tag::SEQUENCE)?;
                inner.finish()?;
                // RFC 5280 §4.2.1.6: a name is not empty.
                let form = name::check(name)?;
                if name.content.is_empty() || form.characters || form.order {
                    return Err(name.invalid("directoryName"));
                }
                Ok(Self::Directory(name.raw))
            }
            // iPAddress: an address of version 4 or 6.
            tag if tag == tag::context(7) && ![4, 16].contains(&element.content.len()) => {
                Err(invalid())
            }
            // registeredID: the content of an OBJECT IDENTIFIER.
            tag if tag == tag::context(8) && !value::is_usual_oid(element.content) => {
                Err(invalid())
            }
            tag if tag == tag::context(7) || tag == tag::context(8) => Ok(Self::Other),
            tag if tag == tag::context_constructed(0) => other_name(element),
            tag if tag == tag::context_constructed(5) => party_name(element),
            // x400Address: whole elements.
            tag if tag == tag::context_constructed(3) => {
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

/// `OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }`
fn other_name(element: Element<'_>) -> Result<GeneralName<'_>, DerError> {
    let mut parts = element.open()?;
    value::oid(parts.expect(tag::OBJECT_IDENTIFIER)?)?;
    single(parts.expect(tag::context_constructed(0))?)?;
    parts.finish()?;
    Ok(GeneralName::Other)
}

/// `EDIPartyName ::= SEQUENCE { nameAssigner [0] OPTIONAL, partyName [1] }`, each a DirectoryString.
fn party_name(element: Element<'_>) -> Result<GeneralName<'_>, DerError> {
    let mut parts = element.open()?;
    parts.optional(tag::context_constructed(0))?.map(single).transpose()?;
    single(parts.expect(tag::context_constructed(1))?)?;
    parts.finish()?;
    Ok(GeneralName::Other)
}

/// The one element that an explicit tag wraps.
fn single(wrapper: Element<'_>) -> Result<Element<'_>, DerError> {
    let mut inner = wrapper.open()?;
    let element = inner.element()?;
    inner.finish()?;
    Ok(element)
}

/// `Local-part "@" Domain` (RFC 5280 §4.2.1.6, RFC 2821 §4.1.2).
fn is_mailbox(content: &[u8]) -> bool {
    let at = content.iter().rposition(|octet| *octet == b'@');
    let is_text = content.iter().all(|octet| (0x20..0x7f).contains(octet));
    // Java refuses a domain of the dot alone.
    let is_domain = |domain: &[u8]| domain.iter().any(|octet| *octet != b'.');
    is_text && at.is_some_and(|at| at > 0 && is_domain(&content[at + 1..]))
}

/// The characters of a host's name, and of a wildcard (RFC 5280 §4.2.1.6, RFC 1034 §3.5).
fn is_dns_name(content: &[u8]) -> bool {
    let is_usual = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.*".contains(octet);
    !content.is_empty() && content.iter().all(is_usual)
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

/// The content of id-ad-caIssuers (§4.2.2.1).
const CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 2];

/// Whether the accessMethod of an AccessDescription is caIssuers, and its accessLocation (§4.2.2.1).
pub(crate) fn access(description: Element<'_>) -> Result<(bool, GeneralName<'_>), DerError> {
    let mut parts = description.open()?;
    let method = parts.expect(tag::OBJECT_IDENTIFIER)?;
    value::oid(method)?;
    let location = GeneralName::read(parts.element()?)?;
    parts.finish()?;
    Ok((method.content == CA_ISSUERS, location))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        crl::fixture::{name, seq, tlv},
        der::Reader,
    };

    fn is_read(tag: u8, content: &[u8]) -> bool {
        let der = tlv(tag, content);
        GeneralName::read(Reader::new(&der).element().unwrap()).is_ok()
    }

    /// 2.25 and a number of 128 bits (X.667).
    const UUID: &[u8] = &[
        0x69, 0x83, 0xf8, 0xa0, 0x90, 0x81, 0xf8, 0xa0, 0x90, 0x81, 0xf8, 0xa0, 0x90, 0x81, 0xf8,
        0xa0, 0x90, 0x81, 0xf8, 0x20,
    ];

    #[test]
    fn a_general_name_has_the_form_of_its_kind() {
        let oid = tlv(tag::OBJECT_IDENTIFIER, &[0x2a, 3]);
        let text = |tag| tlv(tag, &tlv(0x0c, b"x"));
        let unordered = seq(&[tlv(
            tag::SET,
            &[10, 3]
                .map(|of| seq(&[tlv(tag::OBJECT_IDENTIFIER, &[0x55, 4, of]), tlv(0x0c, b"x")]))
                .concat(),
        )]);
        for (tag, content, is_right) in [
            (0x81, b"a@b.example".to_vec(), true),
            (0x81, b"a".to_vec(), false),
            (0x81, b"@b".to_vec(), false),
            (0x81, b"a@".to_vec(), false),
            (0x81, b"a@.".to_vec(), false),
            (0x81, b"a.b@[192.0.2.1]".to_vec(), true),
            (0x81, b"\xfc@b".to_vec(), false),
            (0x81, vec![], false),
            (0x82, b"*.a-b.example".to_vec(), true),
            (0x82, b" ".to_vec(), false),
            (0x82, b"\xfc".to_vec(), false),
            (0x82, vec![], false),
            (0x86, b"anything".to_vec(), true),
            (0x86, b"\xfc".to_vec(), false),
            (0x87, vec![1; 4], true),
            (0x87, vec![1; 16], true),
            (0x87, vec![1; 8], false),
            (0x88, vec![0x2a, 3], true),
            (0x88, vec![0x2a, 0x80, 3], false),
            (0x88, vec![], false),
            (0x88, vec![1; 63], true),
            (0x88, vec![1; 64], false),
            (0xa0, [oid.clone(), text(0xa0)].concat(), true),
            (0xa0, [tlv(tag::OBJECT_IDENTIFIER, UUID), text(0xa0)].concat(), true),
            (0xa0, oid.clone(), false),
            (0xa0, text(0xa0), false),
            (0xa0, [oid.clone(), text(0xa0), oid.clone()].concat(), false),
            (0xa0, [oid, tlv(0xa0, &[])].concat(), false),
            (0xa3, tlv(tag::SEQUENCE, &[]), true),
            (0xa4, name("x"), true),
            (0xa4, seq(&[vec![]]), false),
            (0xa4, unordered, false),
            (0xa4, [name("x"), vec![5, 0]].concat(), false),
            (0xa5, text(0xa1), true),
            (0xa5, [text(0xa0), text(0xa1)].concat(), true),
            (0xa5, text(0xa0), false),
            (0xa5, vec![], false),
            (0xa6, tlv(0x16, b"http://a/"), false),
            (0x89, vec![], false),
        ] {
            assert_eq!(is_read(tag, &content), is_right, "0x{tag:02x} {content:02x?}");
        }
    }
}
