//! A distinguished name as text, for readers (after RFC 4514, with the attributes in their own order).

use crate::der::{DerError, Element, Reader, tag, value};

/// What can be read of it. The author of a CRL chose the characters.
pub fn readable(name: &[u8]) -> String {
    attributes(name).unwrap_or_default().join(", ")
}

/// Whether a Name is one, as far as its form goes (RFC 5280 §4.1.2.4).
///
/// # Errors
///
/// [`DerError`] names the first element that is not in its place.
pub(crate) fn check(name: &[u8]) -> Result<(), DerError> {
    let mut sets = Reader::new(name).expect(tag::SEQUENCE)?.open()?;
    while !sets.is_empty() {
        check_relative(sets.expect(tag::SET)?)?;
    }
    Ok(())
}

/// The same of a RelativeDistinguishedName, whose own tag is the caller's business.
///
/// # Errors
///
/// As [`check`].
pub(crate) fn check_relative(set: Element<'_>) -> Result<(), DerError> {
    let mut pairs = set.open()?;
    if pairs.is_empty() {
        return Err(set.invalid("RelativeDistinguishedName"));
    }
    while !pairs.is_empty() {
        let mut pair = pairs.expect(tag::SEQUENCE)?.open()?;
        value::oid(pair.expect(tag::OBJECT_IDENTIFIER)?)?;
        pair.element()?;
        pair.finish()?;
    }
    Ok(())
}

fn attributes(name: &[u8]) -> Option<Vec<String>> {
    let mut sets = Reader::new(name).expect(tag::SEQUENCE).ok()?.open().ok()?;
    let mut shown = Vec::new();
    while !sets.is_empty() && shown.len() < 16 {
        let mut set = sets.expect(tag::SET).ok()?.open().ok()?;
        while !set.is_empty() {
            let mut pair = set.expect(tag::SEQUENCE).ok()?.open().ok()?;
            let oid = value::oid(pair.expect(tag::OBJECT_IDENTIFIER).ok()?).ok()?;
            let text = pair.element().ok()?.content;
            let text: String = String::from_utf8_lossy(text).chars().take(128).collect();
            shown.push(format!("{}={text}", short(&oid)));
        }
    }
    Some(shown)
}

fn short(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crl::fixture;

    #[test]
    fn a_name_is_sets_of_pairs() {
        use crate::crl::fixture::{seq, tlv};
        assert_eq!(check(&fixture::name("Root")), Ok(()));
        assert_eq!(check(&seq(&[vec![]])), Ok(()), "the empty name");
        for (what, wrong) in [
            ("an empty set", seq(&[tlv(tag::SET, &[])])),
            ("no set", seq(&[seq(&[vec![]])])),
            ("no pair", seq(&[tlv(tag::SET, &tlv(tag::INTEGER, &[1]))])),
        ] {
            assert!(check(&wrong).is_err(), "{what}");
        }
        for at in 0..fixture::name("Root").len() {
            assert!(check(&fixture::name("Root")[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn a_name_is_shown_by_its_attributes() {
        assert_eq!(readable(&fixture::name("Root")), "CN=Root");
        assert_eq!(readable(&[0x30, 1]), "");
    }
}
