//! A function behind a Lambda Runtime API that stamps each of its requests.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use testkit::runtime_api::{Answer, RuntimeApi};

use crate::{BenchResult, stopwatch};

/// Longer than any function here may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A running function; it ends with its handle.
pub struct Function {
    child: Child,
    started: Instant,
    api: RuntimeApi<Instant>,
}

impl Function {
    /// Starts a function behind the Runtime API.
    ///
    /// # Errors
    ///
    /// The process does not start.
    pub fn start(
        name: &str,
        mut command: Command,
        environment: &[(&str, &str)],
    ) -> BenchResult<Self> {
        let api = RuntimeApi::start(stopwatch).map_err(|error| error.to_string())?;
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let started = stopwatch();
        let child =
            command.spawn().map_err(|error| format!("could not start {command:?}: {error}"))?;
        Ok(Self { child, started, api })
    }

    /// From the process's start to its first request for an event.
    pub fn first_poll(&self) -> BenchResult<Duration> {
        let at = self
            .api
            .polls
            .recv_timeout(ANSWER_TIMEOUT)
            .map_err(|_| "the function asks for nothing")?;
        Ok(at - self.started)
    }

    /// From handing the event over to the answer.
    pub fn invoke(&self, event: &str) -> BenchResult<Duration> {
        Ok(self.invoke_for(event)?.0)
    }

    /// The same, and what the answer is.
    pub fn invoke_for(&self, event: &str) -> BenchResult<(Duration, String)> {
        let since = stopwatch();
        let answer = self.answer(event)?;
        Ok((answer.at - since, text(&answer)))
    }

    /// From the process's start to the answer.
    pub fn invoke_cold(&self, event: &str) -> BenchResult<Duration> {
        Ok(self.answer(event)?.at - self.started)
    }

    fn answer(&self, event: &str) -> BenchResult<Answer<Instant>> {
        self.api.events.send(event.to_owned()).map_err(|error| error.to_string())?;
        let answer = self.api.answers.recv_timeout(ANSWER_TIMEOUT);
        let answer = answer.map_err(|_| "the function does not answer")?;
        if answer.failed {
            return Err(format!("the function failed: {}", text(&answer)));
        }
        Ok(answer)
    }

    /// The most that was resident, in MiB.
    pub fn peak_memory(&self) -> BenchResult<f64> {
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

fn text(answer: &Answer<Instant>) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}
