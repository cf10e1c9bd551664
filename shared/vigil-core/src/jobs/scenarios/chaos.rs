//! The fakes, with everything that can go wrong with a call.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    sync::Mutex,
};

use async_trait::async_trait;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::random::Random;
use crate::{
    anchor::Anchored,
    arn::CaArn,
    fakes::{FakeAuthorities, FakeBus, FakeEvidenceStore},
    finding::Finding,
    ports::{
        Attachments, Authorities, Bus, CaCertificate, Continuation, Creation, Described, Etag,
        EventHistory, EvidenceStore, Heartbeat, Listing, PortError, PublishError, Receipt,
        RegionPorts, Regions, Replacement, ServiceStatus, StoredObject,
    },
    snapshot::{Attached, Missing},
};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The invocation dies before the call.
    Crash,
    Fails,
    /// The call is made, and its answer lost.
    AnswerLost,
    Succeeds,
    Throttled,
}

/// One invocation's luck, and what it did that matters.
#[derive(Default)]
pub(super) struct Chaos {
    random: Mutex<Option<Random>>,
    /// The findings that the invocation has published, and that nothing excuses so far.
    published: Mutex<BTreeSet<String>>,
    pub(super) faults: Mutex<BTreeMap<&'static str, usize>>,
    /// Findings that may be published once more: after their publication, the invocation died, or
    /// could not record it in the evidence bucket, or got no answer from the bus.
    pub(super) excused: Mutex<BTreeMap<String, usize>>,
    /// What Vigil restored: the CA, and the end of the window from which.
    pub(super) restored: Mutex<Vec<(CaArn, i64)>>,
}

/// One call in so many goes wrong.
const TROUBLE: u64 = 120;

impl Chaos {
    pub(super) fn begin(&self, random: Random) {
        *self.random.lock().unwrap() = Some(random);
        self.published.lock().unwrap().clear();
    }

    /// No more trouble.
    pub(super) fn calm(&self) {
        *self.random.lock().unwrap() = None;
        self.published.lock().unwrap().clear();
    }

    fn excuse(&self) {
        for id in std::mem::take(&mut *self.published.lock().unwrap()) {
            *self.excused.lock().unwrap().entry(id).or_default() += 1;
        }
    }

    fn fate(&self) -> Fate {
        let mut random = self.random.lock().unwrap();
        let Some(random) = random.as_mut() else { return Fate::Succeeds };
        if !random.once_in(TROUBLE) {
            return Fate::Succeeds;
        }
        let (fate, name) = match random.between(0, 6) {
            0 => (Fate::Crash, "crash"),
            1 | 2 => (Fate::Throttled, "throttled"),
            3 => (Fate::AnswerLost, "answer lost"),
            _ => (Fate::Fails, "failed"),
        };
        *self.faults.lock().unwrap().entry(name).or_default() += 1;
        fate
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        let resource = "x".to_owned();
        let fate = self.fate();
        let is_write = matches!(operation, "create" | "replace");
        if fate == Fate::Crash || (is_write && fate != Fate::Succeeds) {
            self.excuse();
        }
        match fate {
            Fate::Succeeds => call.await,
            Fate::Crash => pending().await,
            Fate::Throttled => {
                Err(PortError::Throttled { operation, resource, cause: "slow down".into() })
            }
            Fate::Fails => Err(PortError::Other { operation, resource, cause: "500".into() }),
            Fate::AnswerLost => {
                call.await?;
                Err(PortError::Other { operation, resource, cause: "connection reset".into() })
            }
        }
    }
}

pub(super) struct Service<'a> {
    pub(super) inner: FakeAuthorities,
    pub(super) chaos: &'a Chaos,
}

impl Service<'_> {
    pub(super) fn has(&self, arn: &CaArn) -> bool {
        self.inner.cas.lock().unwrap().iter().any(|ca| ca.arn == *arn)
    }
}

#[async_trait]
impl Authorities for Service<'_> {
    async fn list(&self) -> Result<Listing, PortError> {
        self.chaos.call("list", self.inner.list()).await
    }

    async fn describe(&self, arn: &CaArn) -> Result<Described, PortError> {
        self.chaos.call("describe", self.inner.describe(arn)).await
    }

    async fn restore(&self, arn: &CaArn) -> Result<Receipt, PortError> {
        let until = |ca: &crate::ca::Ca| (ca.arn == *arn).then_some(ca.restorable_until).flatten();
        let restore = async {
            let window = self.inner.cas.lock().unwrap().iter().find_map(until);
            let receipt = self.inner.restore(arn).await?;
            let window = window.map_or(0, OffsetDateTime::unix_timestamp);
            self.chaos.restored.lock().unwrap().push((arn.clone(), window));
            Ok(receipt)
        };
        self.chaos.call("restore", restore).await
    }

    async fn update_status(
        &self,
        arn: &CaArn,
        status: ServiceStatus,
    ) -> Result<Receipt, PortError> {
        self.chaos.call("update_status", self.inner.update_status(arn, status)).await
    }

    async fn tags(&self, arn: &CaArn) -> Result<BTreeMap<String, Option<String>>, PortError> {
        self.chaos.call("tags", self.inner.tags(arn)).await
    }

    async fn certificate(&self, arn: &CaArn) -> Result<CaCertificate, PortError> {
        self.chaos.call("certificate", self.inner.certificate(arn)).await
    }

    async fn wait(&self, moment: Duration) {
        self.inner.wait(moment).await;
    }
}

#[async_trait]
impl Attachments for Service<'_> {
    async fn attached(&self, ca: &CaArn) -> Result<Attached, PortError> {
        self.chaos.call("attached", self.inner.attached(ca)).await
    }

    async fn put_back(&self, ca: &CaArn, missing: &Missing) -> Result<Vec<Receipt>, PortError> {
        self.chaos.call("put_back", self.inner.put_back(ca, missing)).await
    }
}

#[async_trait]
impl EventHistory for Service<'_> {
    async fn deletions(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Vec<Value>, PortError> {
        self.chaos.call("history", self.inner.deletions(from, to)).await
    }
}

pub(super) struct World<'a> {
    pub(super) names: Vec<String>,
    pub(super) services: Vec<Service<'a>>,
}

impl Regions for World<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<RegionPorts<'_>> {
        let place = self.names.iter().position(|name| name == region)?;
        let service = self.services.get(place)?;
        Some(RegionPorts { authorities: service, attachments: service, history: service })
    }
}

pub(super) struct Evidence<'a> {
    pub(super) inner: FakeEvidenceStore,
    pub(super) chaos: &'a Chaos,
}

#[async_trait]
impl EvidenceStore for Evidence<'_> {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        self.chaos.call("create", self.inner.create(key, body)).await
    }

    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError> {
        self.chaos.call("read", self.inner.read(key)).await
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        self.chaos.call("replace", self.inner.replace(key, body, seen)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.chaos.call("list", self.inner.list(prefix)).await
    }
}

pub(super) struct Findings<'a> {
    pub(super) inner: FakeBus,
    pub(super) chaos: &'a Chaos,
}

#[async_trait]
impl Bus for Findings<'_> {
    async fn publish(&self, findings: &[Finding]) -> Result<(), PublishError> {
        let publish = async {
            let published = self.inner.publish(findings).await;
            let ids = findings.iter().map(|finding| finding.id.clone());
            self.chaos.published.lock().unwrap().extend(ids);
            published.map_err(|error| PortError::Other {
                operation: "publish",
                resource: "x".to_owned(),
                cause: Box::new(error),
            })
        };
        let published = self.chaos.call("publish", publish).await;
        if published.is_err() {
            self.chaos.excuse();
        }
        published.map_err(|cause| PublishError::Call { count: findings.len(), cause })
    }

    async fn continue_later(&self, rest: &Continuation) -> Result<(), PortError> {
        self.chaos.call("hand_on", self.inner.continue_later(rest)).await
    }

    async fn beat(&self, beat: &Heartbeat) -> Result<(), PortError> {
        self.chaos.call("beat", self.inner.beat(beat)).await
    }

    async fn anchor(&self, anchored: &Anchored) -> Result<(), PortError> {
        self.chaos.call("anchor", self.inner.anchor(anchored)).await
    }
}
