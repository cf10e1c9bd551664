//! The real AWS CLI on pca-local: an independent reading of the wire.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path, process::Command};

use e2e::{Server, run, tool};

/// The AWS CLI, on one endpoint and with nothing of this machine's configuration.
struct Cli<'a> {
    url: &'a str,
    folder: &'a Path,
    /// The certificate of the CA that issued the endpoint's.
    ca_bundle: Option<&'a Path>,
}

impl Cli<'_> {
    fn acm_pca(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(tool("aws"));
        command
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "alice")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("HOME", self.folder)
            .args(["--endpoint-url", self.url, "--output", "text", "acm-pca"])
            .args(arguments);
        if let Some(file) = self.ca_bundle {
            command.env("AWS_CA_BUNDLE", file);
        }
        run(&mut command).map(|text| text.trim_end().to_owned())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        format!("fileb://{}", path.display())
    }
}

#[test]
fn the_aws_cli_creates_issues_revokes_deletes_and_restores() {
    let server = Server::start("pca-local", &["--listen", "127.0.0.1:0", "--timing", "immediate"]);
    let folder = tempfile::tempdir().unwrap();
    let cli = Cli { url: &server.url, folder: folder.path(), ca_bundle: None };
    let ca = cli
        .acm_pca(&[
            "create-certificate-authority",
            "--certificate-authority-type=ROOT",
            "--certificate-authority-configuration",
            "KeyAlgorithm=EC_prime256v1,SigningAlgorithm=SHA256WITHECDSA,Subject={CommonName=Root}",
            "--query=CertificateAuthorityArn",
        ])
        .unwrap();
    let ca = format!("--certificate-authority-arn={ca}");
    let with_ca = |operation: &str, rest: &[&str]| {
        let arguments: Vec<&str> =
            [operation, ca.as_str()].into_iter().chain(rest.iter().copied()).collect();
        cli.acm_pca(&arguments)
    };

    cli.acm_pca(&["wait", "certificate-authority-csr-created", &ca]).unwrap();
    let csr = cli.write("ca.csr", &with_ca("get-certificate-authority-csr", &[]).unwrap());
    let issue = |template: &str, days: &str| {
        let csr = format!("--csr={csr}");
        let template = format!("--template-arn=arn:aws:acm-pca:::template/{template}/V1");
        let validity = format!("Value={days},Type=DAYS");
        let algorithm = "--signing-algorithm=SHA256WITHECDSA";
        with_ca("issue-certificate", &[&csr, &template, algorithm, "--validity", &validity])
    };
    let own = issue("RootCACertificate", "3650").unwrap();
    let own = format!("--certificate-arn={own}");
    cli.acm_pca(&["wait", "certificate-issued", &ca, &own]).unwrap();
    let pem = with_ca("get-certificate", &[&own, "--query=Certificate"]).unwrap();
    let pem = format!("--certificate={}", cli.write("ca.pem", &pem));
    with_ca("import-certificate-authority-certificate", &[&pem]).unwrap();

    let leaf = issue("EndEntityCertificate", "30").unwrap();
    let serial = format!("--certificate-serial={}", leaf.rsplit('/').next().unwrap());
    let reason = "--revocation-reason=KEY_COMPROMISE";
    with_ca("revoke-certificate", &[&serial, reason]).unwrap();
    let again = with_ca("revoke-certificate", &[&serial, reason]).unwrap_err();
    assert!(again.contains("RequestAlreadyProcessedException"), "{again}");

    let refused = with_ca("delete-certificate-authority", &[]).unwrap_err();
    assert!(refused.contains("(InvalidStateException)"), "{refused}");
    with_ca("update-certificate-authority", &["--status=DISABLED"]).unwrap();
    with_ca("delete-certificate-authority", &["--permanent-deletion-time-in-days=7"]).unwrap();
    let status = "--query=CertificateAuthority.[Status,RestorableUntil!=null]";
    assert_eq!(with_ca("describe-certificate-authority", &[status]).unwrap(), "DELETED\tTrue");
    with_ca("restore-certificate-authority", &[]).unwrap();
    assert_eq!(with_ca("describe-certificate-authority", &[status]).unwrap(), "DISABLED\tFalse");
    assert!(server.interrupt(), "pca-local stops cleanly on Ctrl-C");
}

#[test]
fn the_aws_cli_speaks_tls_with_who_it_is_told_to_trust() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let option = format!("--tls-self-signed={}", ca.display());
    let server = Server::start("pca-local", &["--listen=127.0.0.1:0", &option]);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let list = |ca_bundle: Option<&Path>| {
        let cli = Cli { url: &server.url, folder: folder.path(), ca_bundle };
        cli.acm_pca(&["list-certificate-authorities", "--query=length(CertificateAuthorities)"])
    };
    assert_eq!(list(Some(&ca)), Ok("0".to_owned()));
    let refused = list(None).unwrap_err();
    assert!(refused.contains("CERTIFICATE_VERIFY_FAILED"), "{refused}");
}

#[test]
fn the_aws_cli_accepts_a_certificate_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = (file("server.pem"), file("server.key"));
    let made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj /CN=test -addext subjectAltName=IP:127.0.0.1";
    let mut openssl = Command::new("openssl");
    openssl.args(made.split_whitespace()).args(["-keyout", &key, "-out", &certificate]);
    run(&mut openssl).unwrap();
    let options = ["--listen=127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
    let server = Server::start("pca-local", &options);
    let ca_bundle = Some(Path::new(&certificate));
    let cli = Cli { url: &server.url, folder: folder.path(), ca_bundle };
    let arguments = ["list-certificate-authorities", "--query=length(CertificateAuthorities)"];
    assert_eq!(cli.acm_pca(&arguments), Ok("0".to_owned()));
}
