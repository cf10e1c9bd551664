//! The API's ASN1Subject as a distinguished name.

use aws_sdk_acmpca::types::{Asn1Subject, CustomAttribute};
use const_oid::ObjectIdentifier;
use der::asn1::{Any, SetOfVec};
use der::{Encode, Tag};
use x509_cert::attr::AttributeTypeAndValue;

use super::{Name, oid};

/// Why an ASN1Subject of the API cannot be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum NameError {
    #[error("the common name {common_name:?} is longer than 64 characters")]
    CommonNameTooLong { common_name: String },
    #[error("CustomAttributes cannot be combined with the subject's other attributes")]
    CustomAttributesNotAlone,
    #[error("the subject cannot be encoded")]
    Encode(#[from] der::Error),
    #[error("{attribute} must be ASCII, which {value:?} is not")]
    NotAscii { attribute: String, value: String },
    #[error("{value:?} is not an object identifier that can be used for a subject attribute")]
    NotAnObjectIdentifier { value: String },
    #[error("{attribute} must consist of characters of PrintableString, which {value:?} does not")]
    NotPrintable { attribute: String, value: String },
}

/// C, O, OU, ST, CN, L is the order seen in the service's requests. Of the others no example is
/// known: they follow in the order of the API model.
///
/// # Errors
/// If an attribute is too long, or has characters that its ASN.1 type does not.
pub fn subject_from_api(subject: &Asn1Subject) -> Result<Name, NameError> {
    let custom = subject.custom_attributes.as_deref().unwrap_or_default();
    let named = [
        ("Country", oid::COUNTRY, &subject.country),
        ("Organization", oid::ORGANIZATION, &subject.organization),
        ("OrganizationalUnit", oid::ORGANIZATIONAL_UNIT, &subject.organizational_unit),
        ("State", oid::STATE, &subject.state),
        ("CommonName", oid::COMMON_NAME, &subject.common_name),
        ("Locality", oid::LOCALITY, &subject.locality),
        ("DistinguishedNameQualifier", oid::DN_QUALIFIER, &subject.distinguished_name_qualifier),
        ("SerialNumber", oid::SERIAL_NUMBER, &subject.serial_number),
        ("Title", oid::TITLE, &subject.title),
        ("Surname", oid::SURNAME, &subject.surname),
        ("GivenName", oid::GIVEN_NAME, &subject.given_name),
        ("Initials", oid::INITIALS, &subject.initials),
        ("Pseudonym", oid::PSEUDONYM, &subject.pseudonym),
        ("GenerationQualifier", oid::GENERATION_QUALIFIER, &subject.generation_qualifier),
    ];
    let mut relative_names = Vec::new();
    for (attribute, oid, value) in named {
        // An empty string has no legal encoding (X.520: SIZE (1..MAX)) and says nothing.
        let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else { continue };
        relative_names.push(relative_name(attribute, oid, value)?);
    }
    if !custom.is_empty() && !relative_names.is_empty() {
        return Err(NameError::CustomAttributesNotAlone);
    }
    for CustomAttribute { object_identifier, value, .. } in custom {
        let oid = ObjectIdentifier::new(object_identifier)
            .map_err(|_| NameError::NotAnObjectIdentifier { value: object_identifier.clone() })?;
        relative_names.push(relative_name(object_identifier, oid, value)?);
    }
    Ok(Name::from_der(&relative_names.to_der()?)?)
}

type RelativeName = SetOfVec<AttributeTypeAndValue>;

fn relative_name(
    attribute: &str,
    oid: ObjectIdentifier,
    value: &str,
) -> Result<RelativeName, NameError> {
    let tag = string_type(oid);
    let (attribute, text) = (attribute.to_owned(), value.to_owned());
    match tag {
        _ if oid == oid::COMMON_NAME && is_too_long(value) => {
            return Err(NameError::CommonNameTooLong { common_name: text });
        }
        Tag::PrintableString if !value.bytes().all(is_printable) => {
            return Err(NameError::NotPrintable { attribute, value: text });
        }
        Tag::Ia5String if !value.is_ascii() => {
            return Err(NameError::NotAscii { attribute, value: text });
        }
        _ => {}
    }
    let value = Any::new(tag, value.as_bytes())?;
    Ok(SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?)
}

/// RFC 5280 Appendix A.1 fixes the string type of these; all others are a DirectoryString, for
/// which §4.1.2.4 leaves UTF8String.
fn string_type(oid: ObjectIdentifier) -> Tag {
    match oid {
        oid::COUNTRY | oid::DN_QUALIFIER | oid::SERIAL_NUMBER => Tag::PrintableString,
        oid::DOMAIN_COMPONENT | oid::EMAIL_ADDRESS => Tag::Ia5String,
        _ => Tag::Utf8String,
    }
}

/// RFC 5280 Appendix A.1, ub-common-name: the one bound on subjects that the service enforces.
pub(crate) fn is_too_long(common_name: &str) -> bool {
    common_name.chars().count() > 64
}

/// X.680 §41.4.
fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::super::rfc2253;
    use super::*;

    fn custom(oid: &str, value: &str) -> CustomAttribute {
        CustomAttribute::builder().object_identifier(oid).value(value).build().unwrap()
    }

    #[test]
    fn attributes_stand_in_the_order_of_the_services_requests() {
        let subject = Asn1Subject::builder()
            .common_name("Root")
            .country("DE")
            .generation_qualifier("Jr")
            .locality("Berlin")
            .organization("Müller")
            .organizational_unit("IT")
            .serial_number("42")
            .state("Berlin")
            .title("")
            .build();
        let name = subject_from_api(&subject).unwrap();
        let tags: Vec<_> = name
            .relative_names()
            .iter()
            .flatten()
            .map(|attribute| (attribute.oid.to_string(), attribute.value.header().tag()))
            .collect();
        let want = [
            ("2.5.4.6", Tag::PrintableString),
            ("2.5.4.10", Tag::Utf8String),
            ("2.5.4.11", Tag::Utf8String),
            ("2.5.4.8", Tag::Utf8String),
            ("2.5.4.3", Tag::Utf8String),
            ("2.5.4.7", Tag::Utf8String),
            ("2.5.4.5", Tag::PrintableString),
            ("2.5.4.44", Tag::Utf8String),
        ];
        assert_eq!(tags, want.map(|(oid, tag)| (oid.to_owned(), tag)));
    }

    #[test]
    fn custom_attributes_make_up_a_subject_alone() {
        let attributes = [
            custom("0.9.2342.19200300.100.1.25", "example"),
            custom("2.5.4.3", "host"),
            custom("1.2.840.113549.1.9.1", "a@example.org"),
        ];
        let subject = Asn1Subject::builder().set_custom_attributes(Some(attributes.into()));
        let name = subject_from_api(&subject.clone().build()).unwrap();
        let mail = "1.2.840.113549.1.9.1=#160d61406578616d706c652e6f7267";
        assert_eq!(rfc2253(&name), format!("{mail},CN=host,DC=example"));

        let mixed = subject_from_api(&subject.common_name("host").build());
        assert!(matches!(mixed, Err(NameError::CustomAttributesNotAlone)));
    }

    #[test]
    fn a_common_name_has_64_characters_at_most() {
        for (length, allowed) in [(64, true), (65, false)] {
            let name = "ä".repeat(length);
            let named = Asn1Subject::builder().common_name(&name).build();
            let attribute = custom("2.5.4.3", &name);
            let given = Asn1Subject::builder().custom_attributes(attribute).build();
            for subject in [named, given] {
                assert_eq!(subject_from_api(&subject).is_ok(), allowed, "{length}");
            }
        }
    }

    #[test]
    fn an_empty_subject_is_an_empty_name() {
        assert!(subject_from_api(&Asn1Subject::builder().build()).unwrap().is_empty());
    }

    #[test]
    fn values_that_their_string_type_cannot_hold_are_refused() {
        let subject = |country: &str| Asn1Subject::builder().country(country).build();
        assert!(matches!(subject_from_api(&subject("D_")), Err(NameError::NotPrintable { .. })));
        for (oid, value) in [("2.5.4.46", "a*"), ("0.9.2342.19200300.100.1.25", "ä")] {
            let subject = Asn1Subject::builder().custom_attributes(custom(oid, value)).build();
            assert!(subject_from_api(&subject).is_err(), "{oid} {value}");
        }
        let subject = Asn1Subject::builder().custom_attributes(custom("9.9", "x")).build();
        let error = subject_from_api(&subject).unwrap_err();
        assert!(matches!(error, NameError::NotAnObjectIdentifier { value } if value == "9.9"));
    }
}
