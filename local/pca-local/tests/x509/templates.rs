//! Every template, held against a transcription of the user guide's tables (templates.txt) and
//! read by OpenSSL.

use std::collections::HashSet;

use aws_sdk_acmpca::primitives::Blob;
use aws_sdk_acmpca::types::{
    ApiPassthrough, Asn1Subject, CustomExtension, ExtendedKeyUsage, ExtendedKeyUsageType,
    Extensions, GeneralName, KeyUsage, PolicyInformation,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pca_local::x509::certificate::Certificate;
use pca_local::x509::csr::Request;
use pca_local::x509::key::key_identifier;
use pca_local::x509::name::rfc2253;
use pca_local::x509::template;

use crate::world::{Ca, Wanted, at_now};
use testkit::openssl::{OpenSsl, Printed};

const TABLE: &str = include_str!("templates.txt");
const CA_CRL: &str = "http://ca.example/ca.crl";
const OCSP: &str = "http://ocsp.example";

/// One line of the table: name, subject and SAN, basic constraints, key usage, extended key usage,
/// authority key identifier, CRL distribution points.
struct Row {
    name: &'static str,
    subject: &'static str,
    basic_constraints: &'static str,
    key_usage: &'static str,
    extended_key_usage: &'static str,
    authority_key_identifier: &'static str,
    distribution_points: &'static str,
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let &[name, subject, basic_constraints, key_usage, extended_key_usage, aki, cdp] =
            columns.as_slice()
        else {
            panic!("{line} does not have seven columns");
        };
        Row {
            name,
            subject,
            basic_constraints,
            key_usage,
            extended_key_usage,
            authority_key_identifier: aki,
            distribution_points: cdp,
        }
    };
    TABLE.lines().map(row).collect()
}

/// The request asks for everything, and for what no template lets it have: basic constraints and
/// key identifiers.
const REQUEST: &str = "
    [req]
    prompt = no
    distinguished_name = subject
    req_extensions = extensions
    [subject]
    CN = csr
    [extensions]
    basicConstraints = CA:TRUE,pathlen:7
    subjectKeyIdentifier = 00:01:02
    keyUsage = critical,nonRepudiation
    extendedKeyUsage = emailProtection
    subjectAltName = DNS:csr.example
    crlDistributionPoints = URI:http://csr.example/csr.crl
    certificatePolicies = 1.2.3.1
    authorityInfoAccess = OCSP;URI:http://csr.example/ocsp
    1.2.3.4.1 = ASN1:NULL
";

fn openssl_request(openssl: &OpenSsl, key: &str) -> Request {
    openssl.write("request.cnf", REQUEST);
    openssl.run(&format!("req -new -config request.cnf -key {key} -sha256 -out request.pem"));
    openssl.run("req -in request.pem -noout -verify");
    Request::parse(&openssl.read("request.pem")).unwrap()
}

/// The same through the API, with other values.
fn passthrough(own_key_identifier: &[u8]) -> ApiPassthrough {
    let custom = |oid: &str, der: &[u8]| {
        let value = STANDARD.encode(Blob::new(der).into_inner());
        CustomExtension::builder().object_identifier(oid).value(value).build().unwrap()
    };
    let authority = [&[0x30, 0x16, 0x80, 0x14], own_key_identifier].concat();
    let point = b"\x30\x1f\x30\x1d\xa0\x1b\xa0\x19\x86\x17http://api.example/crl1";
    let access = b"\x30\x22\x30\x20\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\
                   \x86\x14http://api.example/o";
    let usage = ExtendedKeyUsage::builder()
        .extended_key_usage_type(ExtendedKeyUsageType::TimeStamping)
        .build();
    let extensions = Extensions::builder()
        .key_usage(KeyUsage::builder().key_agreement(true).build())
        .extended_key_usage(usage)
        .subject_alternative_names(GeneralName::builder().dns_name("api.example").build())
        .certificate_policies(
            PolicyInformation::builder().cert_policy_id("1.2.3.2").build().unwrap(),
        )
        .custom_extensions(custom("2.5.29.19", &[0x30, 3, 1, 1, 0xff]))
        .custom_extensions(custom("2.5.29.14", &[4, 1, 0]))
        .custom_extensions(custom("2.5.29.35", &authority))
        .custom_extensions(custom("2.5.29.31", point))
        .custom_extensions(custom("1.3.6.1.5.5.7.1.1", access))
        .custom_extensions(custom("1.2.3.4.2", &[5, 0]));
    ApiPassthrough::builder()
        .subject(Asn1Subject::builder().common_name("api").build())
        .extensions(extensions.build())
        .build()
}

fn printed(name: &str, critical: bool, value: &str) -> Printed {
    Printed { name: name.to_owned(), critical, value: value.to_owned() }
}

/// "crit dS, kE" as OpenSSL says it.
fn defined(name: &str, cell: &str) -> Option<Printed> {
    if cell == "-" {
        return None;
    }
    let (critical, words) = match cell.strip_prefix("crit ") {
        Some(words) => (true, words),
        None => (false, cell),
    };
    let word = |word: &str| match word {
        "dS" => "Digital Signature".to_owned(),
        "kE" => "Key Encipherment".to_owned(),
        "keyCertSign" => "Certificate Sign".to_owned(),
        "cRLSign" => "CRL Sign".to_owned(),
        "serverAuth" => "TLS Web Server Authentication".to_owned(),
        "clientAuth" => "TLS Web Client Authentication".to_owned(),
        "codeSigning" => "Code Signing".to_owned(),
        "OCSPSigning" => "OCSP Signing".to_owned(),
        other => other.replace(": ", ":"),
    };
    let words: Vec<String> = words.split(", ").map(word).collect();
    Some(printed(name, critical, &words.join(", ")))
}

struct Context<'a> {
    takes_api: bool,
    takes_csr: bool,
    issuer_key: &'a str,
    subject_key: &'a str,
    crl: Option<&'a str>,
    ocsp: Option<&'a str>,
}

/// What the table, the passthrough rules and the printed order of extensions add up to.
fn expected(row: &Row, context: &Context<'_>) -> Vec<Printed> {
    let passed = |name, critical, api: &str, csr: &str| {
        let value = if context.takes_api { Some(api) } else { context.takes_csr.then_some(csr) };
        value.map(|value| printed(name, critical, value))
    };
    let authority = match row.authority_key_identifier {
        "CA SKI" => Some(context.issuer_key),
        // The custom extension that the API passes names the key itself.
        "API" => Some(context.subject_key),
        _ => None,
    };
    let may = |who: &str| row.distribution_points.contains(who);
    let points = match () {
        () if may("API") && context.takes_api => Some("http://api.example/crl1"),
        () if may("CSR") => Some("http://csr.example/csr.crl"),
        () if may("CA cfg") => context.crl,
        () => None,
    };
    let access = match context.ocsp {
        Some(_) if row.name.contains("Root") => None,
        Some(ocsp) => {
            Some(printed("Authority Information Access", false, &format!("OCSP - URI:{ocsp}")))
        }
        None => passed(
            "Authority Information Access",
            false,
            "OCSP - URI:http://api.example/o",
            "OCSP - URI:http://csr.example/ocsp",
        ),
    };
    let alternative = if row.subject == "CSR" { "DNS:csr.example" } else { "DNS:api.example" };
    let others = [("1.2.3.4.2", context.takes_api), ("1.2.3.4.1", context.takes_csr)];
    let fixed = [
        defined("X509v3 Basic Constraints", row.basic_constraints),
        authority.map(|key| printed("X509v3 Authority Key Identifier", false, key)),
        Some(printed("X509v3 Subject Key Identifier", false, context.subject_key)),
        defined("X509v3 Key Usage", row.key_usage)
            .or_else(|| passed("X509v3 Key Usage", true, "Key Agreement", "Non Repudiation")),
        defined("X509v3 Extended Key Usage", row.extended_key_usage).or_else(|| {
            passed("X509v3 Extended Key Usage", false, "Time Stamping", "E-mail Protection")
        }),
        points.map(|url| {
            printed("X509v3 CRL Distribution Points", false, &format!("Full Name: URI:{url}"))
        }),
        access,
        Some(printed("X509v3 Subject Alternative Name", false, alternative)),
        passed("X509v3 Certificate Policies", false, "Policy: 1.2.3.2", "Policy: 1.2.3.1"),
    ];
    let others =
        others.iter().filter(|(_, taken)| *taken).map(|(oid, _)| printed(oid, false, ".."));
    fixed.into_iter().flatten().chain(others).collect()
}

/// OpenSSL's upper-case pairs between colons.
fn colons(octets: &[u8]) -> String {
    let pairs: Vec<String> = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    pairs.join(":")
}

#[test]
fn the_table_and_the_code_have_the_same_templates() {
    let table: HashSet<String> = rows().iter().map(|row| format!("{}/V1", row.name)).collect();
    let code: HashSet<String> = template::ALL.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(table.len(), 61);
    assert_eq!(table, code);
}

#[test]
fn openssl_verifies_the_extensions_of_every_template() {
    let openssl = OpenSsl::new();
    let ca = Ca::p256_root();
    openssl.write_certificate("root.pem", ca.certificate.der());
    openssl.write("own.der", ca.key.to_pkcs8().unwrap().as_bytes());
    openssl.run("pkey -inform DER -in own.der -out own.key");
    openssl.run("ecparam -genkey -name prime256v1 -noout -out leaf.key");
    let own_request = openssl_request(&openssl, "own.key");
    let leaf_request = openssl_request(&openssl, "leaf.key");
    let issuer_key = colons(&key_identifier(ca.key.public_key_info()));

    let mut below_root = Vec::new();
    for row in rows() {
        let is_root = row.name.contains("Root");
        let request = if is_root { &own_request } else { &leaf_request };
        let subject_key = key_identifier(&request.public_key_info);
        let passthrough = passthrough(&subject_key);
        for (crl, ocsp) in [(None, None), (Some(CA_CRL), Some(OCSP))] {
            let wanted = Wanted {
                passthrough: Some(&passthrough),
                crl,
                ocsp,
                ..Wanted::new(row.name, request)
            };
            let der = ca.issue(&wanted).unwrap();
            let context = Context {
                takes_api: row.name.contains("_API"),
                takes_csr: row.name.contains("CSRPassthrough"),
                issuer_key: &issuer_key,
                subject_key: &colons(&subject_key),
                crl,
                ocsp,
            };
            let mut found = openssl.extensions(&der);
            // NULL is printed as its two octets, which are not printable.
            found.iter_mut().filter(|it| it.name.starts_with("1.2.3")).for_each(|it| {
                it.value = "..".to_owned();
            });
            assert_eq!(found, expected(&row, &context), "{} {crl:?}", row.name);

            let subject = rfc2253(&Certificate::parse_der(&der).unwrap().subject);
            assert_eq!(subject, if row.subject == "CSR" { "CN=csr" } else { "CN=api" });
            if is_root {
                openssl.write_certificate("self.pem", &der);
                openssl.run(&format!("verify {} -CAfile self.pem self.pem", at_now()));
            } else {
                let file = format!("{}.pem", below_root.len());
                openssl.write_certificate(&file, &der);
                below_root.push(file);
            }
        }
    }
    // One process for all of them.
    openssl.run(&format!("verify {} -CAfile root.pem {}", at_now(), below_root.join(" ")));
}
