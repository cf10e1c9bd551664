//! A CA as a record, and back.

use super::Authority;
use crate::{
    model::{
        arn::CaArn,
        ca_certificate::CaCertificate,
        change::Journal,
        error::explain,
        issued_certificates::{IssuedCertificates, Revocation},
        lifecycle::CaState,
        pending_work::PendingCreation,
        policy::Policy,
        record::AuthorityRecord,
        record_error::RecordError,
        wait::Wait,
    },
    x509::{certificate::Certificate, crl::CrlEntry},
};

impl Authority {
    pub(crate) fn record(&self) -> AuthorityRecord {
        let certificate = self.certificate.as_ref().map(|held| {
            let own = held.certificate.pem();
            held.chain_pem().map_or(own.clone(), |chain| format!("{own}\n{chain}"))
        });
        AuthorityRecord {
            ca: self.ordinal,
            arn: self.arn.to_string(),
            created_at: self.created_at,
            last_state_change_at: self.last_state_change_at,
            kind: self.kind.clone(),
            configuration: self.configuration.clone(),
            revocation: self.revocation.clone(),
            key_storage: self.key_storage.clone(),
            usage_mode: self.usage_mode.clone(),
            state: self.state.clone(),
            creation: self.creation.clone(),
            certificate,
            tags: self.tags.clone(),
            permissions: self.permissions.clone(),
            policy: self.policy.as_ref().map(|policy| policy.text.clone()),
            crl: self.crl.without_entries(),
        }
    }

    /// Without its key and without what it issued, which come in records of their own.
    pub(crate) fn from_record(
        record: AuthorityRecord,
        issued: IssuedCertificates,
    ) -> Result<Self, RecordError> {
        let ca = record.ca;
        let arn = read_arn(ca, &record.arn)?;
        let mut certificates = match &record.certificate {
            None => Vec::new(),
            Some(pem) => read_chain(ca, pem)?,
        };
        let above = certificates.split_off(certificates.len().min(1));
        let certificate = certificates.pop().map(|own| CaCertificate::new(own, above));
        let policy =
            record.policy.as_deref().map(|text| read_policy(ca, text, &arn)).transpose()?;
        Ok(Self {
            arn,
            ordinal: ca,
            created_at: record.created_at,
            last_state_change_at: record.last_state_change_at,
            kind: record.kind,
            configuration: record.configuration,
            revocation: record.revocation,
            key_storage: record.key_storage,
            usage_mode: record.usage_mode,
            key: None,
            state: record.state,
            creation: record.creation,
            certificate,
            tags: record.tags,
            permissions: record.permissions,
            policy,
            issued,
            unissued: Default::default(),
            issue_tokens: Default::default(),
            reports: Default::default(),
            crl: record.crl,
            journal: Journal::default(),
        })
    }

    /// Whether there is such a certificate.
    pub(crate) fn restore_revocation(
        &mut self,
        place: u32,
        revocation: Revocation,
        is_listed: bool,
    ) -> bool {
        let Some(entry) = self.issued.at(place) else { return false };
        let (serial, binding, not_after) = (entry.serial, entry.crl, entry.not_after);
        self.issued.revoke(&serial, revocation);
        if is_listed {
            let entry = CrlEntry { serial, revoked_at: revocation.at, reason: revocation.reason };
            self.crl.restore(binding, entry, not_after);
        }
        true
    }

    /// Makes work due again that was in progress when the records were written.
    pub(crate) fn take_up_again(&mut self) {
        if self.state == CaState::Creating && self.creation.is_none() {
            self.creation =
                Some(PendingCreation { wait: Wait::Until(self.created_at), fault: None });
        }
        for report in self.reports.values_mut().filter(|report| report.is_pending()) {
            report.wait.get_or_insert(Wait::Until(report.created_at));
        }
    }
}

fn read_arn(ca: u64, arn: &str) -> Result<CaArn, RecordError> {
    CaArn::parse(arn).map_err(|source| RecordError::Arn { ca, source })
}

fn read_chain(ca: u64, pem: &str) -> Result<Vec<Certificate>, RecordError> {
    Certificate::parse_pem_chain(pem.as_bytes())
        .map_err(|source| RecordError::Certificate { ca, source })
}

fn read_policy(ca: u64, text: &str, arn: &CaArn) -> Result<Policy, RecordError> {
    Policy::parse(text, &arn.to_string())
        .map_err(|error| RecordError::Policy { ca, reason: explain(&error) })
}
