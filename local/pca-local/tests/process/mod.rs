//! The pca-local binary as a process, and what a client needs.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use futures::FutureExt as _;
use serde_json::Value;
use testkit::json;

pub(crate) use sink::Sink;

pub(crate) mod sink;

/// No call takes so long: one that is never answered ends its test.
const PATIENCE: Duration = Duration::from_secs(300);

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "how a test is told to try again")]
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Xorshift: enough for choosing moments, and the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A seed that changes with each run.
    pub(crate) fn anything() -> u64 {
        uuid::Uuid::new_v4().as_u64_pair().0 >> 32
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }
}

pub(crate) struct Server {
    child: Mutex<Child>,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    pub(crate) fn start(data: &Path, sink: &Sink) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_pca-local")), data, sink)
    }

    /// With more options, and whatever a shell sets up first.
    pub(crate) fn start_more(data: &Path, sink: &Sink, setting: &str, options: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            &format!("{setting} exec \"$0\" \"$@\""),
            env!("CARGO_BIN_EXE_pca-local"),
        ]);
        shell.args(options);
        Self::spawn(shell, data, sink)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// What it has in memory, in MiB.
    pub(crate) fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// One whose files cannot become longer than that, as on a disk that is full.
    pub(crate) fn start_limited(data: &Path, sink: &Sink, blocks: u32) -> Self {
        let mut shell = Command::new("sh");
        // A write that goes too far fails; without the trap it would end the process.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_pca-local")]);
        Self::spawn(shell, data, sink)
    }

    /// Under strace, with what to trace and which calls to change. The process is our child, and
    /// strace is not. `Err` is what it says when it does not start.
    pub(crate) fn start_traced(
        data: &Path,
        sink: &Sink,
        arguments: &[String],
    ) -> Result<Self, String> {
        let mut strace = Command::new("strace");
        strace.args(["-D", "-f", "-qq", "--seccomp-bpf"]);
        if !arguments.iter().any(|argument| argument == "-o") {
            strace.args(["-o", "/dev/null"]);
        }
        strace.args(arguments).arg(env!("CARGO_BIN_EXE_pca-local"));
        let mut child = with_arguments(&mut strace, data, sink)
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is there: apt-get install strace");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if let Some(address) = line.trim().strip_prefix("listening on http://") {
            return Ok(Self { address: address.to_owned(), child: Mutex::new(child) });
        }
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
        Err(said)
    }

    pub(crate) fn kill_while_it_starts(data: &Path, sink: &Sink, after: Duration) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pca-local"));
        let mut child = with_arguments(&mut command, data, sink).spawn().unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn spawn(mut command: Command, data: &Path, sink: &Sink) -> Self {
        let mut child = with_arguments(&mut command, data, sink).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("it starts");
        Self { address: address.to_owned(), child: Mutex::new(child) }
    }

    /// SIGKILL: the process gets no notice.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// The exit code after a signal, as `kill` names it.
    pub(crate) fn stop(&self, signal: &str) -> Option<i32> {
        let mut child = self.child.lock().unwrap();
        send(&child, signal);
        child.wait().unwrap().code()
    }

    /// The status and the body; an error if there was no whole answer.
    pub(crate) fn call(&self, operation: &str, request: &Value) -> Result<(u16, Value), String> {
        let target = format!("X-Amz-Target: ACMPrivateCA.{operation}\r\n");
        self.exchange("POST", "/", &target, request)
    }

    pub(crate) fn acknowledged(&self, operation: &str, request: &Value) -> Result<Value, String> {
        let (status, answer) = self.call(operation, request)?;
        assert_eq!(status, 200, "{operation}: {answer}");
        Ok(answer)
    }

    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let (status, answer) = self.try_admin(method, path, body)?;
        assert!(status < 300, "{path}: {answer}");
        Ok(answer)
    }

    pub(crate) fn try_admin(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value), String> {
        self.exchange(method, &format!("/_pca-local/{path}"), "", body)
    }

    /// The body as text; an error if it is not whole or not JSON Lines to its end.
    pub(crate) fn text(&self, method: &str, path: &str) -> Result<Value, String> {
        let failed = |error: std::io::Error| error.to_string();
        let mut stream = TcpStream::connect(&self.address).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let request = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(failed)?;
        let answer = String::from_utf8(answer).map_err(|error| error.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no whole answer")?;
        let is_whole = head.contains(" 200 ") && body.contains("pca-local-end");
        is_whole.then(|| body.into()).ok_or_else(|| head.to_owned())
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &Value,
    ) -> Result<(u16, Value), String> {
        let failed = |error: std::io::Error| error.to_string();
        let mut stream = TcpStream::connect(&self.address).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(failed)?;
        let answer = String::from_utf8(answer).map_err(|error| error.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no whole answer")?;
        let length = head.to_ascii_lowercase();
        let length = length.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length.and_then(|length| length.parse().ok()) != Some(body.len()) && !body.is_empty() {
            return Err("no whole answer".to_owned());
        }
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        Ok((status.ok_or("no status")?, body))
    }

    /// A root CA that writes its CRLs to the sink, and a request to issue from, in base64.
    pub(crate) fn active_root(&self, name: &str) -> (String, String) {
        let call = async |operation: &str, request| self.acknowledged(operation, &request);
        let creation = serde_json::json!({
            "CertificateAuthorityType": "ROOT",
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": name},
            },
            "RevocationConfiguration": {"CrlConfiguration": {
                "Enabled": true, "ExpirationInDays": 7, "S3BucketName": "bucket",
            }},
        });
        let root = json::active_root(&creation, "SHA256WITHECDSA", call);
        let root = root.now_or_never().expect("the calls block").unwrap();
        (root.arn, json::blob(&root.csr))
    }
}

/// A row of the table that `make soak` prints: the test's end says whether it holds.
pub(crate) struct Row {
    attempt: &'static str,
    expected: &'static str,
    seen: String,
}

impl Row {
    pub(crate) fn new(attempt: &'static str, expected: &'static str) -> Self {
        Self { attempt, expected, seen: String::new() }
    }

    pub(crate) fn saw(&mut self, seen: impl Into<String>) {
        self.seen = seen.into();
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        let Self { attempt, expected, seen } = self;
        let verdict = if std::thread::panicking() { "**breaks**" } else { "holds" };
        eprintln!("| {attempt} | {expected} | {seen} | {verdict} |");
    }
}

/// A signal by its name.
pub(crate) fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Everything below a folder, into a new one.
pub(crate) fn copy(from: &Path, to: &Path, names: &[&str]) {
    std::fs::create_dir(to).unwrap();
    for name in names {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// The exit code of a command of pca-local, its standard output, and its standard error.
pub(crate) fn run(arguments: &[&str], input: &[u8]) -> (Option<i32>, Vec<u8>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pca-local"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || drop(to.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

fn with_arguments<'a>(command: &'a mut Command, data: &Path, sink: &Sink) -> &'a mut Command {
    command.args(["--listen", "127.0.0.1:0", "--log", "warn", "--timing", "immediate"]);
    command.arg("--data-dir").arg(data);
    command.args(["--s3-endpoint", &format!("http://{}", sink.address)]);
    command.stdout(Stdio::piped())
}
