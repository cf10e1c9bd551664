//! One process of one function, from its cold start to its end.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use super::runtime_api::{Answer, Init, RuntimeApi, Work};
use super::{FunctionConfig, InvocationResult, QueuedInvocation, Surroundings, error};
use crate::clock::deadline_ms;
use crate::roles;

/// Lambda gives initialisation ten seconds of its own; a debug build on a busy machine may need
/// more, and a real one that needs more would be noticed by its billed duration.
const INIT_TIMEOUT: Duration = Duration::from_secs(30);

/// What Lambda's provided runtimes have.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/opt/bin";

pub(super) struct Environment {
    api: RuntimeApi,
    binary: PathBuf,
    process: Child,
}

/// Why there is no process to run an invocation in; the text goes into the invocation's error.
pub(super) struct NotStarted(pub(super) Value);

/// What is left of an environment after an invocation.
pub(super) enum After {
    Reusable,
    Spent,
}

impl Environment {
    pub(super) async fn start(
        config: &FunctionConfig,
        surroundings: &Surroundings,
    ) -> Result<Self, NotStarted> {
        let api = RuntimeApi::listen().await.map_err(|cause| {
            failed("Runtime.InvalidEntrypoint", &format!("no port for the Runtime API: {cause}"))
        })?;
        let binary = config.code.binary();
        let mut process = Command::new(&binary)
            .env_clear()
            .envs(&config.environment)
            .envs(lambda_variables(config, surroundings, &binary, &api.address.to_string()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C at a terminal goes to its whole process group, and we end the processes.
            .process_group(0)
            .spawn()
            .map_err(|cause| {
                let binary = binary.display();
                failed("Runtime.InvalidEntrypoint", &format!("could not start {binary}: {cause}"))
            })?;
        let log = surroundings.logs.join(format!("{}.log", config.name));
        keep_lines(process.stdout.take(), config.name.clone(), log.clone());
        keep_lines(process.stderr.take(), config.name.clone(), log);
        let mut environment = Self { api, binary, process };
        environment.wait_until_ready().await?;
        Ok(environment)
    }

    async fn wait_until_ready(&mut self) -> Result<(), NotStarted> {
        let mut init = self.api.init.clone();
        let problem = tokio::select! {
            biased;
            init = init.wait_for(|init| *init != Init::Starting) => match init.as_deref() {
                Ok(Init::Failed(error)) => NotStarted(error.clone()),
                Ok(Init::Ready | Init::Starting) => return Ok(()),
                Err(_) => failed("Runtime.ExitError", "the Runtime API ended"),
            },
            status = self.process.wait() => failed("Runtime.ExitError", &exited(status)),
            () = tokio::time::sleep(INIT_TIMEOUT) => {
                failed("Sandbox.Timedout", "Error: Task timed out before it asked for work")
            }
        };
        self.end().await;
        Err(problem)
    }

    /// Whether it can take another event: the process has not died, and runs the function's present
    /// code.
    pub(super) fn is_usable(&mut self, config: &FunctionConfig) -> bool {
        matches!(self.process.try_wait(), Ok(None)) && self.binary == config.code.binary()
    }

    pub(super) async fn run(
        &mut self,
        job: &QueuedInvocation,
        config: &FunctionConfig,
    ) -> (InvocationResult, After) {
        let (answer, answered) = oneshot::channel();
        let work = Work {
            request_id: job.request_id.clone(),
            event: job.event.clone(),
            function_arn: config.arn.clone(),
            deadline_ms: deadline_ms(config.timeout),
            answer,
        };
        let id = &job.request_id;
        if self.api.work.send(work).await.is_err() {
            return (error("Runtime.ExitError", "the Runtime API ended"), After::Spent);
        }
        tokio::select! {
            biased;
            Ok(answer) = answered => match answer {
                Answer::Error(error) => (InvocationResult::Error(error), After::Reusable),
                Answer::Response(response) => (InvocationResult::Response(response), After::Reusable),
            },
            status = self.process.wait() => {
                let message = format!("RequestId: {id} Error: {}", exited(status));
                (error("Runtime.ExitError", &message), After::Spent)
            }
            () = tokio::time::sleep(config.timeout) => {
                let seconds = config.timeout.as_secs_f64();
                let message =
                    format!("RequestId: {id} Error: Task timed out after {seconds:.2} seconds");
                (error("Sandbox.Timedout", &message), After::Spent)
            }
        }
    }

    /// Kills the process and waits until it is gone.
    pub(super) async fn end(&mut self) {
        if let Err(error) = self.process.kill().await {
            tracing::debug!(%error, "the process had already ended");
        }
    }
}

fn failed(error_type: &str, message: &str) -> NotStarted {
    NotStarted(json!({"errorType": error_type, "errorMessage": message}))
}

fn exited(status: std::io::Result<std::process::ExitStatus>) -> String {
    match status {
        Ok(status) if status.success() => "Runtime exited without providing a reason".to_owned(),
        Ok(status) => format!("Runtime exited with error: {status}"),
        Err(cause) => format!("Runtime exited, and its status is not known: {cause}"),
    }
}

/// Lambda Developer Guide, "Defined runtime environment variables", with the endpoint of the stack
/// and credentials that it accepts.
fn lambda_variables(
    config: &FunctionConfig,
    surroundings: &Surroundings,
    binary: &Path,
    runtime_api: &str,
) -> Vec<(&'static str, String)> {
    let region = surroundings.account.region.clone();
    let task_root = binary.parent().map_or_else(String::new, |folder| folder.display().to_string());
    vec![
        ("AWS_ACCESS_KEY_ID", roles::access_key_id(&config.name)),
        ("AWS_DEFAULT_REGION", region.clone()),
        ("AWS_ENDPOINT_URL", surroundings.endpoint.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", config.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", config.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", config.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("{}[$LATEST]", uuid::Uuid::new_v4().simple())),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_REGION", region),
        ("AWS_SECRET_ACCESS_KEY", crate::s3::SECRET.to_owned()),
        ("LAMBDA_TASK_ROOT", task_root),
        ("PATH", PATH.to_owned()),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
    ]
}

/// Copies what the process writes, line by line, to its log file and to our own log.
fn keep_lines(
    stream: Option<impl AsyncRead + Send + Unpin + 'static>,
    function: String,
    path: PathBuf,
) {
    let Some(stream) = stream else { return };
    tokio::spawn(async move {
        let log = std::fs::File::options().create(true).append(true).open(&path);
        let log = log.map(Arc::new).inspect_err(|error| {
            tracing::error!(path = %path.display(), %error, "could not open a function's log");
        });
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            tracing::debug!(function, "{line}");
            if let Ok(log) = &log
                && let Err(error) = (&**log).write_all(format!("{line}\n").as_bytes())
            {
                tracing::error!(path = %path.display(), %error, "could not write a function's log");
            }
        }
    });
}
