//! What lasts of the service, as data: one vocabulary for the data directory, exports and imports.

use aws_sdk_acmpca::types::{
    CertificateAuthorityConfiguration, CertificateAuthorityType, CertificateAuthorityUsageMode,
    KeyStorageSecurityStandard, RevocationConfiguration, Tag,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::model::{
    audit_report::AuditReport,
    clock::ClockMode,
    crl::CrlState,
    issued_certificates::{IssuedCertificate, Revocation},
    lifecycle::CaState,
    pending_work::{PendingCreation, UnissuedCertificate},
    permission::Permission,
    values::{base64, hex, shape, word},
};

/// One thing that lasts. `ca` is the CA's place in the order of creation, which is its name here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum StateRecord {
    Authority(Box<AuthorityRecord>),
    /// `place` counts the certificates of a CA in the order of issuance.
    Certificate {
        ca: u64,
        place: u32,
        issued: IssuedCertificate,
    },
    Clock {
        mode: ClockMode,
    },
    CreateToken {
        account: String,
        region: String,
        token: String,
        made: Made,
    },
    IssueToken {
        ca: u64,
        token: String,
        made: Made,
    },
    Key {
        ca: u64,
        key: KeyRecord,
    },
    Report {
        ca: u64,
        id: String,
        report: AuditReport,
    },
    Revocation {
        ca: u64,
        place: u32,
        revocation: Revocation,
        /// Whether its CRL still lists it.
        is_listed: bool,
    },
    Unissued {
        ca: u64,
        #[serde(with = "hex")]
        serial: [u8; 16],
        unissued: UnissuedCertificate,
    },
}

impl StateRecord {
    /// As it is named in the file.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Authority(_) => "authority",
            Self::Certificate { .. } => "certificate",
            Self::Clock { .. } => "clock",
            Self::CreateToken { .. } => "create-token",
            Self::IssueToken { .. } => "issue-token",
            Self::Key { .. } => "key",
            Self::Report { .. } => "report",
            Self::Revocation { .. } => "revocation",
            Self::Unissued { .. } => "unissued",
        }
    }

    /// The CA that it is of, if it is of one.
    pub(crate) fn ca(&self) -> Option<u64> {
        match self {
            Self::Authority(record) => Some(record.ca),
            Self::Certificate { ca, .. }
            | Self::IssueToken { ca, .. }
            | Self::Key { ca, .. }
            | Self::Report { ca, .. }
            | Self::Revocation { ca, .. }
            | Self::Unissued { ca, .. } => Some(*ca),
            Self::Clock { .. } | Self::CreateToken { .. } => None,
        }
    }
}

/// What an idempotency token made, and when it was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    pub(crate) arn: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
}

/// A CA without its key and without what it issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AuthorityRecord {
    pub(crate) ca: u64,
    pub(crate) arn: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) last_state_change_at: OffsetDateTime,
    #[serde(with = "word")]
    pub(crate) kind: CertificateAuthorityType,
    #[serde(with = "shape")]
    pub(crate) configuration: CertificateAuthorityConfiguration,
    #[serde(with = "shape")]
    pub(crate) revocation: RevocationConfiguration,
    #[serde(with = "word")]
    pub(crate) key_storage: KeyStorageSecurityStandard,
    #[serde(with = "word")]
    pub(crate) usage_mode: CertificateAuthorityUsageMode,
    pub(crate) state: CaState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) creation: Option<PendingCreation>,
    /// The CA's own certificate and those above it, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<String>,
    #[serde(with = "shape::list")]
    pub(crate) tags: Vec<Tag>,
    pub(crate) permissions: Vec<Permission>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    pub(crate) crl: CrlState,
}

/// A private key in the clear, and the request for its certificate. `Debug` shows nothing of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRecord {
    #[serde(with = "base64")]
    pub(crate) pkcs8: Vec<u8>,
    #[serde(with = "base64")]
    pub(crate) csr: Vec<u8>,
}

impl std::fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRecord(..)")
    }
}
