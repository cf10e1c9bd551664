//! The whole of it: starts every part, and stops it again.

mod builder;
mod error;

use std::path::Path;

use pca_local::{PcaLocal, Timeline};

use crate::events::{EventBuses, SeenEvent};
use crate::lambda::{Functions, Invocation};
use crate::roles::{Call, Roles};

pub use builder::Builder;
pub use error::StackError;

/// How long open connections may take to finish when the stack stops.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// A running stack. Dropped without [`Stack::shutdown`], it ends its processes without waiting for
/// them.
pub struct Stack {
    endpoint: String,
    pca: PcaLocal,
    buses: EventBuses,
    functions: Functions,
    roles: Roles,
    left_out: Vec<(String, String)>,
    data: DataDir,
    stop: tokio::sync::watch::Sender<bool>,
    server: tokio::task::JoinHandle<()>,
    follower: tokio::task::JoinHandle<()>,
}

/// Where everything is kept; a temporary folder goes with the stack.
enum DataDir {
    /// The lock is held for as long as the file is open.
    Given {
        path: std::path::PathBuf,
        _lock: std::fs::File,
    },
    Temporary(tempfile::TempDir),
}

impl DataDir {
    fn path(&self) -> &Path {
        match self {
            Self::Given { path, .. } => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

impl Stack {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://ADDR:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub fn pca(&self) -> &PcaLocal {
        &self.pca
    }

    /// The clock, and what waits for its moments. Moving it runs schedules, retries and CRLs on
    /// the way, and waits for the functions that they set off.
    pub fn timeline(&self) -> &Timeline {
        self.pca.timeline()
    }

    /// The last thousand events that went over a bus, oldest first.
    pub fn events(&self) -> Vec<SeenEvent> {
        self.buses.seen()
    }

    /// Puts an event on the default bus, as an AWS service would. EventBridge delivers at least
    /// once: handing in an event of [`Stack::events`] again is what a second delivery looks like.
    pub fn deliver(&self, event: serde_json::Value) {
        pca_local::EventSink::deliver(&self.buses, event);
    }

    /// AWS services send their events at best effort. While this is set, what goes over the default
    /// bus is seen and reaches no rule.
    pub fn lose_events(&self, lose: bool) {
        self.buses.lose(lose);
    }

    /// The last thousand finished invocations, oldest first.
    pub fn invocations(&self) -> Vec<Invocation> {
        self.functions.invocations()
    }

    /// Every different call to ACM PCA, S3 and EventBridge that a function's role allowed it.
    pub fn calls(&self) -> Vec<Call> {
        self.roles.calls()
    }

    /// Function and action of everything that the template's roles allow.
    pub fn granted(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roles.granted().iter().map(|(function, action)| (function.as_str(), action.as_str()))
    }

    /// Resources of the template that have no counterpart here: logical id and type.
    pub fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }

    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Resolves when no function has anything left to do. Retries that wait for the clock do not
    /// count.
    pub async fn settled(&self) {
        self.functions.idle().await;
    }

    /// Stops listening, and ends every function's process.
    pub async fn shutdown(mut self) {
        self.follower.abort();
        self.functions.shut_down().await;
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.follower.abort();
        self.stop.send_replace(true);
        self.functions.stop();
        self.server.abort();
    }
}
