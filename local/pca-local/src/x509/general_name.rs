//! The API's GeneralName as RFC 5280's.

use std::net::IpAddr;

use aws_sdk_acmpca::types;
use const_oid::ObjectIdentifier;
use der::asn1::{Any, Ia5String};
use der::{Decode, Tag};
use x509_cert::ext::pkix::name::{DirectoryString, EdiPartyName, GeneralName, OtherName};
use x509_cert::name::Name;

use super::name::{NameError, subject_from_api};

/// Why a GeneralName of the API cannot be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum GeneralNameError {
    #[error("the DirectoryName cannot be used")]
    DirectoryName(#[from] NameError),
    #[error("the general name cannot be encoded")]
    Encode(#[from] der::Error),
    #[error("{value:?} is not an IP address")]
    NotAnAddress { value: String },
    #[error("{value:?} is not an object identifier that can be used in a general name")]
    NotAnObjectIdentifier { value: String },
    #[error("{kind} must be ASCII, which {value:?} is not")]
    NotAscii { kind: &'static str, value: String },
    #[error("a general name must have exactly one member, not {found}")]
    NotExactlyOne { found: usize },
}

/// Takes the one member that is present.
pub(crate) fn from_api(name: &types::GeneralName) -> Result<GeneralName, GeneralNameError> {
    let members = [
        name.other_name.as_ref().map(other_name),
        name.rfc822_name
            .as_deref()
            .map(|mail| Ok(GeneralName::Rfc822Name(ia5("Rfc822Name", mail)?))),
        name.dns_name.as_deref().map(|host| Ok(GeneralName::DnsName(ia5("DnsName", host)?))),
        name.directory_name.as_ref().map(directory_name),
        name.edi_party_name.as_ref().map(|party| Ok(edi_party_name(party))),
        name.uniform_resource_identifier.as_deref().map(uri),
        name.ip_address.as_deref().map(ip_address),
        name.registered_id.as_deref().map(|id| Ok(GeneralName::RegisteredId(object_id(id)?))),
    ];
    let mut present: Vec<_> = members.into_iter().flatten().collect();
    match (present.len(), present.pop()) {
        (1, Some(member)) => member,
        (found, _) => Err(GeneralNameError::NotExactlyOne { found }),
    }
}

pub(crate) fn uri(uri: &str) -> Result<GeneralName, GeneralNameError> {
    Ok(GeneralName::UniformResourceIdentifier(ia5("UniformResourceIdentifier", uri)?))
}

/// The API gives the value as a string and no type. UTF8String is what the one other name in
/// general use, Microsoft's user principal name, has.
fn other_name(name: &types::OtherName) -> Result<GeneralName, GeneralNameError> {
    let value = Any::new(Tag::Utf8String, name.value.as_bytes())?;
    Ok(GeneralName::OtherName(OtherName { type_id: object_id(&name.type_id)?, value }))
}

fn directory_name(name: &types::Asn1Subject) -> Result<GeneralName, GeneralNameError> {
    let name = subject_from_api(name)?;
    Ok(GeneralName::DirectoryName(Name::from_der(name.as_der())?))
}

fn edi_party_name(name: &types::EdiPartyName) -> GeneralName {
    let text = |text: &str| DirectoryString::Utf8String(text.to_owned());
    GeneralName::EdiPartyName(EdiPartyName {
        name_assigner: name.name_assigner.as_deref().map(text),
        party_name: text(&name.party_name),
    })
}

fn ip_address(address: &str) -> Result<GeneralName, GeneralNameError> {
    let parsed: IpAddr = address
        .parse()
        .map_err(|_| GeneralNameError::NotAnAddress { value: address.to_owned() })?;
    Ok(GeneralName::from(parsed))
}

fn ia5(kind: &'static str, value: &str) -> Result<Ia5String, GeneralNameError> {
    Ia5String::new(value).map_err(|_| GeneralNameError::NotAscii { kind, value: value.to_owned() })
}

fn object_id(dotted: &str) -> Result<ObjectIdentifier, GeneralNameError> {
    ObjectIdentifier::new(dotted)
        .map_err(|_| GeneralNameError::NotAnObjectIdentifier { value: dotted.to_owned() })
}

#[cfg(test)]
mod tests {
    use der::Encode;

    use super::*;

    /// Expected octets derived manually from RFC 5280 §4.2.1.6 and X.690.
    #[test]
    fn every_kind_is_encoded_under_its_own_tag() {
        let name = types::GeneralName::builder;
        let upn = types::OtherName::builder().type_id("1.3.6.1.4.1.311.20.2.3").value("u@x");
        let edi = types::EdiPartyName::builder().name_assigner("a").party_name("p");
        let subject = types::Asn1Subject::builder().common_name("c").build();
        for (given, want) in [
            (name().other_name(upn.build().unwrap()), "a013060a2b060104018237140203a0050c03754078"),
            (name().rfc822_name("a@b"), "8103614062"),
            (name().dns_name("x.y"), "8203782e79"),
            (name().directory_name(subject), "a40e300c310a300806035504030c0163"),
            (name().edi_party_name(edi.build().unwrap()), "a50aa0030c0161a1030c0170"),
            (name().uniform_resource_identifier("u:v"), "8603753a76"),
            (name().ip_address("10.0.0.1"), "87040a000001"),
            (name().ip_address("2001:db8::1"), "871020010db8000000000000000000000001"),
            (name().registered_id("1.2.3"), "88022a03"),
        ] {
            let given = given.build();
            assert_eq!(hex::encode(from_api(&given).unwrap().to_der().unwrap()), want, "{given:?}");
        }
    }

    #[test]
    fn exactly_one_member_is_allowed() {
        let none = types::GeneralName::builder().build();
        let two = types::GeneralName::builder().dns_name("a").ip_address("10.0.0.1").build();
        for (name, want) in [(none, 0), (two, 2)] {
            let error = from_api(&name).unwrap_err();
            assert!(matches!(error, GeneralNameError::NotExactlyOne { found } if found == want));
        }
    }

    #[test]
    fn values_that_are_not_of_their_kind_are_refused() {
        let name = types::GeneralName::builder;
        for given in [
            name().dns_name("münchen.example"),
            name().rfc822_name("ä@example.org"),
            name().ip_address("10.0.0.0/8"),
            name().ip_address("300.0.0.1"),
            name().registered_id("hello"),
        ] {
            let given = given.build();
            assert!(from_api(&given).is_err(), "{given:?}");
        }
    }
}
