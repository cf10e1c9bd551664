//! Whether a restored CA works again for those who rely on it: by the next CRL that it signs.
//!
//! crl-audit reads the CRLs of its own Region and records the newest with a good signature; this
//! compares it with the time of the restoration. A CA is restored within minutes as a rule, and its
//! next CRL can be days away.

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus, CrlConfiguration},
    evidence::keys,
    finding::Status,
    jobs::{
        case::{
            AutoRestoreError, RegionRun,
            act::Act,
            findings,
            record::{Case, Doubt},
        },
        conditional,
    },
    ports::Etag,
    rules::crl::CrlHistory,
};

/// What the service takes when ExpirationInDays is not given, says its console.
const DEFAULT_EXPIRATION: i32 = 7;
/// A CRL that fails is tried again for a while, and crl-audit looks every hour.
const SLACK: Duration = Duration::DAY;

/// The part of crl-audit's audit state of a CA that matters here.
#[derive(Deserialize)]
struct CrlOfAuditState {
    #[serde(default)]
    crl: CrlHistory,
}

/// The service renews a CRL around the midpoint of its validity, which began before the deletion (AWS
/// Private CA User Guide, Set up a CRL).
fn due(crl: &CrlConfiguration) -> Duration {
    Duration::days(i64::from(crl.expiration_in_days.unwrap_or(DEFAULT_EXPIRATION))) / 2 + SLACK
}

impl RegionRun<'_> {
    /// Whether something new is on record.
    pub(super) async fn prove(
        &self,
        case: &mut Case,
        etag: &Etag,
        ca: &Ca,
        now: OffsetDateTime,
    ) -> Result<bool, AutoRestoreError> {
        let Some((since, doubt)) = case.unverified() else { return Ok(false) };
        let serves = matches!(ca.status, CaStatus::Active | CaStatus::Disabled);
        let Some(crl) = ca.crl.as_ref().filter(|crl| crl.enabled && serves) else {
            return Ok(false);
        };
        let last = self.newest_crl(&ca.arn).await?;
        let act = match last {
            Some(this_update) if this_update > since => Act::FirstCrl { this_update },
            _ if doubt != Doubt::NotYet || now < since.saturating_add(due(crl)) => {
                return Ok(false);
            }
            last => Act::Unverified { last },
        };
        let status = match &act {
            Act::FirstCrl { .. } => match doubt {
                Doubt::Published(at) => Some((Status::Resolved, at)),
                _ => None,
            },
            // Where crl-audit does not audit the CA, nothing is known, and no finding is published.
            _ => last.map(|_| (Status::New, now)),
        };
        if let Some((status, found_at)) = status {
            let finding = findings::unverified(case, ca, since, last, now).with_status(status);
            let finding =
                if status == Status::Resolved { finding.with_found_at(found_at) } else { finding };
            self.bus.publish(&[finding]).await.map_err(AutoRestoreError::Publish)?;
        }
        case.add(now, act).map_err(AutoRestoreError::Record)?;
        let body = case.to_json().map_err(AutoRestoreError::Record)?;
        // If another sweep was faster, it has seen the same.
        let written = conditional::write(self.evidence, &case.key(), body, Some(etag)).await;
        written.map_err(AutoRestoreError::EvidenceStore)?;
        case.mark_written();
        Ok(true)
    }

    /// `thisUpdate` of the newest CRL that crl-audit has seen of a CA; what cannot be read is nothing.
    async fn newest_crl(&self, ca: &CaArn) -> Result<Option<OffsetDateTime>, AutoRestoreError> {
        let object = self
            .evidence
            .read(&keys::audited_ca(ca.id()))
            .await
            .map_err(AutoRestoreError::EvidenceStore)?;
        let state = object.and_then(|object| serde_json::from_slice(&object.body).ok());
        Ok(state.and_then(|of: CrlOfAuditState| of.crl.this_update))
    }
}
