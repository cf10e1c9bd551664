//! Servers under measurement: started, asked for their memory, and ended.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::{BenchResult, api::plain_request, http::Connection, stopwatch};

/// Ends with its handle.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// Starts pca-local on a free port and waits for its first answer. Returns how long that took.
    pub async fn pca_local(binary: &Path, arguments: &[&str]) -> BenchResult<(Self, Duration)> {
        let watch = stopwatch();
        let mut child = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--log", "warn", "--timing", "immediate"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("could not start {}: {error}", binary.display()))?;
        let out = child.stdout.take().ok_or("pca-local has no standard output")?;
        let line = BufReader::new(out).lines().next_line().await;
        let line = line.map_err(|error| error.to_string())?.unwrap_or_default();
        let address = line
            .strip_prefix("listening on http://")
            .ok_or_else(|| format!("pca-local began with '{line}'"))?
            .to_owned();
        let health = plain_request("GET", "/_pca-local/health", "");
        let answer = Connection::new(&address).send(&health).await?;
        if answer.status != 200 {
            return Err(format!("pca-local's health answered {}", answer.status));
        }
        Ok((Self { child, address }, watch.elapsed()))
    }

    /// Starts moto on a port that was free a moment ago, and waits until it answers.
    pub async fn moto(venv: &Path) -> BenchResult<Self> {
        let binary = venv.join("bin/moto_server");
        let free = std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = free.local_addr().map_err(|error| error.to_string())?;
        drop(free);
        let child = Command::new(&binary)
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("could not start {}: {error}", binary.display()))?;
        let server = Self { child, address: address.to_string() };
        let root = plain_request("GET", "/moto-api/", "");
        let watch = stopwatch();
        while watch.elapsed() < Duration::from_secs(60) {
            if Connection::new(&server.address).send(&root).await.is_ok() {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("moto did not answer within a minute".to_owned())
    }

    /// Kills it, and returns when it is gone, with its locks.
    pub async fn kill(mut self) -> BenchResult<()> {
        self.child.kill().await.map_err(|error| format!("the server did not end: {error}"))
    }

    /// Processor time of the process so far, in seconds.
    ///
    /// # Errors
    ///
    /// `/proc` cannot be read.
    pub fn processor_seconds(&self) -> BenchResult<f64> {
        let id = self.child.id().ok_or("the process has ended")?;
        processor_seconds(&id.to_string())
    }

    /// Its resident memory.
    ///
    /// # Errors
    ///
    /// `/proc` cannot be read.
    pub fn memory(&self) -> BenchResult<Memory> {
        let id = self.child.id().ok_or("the process has ended")?;
        let path = format!("/proc/{id}/status");
        let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let mebibytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            let number = line.and_then(|line| line.split_ascii_whitespace().nth(1));
            number.and_then(|number| number.parse::<f64>().ok()).map(|kib| kib / 1024.0)
        };
        match (mebibytes("VmRSS:"), mebibytes("VmHWM:")) {
            (Some(now), Some(peak)) => Ok(Memory { now, peak }),
            _ => Err(format!("{path} does not tell the process's memory")),
        }
    }
}

/// What a process, or this one as `self`, has had of all cores, in user and system mode.
pub fn processor_seconds(process: &str) -> BenchResult<f64> {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    // proc_pid_stat(5): utime and stime are the 14th and 15th field; the 2nd is the name, in
    // parentheses. Linux tells user space of 100 ticks a second on every machine.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: Result<u64, _> = after_name.split(' ').skip(11).take(2).map(str::parse::<u64>).sum();
    ticks.map(|ticks| ticks as f64 / 100.0).map_err(|error| format!("{path}: {error}"))
}

/// Resident, in MiB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// Resident now, in MiB.
    pub now: f64,
    /// The most that was resident, in MiB.
    pub peak: f64,
}
