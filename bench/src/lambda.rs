//! A function behind a Lambda Runtime API of our own, which notes when it asks and when it answers:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{Outcome, stopwatch};

/// Longer than any function here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running function; it ends with its handle.
pub struct Function {
    child: Child,
    started: Instant,
    polls: Receiver<Instant>,
    events: Sender<String>,
    answers: Receiver<Answer>,
}

struct Answer {
    at: Instant,
    failed: bool,
    body: String,
}

type Waiting = Arc<Mutex<Receiver<String>>>;

impl Function {
    pub fn start(name: &str, mut command: Command, environment: &[(&str, &str)]) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (events, waiting) = channel();
        let (polled, polls) = channel();
        let (answered, answers) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (waiting, polled, answered) =
                    (Arc::clone(&waiting), polled.clone(), answered.clone());
                std::thread::spawn(move || serve(stream, &waiting, &polled, &answered));
            }
        });
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let started = stopwatch();
        let child =
            command.spawn().map_err(|error| format!("could not start {command:?}: {error}"))?;
        Ok(Self { child, started, polls, events, answers })
    }

    /// From the process's start to its first request for an event.
    pub fn first_poll(&self) -> Outcome<Duration> {
        let at = self.polls.recv_timeout(PATIENCE).map_err(|_| "the function asks for nothing")?;
        Ok(at - self.started)
    }

    /// From handing the event over to the answer.
    pub fn invoke(&self, event: &str) -> Outcome<Duration> {
        Ok(self.invoke_for(event)?.0)
    }

    /// The same, and what the answer is.
    pub fn invoke_for(&self, event: &str) -> Outcome<(Duration, String)> {
        let since = stopwatch();
        let answer = self.answer(event)?;
        Ok((answer.at - since, answer.body))
    }

    /// From the process's start to the answer.
    pub fn invoke_cold(&self, event: &str) -> Outcome<Duration> {
        Ok(self.answer(event)?.at - self.started)
    }

    fn answer(&self, event: &str) -> Outcome<Answer> {
        self.events.send(event.to_owned()).map_err(|error| error.to_string())?;
        let answer = self.answers.recv_timeout(PATIENCE);
        let answer = answer.map_err(|_| "the function does not answer")?;
        if answer.failed {
            return Err(format!("the function failed: {}", answer.body));
        }
        Ok(answer)
    }

    /// The most that was resident, in MiB.
    pub fn peak_memory(&self) -> Outcome<f64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.and_then(|line| line.split_ascii_whitespace().nth(1)?.parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| format!("{path} has no VmHWM"))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(
    stream: TcpStream,
    waiting: &Waiting,
    polled: &Sender<Instant>,
    answered: &Sender<Answer>,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (line, body) = request(&mut reader)?;
        let at = stopwatch();
        if line.starts_with("GET ") {
            polled.send(at).ok()?;
            let event = waiting.lock().ok()?.recv().ok()?;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-1\r\n\
                 Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:111122223333:function:f\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
                event.len()
            );
            writer.write_all(answer.as_bytes()).ok()?;
        } else {
            let failed = line.contains("/error");
            let body = String::from_utf8_lossy(&body).into_owned();
            answered.send(Answer { at, failed, body }).ok()?;
            writer.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").ok()?;
        }
    }
}

fn request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let (mut first, mut length, mut is_chunked) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        is_chunked |= lower.starts_with("transfer-encoding:") && lower.contains("chunked");
        if first.is_empty() {
            first = line;
        }
    }
    if !is_chunked {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        return Some((first, body));
    }
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some((first, body));
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
