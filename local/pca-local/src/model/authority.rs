//! One CA, and how Describe shows it.

mod changes;
mod crl;
mod record;

use std::{collections::HashMap, sync::Arc};

use aws_sdk_acmpca::types::{
    CertificateAuthority, CertificateAuthorityConfiguration, CertificateAuthorityStatus,
    CertificateAuthorityType, CertificateAuthorityUsageMode, CrlConfiguration,
    KeyStorageSecurityStandard, OcspConfiguration, RevocationConfiguration, Tag,
};
use time::OffsetDateTime;

use crate::{
    model::{
        arn::CaArn,
        audit_report::AuditReport,
        ca_certificate::CaCertificate,
        change::Journal,
        crl::CrlState,
        error::ApiError,
        issued_certificates::IssuedCertificates,
        lifecycle::{self, CaState, Call},
        pending_work::{PendingCreation, UnissuedCertificate},
        permission::Permission,
        policy::Policy,
        tokens::Tokens,
        values::timestamp,
    },
    x509::{issue::Issuer, key::CaKey},
};

pub(crate) struct Authority {
    pub(crate) arn: CaArn,
    /// Its place in the order of creation, which is the order of listing.
    pub(crate) ordinal: u64,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_state_change_at: OffsetDateTime,
    pub(crate) kind: CertificateAuthorityType,
    pub(crate) configuration: CertificateAuthorityConfiguration,
    pub(crate) revocation: RevocationConfiguration,
    pub(crate) key_storage: KeyStorageSecurityStandard,
    pub(crate) usage_mode: CertificateAuthorityUsageMode,
    /// With its request (DER), from the end of CREATING on.
    key: Option<(Arc<CaKey>, Vec<u8>)>,
    pub(crate) state: CaState,
    /// What CREATING waits for; taken by who makes the key.
    pub(crate) creation: Option<PendingCreation>,
    pub(crate) certificate: Option<CaCertificate>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) policy: Option<Policy>,
    pub(crate) issued: IssuedCertificates,
    /// Certificates that were answered for and are not there: not yet, or not ever.
    pub(crate) unissued: HashMap<[u8; 16], UnissuedCertificate>,
    /// Idempotency tokens of IssueCertificate: the certificate's ARN and when the token was used.
    pub(crate) issue_tokens: Tokens,
    pub(crate) reports: HashMap<String, AuditReport>,
    pub(crate) crl: CrlState,
    /// What has changed and is not on its way to the disk yet.
    pub(crate) journal: Journal,
}

/// What CreateCertificateAuthority says about a CA.
pub(crate) struct Specification {
    pub(crate) arn: CaArn,
    pub(crate) kind: CertificateAuthorityType,
    pub(crate) configuration: CertificateAuthorityConfiguration,
    pub(crate) revocation: RevocationConfiguration,
    pub(crate) key_storage: KeyStorageSecurityStandard,
    pub(crate) usage_mode: CertificateAuthorityUsageMode,
    pub(crate) tags: Vec<Tag>,
}

impl Authority {
    /// A CA in CREATING. Its place in the order of creation is the store's to give.
    pub(crate) fn new(
        specification: Specification,
        creation: PendingCreation,
        now: OffsetDateTime,
    ) -> Self {
        let Specification { arn, kind, configuration, revocation, key_storage, usage_mode, tags } =
            specification;
        Self {
            arn,
            ordinal: 0,
            created_at: now,
            last_state_change_at: now,
            kind,
            configuration,
            revocation,
            key_storage,
            usage_mode,
            key: None,
            state: CaState::Creating,
            creation: Some(creation),
            certificate: None,
            tags,
            permissions: Vec::new(),
            policy: None,
            issued: IssuedCertificates::default(),
            unissued: HashMap::new(),
            issue_tokens: HashMap::new(),
            reports: HashMap::new(),
            crl: CrlState::default(),
            journal: Journal::default(),
        }
    }

    /// States before and beside PENDING_CERTIFICATE permit nothing that needs the key.
    pub(crate) fn key(&self) -> Result<&Arc<CaKey>, ApiError> {
        self.key.as_ref().map(|(key, _)| key).ok_or_else(no_key)
    }

    /// DER of the CA's own request.
    pub(crate) fn csr(&self) -> Result<&[u8], ApiError> {
        self.key.as_ref().map(|(_, csr)| csr.as_slice()).ok_or_else(no_key)
    }

    pub(crate) fn not_after(&self) -> Option<OffsetDateTime> {
        self.certificate.as_ref().map(|held| held.certificate.not_after)
    }

    pub(crate) fn status(&self, now: OffsetDateTime) -> CertificateAuthorityStatus {
        lifecycle::status(&self.state, self.not_after(), now)
    }

    pub(crate) fn permit(&self, call: Call, now: OffsetDateTime) -> Result<(), ApiError> {
        lifecycle::permit(call, &self.status(now), &self.arn.to_string())
    }

    pub(crate) fn change_state(&mut self, state: CaState, now: OffsetDateTime) {
        self.state = state;
        self.last_state_change_at = now;
    }

    /// The CRL configuration, when CRLs are on.
    pub(crate) fn crl_configuration(&self) -> Option<&CrlConfiguration> {
        self.revocation.crl_configuration().filter(|crl| crl.enabled())
    }

    pub(crate) fn ocsp_configuration(&self) -> Option<&OcspConfiguration> {
        self.revocation.ocsp_configuration().filter(|ocsp| ocsp.enabled())
    }

    /// What signs certificates and CRLs, once the CA has a certificate.
    pub(crate) fn issuer(&self) -> Option<Issuer> {
        let held = self.certificate.as_ref()?;
        Some(Issuer::from_certificate(&held.certificate, Arc::clone(self.key().ok()?)))
    }

    pub(crate) fn describe(&self, now: OffsetDateTime) -> CertificateAuthority {
        let (restorable_until, failure_reason) = match &self.state {
            CaState::Deleted { restorable_until, .. } => (Some(*restorable_until), None),
            CaState::Failed(reason) => (None, Some(reason.clone())),
            CaState::Active
            | CaState::Creating
            | CaState::Disabled
            | CaState::PendingCertificate => (None, None),
        };
        let certificate = self.certificate.as_ref().map(|held| &held.certificate);
        CertificateAuthority::builder()
            .arn(self.arn.to_string())
            .owner_account(&self.arn.account)
            .created_at(timestamp(self.created_at))
            .last_state_change_at(timestamp(self.last_state_change_at))
            .r#type(self.kind.clone())
            .set_serial(certificate.map(|certificate| certificate.serial.to_decimal()))
            .status(self.status(now))
            .set_not_before(certificate.map(|certificate| timestamp(certificate.not_before)))
            .set_not_after(certificate.map(|certificate| timestamp(certificate.not_after)))
            .certificate_authority_configuration(self.configuration.clone())
            .revocation_configuration(self.revocation.clone())
            .set_failure_reason(failure_reason)
            .set_restorable_until(restorable_until.map(timestamp))
            .key_storage_security_standard(self.key_storage.clone())
            .usage_mode(self.usage_mode.clone())
            .build()
    }
}

fn no_key() -> ApiError {
    ApiError::internal("a CA that was created has a key")
}
