//! A restored CA becomes ACTIVE again, if it was ACTIVE before and policy permits it.

use super::CaseRunner;
use crate::{
    ca::{Ca, CaStatus},
    evidence::keys,
    failure::chain,
    jobs::{
        case::{
            AutoRestoreError,
            act::Act,
            disabled::Disabled,
            reactivation::{self, KeptDisabled},
        },
        stored,
    },
    policy::{self, PolicyAnswer, Question},
    ports::{PortError, ServiceStatus},
};

impl CaseRunner<'_> {
    /// Makes the CA ACTIVE, or finds why not.
    pub(super) async fn consider_reactivation(&mut self) -> Result<(), AutoRestoreError> {
        let Some(ca) = self.observation.ca().cloned() else { return Ok(()) };
        if self.case.is_reactivating() {
            return self.reactivate(&ca).await;
        }
        let record = self.disabled().await?;
        let within = self.run_in.settings.reactivate_within;
        let record = match reactivation::consider(&self.case, &ca, record.as_ref(), within) {
            Ok(record) => {
                if let Some(left) = self.held(&ca.arn, record).await? {
                    self.left = Some(left);
                    return Ok(());
                }
                record.clone()
            }
            Err(left) => {
                self.left = Some(left);
                return Ok(());
            }
        };
        self.gather(&ca).await?;
        let Some(gathered) = &self.gathered else { return Ok(()) };
        let facts = gathered.facts(self.case.deletion(), &ca);
        let question = Question::Reactivation { disabled_at: record.since };
        let request = policy::request_json(&facts, question);
        match policy::reactivation(&gathered.policies, &request) {
            PolicyAnswer::Denied { policies, errors } => {
                self.left = Some(KeptDisabled::NotPermitted { policies, errors });
                Ok(())
            }
            PolicyAnswer::Granted { policies } if self.run_in.settings.mode.observes() => {
                self.left = Some(KeptDisabled::Observed { policies });
                Ok(())
            }
            PolicyAnswer::Granted { policies } => {
                let (disabled_at, disabled_by) = (record.since, record.by.map(Box::new));
                self.add(Act::Reactivating { disabled_at, disabled_by, policies, request })?;
                self.reactivate(&ca).await
            }
        }
    }

    /// Does what was decided, or finds it done by an attempt that was cut short.
    async fn reactivate(&mut self, ca: &Ca) -> Result<(), AutoRestoreError> {
        match ca.status {
            CaStatus::Active => return self.add(Act::Reactivated { request_id: None }),
            CaStatus::Disabled => {}
            _ => {
                self.left = Some(KeptDisabled::Status(ca.status.clone()));
                return Ok(());
            }
        }
        if self.run_in.settings.mode.observes() {
            self.left = Some(KeptDisabled::Observed { policies: Vec::new() });
            return Ok(());
        }
        self.write().await?;
        let ca = self.case.ca().clone();
        let updated = self.run_in.authorities.update_status(&ca, ServiceStatus::Active).await;
        let request_id = match updated {
            Ok(receipt) => receipt.request_id,
            Err(cause @ PortError::Denied { .. }) => {
                self.left = Some(KeptDisabled::Refused { cause: chain(&cause) });
                return Ok(());
            }
            // Deleted again, expired, or gone since it was described: describe again.
            Err(PortError::InvalidState { .. } | PortError::NotFound { .. }) => {
                return Err(AutoRestoreError::Contended { key: self.case.key() });
            }
            Err(cause) => return Err(AutoRestoreError::Reactivate(cause)),
        };
        let status = self.describe_until(|_, status| *status != CaStatus::Disabled).await?;
        if status != CaStatus::Active {
            self.left = Some(KeptDisabled::Status(status));
            return Ok(());
        }
        self.add(Act::Reactivated { request_id })
    }

    /// The note of the CA's disabling; what cannot be read as one is none.
    pub(super) async fn disabled(&self) -> Result<Option<Disabled>, AutoRestoreError> {
        let key = keys::disabled(self.case.ca());
        let note = stored::read(self.run_in.evidence, &key).await;
        Ok(note.map_err(AutoRestoreError::EvidenceStore)?.known())
    }
}
