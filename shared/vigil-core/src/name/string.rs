//! The strings of a Name: whether one has the characters of its type, and what it says.

use crate::der::{Element, tag};

const UTF8: u8 = 0x0c;
const NUMERIC: u8 = 0x12;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const VIDEOTEX: u8 = 0x15;
const IA5: u8 = 0x16;
const GRAPHIC: u8 = 0x19;
const VISIBLE: u8 = 0x1a;
const GENERAL: u8 = 0x1b;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;

/// Attributes of other types than strings are rare (X.520): those that OpenSSL, Java and pyca read pass.
pub(super) fn has_its_characters(value: Element<'_>) -> bool {
    let content = value.content;
    match value.tag {
        NUMERIC => content.iter().all(|octet| octet.is_ascii_digit() || *octet == b' '),
        PRINTABLE => content
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet)),
        IA5 => content.is_ascii(),
        VISIBLE => content.iter().all(|octet| (0x20..0x7f).contains(octet)),
        UTF8 | UNIVERSAL | BMP => text(value).is_some(),
        TELETEX | VIDEOTEX | GRAPHIC | GENERAL | tag::BIT_STRING | tag::SEQUENCE => true,
        // pyca reads it as UTF-8, and refuses what is not.
        tag::OCTET_STRING => std::str::from_utf8(content).is_ok(),
        // dateOfBirth (RFC 3739 §3.2.2)
        tag::UTC_TIME | tag::GENERALIZED_TIME => {
            content.iter().all(|octet| octet.is_ascii_digit() || b".Z".contains(octet))
        }
        // Also a string in pieces, which DER forbids (X.690 §10.2).
        _ => false,
    }
}

/// The text, with its case folded and its white space made single (RFC 5280 §7.1). What is no text is
/// compared as it is encoded.
pub(super) fn folded(value: Element<'_>) -> Vec<u8> {
    let Some(text) = text(value) else { return value.raw.to_vec() };
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").into_bytes()
}

fn text(value: Element<'_>) -> Option<String> {
    let content = value.content;
    match value.tag {
        UTF8 => String::from_utf8(content.to_vec()).ok(),
        NUMERIC | PRINTABLE | IA5 | VISIBLE => {
            content.is_ascii().then(|| String::from_utf8_lossy(content).into_owned())
        }
        // Readers take it for ISO 8859-1.
        TELETEX => Some(content.iter().map(|octet| char::from(*octet)).collect()),
        UNIVERSAL => wide(content, |unit: [u8; 4]| u32::from_be_bytes(unit)),
        BMP => wide(content, |unit: [u8; 2]| u32::from(u16::from_be_bytes(unit))),
        _ => None,
    }
}

/// Characters of the same number of octets each.
fn wide<const N: usize>(content: &[u8], number: impl Fn([u8; N]) -> u32) -> Option<String> {
    let (units, rest) = content.as_chunks::<N>();
    if !rest.is_empty() {
        return None;
    }
    units.iter().map(|unit| char::from_u32(number(*unit))).collect()
}
