//! A distinguished name as a line of text, the way audit reports print subjects.

use const_oid::ObjectIdentifier;

use super::{Attribute, Name, encoded, oid, text};

/// RFC 2253: the last relative name first; an attribute without a keyword of §2.3's table as
/// `OID=#` and the hex of its encoding.
pub fn rfc2253(name: &Name) -> String {
    let relative_names: Vec<String> = name
        .relative_names()
        .iter()
        .rev()
        .map(|attributes| {
            let attributes: Vec<String> = attributes.iter().map(attribute).collect();
            attributes.join("+")
        })
        .collect();
    relative_names.join(",")
}

fn attribute(attribute: &Attribute<'_>) -> String {
    match (keyword(attribute.oid), text(attribute.value)) {
        (Some(keyword), Some(text)) => format!("{keyword}={}", escape(&text)),
        (Some(keyword), None) => format!("{keyword}=#{}", hex::encode(encoded(attribute.value))),
        (None, _) => format!("{}=#{}", attribute.oid, hex::encode(encoded(attribute.value))),
    }
}

/// The table of RFC 2253 §2.3, complete.
fn keyword(oid: ObjectIdentifier) -> Option<&'static str> {
    Some(match oid {
        oid::COMMON_NAME => "CN",
        oid::COUNTRY => "C",
        oid::DOMAIN_COMPONENT => "DC",
        oid::LOCALITY => "L",
        oid::ORGANIZATION => "O",
        oid::ORGANIZATIONAL_UNIT => "OU",
        oid::STATE => "ST",
        oid::STREET => "STREET",
        oid::USER_ID => "UID",
        _ => return None,
    })
}

/// RFC 2253 §2.4. Control characters are written as hex pairs, which it allows: a line break would
/// end the line of a CSV report.
fn escape(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(text.len());
    for (position, character) in text.chars().enumerate() {
        let at_edge = position == 0 || position == last;
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => escaped.extend(['\\', character]),
            '#' if position == 0 => escaped.push_str("\\#"),
            ' ' if at_edge => escaped.push_str("\\ "),
            control if control.is_ascii_control() => {
                escaped.push_str(&format!("\\{:02X}", u32::from(control)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use aws_sdk_acmpca::types::Asn1Subject;

    use super::super::subject_from_api;
    use super::*;

    #[test]
    fn the_order_is_reversed_and_unknown_attributes_are_hex() {
        let subject = Asn1Subject::builder()
            .country("US")
            .organization("Example Company")
            .organizational_unit("Sales")
            .state("Washington")
            .common_name("www.example1.com")
            .locality("Seattle")
            .title("Dr")
            .build();
        assert_eq!(
            rfc2253(&subject_from_api(&subject).unwrap()),
            "2.5.4.12=#0c024472,L=Seattle,CN=www.example1.com,ST=Washington,OU=Sales,\
             O=Example Company,C=US"
        );
    }

    #[test]
    fn characters_with_a_meaning_are_escaped() {
        for (text, want) in [
            ("plain = text#", "plain = text#"),
            ("a,b", "a\\,b"),
            ("#1", "\\#1"),
            (" both ", "\\ both\\ "),
            (" ", "\\ "),
            ("a\"b\\c<d>e;f+g", "a\\\"b\\\\c\\<d\\>e\\;f\\+g"),
            ("two\nlines", "two\\0Alines"),
            ("ä", "ä"),
        ] {
            let subject = Asn1Subject::builder().common_name(text).build();
            let line = rfc2253(&subject_from_api(&subject).unwrap());
            assert_eq!(line, format!("CN={want}"), "{text:?}");
        }
    }
}
