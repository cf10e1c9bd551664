//! A certificate that a filter let through.

use clap::ValueEnum;
use serde::Serialize;
use time::OffsetDateTime;
use vigil_core::audit_report::Record;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    Valid,
    NotYetValid,
    Expired,
    Revoked,
}

impl Status {
    /// RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
    pub(super) fn of(record: &Record<'_>, as_of: OffsetDateTime) -> Self {
        if record.is_revoked() {
            Self::Revoked
        } else if record.not_after < as_of {
            Self::Expired
        } else if record.not_before > as_of {
            Self::NotYetValid
        } else {
            Self::Valid
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The fields are what the report says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    pub(super) status: Status,
    pub(super) subject: String,
    pub(super) serial: String,
    #[serde(with = "vigil_core::instant::text")]
    pub(super) not_before: OffsetDateTime,
    #[serde(with = "vigil_core::instant::text")]
    pub(super) not_after: OffsetDateTime,
    #[serde(with = "vigil_core::instant::text")]
    pub(super) issued_at: OffsetDateTime,
    #[serde(with = "vigil_core::instant::text::option")]
    pub(super) revoked_at: Option<OffsetDateTime>,
    pub(super) revocation_reason: Option<String>,
    pub(super) template_arn: Option<String>,
    pub(super) account: String,
    pub(super) service_principal: Option<String>,
    pub(super) certificate_arn: String,
}

impl Row {
    pub(super) fn of(record: &Record<'_>, status: Status) -> Self {
        let owned = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
        Self {
            status,
            subject: record.subject.to_string(),
            serial: record.serial.to_string(),
            not_before: record.not_before,
            not_after: record.not_after,
            issued_at: record.issued_at,
            revoked_at: record.revoked_at,
            revocation_reason: owned(&record.revocation_reason),
            template_arn: owned(&record.template_arn),
            account: record.aws_account_id.to_string(),
            service_principal: owned(&record.requested_by_service_principal),
            certificate_arn: record.certificate_arn.to_string(),
        }
    }
}
