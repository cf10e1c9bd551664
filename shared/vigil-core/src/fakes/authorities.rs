//! A service with some CAs and a time of its own.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::calls::{Calls, lock};
use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    ports::{
        Attachments, Authorities, CaCertificate, Described, Issued, Listing, PortError, Receipt,
        ServiceStatus,
    },
    snapshot::{Attached, Missing},
};

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
    pub(super) names: [String; 1],
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

#[async_trait]
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

#[async_trait]
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

#[async_trait]
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
