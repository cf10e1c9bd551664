//! Records that a CA is DISABLED, or no longer, where no event said so.

use time::OffsetDateTime;

use crate::{
    ca::{Ca, CaStatus},
    evidence::keys,
    jobs::{
        case::{AutoRestoreError, CaFailure, RegionRun, disabled},
        conditional,
        isolated::isolated,
        listed::Listed,
        stored::{self, Stored},
    },
};

impl RegionRun<'_> {
    pub(super) async fn sweep_disabled(
        &self,
        region: &str,
        cas: &[Ca],
        now: OffsetDateTime,
        failures: &mut Vec<CaFailure>,
    ) {
        let listed = match Listed::below(self.evidence, keys::DISABLED).await {
            Ok(listed) => listed,
            Err(cause) => return failures.push(CaFailure::of_store(region, cause)),
        };
        for ca in cas {
            let is_noted = listed.may_have(&keys::disabled(&ca.arn));
            let concerns = match ca.status {
                CaStatus::Active => is_noted,
                CaStatus::Disabled => true,
                _ => false,
            };
            if concerns && let Err(error) = isolated(self.note_observed(ca, now)).await {
                failures.push(CaFailure::new(&ca.arn, error));
            }
        }
        failures.extend(listed.problem().map(|cause| CaFailure::of_store(region, cause)));
    }

    /// If another invocation writes the record meanwhile, the next sweep sees to it.
    async fn note_observed(&self, ca: &Ca, now: OffsetDateTime) -> Result<(), AutoRestoreError> {
        let key = keys::disabled(&ca.arn);
        let stored = stored::read(self.evidence, &key).await;
        let (old, over) = match stored.map_err(AutoRestoreError::EvidenceStore)? {
            Stored::Known(old, etag) => (Some(old), Some(etag)),
            Stored::Absent => (None, None),
            Stored::Unusable { etag: Some(etag), .. } => (None, Some(etag)),
            // It can be neither read nor replaced.
            Stored::Unusable { etag: None, .. } => return Ok(()),
        };
        let settle = self.settings.settle;
        let Some(record) = disabled::by_observation(old.as_ref(), ca, now, settle) else {
            return Ok(());
        };
        let body = serde_json::to_vec_pretty(&record).map_err(AutoRestoreError::Write)?;
        conditional::write(self.evidence, &key, body, over.as_ref())
            .await
            .map_err(AutoRestoreError::EvidenceStore)?;
        Ok(())
    }
}
