//! What the suites share: the workspace's binaries, the tools of `make setup`, running servers, and a
//! world with Vigil deployed.

pub mod cli;
pub mod configuration;
pub mod template;
pub mod world;

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/e2e/ has a root")
}

/// A binary of the workspace, built by `make test` before the tests run.
pub fn binary(name: &str) -> PathBuf {
    // target/debug/deps/<this test> -> target/debug/<name>
    let here = std::env::current_exe().expect("the test knows its own path");
    let path = here.parent().and_then(Path::parent).expect("tests run from deps/").join(name);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace --bins`", path.display());
    path
}

/// A Python tool that `make setup` has installed.
pub fn tool(name: &str) -> PathBuf {
    let path = root().join(".venv/bin").join(name);
    assert!(path.exists(), "{} is missing: run `make setup`", path.display());
    path
}

/// Runs a command to its end and returns its standard output.
///
/// # Errors
///
/// The command's standard error, if it fails.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// A running server of this workspace. It is killed when the test ends.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub url: String,
}

impl Server {
    /// Starts the binary and waits until it says where it listens.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(binary(name))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("standard output is piped");
        let mut lines = BufReader::new(stdout).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .expect("the server says `listening on URL` before it closes its output");
        // A full pipe would block the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    /// Ends it as Ctrl-C does; returns whether it stopped cleanly.
    pub fn interrupt(mut self) -> bool {
        let signalled = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        signalled.is_ok_and(|status| status.success())
            && self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
