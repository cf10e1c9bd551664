//! The life of a CA: its states, what each permits, and the words it refuses with. Pure.

use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, FailureReason};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::model::{error::ApiError, values::word};

/// The state that is stored. EXPIRED is none: ACTIVE and DISABLED are shown as EXPIRED once the CA's
/// certificate has run out, so the state survives a renewal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub(crate) enum CaState {
    Active,
    Creating,
    Deleted {
        before: Before,
        #[serde(with = "time::serde::rfc3339")]
        restorable_until: OffsetDateTime,
    },
    Disabled,
    Failed(#[serde(with = "word")] FailureReason),
    PendingCertificate,
}

impl CaState {
    /// Whether a CA in this state has a key, and whether it has a certificate.
    pub(crate) fn needs(&self) -> (bool, bool) {
        match self {
            Self::Creating | Self::Failed(_) => (false, false),
            Self::Deleted { before: Before::PendingCertificate, .. } => (false, false),
            Self::PendingCertificate => (true, false),
            Self::Active | Self::Deleted { .. } | Self::Disabled => (true, true),
        }
    }
}

/// What a deleted CA returns to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Before {
    /// Only a CA whose certificate had expired: an ACTIVE one cannot be deleted.
    Active,
    Disabled,
    PendingCertificate,
}

/// The calls that a CA's state has a say in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    AuditReport,
    Delete,
    GetCaCertificate,
    GetCertificate,
    GetCsr,
    Import,
    Issue,
    /// A root's own certificate, from its own request: how a root CA is brought to life.
    IssueOwnRoot,
    /// Tags, permissions and the resource policy.
    Metadata,
    Restore,
    Revoke,
    /// A change of the status, ACTIVE or DISABLED.
    Update,
    /// A change of how revocation is published, and nothing else.
    UpdateRevocation,
}

/// The status that Describe reports. DELETED hides EXPIRED, EXPIRED hides ACTIVE and DISABLED.
pub(crate) fn status(
    state: &CaState,
    not_after: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Status {
    let expired = not_after.is_some_and(|not_after| now > not_after);
    match state {
        CaState::Active | CaState::Disabled if expired => Status::Expired,
        CaState::Active => Status::Active,
        CaState::Creating => Status::Creating,
        CaState::Deleted { .. } => Status::Deleted,
        CaState::Disabled => Status::Disabled,
        CaState::Failed(_) => Status::Failed,
        CaState::PendingCertificate => Status::PendingCertificate,
    }
}

/// A deleted CA can be restored until, and not at, `RestorableUntil` (the service's own word is
/// "until"; which side the boundary itself falls on is not documented).
pub(crate) fn is_gone(state: &CaState, now: OffsetDateTime) -> bool {
    matches!(state, CaState::Deleted { restorable_until, .. } if now >= *restorable_until)
}

/// Whether a CA in `status` takes `call`; if not, the service's own words.
pub(crate) fn permit(call: Call, status: &Status, arn: &str) -> Result<(), ApiError> {
    if takes(status, call) {
        return Ok(());
    }
    if call == Call::GetCsr && matches!(status, Status::Creating) {
        return Err(ApiError::request_in_progress(format!(
            "The certificate signing request of {arn} is still being created"
        )));
    }
    Err(ApiError::invalid_state(words(call, status, arn)))
}

fn takes(status: &Status, call: Call) -> bool {
    use Status::{Active, Creating, Deleted, Disabled, Expired, Failed, PendingCertificate};
    match call {
        Call::AuditReport | Call::Revoke | Call::Update => matches!(status, Active | Disabled),
        Call::Delete => !matches!(status, Active | Deleted),
        Call::GetCaCertificate => matches!(status, Active | Disabled | Expired),
        Call::GetCertificate => matches!(status, Active | Disabled | Expired | PendingCertificate),
        Call::GetCsr => matches!(status, Active | Disabled | Expired | PendingCertificate),
        // AWS's pages disagree about DISABLED; a disabled CA whose certificate can be renewed is
        // the reading that loses nothing.
        Call::Import => matches!(status, Active | Disabled | Expired | PendingCertificate),
        Call::Issue => matches!(status, Active),
        Call::IssueOwnRoot => matches!(status, Active | PendingCertificate),
        Call::Metadata => !matches!(status, Creating | Deleted | Failed),
        Call::Restore => matches!(status, Deleted),
        // Terraform's acceptance tests change it in CAs that never get a certificate
        // (terraform-provider-aws#4458, #7050).
        Call::UpdateRevocation => matches!(status, Active | Disabled | PendingCertificate),
    }
}

fn words(call: Call, status: &Status, arn: &str) -> String {
    match call {
        Call::AuditReport => format!(
            "The certificate authority is not in a valid state for creating an audit report: it is \
             in the {status} state"
        ),
        Call::Delete => {
            "The certificate authority is not in a valid state for deletion.".to_owned()
        }
        // AWS's own text for both, a slip of theirs that clients match on.
        Call::GetCaCertificate | Call::GetCsr => format!(
            "The certificate authority {arn} is not in the correct state to have a certificate \
             signing request."
        ),
        Call::GetCertificate => format!(
            "The certificate authority {arn} is not in the correct state to have issued \
             certificates."
        ),
        Call::Import => format!(
            "The certificate authority is not in a valid state for importing a certificate: it is \
             in the {status} state"
        ),
        Call::Issue | Call::IssueOwnRoot => {
            "The certificate authority is not in a valid state for issuing certificates".to_owned()
        }
        // ekristen/aws-nuke#825 has it of ListTags.
        Call::Metadata if matches!(status, Status::Deleted) => {
            "The certificate authority is in the DELETED state and must be restored to complete \
             this action."
                .to_owned()
        }
        Call::Metadata => format!("The certificate authority is in the {status} state"),
        Call::Restore => {
            "The certificate authority is not in a valid state for restoration.".to_owned()
        }
        Call::Revoke => format!(
            "The certificate authority is not in a valid state for revoking certificates: it is in \
             the {status} state"
        ),
        Call::Update | Call::UpdateRevocation => {
            "The certificate authority must be in the ACTIVE or DISABLED state to be updated"
                .to_owned()
        }
    }
}

/// After DeleteCertificateAuthority has been permitted: the restoration period begins. A CA that is
/// deleted already keeps the one it has; one that never came to be has none, and is gone at once.
pub(crate) fn delete(state: &CaState, window: Duration, now: OffsetDateTime) -> CaState {
    let before = match state {
        CaState::Active => Before::Active,
        CaState::Creating | CaState::Failed(_) => {
            return CaState::Deleted { before: Before::PendingCertificate, restorable_until: now };
        }
        CaState::Deleted { .. } => return state.clone(),
        CaState::Disabled => Before::Disabled,
        CaState::PendingCertificate => Before::PendingCertificate,
    };
    CaState::Deleted { before, restorable_until: now + window }
}

/// After RestoreCertificateAuthority has been permitted: the state before the deletion, never more.
pub(crate) fn restore(before: Before) -> CaState {
    match before {
        Before::Active => CaState::Active,
        Before::Disabled => CaState::Disabled,
        Before::PendingCertificate => CaState::PendingCertificate,
    }
}

/// After a certificate has been imported: ACTIVE, unless the CA was disabled.
pub(crate) fn import(state: &CaState) -> CaState {
    match state {
        CaState::Disabled => CaState::Disabled,
        CaState::Active
        | CaState::Creating
        | CaState::Deleted { .. }
        | CaState::Failed(_)
        | CaState::PendingCertificate => CaState::Active,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

    /// Rows: calls. Columns: CREATING, PENDING_CERTIFICATE, ACTIVE, DISABLED, EXPIRED, FAILED,
    /// DELETED. `y` permitted, `n` InvalidStateException, `p` RequestInProgressException.
    const TABLE: &[(Call, &str)] = &[
        (Call::AuditReport, "nnyynnn"),
        (Call::Delete, "yynyyyn"),
        (Call::GetCaCertificate, "nnyyynn"),
        (Call::GetCertificate, "nyyyynn"),
        (Call::GetCsr, "pyyyynn"),
        (Call::Import, "nyyyynn"),
        (Call::Issue, "nnynnnn"),
        (Call::IssueOwnRoot, "nyynnnn"),
        (Call::Metadata, "nyyyynn"),
        (Call::Restore, "nnnnnny"),
        (Call::Revoke, "nnyynnn"),
        (Call::Update, "nnyynnn"),
        (Call::UpdateRevocation, "nyyynnn"),
    ];

    #[test]
    fn each_state_permits_exactly_its_calls() {
        let statuses = [
            Status::Creating,
            Status::PendingCertificate,
            Status::Active,
            Status::Disabled,
            Status::Expired,
            Status::Failed,
            Status::Deleted,
        ];
        for (call, row) in TABLE {
            for (status, want) in statuses.iter().zip(row.chars()) {
                let got = match permit(*call, status, "arn") {
                    Ok(()) => 'y',
                    Err(error) if error.code == "InvalidStateException" => 'n',
                    Err(error) if error.code == "RequestInProgressException" => 'p',
                    Err(error) => panic!("{call:?} in {status}: {error}"),
                };
                assert_eq!(got, want, "{call:?} in {status}");
            }
        }
    }

    /// Of hashicorp/terraform-provider-aws#26968 and #37592, and the user guide's CloudTrail examples
    /// of DeleteCertificateAuthority and RestoreCertificateAuthority.
    #[test]
    fn the_words_of_public_reports_are_kept() {
        for (call, status, words) in [
            (
                Call::Issue,
                Status::PendingCertificate,
                "The certificate authority is not in a valid state for issuing certificates",
            ),
            (
                Call::GetCertificate,
                Status::Deleted,
                "The certificate authority ARN is not in the correct state to have issued \
                 certificates.",
            ),
            (
                Call::GetCaCertificate,
                Status::PendingCertificate,
                "The certificate authority ARN is not in the correct state to have a certificate \
                 signing request.",
            ),
            (
                Call::Delete,
                Status::Active,
                "The certificate authority is not in a valid state for deletion.",
            ),
            (
                Call::Restore,
                Status::Active,
                "The certificate authority is not in a valid state for restoration.",
            ),
        ] {
            assert_eq!(permit(call, &status, "ARN").unwrap_err().message, words);
        }
    }

    #[test]
    fn a_ca_expires_after_its_last_valid_second() {
        let second = Duration::SECOND;
        for (not_after, want) in [
            (Some(NOW + second), Status::Disabled),
            (Some(NOW), Status::Disabled),
            (Some(NOW - second), Status::Expired),
            (None, Status::Disabled),
        ] {
            assert_eq!(status(&CaState::Disabled, not_after, NOW), want, "{not_after:?}");
        }
    }

    #[test]
    fn deletion_hides_expiry_and_ends_at_restorable_until() {
        let state = delete(&CaState::Disabled, Duration::days(7), NOW);
        assert_eq!(status(&state, Some(NOW - Duration::DAY), NOW), Status::Deleted);
        let until = NOW + Duration::days(7);
        assert!(!is_gone(&state, until - Duration::SECOND));
        assert!(is_gone(&state, until));
    }

    #[test]
    fn restoring_returns_the_state_before_and_import_keeps_disabled() {
        for state in [CaState::Active, CaState::Disabled, CaState::PendingCertificate] {
            let CaState::Deleted { before, .. } = delete(&state, Duration::days(7), NOW) else {
                panic!("{state:?} has a restoration period");
            };
            assert_eq!(restore(before), state);
        }
        assert_eq!(import(&CaState::Disabled), CaState::Disabled);
        for state in [CaState::Creating, CaState::Failed(FailureReason::Other)] {
            assert!(is_gone(&delete(&state, Duration::days(7), NOW), NOW), "{state:?}");
        }
        assert_eq!(import(&CaState::PendingCertificate), CaState::Active);
    }
}
