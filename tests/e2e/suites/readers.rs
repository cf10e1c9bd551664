//! Certificates of every key algorithm and every template, and CRLs, that pca-local signs. OpenSSL's
//! library verifies them through pyca/cryptography (ML-DSA, too), and pkilint checks them.

use std::process::Command;

use e2e::{Server, binary, root, run, tool};

#[test]
fn independent_readers_verify_all_that_is_signed() {
    let server = Server::start("vigil-local", &["up", "--listen", "127.0.0.1:0", "--freeze-clock"]);
    let mut command = Command::new(tool("python"));
    command
        .env_clear()
        .envs([("AWS_CONFIG_FILE", "/dev/null"), ("HOME", "/nonexistent")])
        .arg(root().join("tests/fixtures/readers.py"))
        .arg(&server.url)
        .arg(root().join("local/pca-local/tests/x509/templates.txt"));
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim_end(), r#"{"certificates": 90, "crls": 10}"#);
}

/// What the other readers of tests/fixtures/crl_differential.py say beside Vigil.
fn differential(arguments: &[&str]) -> String {
    let mut command = Command::new(tool("python"));
    command
        .arg(root().join("tests/fixtures/crl_differential.py"))
        .arg(binary("vigil"))
        .args(arguments)
        .current_dir(root());
    run(&mut command).unwrap_or_else(|error| panic!("{error}"))
}

/// CRLs with one fault each, signed again. Java takes part where it is installed.
#[test]
fn no_crl_that_another_reader_refuses_is_clean() {
    let said = differential(&["--count", "2000", "--seed", "5280"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with(r#"{"crls": 2091, "clean": "#), "{said}");
    assert!(said.contains(r#""OpenSSL", "pyca"]"#), "{said}");
}

/// NIST's PKITS, pyca/cryptography's own CRLs and webpki's: every disagreement is explained.
#[test]
fn public_corpora_are_judged_as_the_page_explains() {
    let mut command = Command::new(tool("python"));
    command
        .arg(root().join("tests/fixtures/crl_corpora.py"))
        .arg(binary("vigil"))
        .args(["--check", "docs/crl-differences.md"])
        .current_dir(root());
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim(), "");
}

/// CRLs by pyca/cryptography in every algorithm, ML-DSA among them, and forged ones.
#[test]
fn crls_of_every_algorithm_are_verified_or_not_clean() {
    let mut command = Command::new(tool("python"));
    command.arg(root().join("tests/fixtures/crl_algorithms.py")).arg(binary("vigil"));
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim_end(), r#"{"crls": 50}"#);
}

#[test]
fn the_table_of_faults_says_what_the_readers_say() {
    assert_eq!(differential(&["--check", "docs/crl-differences.md"]).trim(), "");
}
