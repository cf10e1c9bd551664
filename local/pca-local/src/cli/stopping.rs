//! How the process ends: on which signals, and what it waits for.

use std::sync::OnceLock;

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::Instant,
};

/// SIGINT and SIGTERM, heard from the moment that this is made.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(crate) fn hear() -> Result<Self, String> {
        let hear = |kind| signal(kind).map_err(|error| format!("signals are not heard: {error}"));
        let (interrupt, terminate) =
            (hear(SignalKind::interrupt())?, hear(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate })
    }

    async fn heard(mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// Says what the end takes its time for.
#[derive(Default)]
pub(crate) struct Stop(OnceLock<Instant>);

impl Stop {
    /// Resolves at the first signal.
    pub(crate) async fn at(&self, signals: Signals) {
        let signal = signals.heard().await;
        tracing::info!(signal, "stopping");
        self.0.get_or_init(Instant::now);
    }

    /// How long it has been since the signal.
    pub(crate) fn waited(&self, what: &str) {
        let seconds = self.0.get().map_or(0.0, |since| since.elapsed().as_secs_f64());
        tracing::info!("waited {what} until {seconds:.3} s after the signal");
    }
}
