//! The stack: starts every part, and stops it.

mod builder;
mod data_dir;
mod error;
mod listener;
mod parts;

use std::path::Path;

use pca_local::{AdminToken, CloseError, PcaLocal, Timeline};

use crate::events::{EventBuses, SeenEvent};
use crate::lambda::{Functions, Invocation};
use crate::roles::{Call, Grant, Roles};

use data_dir::DataDir;

pub use builder::Builder;
pub use error::StackError;

/// The time that open connections have to finish when the stack stops.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// A running stack. Dropped without [`Stack::shutdown`], it ends its processes without waiting for
/// them.
pub struct Stack {
    endpoint: String,
    token: Option<AdminToken>,
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

impl Stack {
    /// A stack with default settings, to be changed and started.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://ADDR:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What `/_pca-local/` and `/_vigil-local/` ask for, if they do.
    pub fn admin_token(&self) -> Option<&AdminToken> {
        self.token.as_ref()
    }

    /// The ACM PCA service of the stack.
    pub fn pca(&self) -> &PcaLocal {
        &self.pca
    }

    /// The clock with its timers. Advancing it runs schedules, retries and CRL updates in order, and
    /// waits for the functions that these invoke.
    pub fn timeline(&self) -> &Timeline {
        self.pca.timeline()
    }

    /// The last thousand events that went over a bus, oldest first.
    pub fn events(&self) -> Vec<SeenEvent> {
        self.buses.seen()
    }

    /// How many deliveries of each rule EventBridge could not make: CloudWatch's metric
    /// FailedInvocations, by the rule's logical id.
    pub fn failed_invocations(&self) -> std::collections::BTreeMap<String, u64> {
        self.buses.failed()
    }

    /// Puts an event on the default bus, as an AWS service does. EventBridge delivers at least once;
    /// to deliver an event twice, pass an event of [`Stack::events`].
    pub fn deliver(&self, event: serde_json::Value) {
        pca_local::EventSink::deliver(&self.buses, event);
    }

    /// While this is set, events on the default bus are recorded and reach no rule. AWS services send
    /// events on a best-effort basis, so an event can be lost.
    pub fn lose_events(&self, lose: bool) {
        self.buses.lose(lose);
    }

    /// The last thousand finished invocations, oldest first.
    pub fn invocations(&self) -> Vec<Invocation> {
        self.functions.invocations()
    }

    /// The calls to ACM PCA, S3 and EventBridge that a function's role allowed, each once.
    pub fn calls(&self) -> Vec<Call> {
        self.roles.calls()
    }

    /// Every permission in the template's roles.
    pub fn granted(&self) -> impl Iterator<Item = &Grant> {
        self.roles.granted().iter()
    }

    /// Whether a function's role allows the action on the resource.
    pub fn would_allow(&self, function: &str, action: &str, resource: &str) -> bool {
        self.would_allow_with(function, action, resource, &[])
    }

    /// The same for a request with these condition keys, such as `kms:ViaService`.
    pub fn would_allow_with(
        &self,
        function: &str,
        action: &str,
        resource: &str,
        keys: &[(&str, &str)],
    ) -> bool {
        self.roles.would_allow(function, action, resource, keys)
    }

    /// Resources of the template that the stack does not support: logical id and type.
    pub fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }

    /// The folder with CAs, S3 objects, logs and targets.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Waits until every invocation has ended. Retries that wait for the clock do not count.
    pub async fn settled(&self) {
        self.timeline().settled().await;
    }

    /// Stops the server and the processes of all functions, and closes the data folder. An error is
    /// logged.
    pub async fn shutdown(self) {
        if let Err(error) = self.close().await {
            let error = error.to_string();
            tracing::warn!(error, "the state of ACM PCA is not one file");
        }
    }

    /// The same, for a caller who wants the error.
    ///
    /// # Errors
    ///
    /// [`CloseError`] if the log of ACM PCA could not be taken into its database, or the files were
    /// changed meanwhile.
    pub async fn close(mut self) -> Result<(), CloseError> {
        self.follower.abort();
        self.functions.shut_down().await;
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
        self.pca.close()
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
