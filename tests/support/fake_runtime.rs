//! Lambda's Runtime API, just enough of it to run a real function binary on a few events:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Nothing else is reachable.
//!
//! Included by path in the functions' own tests, where Cargo says where their binary is.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use serde_json::Value;

/// What the function posted for an event.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) failed: bool,
    pub(crate) body: Value,
}

/// Runs `binary` on each event in turn and gives its answers.
pub(crate) fn answers(binary: &str, environment: &[(&str, &str)], events: &[&str]) -> Vec<Answer> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let (sender, receiver) = channel();
    let waiting =
        Arc::new(Mutex::new(events.iter().rev().map(ToString::to_string).collect::<Vec<String>>()));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (waiting, sender) = (waiting.clone(), sender.clone());
            std::thread::spawn(move || serve(stream, &waiting, &sender));
        }
    });
    let mut command = command(binary, environment, address);
    let child = Killed(
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary has been built"),
    );
    let answers = events.iter().map(|event| next(&receiver, event)).collect();
    drop(child);
    answers
}

/// Runs `binary` where it is expected to end by itself: its exit code and what it wrote to stderr.
pub(crate) fn failed_start(binary: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = nobody.local_addr().expect("a bound listener has an address");
    let output = command(binary, environment, address).output().expect("the binary has been built");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn command(binary: &str, environment: &[(&str, &str)], runtime_api: SocketAddr) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "under-test")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .envs(environment.iter().copied());
    command
}

fn next(answers: &Receiver<Answer>, event: &str) -> Answer {
    // A limit for a function that hangs or dies; none is awaited on the way.
    let answer = answers.recv_timeout(Duration::from_secs(60));
    answer.unwrap_or_else(|_| panic!("the function gave no answer to {event}"))
}

fn serve(stream: TcpStream, waiting: &Mutex<Vec<String>>, answers: &Sender<Answer>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (line, body) = request(&mut reader)?;
        if line.starts_with("GET ") {
            // With nothing left to do, Lambda freezes the function: no answer.
            let event = waiting.lock().ok()?.pop()?;
            let head = format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-1\r\n\
                 Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:111122223333:function:f\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
                event.len()
            );
            writer.write_all(head.as_bytes()).ok()?;
        } else {
            let body = serde_json::from_slice(&body).ok()?;
            writer.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").ok()?;
            answers.send(Answer { failed: line.contains("/error"), body }).ok()?;
        }
    }
}

fn request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut first = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if first.is_empty() {
            first = line.to_owned();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, body))
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
