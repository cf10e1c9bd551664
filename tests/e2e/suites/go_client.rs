//! AWS's SDK for Go on pca-local, as Debian packages it: a third reading of the wire.
//!
//! The test needs Go and the packages' sources. Where they are missing it says so and holds nothing, unless
//! `VIGIL_GO=required` is set, as CI does.

use std::{io::Write as _, path::Path, process::Command};

use e2e::{Server, root, run};

/// Where Debian's `golang-github-aws-aws-sdk-go-v2-dev` puts the client of ACM PCA.
const SDK: &str = "/usr/share/gocode/src/github.com/aws/aws-sdk-go-v2/service/acmpca";
const INSTALL: &str =
    "apt-get install --no-install-recommends golang-go golang-github-aws-aws-sdk-go-v2-dev";

/// Go's sources of the SDK and its compiler, or what is missing.
fn missing() -> Option<String> {
    if !Path::new(SDK).is_dir() {
        return Some(format!("{SDK} is missing: {INSTALL}"));
    }
    run(Command::new("go").arg("version")).err().map(|error| format!("{error}: {INSTALL}"))
}

#[test]
fn go_pages_waits_and_catches_types() {
    if let Some(missing) = missing() {
        assert!(std::env::var_os("VIGIL_GO").is_none_or(|it| it != "required"), "{missing}");
        // Past the test's captured output: a test that holds nothing is seen.
        let _ = writeln!(std::io::stderr(), "SKIPPED go_pages_waits_and_catches_types: {missing}");
        return;
    }
    let server = Server::start("pca-local", &["--listen", "127.0.0.1:0"]);
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut command = Command::new("go");
    command
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOCACHE", folder.path().join("cache"))
        .env("GOFLAGS", "")
        .env("HOME", folder.path())
        .arg("run")
        .arg(root().join("tests/fixtures/go_client/main.go"))
        .arg(&server.url);
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim_end(), "ok");
}
