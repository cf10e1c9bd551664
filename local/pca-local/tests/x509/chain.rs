//! Importing certificates that an external hierarchy, run by OpenSSL, has issued to one of our CAs.

use aws_sdk_acmpca::types::{Asn1Subject, SigningAlgorithm};
use pca_local::x509::certificate::Certificate;
use pca_local::x509::chain::{ImportError, check_import};
use pca_local::x509::csr::{ca_request, to_pem};
use time::{Duration, OffsetDateTime};

use crate::world::{Ca, Wanted, key, request};
use testkit::openssl::OpenSsl;

const CA: &str = "basicConstraints=critical,CA:TRUE";

/// ExternalRoot -> ExternalIssuer -> our CA, whose request is `ours.csr`.
struct External {
    openssl: OpenSsl,
    our_key: Vec<u8>,
    root: Certificate,
    issuer: Certificate,
}

impl External {
    fn new(root_extensions: &str, issuer_extensions: &str) -> Self {
        let openssl = OpenSsl::new();
        let key = key("EC_prime256v1");
        let subject = Asn1Subject::builder().common_name("Ours").build();
        let signing = SigningAlgorithm::Sha256Withecdsa;
        let csr = ca_request(&key, &signing, &subject, None).unwrap();
        openssl.write("ours.csr", to_pem(&csr));
        for (name, subject) in [("root", "ExternalRoot"), ("issuer", "ExternalIssuer")] {
            openssl.run(&format!("ecparam -genkey -name prime256v1 -noout -out {name}.key"));
            openssl.run(&format!("req -new -key {name}.key -subj /CN={subject} -out {name}.csr"));
        }
        let root = sign(&openssl, "root", "-signkey root.key", root_extensions);
        let issuer = sign(&openssl, "issuer", "-CA root.pem -CAkey root.key", issuer_extensions);
        Self { openssl, our_key: key.public_key_info().to_vec(), root, issuer }
    }

    fn ours(&self, extensions: &str) -> Certificate {
        sign(&self.openssl, "ours", "-CA issuer.pem -CAkey issuer.key", extensions)
    }

    fn import(&self, certificate: &Certificate) -> Result<(), ImportError> {
        let chain = [self.issuer.clone(), self.root.clone()];
        check_import(&self.our_key, false, certificate, &chain, now(certificate))
    }
}

/// Signs `{name}.csr` and reads the certificate back through its PEM text.
fn sign(openssl: &OpenSsl, name: &str, signer: &str, extensions: &str) -> Certificate {
    openssl.write("extensions.cnf", extensions);
    openssl.run(&format!(
        "x509 -req -in {name}.csr {signer} -extfile extensions.cnf -days 30 -out {name}.pem"
    ));
    Certificate::parse_pem(&openssl.read(&format!("{name}.pem"))).unwrap()
}

/// OpenSSL dates by the system's clock, which tests do not read.
fn now(certificate: &Certificate) -> OffsetDateTime {
    certificate.not_before + Duration::HOUR
}

#[test]
fn a_sound_hierarchy_is_imported() {
    let external = External::new(CA, CA);
    assert_eq!(external.import(&external.ours(CA)), Ok(()));
}

#[test]
fn basic_constraints_must_be_there_critical_and_true() {
    let external = External::new(CA, CA);
    let subject = || "CN=Ours".to_owned();
    for (extensions, want) in [
        ("keyUsage=keyCertSign", ImportError::BasicConstraintsMissing { subject: subject() }),
        (
            "basicConstraints=CA:TRUE",
            ImportError::BasicConstraintsNotCritical { subject: subject() },
        ),
        ("basicConstraints=critical,CA:FALSE", ImportError::NotACa { subject: subject() }),
    ] {
        assert_eq!(external.import(&external.ours(extensions)), Err(want));
    }
}

#[test]
fn critical_extensions_are_allowed_by_name() {
    let external = External::new(CA, CA);
    for extension in [
        "certificatePolicies=critical,1.2.3",
        "extendedKeyUsage=critical,serverAuth",
        "inhibitAnyPolicy=critical,0",
        "issuerAltName=critical,DNS:a.example",
        "keyUsage=critical,keyCertSign",
        "nameConstraints=critical,permitted;DNS:a.example",
        "policyMappings=critical,1.2.3:1.2.4",
        "subjectAltName=critical,DNS:a.example",
        "subjectInfoAccess=critical,caRepository;URI:http://a.example",
        "crlDistributionPoints=URI:http://a.example",
        "1.2.3.4=ASN1:NULL",
    ] {
        let ours = external.ours(&format!("{CA}\n{extension}"));
        assert_eq!(external.import(&ours), Ok(()), "{extension}");
    }
    for (extension, oid) in [
        ("authorityInfoAccess=critical,OCSP;URI:http://a.example", "1.3.6.1.5.5.7.1.1"),
        ("crlDistributionPoints=critical,URI:http://a.example", "2.5.29.31"),
        ("2.5.29.46=critical,DER:3000", "2.5.29.46"),
        ("policyConstraints=critical,requireExplicitPolicy:0", "2.5.29.36"),
        ("1.2.3.4=critical,ASN1:NULL", "1.2.3.4"),
    ] {
        let refused = external.import(&external.ours(&format!("{CA}\n{extension}")));
        let found = match &refused {
            Err(ImportError::CriticalExtension { oid, .. }) => oid.to_string(),
            other => panic!("{extension}: {other:?}"),
        };
        assert_eq!(found, oid);
    }
}

#[test]
fn path_lengths_are_kept_all_along_the_chain() {
    let limited = |length: u8| format!("{CA},pathlen:{length}");
    let violated = |subject: &str, limit, found| {
        Err(ImportError::PathLength { subject: format!("CN={subject}"), limit, found })
    };
    for (root, issuer, want) in [
        (limited(2), limited(1), Ok(())),
        (limited(1), CA.to_owned(), violated("ExternalRoot", 1, 2)),
        (limited(0), CA.to_owned(), violated("ExternalRoot", 0, 2)),
        (CA.to_owned(), limited(0), violated("ExternalIssuer", 0, 1)),
    ] {
        let external = External::new(&root, &issuer);
        assert_eq!(external.import(&external.ours(&limited(0))), want, "{root} {issuer}");
    }
}

#[test]
fn the_chain_runs_from_the_issuer_to_the_root() {
    let external = External::new(CA, CA);
    let ours = external.ours(CA);
    let (root, issuer) = (&external.root, &external.issuer);
    let broken = |subject: &str, issuer: &str| ImportError::ChainBroken {
        subject: format!("CN={subject}"),
        issuer: format!("CN={issuer}"),
    };
    let no_root = ImportError::ChainWithoutRoot { subject: "CN=ExternalIssuer".to_owned() };
    for (chain, want) in [
        (vec![], ImportError::ChainMissing),
        (vec![issuer], no_root),
        (vec![root], broken("Ours", "ExternalRoot")),
        (vec![root, issuer], broken("Ours", "ExternalRoot")),
        (vec![issuer, root, root, issuer], broken("ExternalRoot", "ExternalIssuer")),
        (vec![&ours, issuer, root], ImportError::ChainHoldsCertificate),
    ] {
        let chain: Vec<Certificate> = chain.into_iter().cloned().collect();
        let found = check_import(&external.our_key, false, &ours, &chain, now(&ours));
        assert_eq!(found, Err(want));
    }
}

/// Same names, another key: what a name alone would let through.
#[test]
fn an_issuer_of_the_same_name_is_not_the_issuer() {
    let (mine, yours) = (External::new(CA, CA), External::new(CA, CA));
    let ours = mine.ours(CA);
    let chain = [yours.issuer, yours.root];
    let found = check_import(&mine.our_key, false, &ours, &chain, now(&ours));
    assert!(matches!(found, Err(ImportError::ChainBroken { .. })), "{found:?}");
}

#[test]
fn another_key_s_certificate_is_refused() {
    let external = External::new(CA, CA);
    let chain = [external.root.clone()];
    let issuer = &external.issuer;
    let found = check_import(&external.our_key, false, issuer, &chain, now(issuer));
    assert_eq!(found, Err(ImportError::AnotherKey));
}

#[test]
fn an_expired_certificate_is_refused_from_its_last_second_on() {
    let external = External::new(CA, CA);
    let ours = external.ours(CA);
    let chain = [external.issuer.clone(), external.root.clone()];
    // The certificates above ours end when it does, or earlier by the seconds OpenSSL took.
    let end = external.root.not_after.min(external.issuer.not_after);
    let at = |now| check_import(&external.our_key, false, &ours, &chain, now);
    assert_eq!(at(end - Duration::SECOND), Ok(()));
    assert!(matches!(at(end), Err(ImportError::Expired { .. })));
}

#[test]
fn roots_are_self_signed_and_have_no_chain() {
    let ca = Ca::p256_root();
    let own_key = ca.key.public_key_info();
    let now = now(&ca.certificate);
    let import = |is_root, certificate: &Certificate, chain: &[Certificate]| {
        check_import(own_key, is_root, certificate, chain, now)
    };
    let chain = std::slice::from_ref(&ca.certificate);
    assert_eq!(import(true, &ca.certificate, &[]), Ok(()));
    assert_eq!(import(true, &ca.certificate, chain), Err(ImportError::ChainWithRoot));
    assert_eq!(import(false, &ca.certificate, chain), Err(ImportError::SelfSigned));

    let subordinate = {
        let other = Ca::p256_root();
        let request = request(&ca.key, &ca.signing, "Ours");
        let wanted = Wanted::new("SubordinateCACertificate_PathLen0", &request);
        Certificate::parse_der(&other.issue(&wanted).unwrap()).unwrap()
    };
    assert_eq!(import(true, &subordinate, &[]), Err(ImportError::NotSelfSigned));
}
