//! The API's extensions, octet by octet.

use aws_sdk_acmpca::types::{
    CustomExtension, ExtendedKeyUsage, Extensions, GeneralName, KeyUsage, PolicyQualifierInfo,
    Qualifier,
};

use super::*;

fn encoded(extensions: &Extensions) -> Vec<(String, bool, String)> {
    let extensions = from_api(extensions).unwrap();
    let row = |extension: &Extension| {
        let value = hex::encode(extension.extn_value.as_bytes());
        (extension.extn_id.to_string(), extension.critical, value)
    };
    extensions.iter().map(row).collect()
}

fn one(extensions: Extensions) -> String {
    let mut rows = encoded(&extensions);
    assert_eq!(rows.len(), 1);
    rows.remove(0).2
}

/// X.690 §11.2.2: in a named bit list trailing zero bits are cut off.
#[test]
fn key_usage_bits_are_encoded_minimally() {
    let usage = KeyUsage::builder;
    for (usage, want) in [
        (usage().digital_signature(true), "03020780"),
        (usage().digital_signature(true).key_encipherment(true), "030205a0"),
        (usage().non_repudiation(true), "03020640"),
        (usage().data_encipherment(true), "03020410"),
        (usage().key_agreement(true).encipher_only(true), "03020009"),
        (usage().key_cert_sign(true).crl_sign(true), "03020106"),
        (usage().decipher_only(true), "0303070080"),
    ] {
        assert_eq!(one(Extensions::builder().key_usage(usage.build()).build()), want);
    }
    let none = Extensions::builder().key_usage(usage().build()).build();
    assert_eq!(from_api(&none).unwrap(), []);
}

#[test]
fn key_purposes_are_named_or_given() {
    let named = |name: &str| {
        ExtendedKeyUsage::builder().extended_key_usage_type(ExtendedKeyUsageType::from(name))
    };
    let given = ExtendedKeyUsage::builder().extended_key_usage_object_identifier("1.2.3");
    let both = named("SERVER_AUTH").extended_key_usage_object_identifier("1.2.3");
    let list = [named("SERVER_AUTH").build(), given.build()];
    let extensions = Extensions::builder().set_extended_key_usage(Some(list.into())).build();
    assert_eq!(one(extensions), "300e06082b0601050507030106022a03");
    for wrong in [ExtendedKeyUsage::builder(), both, named("COFFEE_MAKING")] {
        let extensions = Extensions::builder().extended_key_usage(wrong.build()).build();
        assert!(matches!(from_api(&extensions), Err(ExtensionError::ExtendedKeyUsage)));
    }
    for name in ExtendedKeyUsageType::values() {
        let extensions = Extensions::builder().extended_key_usage(named(name).build()).build();
        assert!(from_api(&extensions).is_ok(), "{name}");
    }
}

#[test]
fn policies_carry_their_cps_uri() {
    let qualifier = PolicyQualifierInfo::builder()
        .policy_qualifier_id(types::PolicyQualifierId::Cps)
        .qualifier(Qualifier::builder().cps_uri("u:v").build().unwrap())
        .build()
        .unwrap();
    let policy = types::PolicyInformation::builder().cert_policy_id("1.2.3");
    let bare = Extensions::builder().certificate_policies(policy.clone().build().unwrap());
    assert_eq!(one(bare.build()), "3006300406022a03");
    let qualified = policy.policy_qualifiers(qualifier).build().unwrap();
    assert_eq!(
        one(Extensions::builder().certificate_policies(qualified).build()),
        "3019301706022a033011300f06082b060105050702011603753a76"
    );
}

/// The example of the user guide: a critical name constraints extension.
#[test]
fn custom_extensions_are_taken_as_they_are() {
    let custom = CustomExtension::builder()
        .object_identifier("2.5.29.30")
        .value("MBWgEzARgg8ucGVybWl0dGVkLnRlc3Q=")
        .critical(true)
        .build()
        .unwrap();
    let rows = encoded(&Extensions::builder().custom_extensions(custom).build());
    let value = "3015a0133011820f2e7065726d69747465642e74657374";
    assert_eq!(rows, [("2.5.29.30".to_owned(), true, value.to_owned())]);
}

#[test]
fn custom_extensions_that_break_the_certificate_are_refused() {
    for (oid, value, want) in [
        ("1.2.3", "?", "the value of the custom extension 1.2.3 is not base64"),
        ("1.2.3", "BQ==", "the value of the custom extension 1.2.3 is not DER"),
        ("1.2.3", "BQAFAA==", "the value of the custom extension 1.2.3 is not DER"),
        ("x", "BQA=", "\"x\" is not an object identifier that can be used in an extension"),
    ] {
        let custom = CustomExtension::builder().object_identifier(oid).value(value);
        let extensions = Extensions::builder().custom_extensions(custom.build().unwrap()).build();
        assert_eq!(from_api(&extensions).unwrap_err().to_string(), want);
    }
}

#[test]
fn an_extension_given_twice_is_refused() {
    let custom = CustomExtension::builder().object_identifier("2.5.29.17").value("MAA=");
    let extensions = Extensions::builder()
        .subject_alternative_names(GeneralName::builder().dns_name("a.example").build())
        .custom_extensions(custom.build().unwrap())
        .build();
    let error = from_api(&extensions).unwrap_err();
    assert!(matches!(error, ExtensionError::Repeated { oid } if oid == oid::SUBJECT_ALT_NAME));
}
