//! A function's own binary behind a Runtime API, with no AWS endpoint that it can reach: how it
//! starts, and how it answers bad input.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::runtime_api::RuntimeApi;

/// A limit for a function that hangs or dies; none is reached by one that answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A binary and the variables that it needs, by name and value.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its path.
    pub binary: &'static str,
    /// Environment variables, beside those of the Runtime API.
    pub environment: &'static [(&'static str, &'static str)],
}

/// What the function posted for an event.
#[derive(Debug)]
pub struct Answer {
    /// Whether it was posted as an error.
    pub failed: bool,
    /// The result or the error, in JSON.
    pub body: Value,
}

impl Function {
    /// Runs the binary on each event in turn and gives its answers.
    pub fn answers(&self, events: &[&str]) -> Vec<Answer> {
        let api = RuntimeApi::start(|| ()).expect("a free port");
        let mut command = self.command(self.environment, api.address);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let _running = Killed(child.expect("the binary has been built"));
        let answer = |event: &&str| {
            api.events.send((*event).to_owned()).expect("the API lives as long as the test");
            let answer = api.answers.recv_timeout(ANSWER_TIMEOUT);
            let answer = answer.unwrap_or_else(|_| panic!("no answer to {event}"));
            let body = serde_json::from_slice(&answer.body).expect("an answer is JSON");
            Answer { failed: answer.failed, body }
        };
        events.iter().map(answer).collect()
    }

    /// Without any one of its variables the cold start fails and names the variable.
    pub fn assert_each_variable_is_required(&self) {
        for (name, _) in self.environment {
            let others = self.environment.iter().filter(|(other, _)| other != name);
            let stderr = self.failed_start(&others.copied().collect::<Vec<_>>());
            assert!(stderr.contains(name), "{stderr}");
        }
    }

    /// A variable with a value that cannot be used fails the cold start, which names both.
    pub fn assert_values_are_refused(&self, values: &[(&str, &str)]) {
        for (name, value) in values {
            let environment: Vec<_> =
                self.environment.iter().copied().chain([(*name, *value)]).collect();
            let stderr = self.failed_start(&environment);
            assert!(stderr.contains(name) && stderr.contains(value), "{stderr}");
        }
    }

    /// Each event is answered with an error of this type whose message contains these words:
    /// `(event, type, words)`.
    pub fn assert_events_are_refused(&self, events: &[(&str, &str, &str)]) {
        let bodies: Vec<_> = events.iter().map(|(event, ..)| *event).collect();
        for ((event, error_type, words), answer) in events.iter().zip(self.answers(&bodies)) {
            assert!(answer.failed, "{event} was answered with {answer:?}");
            let error = answer.body;
            assert_eq!(error["errorType"], *error_type, "{error}");
            assert!(error["errorMessage"].as_str().unwrap().contains(words), "{error}");
        }
    }

    /// What the binary wrote to stderr before it ended with exit code 1.
    fn failed_start(&self, environment: &[(&str, &str)]) -> String {
        // Nothing answers on this port: a binary that asks for an event has started.
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = silent.local_addr().expect("a bound listener has an address");
        let output = self.command(environment, address).output();
        let output = output.expect("the binary has been built");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        stderr
    }

    fn command(&self, environment: &[(&str, &str)], runtime_api: SocketAddr) -> Command {
        let mut command = Command::new(self.binary);
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
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
