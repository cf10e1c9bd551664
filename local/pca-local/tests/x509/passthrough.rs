//! What issuing refuses, and what it does with the corners of requests and passthrough.

use aws_sdk_acmpca::types::{
    ApiPassthrough, Asn1Subject, CustomExtension, Extensions, GeneralName, SigningAlgorithm,
};
use pca_local::x509::certificate::Certificate;
use pca_local::x509::csr::Request;
use pca_local::x509::issue::{Fault, IssueError};
use pca_local::x509::name::{Name, rfc2253};
use time::Duration;

use crate::world::{Ca, Wanted, key, request};
use testkit::openssl::OpenSsl;

fn subject(common_name: &str) -> Asn1Subject {
    Asn1Subject::builder().common_name(common_name).build()
}

fn leaf(ca: &Ca) -> Request {
    request(&key("EC_prime256v1"), &ca.signing, "leaf")
}

fn issue(ca: &Ca, template: &str, request: &Request) -> Result<Vec<u8>, IssueError> {
    ca.issue(&Wanted::new(template, request))
}

#[test]
fn path_lengths_shrink_towards_the_leaves() {
    let root = Ca::p256_root();
    let two = root.subordinate("Two", "SubordinateCACertificate_PathLen2");
    let request = leaf(&root);
    for (length, allowed) in [(0, true), (1, true), (2, false), (3, false)] {
        let template = format!("SubordinateCACertificate_PathLen{length}");
        let issued = issue(&two, &template, &request);
        match issued {
            Ok(_) => assert!(allowed, "{length}"),
            Err(IssueError::PathLength { wanted, limit: 2 }) => {
                assert_eq!((wanted, allowed), (length, false));
            }
            Err(other) => panic!("{length}: {other}"),
        }
    }
    let zero = two.subordinate("Zero", "SubordinateCACertificate_PathLen0");
    let refused = issue(&zero, "BlankSubordinateCACertificate_PathLen0_APIPassthrough", &request);
    let refused = refused.unwrap_err();
    assert!(matches!(refused, IssueError::PathLengthExhausted));
    assert_eq!(refused.fault(), Fault::Issuer);
    issue(&zero, "EndEntityCertificate", &request).unwrap();
}

#[test]
fn a_whole_path_verifies() {
    let openssl = OpenSsl::new();
    let root = Ca::p256_root();
    let one = root.subordinate("One", "SubordinateCACertificate_PathLen1");
    let zero = one.subordinate("Zero", "SubordinateCACertificate_PathLen0");
    let leaf = issue(&zero, "EndEntityServerAuthCertificate", &leaf(&root)).unwrap();
    openssl.write_certificate("root.pem", root.certificate.der());
    openssl.write("path.pem", zero.certificate.pem() + "\n" + &one.certificate.pem());
    openssl.write_certificate("leaf.pem", &leaf);
    let now = crate::world::at_now();
    openssl.run(&format!(
        "verify {now} -x509_strict -purpose sslserver -CAfile root.pem -untrusted path.pem leaf.pem"
    ));
}

#[test]
fn a_certificate_may_end_with_its_issuer_but_not_after_it() {
    let ca = Ca::p256_root();
    let request = leaf(&ca);
    let end = ca.certificate.not_after;
    let until = |not_after| {
        ca.issue(&Wanted { not_after, ..Wanted::new("EndEntityCertificate", &request) })
    };
    until(end).unwrap();
    let refused = until(end + Duration::SECOND).unwrap_err();
    assert!(matches!(refused, IssueError::OutlivesIssuer { limit, .. } if limit == end));
    assert_eq!(refused.fault(), Fault::Issuer);

    // A root's own certificate replaces the one that would limit it.
    let not_after = end + Duration::DAY;
    ca.issue(&Wanted { not_after, ..Wanted::new("RootCACertificate", &ca.request) }).unwrap();
}

#[test]
fn root_templates_certify_the_cas_own_key_only() {
    let ca = Ca::p256_root();
    let refused = issue(&ca, "RootCACertificate", &leaf(&ca)).unwrap_err();
    assert!(matches!(refused, IssueError::NotOwnKey { .. }));

    let passthrough = ApiPassthrough::builder().subject(subject("Renamed")).build();
    let wanted = Wanted {
        passthrough: Some(&passthrough),
        ..Wanted::new("RootCACertificate_APIPassthrough", &ca.request)
    };
    let renamed = Certificate::parse_der(&ca.issue(&wanted).unwrap()).unwrap();
    assert_eq!(rfc2253(&renamed.subject), "CN=Renamed");
    assert!(renamed.is_self_signed());
}

/// From the API a longer one does not even become a name.
#[test]
fn common_names_in_requests_have_64_characters_at_most() {
    let ca = Ca::p256_root();
    for (length, allowed) in [(64, true), (65, false)] {
        let subject = common_name(&"x".repeat(length));
        let request = Request { subject, ..leaf(&ca) };
        let issued = issue(&ca, "EndEntityCertificate", &request);
        assert_eq!(issued.is_ok(), allowed, "{length}");
        if let Err(error) = issued {
            assert_eq!(error.fault(), Fault::Request);
        }
    }
}

fn common_name(text: &str) -> Name {
    let wrap = |tag: u8, contents: Vec<u8>| {
        [vec![tag, u8::try_from(contents.len()).unwrap()], contents].concat()
    };
    let text = wrap(0x0c, text.as_bytes().to_vec());
    let attribute = wrap(0x30, [&[6, 3, 0x55, 4, 3], &*text].concat());
    Name::from_der(&wrap(0x30, wrap(0x31, attribute))).unwrap()
}

#[test]
fn another_family_s_signing_algorithm_is_the_callers_mistake() {
    let ca = Ca::p256_root();
    let request = leaf(&ca);
    let wanted = Wanted::new("EndEntityCertificate", &request);
    let refused = wanted.issue(&ca.issuer(), &SigningAlgorithm::Sha256Withrsa).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Signing algorithm SHA256WITHRSA cannot be used with key type EC_prime256v1. Valid signing \
         algorithms are: SHA256WITHECDSA, SHA384WITHECDSA, SHA512WITHECDSA."
    );
    assert_eq!(refused.fault(), Fault::Argument);
}

#[test]
fn unencodable_passthrough_is_the_callers_mistake_if_used() {
    let ca = Ca::p256_root();
    let request = leaf(&ca);
    let wrong_name = GeneralName::builder().dns_name("a").ip_address("10.0.0.1").build();
    let extensions = Extensions::builder().subject_alternative_names(wrong_name).build();
    for passthrough in [
        ApiPassthrough::builder().extensions(extensions).build(),
        ApiPassthrough::builder().subject(Asn1Subject::builder().country("_").build()).build(),
    ] {
        let with = |template| {
            ca.issue(&Wanted { passthrough: Some(&passthrough), ..Wanted::new(template, &request) })
        };
        let refused = with("EndEntityCertificate_APIPassthrough").unwrap_err();
        assert_eq!(refused.fault(), Fault::Argument, "{refused}");
        with("EndEntityCertificate_CSRPassthrough").unwrap();
        with("EndEntityCertificate").unwrap();
    }
}

#[test]
fn alternative_names_are_critical_when_there_is_no_subject() {
    let openssl = OpenSsl::new();
    let ca = Ca::p256_root();
    openssl.run("ecparam -genkey -name prime256v1 -noout -out key");
    openssl.run(
        "req -new -key key -subj / -addext subjectAltName=critical,DNS:a.example -out empty.pem",
    );
    openssl
        .run("req -new -key key -subj /CN=x -addext subjectAltName=DNS:a.example -out named.pem");
    let request = |file: &str| Request::parse(&openssl.read(file)).unwrap();
    let (empty, named) = (request("empty.pem"), request("named.pem"));
    let from_api = GeneralName::builder().dns_name("b.example").build();
    let from_api = Extensions::builder().subject_alternative_names(from_api).build();
    let from_api = ApiPassthrough::builder().extensions(from_api).build();
    let with_subject = ApiPassthrough::builder().subject(subject("api")).build();
    // With a subject, the request's own criticality stays.
    for (request, passthrough, want) in [
        (&empty, None, true),
        (&empty, Some(&from_api), true),
        (&empty, Some(&with_subject), true),
        (&named, None, false),
        (&named, Some(&from_api), false),
        (&named, Some(&with_subject), false),
    ] {
        let wanted =
            Wanted { passthrough, ..Wanted::new("EndEntityCertificate_APIPassthrough", request) };
        let der = ca.issue(&wanted).unwrap();
        let names = openssl.extensions(&der).into_iter().find(|it| it.name.contains("Alternative"));
        assert_eq!(names.unwrap().critical, want);
    }
}

/// The user guide's example: name constraints through CustomExtensions, into a subordinate CA that
/// OpenSSL then holds its leaves to.
#[test]
fn name_constraints_pass_through_the_api() {
    let openssl = OpenSsl::new();
    let root = Ca::p256_root();
    let custom = CustomExtension::builder()
        .object_identifier("2.5.29.30")
        .value("MBWgEzARgg8ucGVybWl0dGVkLnRlc3Q=")
        .critical(true);
    let extensions = Extensions::builder().custom_extensions(custom.build().unwrap());
    let passthrough = ApiPassthrough::builder().extensions(extensions.build()).build();
    let request = leaf(&root);
    let wanted = Wanted {
        passthrough: Some(&passthrough),
        ..Wanted::new("SubordinateCACertificate_PathLen0_APIPassthrough", &request)
    };
    let der = root.issue(&wanted).unwrap();
    let constraints = openssl
        .extensions(&der)
        .into_iter()
        .find(|it| it.name.contains("Constraints") && it.critical && it.name.contains("Name"));
    assert_eq!(constraints.unwrap().value, "Permitted: DNS:.permitted.test");
}

#[test]
fn serials_are_unsigned_and_read_back_as_they_were_given() {
    let openssl = OpenSsl::new();
    let ca = Ca::p256_root();
    let request = leaf(&ca);
    for serial in [[0x80; 16], [0x7f; 16], [0; 16], u128::MAX.to_be_bytes(), 1_u128.to_be_bytes()] {
        let der = ca.issue(&Wanted { serial, ..Wanted::new("EndEntityCertificate", &request) });
        let der = der.unwrap();
        let certificate = Certificate::parse_der(&der).unwrap();
        assert_eq!(certificate.serial.to_array(), Some(serial));
        assert_eq!(certificate.serial_decimal(), u128::from_be_bytes(serial).to_string());
        openssl.write("leaf.der", &der);
        let printed = openssl.run("x509 -inform DER -in leaf.der -noout -serial");
        let printed = printed.trim().trim_start_matches("serial=").to_lowercase();
        assert_eq!(format!("{printed:0>32}"), certificate.serial_hex());
    }
}
