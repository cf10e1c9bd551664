//! The service: what every operation works on, and how it is put together.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::HeaderMap;
use time::OffsetDateTime;

use crate::{
    ApiError, Clock, EventSink, FaultError, Faults, Iam, Quotas, Secrets, Timeline, Timings,
    arn::CaArn,
    background::Background,
    bucket::Buckets,
    caller::{Caller, DEFAULT_ACCOUNT},
    cloudtrail::Act,
    crl,
    events::{Happened, ServiceEvent},
    faults,
    metrics::Metrics,
    quotas::Limiter,
    recent::{Event, Recent},
    record::{Record, Restored},
    removal,
    storage::{Change, DataDirError, Storage, StorageError},
    store::{Cell, IDEMPOTENCY_WINDOW, Store},
    unfinished,
};

const BODY_PATIENCE: Duration = Duration::from_secs(60);

/// One ACM PCA service. A handle; clones share it.
#[derive(Clone)]
pub struct PcaLocal(Arc<Inner>);

struct Inner {
    account: String,
    buckets: Buckets,
    events: Option<Arc<dyn EventSink>>,
    background: Background,
    body_patience: Duration,
    faults: faults::Planned,
    iam: Option<Iam>,
    limiter: Limiter,
    metrics: Metrics,
    recent: Recent,
    region: String,
    secrets: Option<Secrets>,
    store: Arc<Store>,
    timeline: Timeline,
    timings: Mutex<Timings>,
}

#[derive(Default)]
pub struct Builder {
    account: Option<String>,
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

    /// How long a client may take to send a request's body.
    pub fn body_patience(mut self, patience: Duration) -> Self {
        self.body_patience = Some(patience);
        self
    }

    /// Who gets the service's events, after what they tell of is on disk; nobody, if not given.
    pub fn events(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.events = Some(sink);
        self
    }

    /// Who may call what; everybody may call everything, if not given.
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

    /// How long CAs, certificates and audit reports take; nothing, if not given.
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
        self.on(Arc::new(Store::new(Storage::default(), Restored::default())))
    }

    /// A service that keeps its state in a directory, and goes on from what is there.
    pub fn open(self, data_dir: &Path) -> Result<PcaLocal, DataDirError> {
        let mut opened = Storage::open(data_dir)?;
        let restored = std::mem::take(&mut opened.restored);
        let clock = restored.clock;
        let store = Arc::new(Store::new(opened.storage.clone(), restored));
        opened.start(&store);
        let service = self.on(Arc::clone(&store));
        if let Some(mode) = clock {
            service.timeline().clock().set_mode(mode);
        }
        let storage = store.storage().clone();
        let before = service.now() - IDEMPOTENCY_WINDOW;
        storage.write(storage.generation(), vec![Change::ForgetTokens { ca: None, before }]);
        service.timeline().clock().keep_with(Box::new(move |mode| {
            storage.write(storage.generation(), vec![Change::Put(Record::Clock { mode })]);
        }));
        Ok(service)
    }

    fn on(self, store: Arc<Store>) -> PcaLocal {
        let service = PcaLocal(Arc::new(Inner {
            account: self.account.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            buckets: Buckets::new(self.s3),
            events: self.events,
            region: self.region.unwrap_or_else(|| "us-east-1".to_owned()),
            background: Background::default(),
            body_patience: self.body_patience.unwrap_or(BODY_PATIENCE),
            faults: faults::Planned::default(),
            iam: self.iam,
            limiter: Limiter::new(self.quotas),
            metrics: Metrics::default(),
            recent: Recent::default(),
            secrets: self.secrets,
            store,
            timeline: self.timeline.unwrap_or_else(|| Timeline::new(Clock::system())),
            timings: Mutex::new(self.timings),
        }));
        service.timeline().register(Arc::new(crl::Publisher(service.clone())));
        service.timeline().register(Arc::new(removal::Remover(service.clone())));
        service.timeline().register(Arc::new(unfinished::Finisher(service.clone())));
        service
    }
}

impl PcaLocal {
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub fn timeline(&self) -> &Timeline {
        &self.0.timeline
    }

    /// The service's own time, to the millisecond that it answers with.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.timeline().clock().now().truncate_to_millisecond()
    }

    pub(crate) fn account(&self) -> &str {
        &self.0.account
    }

    pub(crate) fn region(&self) -> &str {
        &self.0.region
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn buckets(&self) -> &Buckets {
        &self.0.buckets
    }

    pub(crate) fn iam(&self) -> Option<&Iam> {
        self.0.iam.as_ref()
    }

    /// Who sends a request with these headers.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Caller {
        let mut caller = Caller::from_headers(headers, self.account(), self.region());
        let identity = self.iam().and_then(|iam| iam.identity(&caller.access_key_id));
        if let Some(identity) = identity {
            caller.become_identity(identity);
        }
        caller
    }

    pub(crate) fn background(&self) -> &Background {
        &self.0.background
    }

    pub(crate) fn body_patience(&self) -> Duration {
        self.0.body_patience
    }

    pub(crate) fn faults(&self) -> &faults::Planned {
        &self.0.faults
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        self.0.limiter.quotas()
    }

    pub(crate) fn secrets(&self) -> Option<&Secrets> {
        self.0.secrets.as_ref()
    }

    pub(crate) fn timings(&self) -> Timings {
        *self.0.timings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For what is accepted from now on; what waits already keeps its time.
    pub fn set_timings(&self, timings: Timings) {
        *self.0.timings.lock().unwrap_or_else(PoisonError::into_inner) = timings;
    }

    /// What goes wrong from now on, in place of what was planned before.
    pub fn set_faults(&self, faults: Faults) -> Result<(), FaultError> {
        self.0.faults.set(faults)
    }

    /// Forgets every CA of every account, the faults planned, metrics, and how far rates are used up.
    /// The clock and all settings stay. Does nothing if the data directory cannot be written to.
    pub fn reset(&self) {
        if let Err(error) = self.0.store.clear() {
            tracing::error!(%error, "nothing was forgotten");
            return;
        }
        self.0.faults.clear();
        self.0.limiter.clear();
        self.0.metrics.clear();
    }

    /// Writes what has happened to the data directory and gives it free. Later calls end with an
    /// error. Without a data directory nothing happens.
    pub fn close(&self) {
        self.0.store.storage().close();
    }

    /// The latest events.
    pub(crate) fn recent(&self) -> &Recent {
        &self.0.recent
    }

    /// Notes the event and hands it to whoever gets events, when what it tells of is on disk.
    pub(crate) fn tell(&self, event: Event) {
        let service = self.clone();
        self.0.store.storage().after(move || {
            let noted = service.recent().note(event);
            if let Some(events) = &service.0.events {
                events.deliver(noted.envelope().clone());
            }
        });
    }

    /// Whether anybody gets events.
    pub(crate) fn is_heard(&self) -> bool {
        self.0.events.is_some()
    }

    /// Hands CloudTrail's record of what the service did by itself to whoever gets events. It is
    /// made for them only, and not kept as recent: one client of OCSP would drive out the rest.
    pub(crate) fn trail(&self, ca: &CaArn, act: impl FnOnce() -> Act, now: OffsetDateTime) {
        let Some(events) = &self.0.events else { return };
        let (events, event) = (Arc::clone(events), act().event(ca, now));
        self.0.store.storage().after(move || events.deliver(event));
    }

    /// Counts the times that memory was made anew: calls remember it from their beginning.
    pub(crate) fn generation(&self) -> u64 {
        self.0.store.storage().generation()
    }

    /// Waits until everything that has happened is on disk.
    pub(crate) async fn settled(&self) -> Result<(), StorageError> {
        self.settled_since(self.generation()).await
    }

    /// The same at the end of a call that began in that generation: fails if what the call did or
    /// saw may be gone.
    pub(crate) async fn settled_since(&self, generation: u64) -> Result<(), StorageError> {
        self.0.store.storage().settled(generation).await
    }

    /// The CAs whose moments count: none while nothing can be written down.
    pub(crate) fn timed(&self) -> Vec<Cell> {
        let store = &self.0.store;
        if store.storage().has_failed() { Vec::new() } else { store.all() }
    }

    /// The DER of a certificate that stays on disk.
    pub(crate) async fn read_body(&self, ca: u64, place: u32) -> Result<Vec<u8>, ApiError> {
        self.settled().await?;
        Ok(self.0.store.storage().body(ca, place)?)
    }

    pub(crate) fn announce(&self, ca: &CaArn, event: ServiceEvent, now: OffsetDateTime) {
        self.tell(Event::Service(Box::new(Happened { ca: ca.clone(), event, at: now })));
    }

    /// The CA behind an ARN of a request. Another account's is open to what its resource policy
    /// grants.
    pub(crate) fn authority(
        &self,
        caller: &Caller,
        operation: &str,
        arn: &str,
    ) -> Result<(CaArn, Cell), ApiError> {
        self.authority_for(caller, operation, arn, None)
    }

    /// The same for IssueCertificate, which policies grant for one template.
    pub(crate) fn authority_for(
        &self,
        caller: &Caller,
        operation: &str,
        arn: &str,
        template_arn: Option<&str>,
    ) -> Result<(CaArn, Cell), ApiError> {
        let arn = CaArn::parse(arn)?;
        if arn.region != caller.region {
            return Err(ApiError::invalid_arn(format!(
                "{arn} lies in {}, the request was sent to {}",
                arn.region, caller.region
            )));
        }
        let cell = self.store().find(&arn, self.now());
        if arn.account == caller.account {
            return cell.map(|cell| (arn, cell));
        }
        // To a stranger, a CA that does not exist looks like one that is not shared.
        let shared = cell.ok().filter(|cell| {
            cell.lock()
                .policy
                .as_ref()
                .is_some_and(|policy| policy.allows(&caller.account, operation, template_arn))
        });
        match shared {
            Some(cell) => Ok((arn, cell)),
            None => Err(ApiError::access_denied(caller, operation, &arn.to_string())),
        }
    }
}
