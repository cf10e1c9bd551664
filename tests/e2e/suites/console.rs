//! pca-local's console in Chromium.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::process::Command;

use e2e::{Server, root, run, tool};

#[test]
fn the_console_shows_cas_moves_the_clock_and_shows_events() {
    let server = Server::start("pca-local", &["--listen", "127.0.0.1:0", "--timing", "immediate"]);
    let home = tempfile::tempdir().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let mut command = Command::new(tool("python"));
    command
        .env_clear()
        .env("PATH", path)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("HOME", home.path())
        .arg(root().join("tests/fixtures/browser.py"))
        .arg(&server.url);
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim_end(), "ok");
    assert!(server.interrupt(), "pca-local stops although a browser listens to its events");
}
