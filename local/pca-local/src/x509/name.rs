//! Distinguished names, kept as the DER they came in.

mod from_api;
mod rfc2253;

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode, Encode, Reader, SliceReader, Tag};

pub(crate) use from_api::is_too_long;
pub use from_api::{NameError, subject_from_api};
pub use rfc2253::rfc2253;

use super::oid;

/// An X.501 Name. Two are equal when their encodings are: what a CA compares when it links an
/// issuer to a subject that it copied itself.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Vec<u8>);

pub(crate) struct Attribute<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) value: AnyRef<'a>,
}

impl Name {
    /// Reads the whole structure once, so that no later reader of this name can fail.
    ///
    /// # Errors
    /// If the octets are not one RDNSequence.
    pub fn from_der(der: &[u8]) -> der::Result<Self> {
        relative_names(der)?;
        Ok(Self(der.to_vec()))
    }

    /// The DER of the RDNSequence.
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// Whether the name has no attribute.
    pub fn is_empty(&self) -> bool {
        self.relative_names().is_empty()
    }

    /// Every commonName in it, where it is text.
    pub fn common_names(&self) -> Vec<String> {
        let names = self.relative_names();
        let attributes = names.iter().flatten();
        let common_names = attributes.filter(|attribute| attribute.oid == oid::COMMON_NAME);
        common_names.filter_map(|attribute| text(attribute.value)).collect()
    }

    /// The relative distinguished names in their order, most of which have one attribute.
    pub(crate) fn relative_names(&self) -> Vec<Vec<Attribute<'_>>> {
        relative_names(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Name({:?})", rfc2253(self))
    }
}

/// A sorted SET OF is not insisted on: request generators get it wrong, and nothing depends on it.
fn relative_names(der: &[u8]) -> der::Result<Vec<Vec<Attribute<'_>>>> {
    let mut reader = SliceReader::new(der)?;
    let names = reader.sequence(|names| {
        let mut relative_names = Vec::new();
        while !names.is_finished() {
            relative_names.push(attributes(AnyRef::decode(names)?)?);
        }
        Ok::<_, der::Error>(relative_names)
    })?;
    reader.finish()?;
    Ok(names)
}

fn attributes(set: AnyRef<'_>) -> der::Result<Vec<Attribute<'_>>> {
    if set.header().tag() != Tag::Set || set.value().is_empty() {
        return Err(set.header().tag().unexpected_error(Some(Tag::Set)).into());
    }
    let mut reader = SliceReader::new(set.value())?;
    let mut attributes = Vec::new();
    while !reader.is_finished() {
        attributes.push(reader.sequence(|parts| {
            Ok::<_, der::Error>(Attribute { oid: parts.decode()?, value: parts.decode()? })
        })?);
    }
    Ok(attributes)
}

/// The text of a DirectoryString or IA5String. BMPString is UTF-16 of the basic plane; TeletexString
/// is read as Latin-1, as other readers do.
pub(crate) fn text(value: AnyRef<'_>) -> Option<String> {
    let octets = value.value();
    match value.header().tag() {
        Tag::Utf8String => String::from_utf8(octets.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            octets.is_ascii().then(|| octets.iter().map(|&octet| char::from(octet)).collect())
        }
        Tag::TeletexString => Some(octets.iter().map(|&octet| char::from(octet)).collect()),
        Tag::BmpString => {
            let units = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            (octets.len() % 2 == 0)
                .then(|| char::decode_utf16(units).collect::<Result<String, _>>().ok())
                .flatten()
        }
        _ => None,
    }
}

/// The complete encoding of an attribute's value, tag and length included.
pub(crate) fn encoded(value: AnyRef<'_>) -> Vec<u8> {
    value.to_der().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_that_are_not_names_are_refused() {
        for (name, hex) in [
            ("nothing", ""),
            ("not_a_sequence", "0500"),
            ("cut_short", "3005310330"),
            ("set_in_place_of_sequence", "3102300031"),
            ("empty_set", "30023100"),
            ("sequence_in_place_of_set", "300e300c300a06035504030c03414243"),
            ("value_missing", "3009310730050603550403"),
            ("something_after_it", "300000"),
            ("attribute_with_three_parts", "3012311030 0e06035504030c034142430c0141"),
        ] {
            assert!(Name::from_der(&unhex(hex)).is_err(), "{name}");
        }
        assert!(Name::from_der(&unhex("3000")).unwrap().is_empty());
    }

    #[test]
    fn common_names_are_read_from_every_kind_of_string() {
        for (name, value, want) in [
            ("utf8", "0c02c3a4", "ä"),
            ("printable", "13026162", "ab"),
            ("bmp", "1e0400e40062", "äb"),
            ("teletex", "1401e4", "ä"),
        ] {
            let value = unhex(value);
            let attribute = tlv(0x30, &[unhex("0603550403"), value].concat());
            let der = tlv(0x30, &tlv(0x31, &attribute));
            assert_eq!(Name::from_der(&der).unwrap().common_names(), [want], "{name}");
        }
    }

    fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(value.len()).unwrap()], value].concat()
    }

    fn unhex(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| octet(pair).unwrap()).collect()
    }
}
