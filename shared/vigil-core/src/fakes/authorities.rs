//! A service with some CAs and a time of its own.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::calls::{Calls, lock};
use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    ports::{
        Attachments, Authorities, CaCertificate, Described, EventHistory, Issued, Listing,
        PortError, Receipt, ServiceStatus,
    },
    snapshot::{Attached, Missing},
};

/// The states in which a CA has a certificate that can be read.
const WITH_CERTIFICATE: [CaStatus; 3] = [CaStatus::Active, CaStatus::Disabled, CaStatus::Expired];

/// The states in which a CA can be enabled and disabled.
const UPDATABLE: [CaStatus; 2] = [CaStatus::Active, CaStatus::Disabled];

/// The states in which issued certificates can be read, and attachments read and written.
const IN_BEING: [CaStatus; 4] =
    [CaStatus::Active, CaStatus::Disabled, CaStatus::Expired, CaStatus::PendingCertificate];

/// A service with some CAs and a time of its own. Restoring gives `restored_to`.
pub struct FakeAuthorities {
    /// What was called, and what is to fail.
    pub calls: Calls,
    /// The calls that changed a CA.
    pub changes: Mutex<Vec<&'static str>>,
    /// The CAs.
    pub cas: Mutex<Vec<Ca>>,
    /// The service's time.
    pub now: Mutex<OffsetDateTime>,
    /// The status of a CA after its restoration.
    pub restored_to: CaStatus,
    /// How many looks after a change still show the CA as it was before.
    pub lag: Mutex<usize>,
    /// Whether a CA is shown after the end of its window: AWS does not say how soon it goes.
    pub shows_gone: Mutex<bool>,
    /// The CA as it was before the last change.
    before: Mutex<Option<Ca>>,
    /// The certificates of the CAs that have one, in PEM, by ARN.
    pub certificates: Mutex<BTreeMap<String, String>>,
    /// Certificates that the CAs have issued, in PEM, by serial.
    pub issued: Mutex<BTreeMap<String, String>>,
    /// What is attached to the CAs, by ARN.
    pub attached: Mutex<BTreeMap<String, Attached>>,
    /// CloudTrail's event history: the details of its events.
    pub history: Mutex<Vec<Value>>,
    pub(super) names: [String; 1],
}

impl FakeAuthorities {
    /// A service in us-east-1.
    pub fn new(now: OffsetDateTime, cas: Vec<Ca>) -> Self {
        Self {
            calls: Calls::default(),
            changes: Mutex::default(),
            cas: Mutex::new(cas),
            now: Mutex::new(now),
            restored_to: CaStatus::Disabled,
            lag: Mutex::default(),
            shows_gone: Mutex::default(),
            before: Mutex::default(),
            certificates: Mutex::default(),
            issued: Mutex::default(),
            attached: Mutex::default(),
            history: Mutex::default(),
            names: ["us-east-1".to_owned()],
        }
    }

    /// The same in another Region.
    pub fn in_region(self, region: &str) -> Self {
        Self { names: [region.to_owned()], ..self }
    }

    /// Sets the service's time.
    pub fn set_now(&self, now: OffsetDateTime) {
        *lock(&self.now) = now;
    }

    /// The status of the first CA.
    pub fn status(&self) -> CaStatus {
        lock(&self.cas)[0].status.clone()
    }

    fn receipt(&self) -> Receipt {
        Receipt { at: *lock(&self.now), request_id: Some("r-1".to_owned()) }
    }

    /// How often an operation has changed a CA.
    pub fn changed(&self, operation: &str) -> usize {
        lock(&self.changes).iter().filter(|made| **made == operation).count()
    }

    /// The CA as the service shows it: a change may take some looks.
    fn shown(&self, arn: &CaArn) -> Result<Ca, PortError> {
        let ca = self.find("DescribeCertificateAuthority", arn)?;
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

    /// The CAs that are not permanently deleted yet, with the status that the service shows.
    fn present(&self) -> Vec<Ca> {
        let (now, shows_gone) = (*lock(&self.now), *lock(&self.shows_gone));
        let is_gone = |ca: &Ca| {
            let has_ended = ca.restorable_until.is_some_and(|until| until <= now);
            ca.status == CaStatus::Deleted && has_ended && !shows_gone
        };
        let shown = |ca: &Ca| {
            let has_ended = ca.not_after.is_some_and(|not_after| not_after < now);
            match ca.status {
                CaStatus::Active | CaStatus::Disabled if has_ended => {
                    Ca { status: CaStatus::Expired, ..ca.clone() }
                }
                _ => ca.clone(),
            }
        };
        lock(&self.cas).iter().filter(|ca| !is_gone(ca)).map(shown).collect()
    }

    /// A call that the service refuses unless the CA is in one of these states.
    fn in_state(
        &self,
        operation: &'static str,
        arn: &CaArn,
        permitted: &[CaStatus],
    ) -> Result<Ca, PortError> {
        let ca = self.find(operation, arn)?;
        if permitted.contains(&ca.status) {
            return Ok(ca);
        }
        let cause = format!("the CA is {}", ca.status).into();
        Err(PortError::InvalidState { operation, resource: arn.to_string(), cause })
    }

    fn find(&self, operation: &'static str, arn: &CaArn) -> Result<Ca, PortError> {
        let found = self.present().into_iter().find(|ca| ca.arn == *arn);
        let resource = arn.to_string();
        found.ok_or(PortError::NotFound { operation, resource, cause: "not there".into() })
    }
}

#[async_trait]
impl Issued for FakeAuthorities {
    async fn issued(&self, ca: &CaArn, serial: &str) -> Result<String, PortError> {
        const OPERATION: &str = "GetCertificate";
        self.calls.make("issued").await?;
        self.in_state(OPERATION, ca, &IN_BEING)?;
        let issued = lock(&self.issued).get(serial).cloned();
        let resource = format!("{ca}/certificate/{serial}");
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
        Ok(Listing { cas: self.present(), as_of: *lock(&self.now) })
    }

    async fn describe(&self, arn: &CaArn) -> Result<Described, PortError> {
        self.calls.make("describe").await?;
        Ok(Described { ca: self.shown(arn)?, as_of: *lock(&self.now) })
    }

    async fn restore(&self, arn: &CaArn) -> Result<Receipt, PortError> {
        self.calls.make("restore").await?;
        self.in_state("RestoreCertificateAuthority", arn, &[CaStatus::Deleted])?;
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
        self.in_state("UpdateCertificateAuthority", arn, &UPDATABLE)?;
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
        self.in_state("ListTags", arn, &IN_BEING)?;
        let attached = lock(&self.attached).get(arn.as_str()).cloned();
        Ok(attached.unwrap_or_default().tags)
    }

    async fn certificate(&self, arn: &CaArn) -> Result<CaCertificate, PortError> {
        const OPERATION: &str = "GetCertificateAuthorityCertificate";
        self.calls.make("certificate").await?;
        self.in_state(OPERATION, arn, &WITH_CERTIFICATE)?;
        if let Some(certificate) = lock(&self.certificates).get(arn.as_str()).cloned() {
            return Ok(CaCertificate { certificate, chain: None });
        }
        let resource = arn.to_string();
        let cause = "the test gave it no certificate".into();
        Err(PortError::InvalidState { operation: OPERATION, resource, cause })
    }

    async fn wait(&self, _: Duration) {
        // To be counted, and to let others go on meanwhile; it does not fail.
        let _ = self.calls.make("wait").await;
    }
}

#[async_trait]
impl Attachments for FakeAuthorities {
    async fn attached(&self, ca: &CaArn) -> Result<Attached, PortError> {
        self.calls.make("attached").await?;
        self.in_state("ListTags", ca, &IN_BEING)?;
        let mut attached = lock(&self.attached).get(ca.as_str()).cloned().unwrap_or_default();
        // The service describes a CA without a CRL so.
        attached.revocation.crl.get_or_insert_default();
        Ok(attached)
    }

    async fn put_back(&self, ca: &CaArn, missing: &Missing) -> Result<Vec<Receipt>, PortError> {
        self.calls.make("put_back").await?;
        self.in_state("TagCertificateAuthority", ca, &IN_BEING)?;
        let mut attached = lock(&self.attached);
        let now = attached.entry(ca.to_string()).or_default();
        let mut missing = missing.clone();
        missing.permissions.retain(|permission| !now.permissions.contains(permission));
        let calls = missing.permissions.len()
            + usize::from(missing.policy.is_some())
            + usize::from(missing.revocation.is_some())
            + usize::from(!missing.tags.is_empty());
        now.policy = missing.policy.or(now.policy.take());
        now.permissions.extend(missing.permissions);
        now.tags.extend(missing.tags);
        now.revocation = missing.revocation.unwrap_or_else(|| now.revocation.clone());
        lock(&self.changes).push("put_back");
        Ok(vec![self.receipt(); calls])
    }
}

#[async_trait]
impl EventHistory for FakeAuthorities {
    async fn deletions(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Vec<Value>, PortError> {
        self.calls.make("LookupEvents").await?;
        let at = |record: &Value| {
            let text = record["eventTime"].as_str().unwrap_or_default();
            OffsetDateTime::parse(text, &Rfc3339).unwrap()
        };
        let history = lock(&self.history);
        let within = |record: &&Value| (from..=to).contains(&at(record));
        Ok(history.iter().rev().filter(within).cloned().collect())
    }
}
