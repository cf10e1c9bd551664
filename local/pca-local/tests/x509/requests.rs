//! Requests as OpenSSL writes them.

use std::collections::HashMap;
use std::error::Error;

use pca_local::x509::csr::{Request, RequestError};

use testkit::openssl::OpenSsl;

const RSA: &str = "RSA -pkeyopt rsa_keygen_bits:2048";
const P256: &str = "EC -pkeyopt ec_paramgen_curve:P-256";

/// What `openssl genpkey` is to make, options of `openssl req`, and the error's last cause where
/// one is expected.
const KINDS: [(&str, &str, Option<&str>); 17] = [
    (RSA, "-sha256", None),
    (RSA, "-sha384", None),
    (RSA, "-sha512", None),
    ("RSA -pkeyopt rsa_keygen_bits:1024", "-sha256", None),
    (RSA, "-sha256 -sigopt rsa_padding_mode:pss", None),
    (RSA, "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest", None),
    (RSA, "-sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max", None),
    ("RSA-PSS -pkeyopt rsa_keygen_bits:2048", "-sha256", None),
    (P256, "-sha256", None),
    (P256, "-sha512", None),
    ("EC -pkeyopt ec_paramgen_curve:P-384", "-sha256", None),
    ("EC -pkeyopt ec_paramgen_curve:P-521", "-sha512", None),
    ("ED25519", "", None),
    (
        "EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-sha256",
        Some("keys on the curve 1.3.132.0.10 are not supported"),
    ),
    ("ED448", "", Some("the signature algorithm 1.3.101.113 is not supported")),
    (RSA, "-sha1", Some("the signature algorithm 1.2.840.113549.1.1.5 is not supported")),
    (
        RSA,
        "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:17",
        Some("an RSASSA-PSS salt of 17 octets is not supported"),
    ),
];

fn last_cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[test]
fn requests_of_every_usual_kind_are_read() {
    let openssl = OpenSsl::new();
    let mut keys = HashMap::new();
    for (algorithm, options, want) in KINDS {
        let next = keys.len();
        let key = *keys.entry(algorithm).or_insert_with(|| {
            openssl.run(&format!("genpkey -algorithm {algorithm} -out {next}.key"));
            next
        });
        openssl.run(&format!("req -new -key {key}.key -subj /CN=x {options} -out request"));
        let read = Request::parse(&openssl.read("request"));
        let error = read.as_ref().err().map(|error| last_cause(error));
        assert_eq!(error.as_deref(), want, "{algorithm} {options}");
    }
}

#[test]
fn a_requests_extensions_differ_from_its_other_attributes() {
    let openssl = OpenSsl::new();
    openssl.write(
        "request.cnf",
        "
        [req]
        prompt = no
        distinguished_name = subject
        attributes = attributes
        req_extensions = extensions
        [subject]
        C = DE
        CN = x
        [attributes]
        challengePassword = secret
        unstructuredName = name
        [extensions]
        subjectAltName = DNS:a.example,IP:10.0.0.1
        nsComment = hello
        ",
    );
    openssl.run("ecparam -genkey -name prime256v1 -noout -out key");
    openssl.run("req -new -config request.cnf -key key -out request.pem");
    let request = Request::parse(&openssl.read("request.pem")).unwrap();
    let ids: Vec<_> =
        request.extensions.iter().map(|extension| extension.extn_id.to_string()).collect();
    assert_eq!(ids, ["2.5.29.17", "2.16.840.1.113730.1.13"]);

    // White space may stand around the block; text, as `openssl req -text` writes it, may not: the
    // service "expects the CSR file to begin with" the label (aws/aws-cli#9613).
    let spaced = [b"\r\n ", openssl.read("request.pem").as_slice(), b"\n\n"].concat();
    let again = Request::parse(&spaced).unwrap();
    assert_eq!(again.public_key_info, request.public_key_info);
    openssl.run("req -in request.pem -text -out with_text.pem");
    let with_text = Request::parse(&openssl.read("with_text.pem"));
    assert!(matches!(with_text, Err(RequestError::Format)));
}
