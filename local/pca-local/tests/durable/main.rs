//! What `docs/pca-local/durability.md` promises of a data directory, each at its fault.
//!
//! The faults are made from outside, at the files. SQLite takes another file system underneath it only
//! from `unsafe` code, and this workspace has none.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "../process/mod.rs"]
mod process;

mod changed;
mod damage;
mod load;
mod outside;
mod room;
mod stops;

use std::path::{Path, PathBuf};

use process::{Server, Sink, run};
use serde_json::{Value, json};

/// What was acknowledged, to be found again.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    ca: String,
    issued: Vec<String>,
}

struct World {
    folder: tempfile::TempDir,
    sink: Sink,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sink: Sink::start() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, name: &str) -> Server {
        Server::start(&self.at(name), &self.sink)
    }

    /// A server on a new directory, with a CA that has issued something.
    fn established(&self, name: &str, certificates: usize) -> (Server, Model) {
        let server = self.start(name);
        let (ca, request) = server.active_root("Root");
        let issued = (0..certificates).map(|_| issue(&server, &ca, &request).unwrap()).collect();
        (server, Model { ca, issued })
    }
}

fn try_issue(server: &Server, ca: &str, request: &str) -> (u16, Value) {
    let issuance = json!({
        "CertificateAuthorityArn": ca, "Csr": request,
        "SigningAlgorithm": "SHA256WITHECDSA", "Validity": {"Type": "DAYS", "Value": 365},
    });
    server.call("IssueCertificate", &issuance).unwrap()
}

fn issue(server: &Server, ca: &str, request: &str) -> Result<String, Value> {
    let (status, answer) = try_issue(server, ca, request);
    let arn = answer["CertificateArn"].as_str().map(str::to_owned);
    arn.filter(|_| status == 200).ok_or(answer)
}

/// Everything that was acknowledged is there.
fn holds(server: &Server, model: &Model) {
    for arn in &model.issued {
        let wanted = json!({"CertificateAuthorityArn": model.ca, "CertificateArn": arn});
        let (status, got) = server.call("GetCertificate", &wanted).unwrap();
        assert_eq!(status, 200, "{arn}: {got}");
        assert!(got["Certificate"].as_str().unwrap().contains("BEGIN CERTIFICATE"));
    }
}

/// The error of a process that does not start.
fn refused(data: &Path) -> String {
    let (code, _, error) =
        run(&["--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()], b"");
    assert_eq!(code, Some(1), "{error}");
    error
}

/// Shells make what runs in the background ignore SIGINT, and a child ignores it until it hears it.
fn ignores_interrupt() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 2 != 0))
}
