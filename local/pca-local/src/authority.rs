//! One CA, and how Describe shows it.

mod changes;
mod record;

use std::{collections::HashMap, sync::Arc};

use aws_sdk_acmpca::{
    primitives::DateTime,
    types::{
        ActionType, AuditReportResponseFormat, AuditReportStatus, CertificateAuthority,
        CertificateAuthorityConfiguration, CertificateAuthorityStatus, CertificateAuthorityType,
        CertificateAuthorityUsageMode, CrlConfiguration, KeyStorageSecurityStandard,
        OcspConfiguration, Permission as PermissionShape, RevocationConfiguration, Tag,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    ApiError,
    arn::CaArn,
    crl::CrlState,
    ledger::Ledger,
    lifecycle::{self, Call, State},
    policy::Policy,
    record::values::word,
    storage::Journal,
    store::Tokens,
    timing::Wait,
    unfinished::{Creation, Unissued},
    x509::{certificate::Certificate, issue::Issuer, key::CaKey, ocsp::IssuerHashes},
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
    pub(crate) state: State,
    /// What CREATING waits for; taken by who makes the key.
    pub(crate) creation: Option<Creation>,
    pub(crate) certificate: Option<CaCertificate>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) policy: Option<Policy>,
    pub(crate) issued: Ledger,
    /// Certificates that were answered for and are not there: not yet, or not ever.
    pub(crate) unissued: HashMap<[u8; 16], Unissued>,
    /// Idempotency tokens of IssueCertificate: the certificate's ARN and when the token was used.
    pub(crate) issue_tokens: Tokens,
    pub(crate) reports: HashMap<String, Report>,
    pub(crate) crl: CrlState,
    /// What has changed and is not on its way to the disk yet.
    pub(crate) journal: Journal,
}

/// The CA's own certificate, as it was imported.
#[derive(Clone)]
pub(crate) struct CaCertificate {
    pub(crate) certificate: Arc<Certificate>,
    /// From the parent to the root; empty for a root.
    pub(crate) chain: Vec<Arc<Certificate>>,
    /// What OCSP requests name the CA by.
    pub(crate) hashes: IssuerHashes,
}

/// What a service principal, which can only be ACM, may do with the CA.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Permission {
    pub(crate) principal: String,
    pub(crate) source_account: String,
    #[serde(with = "word::list")]
    pub(crate) actions: Vec<ActionType>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

impl Permission {
    pub(crate) fn is_for(&self, principal: &str, source_account: &str) -> bool {
        self.principal == principal && self.source_account == source_account
    }

    pub(crate) fn describe(&self, ca: &CaArn) -> PermissionShape {
        PermissionShape::builder()
            .certificate_authority_arn(ca.to_string())
            .created_at(timestamp(self.created_at))
            .principal(&self.principal)
            .source_account(&self.source_account)
            .set_actions(Some(self.actions.clone()))
            .policy(self.equivalent_policy(ca))
            .build()
    }

    /// What the service shows here is not documented: the policy that says the same.
    fn equivalent_policy(&self, ca: &CaArn) -> String {
        let actions: Vec<String> =
            self.actions.iter().map(|action| format!("acm-pca:{action}")).collect();
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": self.principal},
                "Action": actions,
                "Resource": ca.to_string(),
                "Condition": {"StringEquals": {"aws:SourceAccount": self.source_account}},
            }],
        })
        .to_string()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Report {
    #[serde(with = "word")]
    pub(crate) status: AuditReportStatus,
    #[serde(with = "word")]
    pub(crate) format: AuditReportResponseFormat,
    /// What its writing waits for; taken by who writes it.
    pub(crate) wait: Option<Wait>,
    /// It is to fail, on request.
    pub(crate) fails: bool,
    pub(crate) bucket: String,
    pub(crate) key: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

impl Report {
    pub(crate) fn is_unfinished(&self) -> bool {
        self.status == AuditReportStatus::Creating
    }
}

impl CaCertificate {
    pub(crate) fn new(certificate: Certificate, chain: Vec<Certificate>) -> Self {
        let hashes = IssuerHashes::of(&certificate);
        let chain = chain.into_iter().map(Arc::new).collect();
        Self { certificate: Arc::new(certificate), chain, hashes }
    }

    /// The certificates above, one after the other; a root has none.
    pub(crate) fn chain_pem(&self) -> Option<String> {
        let chain: Vec<String> = self.chain.iter().map(|above| above.pem()).collect();
        (!chain.is_empty()).then(|| chain.join("\n"))
    }
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
        creation: Creation,
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
            state: State::Creating,
            creation: Some(creation),
            certificate: None,
            tags,
            permissions: Vec::new(),
            policy: None,
            issued: Ledger::default(),
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

    pub(crate) fn change_state(&mut self, state: State, now: OffsetDateTime) {
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
            State::Deleted { restorable_until, .. } => (Some(*restorable_until), None),
            State::Failed(reason) => (None, Some(reason.clone())),
            State::Active | State::Creating | State::Disabled | State::PendingCertificate => {
                (None, None)
            }
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

/// The service answers with milliseconds.
pub(crate) fn timestamp(at: OffsetDateTime) -> DateTime {
    let millis = at.unix_timestamp_nanos() / 1_000_000;
    DateTime::from_millis(i64::try_from(millis).expect("a year before 292 million"))
}

fn no_key() -> ApiError {
    ApiError::internal("a CA that was created has a key")
}
