//! Name constraints, judged by us and by OpenSSL over the same certificates.

use pca_local::x509::certificate::Certificate;
use pca_local::x509::csr::Request;
use pca_local::x509::name_constraints::check_name_constraints;

use crate::world::{Ca, Wanted, at_now, key};
use testkit::openssl::OpenSsl;

/// Constraints, the leaf's alternative names, and what is reported after "Name Constraints
/// violation: ". The leaf's subject is O=Vigil, CN=a leaf.
const CASES: [(&str, &str, Option<&str>); 20] = [
    ("permitted;DNS:example.com", "DNS:www.example.com", None),
    ("permitted;DNS:example.com", "DNS:example.com", None),
    ("permitted;DNS:example.com", "IP:10.0.0.1", None),
    ("permitted;DNS:.example.com", "DNS:www.example.com", None),
    ("permitted;DNS:a.example,permitted;DNS:b.example", "DNS:x.b.example", None),
    ("permitted;DNS:example.com", "DNS:example.org", Some("DNS name not found in a permitted")),
    ("permitted;DNS:example.com", "DNS:x.example.com,DNS:y", Some("DNS name not found in")),
    ("permitted;DNS:example.com", "DNS:badexample.com", Some("DNS name not found in a permitted")),
    ("excluded;DNS:bad.example.com", "DNS:good.example.com", None),
    (
        "excluded;DNS:bad.example.com",
        "DNS:x.bad.example.com",
        Some("DNS name found in an excluded"),
    ),
    ("permitted;IP:10.0.0.0/255.0.0.0", "IP:10.1.2.3", None),
    ("permitted;IP:10.0.0.0/255.0.0.0", "IP:11.1.2.3", Some("IP address not found in")),
    ("permitted;email:example.com", "email:a@example.com", None),
    ("permitted;email:example.com", "email:a@x.example.com", Some("email address not found")),
    ("permitted;URI:.example.com", "URI:http://www.example.com/x", None),
    ("excluded;URI:example.com", "URI:http://example.com:80/x", Some("URI found in an excluded")),
    ("permitted;dirName:vigil", "DNS:a", None),
    ("permitted;dirName:other", "DNS:a", Some("directory name not found in a permitted")),
    ("excluded;dirName:vigil", "DNS:a", Some("directory name found in an excluded")),
    ("excluded;dirName:other", "DNS:a", None),
];

fn request(openssl: &OpenSsl, subject: &str, extensions: &str) -> Request {
    openssl.write(
        "request.cnf",
        format!(
            "[req]\nprompt = no\ndistinguished_name = subject\nreq_extensions = extensions\n\
             [subject]\n{subject}\n[extensions]\n{extensions}\n\
             [vigil]\nO = VIGIL\n[other]\nO = Other\n"
        ),
    );
    openssl.run("req -new -config request.cnf -key key.pem -out request.pem");
    Request::parse(&openssl.read("request.pem")).unwrap()
}

#[test]
fn we_and_openssl_agree_on_who_keeps_to_the_constraints() {
    let openssl = OpenSsl::new();
    let root = Ca::p256_root();
    openssl.write_certificate("root.pem", root.certificate.der());
    let key = key("EC_prime256v1");
    openssl.write("key.der", key.to_pkcs8().unwrap().as_bytes());
    openssl.run("pkey -inform DER -in key.der -out key.pem");

    for (constraints, names, want) in CASES {
        let row = format!("{constraints} {names}");
        let asked = format!("nameConstraints = critical,{constraints}\nkeyUsage = keyCertSign");
        let request_of_ca = request(&openssl, "CN = Constrained", &asked);
        let template = "BlankSubordinateCACertificate_PathLen0_CSRPassthrough";
        let der = root.issue(&Wanted::new(template, &request_of_ca)).unwrap();
        let certificate = Certificate::parse_der(&der).unwrap();
        let (key, signing) = (key.clone(), root.signing.clone());
        let ca = Ca { key, signing, request: request_of_ca, certificate };

        let asked = format!("subjectAltName = {names}");
        let leaf = request(&openssl, "O = Vigil\nCN = a leaf", &asked);
        let leaf = ca.issue(&Wanted::new("EndEntityCertificate", &leaf)).unwrap();
        openssl.write_certificate("ca.pem", ca.certificate.der());
        openssl.write_certificate("leaf.pem", &leaf);
        let command = "-CAfile root.pem -untrusted ca.pem leaf.pem";
        let theirs = openssl.attempt(&format!("verify {} {command}", at_now()));
        assert_eq!(theirs.is_ok(), want.is_none(), "OpenSSL on {row}: {theirs:?}");

        let leaf = Certificate::parse_der(&leaf).unwrap();
        let ours = check_name_constraints(&leaf, &[ca.certificate, root.certificate.clone()]);
        let ours = ours.map_err(|error| error.to_string());
        match want {
            None => assert_eq!(ours, Ok(()), "{row}"),
            Some(want) => {
                let complaint = ours.unwrap_err();
                let want = format!("Name Constraints violation: {want}");
                assert!(complaint.starts_with(&want), "{row}: {complaint}");
                assert!(complaint.ends_with(" subtree."), "{row}: {complaint}");
            }
        }
    }
}
