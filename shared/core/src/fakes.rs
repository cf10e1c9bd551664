//! Small stand-ins for the ports, with failures on demand. For tests of the jobs.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    audit_report::{Newest, Summary},
    ca::{Ca, CaStatus, CaType},
    cloudtrail::{Deletion, Principal},
    finding::Finding,
    ports::{
        Attachments, Authorities, Bus, CaCertificate, Creation, Described, Entry, Etag, Issued,
        Ledger, Listing, Pace, PortError, PublishError, Receipt, RefusedFinding, Regions,
        Replacement, Rest, ServiceStatus, TimeIsUp,
    },
    snapshot::{Attached, Missing},
};

pub(crate) const ARN: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

/// Drives a future whose ports never wait.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    drive(future).expect("a fake waited")
}

/// Drives a future as long as anything in it says that it can go on. `None`: it waits for ever.
pub(crate) fn drive<T>(future: impl Future<Output = T>) -> Option<T> {
    struct Flag(AtomicBool);
    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut future = pin!(future);
    while flag.0.swap(false, Ordering::Relaxed) {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(value);
        }
    }
    None
}

pub(crate) fn deletion(at: OffsetDateTime) -> Deletion {
    Deletion {
        ca: ARN.parse().unwrap(),
        at,
        window_days: Some(7),
        by: Principal { kind: "Root".to_owned(), ..Principal::default() },
        source_ip: None,
        user_agent: None,
        event_id: Some("e".to_owned()),
        region: "us-east-1".to_owned(),
        account: "111122223333".to_owned(),
    }
}

/// A CA that was in use until it was deleted `at`, with a window of seven days.
pub(crate) fn deleted_ca(at: OffsetDateTime) -> Ca {
    Ca {
        arn: ARN.parse().unwrap(),
        ca_type: CaType::Subordinate,
        status: CaStatus::Deleted,
        common_name: Some("Issuing CA".to_owned()),
        key_algorithm: Some("EC_prime256v1".to_owned()),
        signing_algorithm: Some("SHA256WITHECDSA".to_owned()),
        usage_mode: None,
        serial: Some("01".to_owned()),
        not_before: Some(at - Duration::days(30)),
        not_after: Some(at + Duration::days(300)),
        created_at: Some(at - Duration::days(31)),
        last_state_change_at: Some(at),
        restorable_until: Some(at + Duration::days(7)),
        crl: None,
        ocsp_enabled: false,
    }
}

/// The failures to come, by operation, and what was called.
#[derive(Default)]
pub(crate) struct Calls {
    fail_next: Mutex<BTreeMap<&'static str, Vec<PortError>>>,
    made: Mutex<Vec<&'static str>>,
    /// Whether every call waits for one more poll, so that a test decides who goes first.
    pub(crate) waiting: AtomicBool,
}

impl Calls {
    pub(crate) fn fail_next(&self, operation: &'static str, error: PortError) {
        lock(&self.fail_next).entry(operation).or_default().insert(0, error);
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        lock(&self.made).iter().filter(|made| **made == operation).count()
    }

    async fn make(&self, operation: &'static str) -> Result<(), PortError> {
        let mut waits = self.waiting.load(Ordering::Relaxed);
        std::future::poll_fn(|context| {
            if !std::mem::take(&mut waits) {
                return Poll::Ready(());
            }
            // Whoever waits for several at once polls only those that say that they are ready.
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        lock(&self.made).push(operation);
        match lock(&self.fail_next).get_mut(operation).and_then(Vec::pop) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

pub(crate) fn denied(operation: &'static str) -> PortError {
    PortError::Denied { operation, resource: "x".to_owned(), cause: "no".into() }
}

pub(crate) fn broken(operation: &'static str) -> PortError {
    PortError::Other { operation, resource: "x".to_owned(), cause: "broken".into() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// A service with some CAs and a time of its own. Restoring gives `restored_to`.
pub(crate) struct FakeAuthorities {
    pub(crate) calls: Calls,
    /// The calls that changed a CA.
    pub(crate) changes: Mutex<Vec<&'static str>>,
    pub(crate) cas: Mutex<Vec<Ca>>,
    pub(crate) now: Mutex<OffsetDateTime>,
    pub(crate) restored_to: CaStatus,
    /// How many looks after a change still show the CA as it was before.
    pub(crate) lag: Mutex<usize>,
    /// The CA as it was before the last change.
    before: Mutex<Option<Ca>>,
    /// The certificates of the CAs that have one, in PEM, by ARN.
    pub(crate) certificates: Mutex<BTreeMap<String, String>>,
    /// Certificates that the CAs have issued, in PEM, by serial.
    pub(crate) issued: Mutex<BTreeMap<String, String>>,
    /// What hangs on the CAs, by ARN.
    pub(crate) attached: Mutex<BTreeMap<String, Attached>>,
    names: [String; 1],
}

impl Regions for FakeAuthorities {
    type Service = Self;

    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<&Self> {
        (region == self.names[0]).then_some(self)
    }
}

/// Several Regions, each with CAs of its own.
pub(crate) struct FakeRegions {
    names: Vec<String>,
    pub(crate) services: Vec<FakeAuthorities>,
}

impl FakeRegions {
    pub(crate) fn new(services: Vec<FakeAuthorities>) -> Self {
        let names = services.iter().map(|service| service.names[0].clone()).collect();
        Self { names, services }
    }
}

impl Regions for FakeRegions {
    type Service = FakeAuthorities;

    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<&FakeAuthorities> {
        self.services.iter().find(|service| service.names[0] == region)
    }
}

impl FakeAuthorities {
    pub(crate) fn new(now: OffsetDateTime, cas: Vec<Ca>) -> Self {
        Self {
            calls: Calls::default(),
            changes: Mutex::default(),
            cas: Mutex::new(cas),
            now: Mutex::new(now),
            restored_to: CaStatus::Disabled,
            lag: Mutex::default(),
            before: Mutex::default(),
            certificates: Mutex::default(),
            issued: Mutex::default(),
            attached: Mutex::default(),
            names: ["us-east-1".to_owned()],
        }
    }

    pub(crate) fn in_region(self, region: &str) -> Self {
        Self { names: [region.to_owned()], ..self }
    }

    pub(crate) fn set_now(&self, now: OffsetDateTime) {
        *lock(&self.now) = now;
    }

    pub(crate) fn status(&self) -> CaStatus {
        lock(&self.cas)[0].status.clone()
    }

    fn receipt(&self) -> Receipt {
        Receipt { at: *lock(&self.now), request_id: Some("r-1".to_owned()) }
    }

    pub(crate) fn changed(&self, operation: &str) -> usize {
        lock(&self.changes).iter().filter(|made| **made == operation).count()
    }

    /// The CA as the service shows it: a change may take some looks.
    fn shown(&self, arn: &CaArn) -> Result<Ca, PortError> {
        let ca = self.find("describe", arn)?;
        let (mut before, mut lag) = (lock(&self.before), lock(&self.lag));
        match (lag.checked_sub(1), before.as_ref()) {
            (Some(left), Some(old)) if old.arn == *arn => {
                *lag = left;
                Ok(old.clone())
            }
            _ => {
                *before = None;
                Ok(ca)
            }
        }
    }

    fn find(&self, operation: &'static str, arn: &CaArn) -> Result<Ca, PortError> {
        let found = lock(&self.cas).iter().find(|ca| ca.arn == *arn).cloned();
        let resource = arn.to_string();
        found.ok_or(PortError::NotFound { operation, resource, cause: "not there".into() })
    }
}

impl Issued for FakeAuthorities {
    async fn issued(&self, _: &CaArn, serial: &str) -> Result<String, PortError> {
        const OPERATION: &str = "GetCertificate";
        self.calls.make("issued").await?;
        let issued = lock(&self.issued).get(serial).cloned();
        let resource = serial.to_owned();
        issued.ok_or(PortError::NotFound {
            operation: OPERATION,
            resource,
            cause: "not there".into(),
        })
    }
}

impl Authorities for FakeAuthorities {
    async fn list(&self) -> Result<Listing, PortError> {
        self.calls.make("list").await?;
        Ok(Listing { cas: lock(&self.cas).clone(), as_of: *lock(&self.now) })
    }

    async fn describe(&self, arn: &CaArn) -> Result<Described, PortError> {
        self.calls.make("describe").await?;
        Ok(Described { ca: self.shown(arn)?, as_of: *lock(&self.now) })
    }

    async fn restore(&self, arn: &CaArn) -> Result<Receipt, PortError> {
        self.calls.make("restore").await?;
        if self.find("restore", arn)?.status != CaStatus::Deleted {
            let (operation, resource) = ("restore", arn.to_string());
            return Err(PortError::InvalidState { operation, resource, cause: "state".into() });
        }
        let now = *lock(&self.now);
        for ca in lock(&self.cas).iter_mut().filter(|ca| ca.arn == *arn) {
            *lock(&self.before) = Some(ca.clone());
            ca.status = if ca.had_certificate() {
                self.restored_to.clone()
            } else {
                CaStatus::PendingCertificate
            };
            ca.restorable_until = None;
            ca.last_state_change_at = Some(now);
        }
        lock(&self.changes).push("restore");
        Ok(self.receipt())
    }

    async fn update_status(
        &self,
        arn: &CaArn,
        status: ServiceStatus,
    ) -> Result<Receipt, PortError> {
        const OPERATION: &str = "update_status";
        self.calls.make(OPERATION).await?;
        let found = self.find(OPERATION, arn)?.status;
        if !matches!(found, CaStatus::Active | CaStatus::Disabled) {
            let (operation, resource) = (OPERATION, arn.to_string());
            return Err(PortError::InvalidState { operation, resource, cause: "state".into() });
        }
        let status = match status {
            ServiceStatus::Active => CaStatus::Active,
            ServiceStatus::Disabled => CaStatus::Disabled,
        };
        let now = *lock(&self.now);
        for ca in lock(&self.cas).iter_mut().filter(|ca| ca.arn == *arn && ca.status != status) {
            *lock(&self.before) = Some(ca.clone());
            ca.status = status.clone();
            ca.last_state_change_at = Some(now);
            lock(&self.changes).push(OPERATION);
        }
        Ok(self.receipt())
    }

    async fn tags(&self, arn: &CaArn) -> Result<BTreeMap<String, Option<String>>, PortError> {
        self.calls.make("tags").await?;
        let (operation, resource) = ("tags", arn.to_string());
        Err(PortError::InvalidState { operation, resource, cause: "deleted".into() })
    }

    async fn certificate(&self, arn: &CaArn) -> Result<CaCertificate, PortError> {
        self.calls.make("certificate").await?;
        if let Some(certificate) = lock(&self.certificates).get(arn.as_str()).cloned() {
            return Ok(CaCertificate { certificate, chain: None });
        }
        let (operation, resource) = ("certificate", arn.to_string());
        Err(PortError::InvalidState { operation, resource, cause: "deleted".into() })
    }

    async fn wait(&self, _: Duration) {
        // To be counted, and to let others go on meanwhile; it does not fail.
        let _ = self.calls.make("wait").await;
    }
}

impl Attachments for FakeAuthorities {
    async fn attached(&self, ca: &CaArn) -> Result<Attached, PortError> {
        const OPERATION: &str = "attached";
        self.calls.make(OPERATION).await?;
        if self.find(OPERATION, ca)?.status == CaStatus::Deleted {
            let (operation, resource) = (OPERATION, ca.to_string());
            return Err(PortError::InvalidState { operation, resource, cause: "state".into() });
        }
        Ok(lock(&self.attached).get(ca.as_str()).cloned().unwrap_or_default())
    }

    async fn put_back(&self, ca: &CaArn, missing: &Missing) -> Result<Vec<Receipt>, PortError> {
        self.calls.make("put_back").await?;
        let mut attached = lock(&self.attached);
        let now = attached.entry(ca.to_string()).or_default();
        let missing = missing.clone();
        now.policy = missing.policy.or(now.policy.take());
        now.permissions.extend(missing.permissions);
        now.tags.extend(missing.tags);
        now.revocation = missing.revocation.unwrap_or_else(|| now.revocation.clone());
        lock(&self.changes).push("put_back");
        Ok(vec![self.receipt()])
    }
}

/// The newest audit report of a CA, summarised: `valid` certificates, the last of which ends at
/// `last`.
pub(crate) fn put_summary(
    ledger: &FakeLedger,
    ca: &str,
    valid: u64,
    last: OffsetDateTime,
    as_of: OffsetDateTime,
) {
    let id = ca.rsplit('/').next().unwrap();
    let newest = Newest {
        report: "r".to_owned(),
        bucket: "b".to_owned(),
        key: "k".to_owned(),
        created_at: as_of,
    };
    ledger.put(&Newest::key_of(id), &serde_json::to_string(&newest).unwrap());
    let mut summary = Summary::new(as_of, None);
    summary.valid = valid;
    summary.latest_not_after = (valid > 0).then_some(last);
    let document = serde_json::json!({"ca": ca, "report": "r", "summary": summary});
    ledger.put(&format!("summaries/{id}/r.json"), &document.to_string());
}

/// Objects with a version each.
#[derive(Default)]
pub(crate) struct FakeLedger {
    pub(crate) calls: Calls,
    /// The prefix whose listing is refused.
    refused: Mutex<Option<&'static str>>,
    /// The object whose reading fails.
    broken: Mutex<Option<String>>,
    objects: Mutex<BTreeMap<String, (u64, Vec<u8>)>>,
}

impl FakeLedger {
    pub(crate) fn put(&self, key: &str, body: &str) {
        let mut objects = lock(&self.objects);
        let version = objects.get(key).map_or(1, |(version, _)| version + 1);
        objects.insert(key.to_owned(), (version, body.as_bytes().to_vec()));
    }

    pub(crate) fn fail_list(&self, prefix: &'static str) {
        *lock(&self.refused) = Some(prefix);
    }

    pub(crate) fn fail_reading(&self, key: &str) {
        *lock(&self.broken) = Some(key.to_owned());
    }

    pub(crate) fn json(&self, key: &str) -> serde_json::Value {
        serde_json::from_slice(&lock(&self.objects)[key].1).unwrap()
    }

    pub(crate) fn body(&self, key: &str) -> Vec<u8> {
        lock(&self.objects)[key].1.clone()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }
}

impl Ledger for FakeLedger {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        self.calls.make("create").await?;
        let mut objects = lock(&self.objects);
        if objects.contains_key(key) {
            return Ok(Creation::AlreadyExists);
        }
        objects.insert(key.to_owned(), (1, body));
        Ok(Creation::Created(Etag("1".to_owned())))
    }

    async fn read(&self, key: &str) -> Result<Option<Entry>, PortError> {
        self.calls.make("read").await?;
        if lock(&self.broken).as_deref() == Some(key) {
            return Err(broken("GetObject"));
        }
        let objects = lock(&self.objects);
        let entry = objects.get(key).cloned();
        Ok(entry.map(|(version, body)| Entry { body, etag: Etag(version.to_string()) }))
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        self.calls.make("replace").await?;
        match lock(&self.objects).get_mut(key) {
            Some((version, old)) if version.to_string() == seen.0 => {
                *version += 1;
                *old = body;
                Ok(Replacement::Replaced(Etag(version.to_string())))
            }
            _ => Ok(Replacement::Changed),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.calls.make("list").await?;
        if lock(&self.refused).is_some_and(|refused| refused == prefix) {
            return Err(denied("list"));
        }
        let objects = lock(&self.objects);
        let from = objects.range(prefix.to_owned()..).map(|(key, _)| key);
        Ok(from.take_while(|key| key.starts_with(prefix)).cloned().collect())
    }
}

/// Keeps what was published.
#[derive(Default)]
pub(crate) struct FakeBus {
    pub(crate) calls: Calls,
    pub(crate) fail_next: Mutex<bool>,
    pub(crate) published: Mutex<Vec<Finding>>,
    pub(crate) handed_on: Mutex<Vec<Rest>>,
}

impl FakeBus {
    pub(crate) fn fail_next(&self) {
        *lock(&self.fail_next) = true;
    }

    pub(crate) fn rules(&self) -> Vec<String> {
        lock(&self.published).iter().map(|finding| finding.rule.to_string()).collect()
    }

    pub(crate) fn last(&self) -> Finding {
        lock(&self.published).last().unwrap().clone()
    }
}

impl Bus for FakeBus {
    async fn publish(&self, findings: &[Finding]) -> Result<(), PublishError> {
        let operation = "publish";
        if let Err(cause) = self.calls.make(operation).await {
            return Err(PublishError::Call { count: findings.len(), cause });
        }
        if std::mem::take(&mut *lock(&self.fail_next)) {
            let (code, message) = ("InternalFailure".to_owned(), "try again".to_owned());
            let refused = vec![RefusedFinding { id: findings[0].id.clone(), code, message }];
            return Err(PublishError::Refused { count: findings.len(), refused });
        }
        lock(&self.published).extend_from_slice(findings);
        Ok(())
    }

    async fn hand_on(&self, rest: &Rest) -> Result<(), PortError> {
        self.calls.make("hand_on").await?;
        lock(&self.handed_on).push(rest.clone());
        Ok(())
    }
}

/// Time for so many turns. Pauses take none of it, and are counted.
pub(crate) struct FakePace {
    /// How often it says that there is time to come.
    pub(crate) lasting: Mutex<usize>,
    pub(crate) turns: Mutex<usize>,
    pub(crate) pauses: Mutex<Vec<Duration>>,
}

impl FakePace {
    pub(crate) fn with_turns(turns: usize) -> Self {
        Self { lasting: Mutex::new(usize::MAX), turns: Mutex::new(turns), pauses: Mutex::default() }
    }
}

impl Pace for FakePace {
    async fn pause(&self, pause: Duration) -> Result<(), TimeIsUp> {
        if pause > Duration::ZERO {
            lock(&self.pauses).push(pause);
            return Ok(());
        }
        let mut turns = lock(&self.turns);
        *turns = turns.checked_sub(1).ok_or(TimeIsUp)?;
        Ok(())
    }

    fn lasts(&self, _: Duration) -> bool {
        let mut lasting = lock(&self.lasting);
        let lasts = *lasting > 0;
        *lasting = lasting.saturating_sub(1);
        lasts
    }
}
