//! Input that is not what it says: cut off, spoiled, or built to hurt. Nothing may panic.

use aws_sdk_acmpca::types::SigningAlgorithm;
use pca_local::x509::certificate::Certificate;
use pca_local::x509::chain::check_import;
use pca_local::x509::csr::{Request, ca_request};
use pca_local::x509::issue::Issuer;
use pca_local::x509::key::CaKey;
use pca_local::x509::name::{Name, rfc2253};
use pca_local::x509::name_constraints::check_name_constraints;
use pca_local::x509::verify::verify;

use crate::world::{Ca, NOW, Wanted, key};

const SIGNING: SigningAlgorithm = SigningAlgorithm::Sha256Withecdsa;

/// xorshift64*: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % bound
    }

    /// One to four octets changed, removed or doubled.
    fn mutate(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut mutated = octets.to_vec();
        for _ in 0..=self.below(4) {
            let position = self.below(mutated.len());
            match self.below(4) {
                0 => mutated[position] = self.below(256) as u8,
                1 => mutated[position] ^= 1 << self.below(8),
                2 => drop(mutated.remove(position)),
                _ => mutated.insert(position, mutated[position]),
            }
        }
        mutated
    }
}

fn requests() -> (std::sync::Arc<CaKey>, Vec<u8>) {
    let key = key("EC_prime256v1");
    let openssl = testkit::openssl::OpenSsl::new();
    openssl.write("key.der", key.to_pkcs8().unwrap().as_bytes());
    openssl.run("pkey -inform DER -in key.der -out key.pem");
    openssl.run(
        "req -new -key key.pem -subj /C=DE/O=x+OU=y/CN=z/emailAddress=a@b.example \
         -addext subjectAltName=DNS:a.example,IP:10.0.0.1,URI:http://a.example,email:a@b.example \
         -addext nameConstraints=critical,permitted;DNS:a.example -outform DER -out request.der",
    );
    (key, openssl.read("request.der"))
}

/// Reads a certificate and asks it everything that can be asked.
fn exercise_certificate(der: &[u8]) {
    let Ok(certificate) = Certificate::parse_der(der) else { return };
    let _ = (certificate.is_self_signed(), certificate.pem(), certificate.serial_decimal());
    let _ = (rfc2253(&certificate.subject), rfc2253(&certificate.issuer));
    let public = certificate.public_key_info.clone();
    let chain = std::slice::from_ref(&certificate);
    let _ = check_import(&public, false, &certificate, chain, NOW);
    let _ = check_import(&public, true, &certificate, &[], NOW);
    let _ = check_name_constraints(&certificate, chain);
}

/// Issues whatever can be read, with the template that takes the most from the request.
fn exercise_request(der: &[u8], issuer: &Issuer) {
    let Ok(request) = Request::parse_der(der) else { return };
    let _ = (rfc2253(&request.subject), request.subject.common_names());
    let wanted = Wanted::new("BlankEndEntityCertificate_CSRPassthrough", &request);
    if let Ok(certificate) = wanted.issue(issuer, &SIGNING) {
        Certificate::parse_der(&certificate).expect("what is issued can be read");
        exercise_certificate(&certificate);
    }
}

#[test]
fn no_prefix_of_a_request_or_certificate_is_taken_for_one() {
    let ca = Ca::p256_root();
    let (_, request) = requests();
    for length in 0..request.len() {
        assert!(Request::parse_der(&request[..length]).is_err(), "{length}");
    }
    let certificate = ca.certificate.der();
    for length in 0..certificate.len() {
        assert!(Certificate::parse_der(&certificate[..length]).is_err(), "{length}");
    }
    let pem = ca.certificate.pem();
    for length in 0..pem.len() - 1 {
        assert!(Certificate::parse_pem(&pem.as_bytes()[..length]).is_err(), "{length}");
    }
}

#[test]
fn anything_after_the_end_is_refused() {
    let ca = Ca::p256_root();
    let (_, request) = requests();
    assert!(Request::parse_der(&[&request, &[0][..]].concat()).is_err());
    assert!(Certificate::parse_der(&[ca.certificate.der(), &[0]].concat()).is_err());
}

#[test]
fn spoiled_certificates_and_requests_do_not_panic() {
    let ca = Ca::p256_root();
    let issuer = ca.issuer();
    let (_, request) = requests();
    let mut random = Random(0x5eed);
    for _ in 0..4_000 {
        exercise_certificate(&random.mutate(ca.certificate.der()));
        exercise_request(&random.mutate(&request), &issuer);
    }
}

/// The signature stops most mutations at the door. Here the contents are spoiled first and then
/// signed, so that the readers behind it are reached, and issuing too.
#[test]
fn requests_that_are_spoiled_and_then_signed_do_not_panic() {
    let ca = Ca::p256_root();
    let issuer = ca.issuer();
    let (key, request) = requests();
    let info = contents(&request);
    assert!(Request::parse_der(&signed(&key, info)).is_ok());
    let mut random = Random(0xfeed);
    let mut read = 0;
    for _ in 0..4_000 {
        let der = signed(&key, &random.mutate(info));
        read += usize::from(Request::parse_der(&der).is_ok());
        exercise_request(&der, &issuer);
    }
    assert!(read > 100, "only {read} of the mutations came through: the readers were not reached");
}

#[test]
fn spoiled_names_and_public_keys_do_not_panic() {
    let ca = Ca::p256_root();
    let (_, request) = requests();
    let request = Request::parse_der(&request).unwrap();
    let identifier = [0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let mut random = Random(0xdead);
    for _ in 0..4_000 {
        if let Ok(name) = Name::from_der(&random.mutate(request.subject.as_der())) {
            let _ = (rfc2253(&name), name.common_names(), name.is_empty());
        }
        let public = random.mutate(ca.key.public_key_info());
        let _ = pca_local::x509::key::key_identifier(&public);
        assert!(verify(&public, &random.mutate(&identifier), b"", &[0x30, 0]).is_err());
    }
}

/// The readers go down a fixed number of levels, however deep the input is.
#[test]
fn deep_nesting_is_refused_without_a_deep_stack() {
    let (key, request) = requests();
    for tag in [0x30, 0x31, 0xa0, 0x24] {
        let nested = (0..3_000).fold(vec![5, 0], |inner, _| tlv(tag, &inner));
        assert!(Request::parse_der(&nested).is_err());
        assert!(Certificate::parse_der(&nested).is_err());
        assert!(Name::from_der(&nested).is_err());
        assert!(Request::parse_der(&signed(&key, &nested)).is_err());
        let attributes = [contents(&request), &nested].concat();
        assert!(Request::parse_der(&signed(&key, &attributes)).is_err());
    }
}

#[test]
fn lengths_that_promise_more_than_there_is_are_refused() {
    for der in [
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..],
        &[0x30, 0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x80, 0, 0],
        &[0x30, 0x81, 0x00],
        &[0x30],
        &[],
    ] {
        assert!(Certificate::parse_der(der).is_err());
        assert!(Request::parse_der(der).is_err());
    }
}

fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let header = match length {
        0..=0x7f => vec![tag, length as u8],
        0x80..=0xff => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [header, contents.to_vec()].concat()
}

/// The first element of a SEQUENCE with a two-octet length, whole.
fn contents(request: &[u8]) -> &[u8] {
    let inner = &request[4..];
    let length = match inner[1] {
        0x81 => 3 + usize::from(inner[2]),
        0x82 => 4 + usize::from(inner[2]) * 256 + usize::from(inner[3]),
        short => 2 + usize::from(short),
    };
    &inner[..length]
}

fn signed(key: &CaKey, info: &[u8]) -> Vec<u8> {
    let identifier = [0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let signature = [&[0][..], &key.sign(&SIGNING, info).unwrap()].concat();
    tlv(0x30, &[info, &identifier, &tlv(3, &signature)].concat())
}

/// The requests above come from OpenSSL; a CA's own must be as sturdy.
#[test]
fn a_ca_s_own_request_has_no_readable_prefix() {
    let key = key("EC_prime256v1");
    let subject = aws_sdk_acmpca::types::Asn1Subject::builder().common_name("x").build();
    let request = ca_request(&key, &SIGNING, &subject, None).unwrap();
    assert!((0..request.len()).all(|length| Request::parse_der(&request[..length]).is_err()));
}
