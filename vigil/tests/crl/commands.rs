//! The commands that findings advise read the certificate that the CRL was judged by, from where it stands.

use super::*;

/// What the command for the certificate shows, and the command.
fn shown(folder: &Path, arguments: &[&str]) -> (String, String) {
    let checked = text(&check(folder, arguments));
    let reader = checked.lines().find_map(|line| line.strip_suffix(" | openssl x509 -noout -text"));
    let reader = reader.unwrap_or_else(|| panic!("{checked}")).trim();
    let mut shell = Command::new("bash");
    let command = format!("{reader} | openssl x509");
    let output = shell.args(["-c", &command]).current_dir(folder).output().unwrap();
    (text(&output), reader.to_owned())
}

#[test]
fn a_command_shows_the_certificate_that_judged() {
    let (world, mallory) = (World::new(), World::new());
    mallory.crl("forged.crl", 7, &[1]);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Other");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let other = KeyPair::generate().unwrap();
    let other = [params.self_signed(&other).unwrap().pem(), other.serialize_pem()].concat();
    let own = fs::read_to_string(world.path("ca.pem")).unwrap();
    let base64: String = own.lines().filter(|line| !line.starts_with('-')).collect();
    fs::copy(mallory.path("forged.crl"), world.path("forged.crl")).unwrap();
    fs::write(world.path("ca.der"), BASE64_STANDARD.decode(base64).unwrap()).unwrap();
    fs::write(world.path("other.pem"), &other).unwrap();
    fs::write(world.path("a bundle"), [other.as_str(), own.as_str()].concat()).unwrap();
    let second = "awk '/-----BEGIN CERTIFICATE-----/{n++} n==2' 'a bundle'";
    for (issuers, want) in [
        (&["ca.pem"][..], "cat ca.pem"),
        (&["ca.der"], "openssl x509 -inform DER -in ca.der"),
        (&["a bundle"], second),
        (&["other.pem", "ca.pem"], "cat ca.pem"),
    ] {
        let issuers = issuers.iter().flat_map(|issuer| ["--issuer", *issuer]);
        let arguments: Vec<_> =
            ["forged.crl", "--profile", "rfc5280"].into_iter().chain(issuers).collect();
        let (certificate, reader) = shown(world.folder.path(), &arguments);
        assert_eq!(reader, want);
        let lines = |pem: &str| pem.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&certificate), lines(&own), "{reader}");
    }
}
