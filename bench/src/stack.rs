//! The local stack, for functions that a benchmark starts by itself.

use std::path::Path;
use std::process::{Command, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::{BenchResult, http::Connection, lambda::Function};

/// A running vigil-local.
pub struct Stack {
    _child: Child,
    endpoint: String,
}

impl Stack {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub async fn start(binary: &Path) -> BenchResult<Self> {
        let mut command = tokio::process::Command::new(binary);
        command
            .args(["up", "--listen", "127.0.0.1:0", "--template", "bench/template.yaml"])
            .env("VIGIL_LOCAL_LOG", "error,s3s=off,s3s_fs=off")
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child =
            command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        let out = child.stdout.take().ok_or("vigil-local has no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let line = lines.next_line().await.map_err(|error| error.to_string())?.unwrap_or_default();
        let endpoint = line
            .strip_prefix("listening on ")
            .ok_or_else(|| format!("vigil-local began with '{line}'"))?
            .to_owned();
        // A full pipe would block the stack.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { _child: child, endpoint })
    }

    /// Its URL.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A connection to it.
    pub fn connection(&self) -> Connection {
        Connection::new(self.endpoint.trim_start_matches("http://"))
    }

    /// `name` is the function's own.
    pub fn function(
        &self,
        name: &str,
        command: Command,
        more: &[(&str, &str)],
    ) -> BenchResult<Function> {
        let common = [
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("VIGIL_EVIDENCE_BUCKET", "bench-evidence"),
            ("VIGIL_EVENT_BUS", "vigil"),
            ("VIGIL_STATE_KEY", "arn:aws:kms:us-east-1:111122223333:key/StateKey"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ];
        Function::start(name, command, &[&common, more].concat())
    }
}
