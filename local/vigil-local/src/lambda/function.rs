//! One function's queue, worked off one event after the other.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::environment::{After, Environment, NotStarted};
use super::{
    FunctionConfig, Invocation, InvocationResult, QueuedInvocation, Retries, Surroundings,
};
use crate::recent::Recent;

pub(super) struct Worker {
    pub(super) config: FunctionConfig,
    pub(super) surroundings: Surroundings,
    pub(super) invocations: Arc<Recent<Invocation>>,
    pub(super) retries: Retries,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Worker {
    /// Until the stack stops. One environment: what comes meanwhile waits its turn.
    pub(super) async fn work(self, mut jobs: mpsc::UnboundedReceiver<QueuedInvocation>) {
        let mut stopping = self.stopping.clone();
        let mut warm = None;
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            () = self.work_off(&mut jobs, &mut warm) => {}
        }
        if let Some(mut environment) = warm.take() {
            Environment::end(&mut environment).await;
        }
    }

    async fn work_off(
        &self,
        jobs: &mut mpsc::UnboundedReceiver<QueuedInvocation>,
        warm: &mut Option<Environment>,
    ) {
        while let Some(job) = jobs.recv().await {
            let started_at = self.surroundings.clock.now();
            let from = Instant::now();
            let (outcome, cold_start) = self.run(&job, warm).await;
            self.report(&job, &outcome);
            self.invocations.push(Invocation {
                function: self.config.name.clone(),
                request_id: job.request_id.clone(),
                trigger: job.trigger.clone(),
                attempt: job.attempt,
                started_at,
                duration_ms: millis(from.elapsed()),
                cold_start_ms: cold_start.map(millis),
                event: serde_json::from_slice(&job.event).unwrap_or(Value::Null),
                outcome: outcome.clone(),
            });
            self.finish(job, outcome);
        }
    }

    async fn run(
        &self,
        job: &QueuedInvocation,
        warm: &mut Option<Environment>,
    ) -> (InvocationResult, Option<Duration>) {
        if let Some(environment) = warm
            && !environment.is_usable(&self.config)
        {
            environment.end().await;
            *warm = None;
        }
        let mut cold_start = None;
        if warm.is_none() {
            let from = Instant::now();
            match Environment::start(&self.config, &self.surroundings).await {
                Ok(environment) => *warm = Some(environment),
                Err(NotStarted(error)) => {
                    return (InvocationResult::Error(error), Some(from.elapsed()));
                }
            }
            cold_start = Some(from.elapsed());
        }
        let environment = warm.as_mut().expect("an environment was started when none was warm");
        let (outcome, after) = environment.run(job, &self.config).await;
        if let After::Spent = after {
            environment.end().await;
            *warm = None;
        }
        (outcome, cold_start)
    }

    fn report(&self, job: &QueuedInvocation, outcome: &InvocationResult) {
        let (function, id) = (&self.config.name, &job.request_id);
        match outcome {
            InvocationResult::Response(_) => {
                tracing::debug!(function, id, trigger = job.trigger, "done")
            }
            InvocationResult::Error(error) => tracing::warn!(
                function,
                id,
                trigger = job.trigger,
                attempt = job.attempt,
                %error,
                "the function failed"
            ),
        }
    }

    fn finish(&self, mut job: QueuedInvocation, outcome: InvocationResult) {
        if let Some(caller) = job.caller.take() {
            // A caller that went away has no use for the outcome.
            let _ = caller.send(outcome);
            return;
        }
        if let InvocationResult::Error(error) = outcome {
            self.retries.failed(&self.config, &self.surroundings, job, &error);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
