//! Lambda for one machine: the real function binaries behind the real Runtime API.

mod archive;
pub(crate) mod binary;
pub(crate) mod code;
mod environment;
mod function;
pub(crate) mod invoke_api;
mod read_api;
mod refusal;
mod retry;
mod runtime_api;
pub(crate) mod update_api;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pca_local::Clock;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use crate::account::Account;
use crate::recent::Recent;
use crate::roles::Roles;
use crate::sinks::Sink;
use crate::sinks::Sinks;

pub(crate) use retry::Retries;

/// What the template says about one function.
#[derive(Clone, Debug)]
pub(crate) struct FunctionConfig {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) code: code::Code,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) memory_mb: u32,
    pub(crate) timeout: Duration,
    pub(crate) asynchronous: AsyncConfig,
    /// ReservedConcurrentExecutions.
    pub(crate) reserved: Option<u32>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// The handling of an event whose invocation fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsyncConfig {
    /// The number of retries. Lambda's default and maximum is 2.
    pub(crate) retries: u8,
    /// The age after which an event is dropped. Lambda's default is six hours.
    pub(crate) max_age: Duration,
    /// The queue or topic of `DeadLetterQueue`, by logical id: it receives the event.
    pub(crate) dead_letters: Option<String>,
    /// The destination of `EventInvokeConfig`: it receives a record of the failure.
    pub(crate) on_failure: Option<Sink>,
}

impl Default for AsyncConfig {
    fn default() -> Self {
        let max_age = Duration::from_secs(6 * 60 * 60);
        Self { retries: 2, max_age, dead_letters: None, on_failure: None }
    }
}

/// What all functions of the stack share.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) account: Account,
    pub(crate) clock: Clock,
    /// The stack's own endpoint, where all services are.
    pub(crate) endpoint: String,
    /// Code that is uploaded: one folder per function.
    pub(crate) code: PathBuf,
    /// One file per function.
    pub(crate) logs: PathBuf,
    pub(crate) roles: Roles,
    pub(crate) sinks: Arc<Sinks>,
}

/// One finished invocation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// The name of the function.
    pub function: String,
    /// The id that Lambda gives the invocation.
    pub request_id: String,
    /// The logical id of the rule or schedule, or `invoke` for a call of the Lambda API.
    pub trigger: String,
    /// 1 for the first attempt.
    pub attempt: u8,
    /// Time on the stack's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: time::OffsetDateTime,
    /// Real time in milliseconds, including a cold start.
    pub duration_ms: u64,
    /// Real time in milliseconds from the start of the process to its first request for work, if it was
    /// started for this invocation.
    pub cold_start_ms: Option<u64>,
    /// The event that the function received.
    pub event: Value,
    /// What the function returned.
    pub outcome: InvocationResult,
}

impl Invocation {
    /// Whether the function returned a response.
    pub fn succeeded(&self) -> bool {
        matches!(self.outcome, InvocationResult::Response(_))
    }
}

/// The end of an invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum InvocationResult {
    /// The response of the function. Text that is not JSON is kept as a string.
    Response(Value),
    /// An object with `errorType`, `errorMessage` and other members of the function or the host.
    Error(Value),
}

impl InvocationResult {
    /// Whether this is a response.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Response(_))
    }
}

/// An invocation that waits for a function.
pub(crate) struct QueuedInvocation {
    request_id: String,
    event: Bytes,
    trigger: String,
    attempt: u8,
    /// When the event arrived first, by the stack's clock.
    since: time::OffsetDateTime,
    /// Receives the outcome of a synchronous invocation; `None` for an event.
    caller: Option<oneshot::Sender<InvocationResult>>,
    /// Counts as in_progress for as long as it exists.
    _in_progress: InProgress,
}

/// A handle; clones share the functions.
#[derive(Clone)]
pub(crate) struct Functions(Arc<Inner>);

struct Inner {
    queues: BTreeMap<String, mpsc::UnboundedSender<QueuedInvocation>>,
    configs: BTreeMap<String, FunctionConfig>,
    code: PathBuf,
    in_progress: watch::Sender<usize>,
    clock: Clock,
    invocations: Arc<Recent<Invocation>>,
    retries: Retries,
    stop: watch::Sender<bool>,
    workers: tokio::sync::Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

struct InProgress(watch::Sender<usize>);

impl InProgress {
    fn one_more(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Functions {
    /// Starts one worker per function; a process is started when the first event comes.
    pub(crate) fn start(configs: Vec<FunctionConfig>, surroundings: &Surroundings) -> Self {
        let (stop, stopping) = watch::channel(false);
        let (mut queues, mut known, mut workers) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let invocations = Arc::new(Recent::default());
        let retries = Retries::default();
        for config in configs {
            let (queue, jobs) = mpsc::unbounded_channel();
            queues.insert(config.name.clone(), queue);
            known.insert(config.name.clone(), config.clone());
            let worker = function::Worker {
                config,
                surroundings: surroundings.clone(),
                invocations: invocations.clone(),
                retries: retries.clone(),
                stopping: stopping.clone(),
            };
            workers.push(tokio::spawn(worker.work(jobs)));
        }
        Self(Arc::new(Inner {
            queues,
            configs: known,
            code: surroundings.code.clone(),
            in_progress: watch::Sender::new(0),
            clock: surroundings.clock.clone(),
            invocations,
            retries,
            stop,
            workers: workers.into(),
        }))
    }

    /// Hands over an event; failures are retried, and end in the dead-letter target.
    pub(crate) fn invoke_later(&self, function: &str, event: &Value, trigger: &str) {
        let job = self.queued(Bytes::from(event.to_string()), trigger, None);
        if !self.enqueue(function, job) {
            tracing::error!(function, trigger, "there is no such function, or it has stopped");
        }
    }

    /// Runs the function and waits. `None` if there is no such function, or if it is stopping.
    pub(crate) async fn invoke(&self, function: &str, event: Bytes) -> Option<InvocationResult> {
        let (caller, outcome) = oneshot::channel();
        let job = self.queued(event, "invoke", Some(caller));
        if !self.enqueue(function, job) {
            return None;
        }
        outcome.await.ok()
    }

    fn config(&self, function: &str) -> Option<&FunctionConfig> {
        self.0.configs.get(function)
    }

    pub(crate) fn invocations(&self) -> Vec<Invocation> {
        self.0.invocations.all()
    }

    /// Resolves when nothing is queued or running. What waits for a retry waits for the clock, and
    /// is not counted.
    pub(crate) async fn idle(&self) {
        let mut in_progress = self.0.in_progress.subscribe();
        // The sender lives in `self`, so the channel cannot close while we wait.
        let _ = in_progress.wait_for(|count| *count == 0).await;
    }

    /// Has every process ended, and waits for none of them.
    pub(crate) fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    /// Ends every process; what is queued or running is abandoned.
    pub(crate) async fn shut_down(&self) {
        self.stop();
        for worker in self.0.workers.lock().await.drain(..) {
            if let Err(error) = worker.await {
                tracing::error!(%error, "a function's worker ended badly");
            }
        }
    }

    fn queued(
        &self,
        event: Bytes,
        trigger: &str,
        caller: Option<oneshot::Sender<InvocationResult>>,
    ) -> QueuedInvocation {
        QueuedInvocation {
            request_id: uuid::Uuid::new_v4().to_string(),
            event,
            trigger: trigger.to_owned(),
            attempt: 1,
            since: self.0.clock.now(),
            caller,
            _in_progress: InProgress::one_more(&self.0.in_progress),
        }
    }

    fn enqueue(&self, function: &str, job: QueuedInvocation) -> bool {
        self.0.queues.get(function).is_some_and(|queue| queue.send(job).is_ok())
    }
}

fn error(error_type: &str, message: &str) -> InvocationResult {
    InvocationResult::Error(json!({"errorType": error_type, "errorMessage": message}))
}
