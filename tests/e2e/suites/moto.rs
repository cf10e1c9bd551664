//! moto's own tests of ACM PCA on pca-local, unmodified, from its source distribution (`make setup`
//! fetches it). A test fails where moto differs from AWS; the table gives the reason.

use std::{collections::BTreeMap, process::Command};

use e2e::{Server, root, tool};

/// The test, pca-local's answer, and why AWS answers so, too.
const NOT_AWS: &[(&str, &str, &str)] = &[
    (
        "test_describe_unknown_certificate_authority",
        "'ValidationException' == 'ResourceNotFoundException'",
        "`unknown` is no ARN: it breaks the pattern of the API model",
    ),
    (
        "test_update_certificate_authority",
        "InvalidStateException",
        "a CA without a certificate cannot be disabled (UpdateCertificateAuthority)",
    ),
    (
        "test_issue_certificate[ap-southeast-1-aws]",
        "InvalidStateException",
        "a CA without a certificate issues but its own root certificate",
    ),
    (
        "test_issue_certificate[us-gov-east-1-aws-us-gov]",
        "InvalidStateException",
        "a CA without a certificate issues but its own root certificate",
    ),
    (
        "test_get_certificate",
        "InvalidStateException",
        "a CA without a certificate issues but its own root certificate",
    ),
    (
        "test_import_certificate_authority_certificate",
        "'MalformedCer...cateException' == 'MalformedCer...rityException'",
        "the API model knows no MalformedCertificateAuthorityException",
    ),
    (
        "test_acmpca_backend_is_serialisable",
        "CertificateMismatchException",
        "it imports the certificate of another key",
    ),
    (
        "test_policy_operations",
        "InvalidPolicyException",
        "a resource policy allows IssueCertificate by template only (AWS Private CA User Guide)",
    ),
    ("test_revoke_certificate", "DID NOT RAISE", "GetCertificate returns revoked certificates"),
];

#[test]
fn what_moto_expects_of_acm_pca_holds_wherever_aws_does_it_too() {
    // moto is done at once.
    let options = ["--listen=127.0.0.1:0", "--account=123456789012", "--timing=immediate"];
    let server = Server::start("pca-local", &options);
    let sources = root().join(".venv/moto");
    let mut command = Command::new(tool("python"));
    command
        .current_dir(&sources)
        .env_clear()
        .envs([
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("COLUMNS", "400"),
            ("HOME", "/nonexistent"),
            ("MOTO_CALL_RESET_API", "false"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("TEST_SERVER_MODE", "true"),
            ("TEST_SERVER_MODE_ENDPOINT", &server.url),
        ])
        .env("PYTHONPATH", root().join("tests/fixtures"))
        .args(["-m", "pytest", "-p", "moto_plugin", "-p", "no:cacheprovider", "-q", "-rA"])
        .args(["--tb=no", "--color=no", "tests/test_acmpca"]);
    // Not `run`: pytest exits with 1 where a test fails, as some do.
    let said = command.output().expect("pytest runs").stdout;
    let said = String::from_utf8_lossy(&said);
    let results: Vec<(&str, &str)> = said.lines().filter_map(result).collect();
    let passed = results.iter().filter(|(word, _)| *word == "PASSED").count();
    let failed: BTreeMap<&str, &str> = results
        .iter()
        .filter(|(word, _)| *word == "FAILED")
        .map(|(_, rest)| rest.split_once(" - ").unwrap_or((rest, "")))
        .collect();
    let expected: BTreeMap<&str, &str> =
        NOT_AWS.iter().map(|&(test, answer, _)| (test, answer)).collect();
    let agree = failed.len() == expected.len()
        && failed
            .iter()
            .all(|(test, why)| expected.get(test).is_some_and(|want| why.contains(want)));
    assert!(agree, "{said}");
    assert_eq!(passed, 16, "{said}");
}

/// `PASSED` or `FAILED` with the test's name and what follows.
fn result(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.split_once(" tests/test_acmpca/test_acmpca.py::")?;
    Some((word, rest))
}
