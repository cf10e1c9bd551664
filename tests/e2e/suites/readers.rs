//! Certificates of every key algorithm and every template, and CRLs, that pca-local signs. OpenSSL's
//! library verifies them through pyca/cryptography (ML-DSA, too), and pkilint checks them.

use std::process::Command;

use e2e::{Server, root, run, tool};

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
    assert_eq!(said.trim_end(), r#"{"certificates": 86, "crls": 6}"#);
}
