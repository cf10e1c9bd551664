//! One ACM PCA service with its API and its console: how it is put together and controlled.

use std::{
    io::{BufRead, Write},
    path::Path,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;

use crate::{
    api::{
        admin_token::AdminToken,
        http::{self, Api},
        iam::Iam,
        in_process,
        plant::plant,
        signature::Secrets,
    },
    model::{change::Change, clock::Clock, record::StateRecord, tokens::IDEMPOTENCY_WINDOW},
    service::{
        announcer::Announcer,
        background::Background,
        buckets::Buckets,
        caller::DEFAULT_ACCOUNT,
        core::Service,
        crl_publisher::Publisher,
        deletion::Deleter,
        events::EventSink,
        faults::{FaultError, Faults, PlannedFaults},
        metrics::Metrics,
        pending_work::Finisher,
        quotas::{Limiter, Quotas},
        timeline::Timeline,
        timing::Timings,
    },
    state::{
        data_dir::{CloseError, DataDir, DataDirError},
        file::{self, StateError},
        memory::Store,
        restored::{Restorable, Restored},
        seed::{Seed, SeedError},
    },
    web,
};

const BODY_PATIENCE: Duration = Duration::from_secs(60);

/// One ACM PCA service. A handle; clones share it.
#[derive(Clone)]
pub struct PcaLocal {
    admin_token: Option<AdminToken>,
    api: Arc<Api>,
    service: Arc<Service>,
}

/// How a [`PcaLocal`] is to be: an account, a Region, quotas, where it writes.
#[derive(Default)]
pub struct Builder {
    account: Option<String>,
    admin_token: Option<AdminToken>,
    body_patience: Option<Duration>,
    events: Option<Arc<dyn EventSink>>,
    iam: Option<Iam>,
    quotas: Quotas,
    region: Option<String>,
    s3: Option<aws_sdk_s3::Client>,
    secrets: Option<Secrets>,
    timeline: Option<Timeline>,
    timings: Timings,
}

impl Builder {
    /// The account of callers whose access key id is not itself an account number.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// What `/_pca-local/` asks for, `health` excepted; nothing, if not given. A caller with access
    /// can read private keys.
    pub fn admin_token(mut self, token: AdminToken) -> Self {
        self.admin_token = Some(token);
        self
    }

    /// How long a client may take to send a request's body.
    pub fn body_patience(mut self, patience: Duration) -> Self {
        self.body_patience = Some(patience);
        self
    }

    /// The event sink: it gets each event after its changes are on disk. None, if not given.
    pub fn events(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.events = Some(sink);
        self
    }

    /// What callers may do; every call is allowed, if not given.
    pub fn iam(mut self, iam: Iam) -> Self {
        self.iam = Some(iam);
        self
    }

    /// What callers are held to; rates are not limited, if not given.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }

    /// The Region of requests that are not signed for one.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Where CRLs and audit reports are written; without it both fail as for a missing bucket.
    pub fn s3(mut self, client: aws_sdk_s3::Client) -> Self {
        self.s3 = Some(client);
        self
    }

    /// The clock and what shares it; the system's clock, if not given.
    pub fn timeline(mut self, timeline: Timeline) -> Self {
        self.timeline = Some(timeline);
        self
    }

    /// How long CAs, certificates and audit reports take; as at AWS ([`Timing::Aws`](crate::Timing)),
    /// if not given.
    pub fn timings(mut self, timings: Timings) -> Self {
        self.timings = timings;
        self
    }

    /// Refuses requests that are not signed with these secrets; any signature will do, if not
    /// given.
    pub fn verify_signatures(mut self, secrets: Secrets) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// A service that keeps its state in memory.
    pub fn build(self) -> PcaLocal {
        self.on(Arc::new(Store::new(DataDir::default(), Restored::default())))
    }

    /// A service that keeps its state in a directory, and goes on from what is there.
    ///
    /// # Errors
    /// When the directory cannot be made or written to, is in use, or has something else in it.
    pub fn open(self, data_dir: &Path) -> Result<PcaLocal, DataDirError> {
        let mut opened = DataDir::open(data_dir)?;
        let restored = std::mem::take(&mut opened.restored);
        let mode = restored.clock;
        let store = Arc::new(Store::new(opened.data_dir.clone(), restored));
        let memory: Weak<dyn Restorable> = Arc::downgrade(&store) as _;
        opened.start(memory);
        let pca = self.on(Arc::clone(&store));
        let clock = pca.timeline().clock();
        if let Some(mode) = mode {
            clock.set_mode(mode);
        }
        store.follow(clock);
        let data_dir = store.data_dir().clone();
        let before = pca.service.now() - IDEMPOTENCY_WINDOW;
        data_dir.write(data_dir.generation(), vec![Change::ForgetTokens { ca: None, before }]);
        clock.keep_with(Box::new(move |mode| {
            data_dir.write(data_dir.generation(), vec![Change::Put(StateRecord::Clock { mode })]);
        }));
        Ok(pca)
    }

    fn on(self, store: Arc<Store>) -> PcaLocal {
        let service = Arc::new(Service {
            account: self.account.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            region: self.region.unwrap_or_else(|| "us-east-1".to_owned()),
            background: Background::default(),
            buckets: Buckets::new(self.s3),
            events: Announcer::new(self.events, Arc::clone(&store)),
            faults: PlannedFaults::default(),
            limiter: Limiter::new(self.quotas),
            metrics: Metrics::default(),
            store: Arc::clone(&store),
            timeline: self.timeline.unwrap_or_else(|| Timeline::new(Clock::system())),
            timings: Mutex::new(self.timings),
        });
        let timeline = &service.timeline;
        timeline.register(Arc::new(Publisher::new(Arc::clone(&service))));
        timeline.register(Arc::new(Deleter(store)));
        timeline.register(Arc::new(Finisher(Arc::clone(&service))));
        let api = Api {
            service: Arc::clone(&service),
            iam: self.iam,
            secrets: self.secrets,
            body_patience: self.body_patience.unwrap_or(BODY_PATIENCE),
        };
        PcaLocal { admin_token: self.admin_token, api: Arc::new(api), service }
    }
}

impl PcaLocal {
    /// A service with the defaults of [`Builder`].
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The clock, and what waits for its moments.
    pub fn timeline(&self) -> &Timeline {
        &self.service.timeline
    }

    /// The AWS API at `POST /`, the OCSP responder under `/ocsp`, and what is plainly not AWS's
    /// under `/_pca-local/`.
    pub fn router(&self) -> Router {
        http::router(Arc::clone(&self.api))
            .merge(web::router(&self.service, self.admin_token.clone()))
    }

    /// An HTTP client for `aws_sdk_acmpca::Config` whose every request this service answers.
    pub fn http_client(&self) -> SharedHttpClient {
        in_process::http_client(self.router())
    }

    /// Sets how long things take that are accepted from now on; pending work keeps its time.
    pub fn set_timings(&self, timings: Timings) {
        self.service.set_timings(timings);
    }

    /// Plans what goes wrong from now on, in place of what was planned before.
    ///
    /// # Errors
    /// When an operation or an error code is not one of ACM PCA's.
    pub fn set_faults(&self, faults: Faults) -> Result<(), FaultError> {
        self.service.faults.set(faults)
    }

    /// Forgets every CA of every account, planned faults, metrics, and how far rates are used up. The
    /// clock and all settings stay.
    ///
    /// # Errors
    /// When the data directory cannot be written to: then nothing is forgotten.
    pub async fn reset(&self) -> Result<(), StateError> {
        Ok(self.service.reset().await?)
    }

    /// Makes what the seed asks for, as far as it is not there.
    ///
    /// # Errors
    /// When the service refuses a part of the seed, which is named, or it cannot be written down.
    pub async fn plant(&self, seed: &Seed) -> Result<(), SeedError> {
        plant(&self.service, seed).await
    }

    /// Writes everything that lasts. Each CA is written as it stands at one moment.
    ///
    /// # Errors
    /// When `to` or the data directory fails.
    pub async fn export(&self, to: &mut impl Write) -> Result<(), StateError> {
        file::export(&self.service.store, self.timeline().clock(), to).await
    }

    /// Puts what has been exported into the place of all that is here, the clock included. What
    /// cannot be taken in changes nothing.
    ///
    /// # Errors
    /// When `from` fails, is no exported state, or cannot be written to the data directory.
    pub async fn import(&self, from: impl BufRead) -> Result<(), StateError> {
        file::import(&self.service.store, self.timeline().clock(), from).await
    }

    /// Writes what has happened to the data directory, leaves it as one file, and gives it free.
    /// Later calls end with an error. Without a data directory nothing happens.
    ///
    /// # Errors
    /// When the log could not be taken into the database, or what was open is not what is on disk.
    pub fn close(&self) -> Result<(), CloseError> {
        self.service.store.data_dir().close()
    }

    /// The same for a service that was opened for something that was not to be: a data directory that was
    /// new is gone again.
    ///
    /// # Errors
    /// As [`close`](Self::close).
    pub fn give_up(&self) -> Result<(), CloseError> {
        self.service.store.data_dir().give_up_first_start()
    }

    #[cfg(test)]
    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.service
    }
}
