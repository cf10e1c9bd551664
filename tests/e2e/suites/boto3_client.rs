//! boto3 on pca-local: its paginators, waiters and exceptions are a second reading of the wire.

use std::{path::Path, process::Command};

use e2e::{Server, root, run, tool};

#[test]
fn boto3_pages_waits_and_catches() {
    converse("json");
}

/// The protocol that AWS's model of the service names first.
#[test]
fn boto3_pages_waits_and_catches_in_cbor() {
    converse("smithy-rpc-v2-cbor");
}

fn converse(protocol: &str) {
    let server = Server::start("pca-local", &["--listen", "127.0.0.1:0"]);
    let script = root().join("tests/fixtures/boto3_client.py");
    let mut command = Command::new(tool("python"));
    command
        .env_clear()
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("HOME", Path::new("/nonexistent"))
        .arg(script)
        .args([&server.url, protocol]);
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim_end(), "ok");
}
