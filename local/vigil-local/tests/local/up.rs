//! The binary itself: `vigil-local up`, from its first line to its end.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::{fixture, functions_dir};

fn up(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil-local"));
    command.args(["up", "--listen", "127.0.0.1:0", "--freeze-clock", "--data-dir"]).arg(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn lines(process: &mut Child) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(process.stdout.take().expect("standard output is a pipe")).lines()
}

#[tokio::test]
async fn up_announces_its_start_and_stops_functions_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = up(folder.path());
    command.arg("--template").arg(fixture("template.yaml"));
    command.arg("--functions-dir").arg(functions_dir());
    let mut process = command.spawn().unwrap();
    let mut lines = lines(&mut process);
    let first = lines.next_line().await.unwrap().unwrap();
    let endpoint = first.strip_prefix("listening on ").unwrap().to_owned();
    let export = lines.next_line().await.unwrap().unwrap();
    assert_eq!(export, format!("export AWS_ENDPOINT_URL={endpoint}"));

    let path = "/2015-03-31/functions/echo/invocations";
    let (status, _, answer) = crate::support::http_at(&endpoint, "POST", path, &[], "{}").await;
    assert_eq!(status, 200);
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let function = format!("/proc/{}", answer["process"]);
    assert!(std::path::Path::new(&function).exists());

    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    assert!(process.wait().await.unwrap().success());
    assert!(!std::path::Path::new(&function).exists(), "the function has ended, too");
}

#[tokio::test]
async fn up_says_why_it_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.yaml");
    let template = std::fs::read_to_string(fixture("template.yaml")).unwrap();
    std::fs::write(&bad, template.replace("rate(1 hour)", "rate(1 hours)")).unwrap();
    let output = up(folder.path()).arg("--template").arg(&bad).output().await.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for said in ["bad.yaml", "EchoHourly", "rate(1 hours)"] {
        assert!(error.contains(said), "{error}");
    }
}

/// A page whose name was rebound to this address sends its own name; another page sends its origin.
#[tokio::test]
async fn other_hosts_and_other_sites_reach_no_service() {
    use crate::support::{bare, http};
    let stack = bare().allow_host("vigil.test").start().await.unwrap();
    let invoke = "/2015-03-31/functions/auto-restore/invocations";
    let pca = [("x-amz-target", "ACMPrivateCA.ListCertificateAuthorities")];
    for (method, path, headers) in [
        ("GET", "/_pca-local/state", &[][..]),
        ("GET", "/_vigil-local/events", &[]),
        ("POST", "/", &pca),
        ("POST", invoke, &[]),
        ("GET", "/bucket/key", &[]),
    ] {
        let status = async |more: (&str, &str)| {
            let headers: Vec<(&str, &str)> = headers.iter().copied().chain([more]).collect();
            http(&stack, method, path, &headers, "{}").await.0
        };
        assert_eq!(status(("host", "evil.example")).await, 403, "{path}");
        assert_ne!(status(("host", "vigil.test:4566")).await, 403, "{path}");
        if method == "POST" {
            assert_eq!(status(("origin", "http://evil.example")).await, 403, "{path}");
            assert_eq!(status(("sec-fetch-site", "cross-site")).await, 403, "{path}");
        }
    }
}

#[tokio::test]
async fn a_stack_that_others_can_reach_asks_for_a_token() {
    use crate::support::{bare, http};
    let stack = bare().listen("0.0.0.0:0").start().await.unwrap();
    let token = format!("Bearer {}", stack.admin_token().unwrap().reveal());
    for path in ["/_pca-local/state", "/_vigil-local/events"] {
        assert_eq!(http(&stack, "GET", path, &[], "").await.0, 401, "{path}");
        let headers = [("authorization", token.as_str())];
        assert_eq!(http(&stack, "GET", path, &headers, "").await.0, 200, "{path}");
    }
    assert_eq!(http(&stack, "GET", "/_vigil-local/health", &[], "").await.0, 200);
    assert!(bare().start().await.unwrap().admin_token().is_none());
}
