//! A distinguished name as text, for readers (after RFC 4514, with the attributes in their own order).

use crate::der::{Reader, tag, value};

/// What can be read of it. The author of a CRL chose the characters.
pub fn readable(name: &[u8]) -> String {
    attributes(name).unwrap_or_default().join(", ")
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
    fn a_name_is_shown_by_its_attributes() {
        assert_eq!(readable(&fixture::name("Root")), "CN=Root");
        assert_eq!(readable(&[0x30, 1]), "");
    }
}
