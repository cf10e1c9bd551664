//! What keeps a restored CA from becoming ACTIVE again, whatever policy says.

use time::Duration;

use super::CaseRunner;
use crate::{
    arn::CaArn,
    evidence::keys,
    failure::chain,
    inventory::Inventory,
    jobs::{
        case::{AutoRestoreError, disabled::Disabled, reactivation::KeptDisabled},
        stored::{self, Stored},
    },
    ports::PortError,
};

/// The tag of a CA that must not become ACTIVE again. Its value does not matter.
const COMPROMISED: &str = "vigil:compromised";

/// CloudTrail writes its times to the second, and the service takes a moment to change a state.
const TOLERANCE: Duration = Duration::MINUTE;

impl CaseRunner<'_> {
    /// Whether the CA is marked, or the record of its disabling contradicts what the last sweep
    /// saw. A mark needs no proof: it only makes Vigil do less.
    pub(super) async fn held(
        &self,
        ca: &CaArn,
        record: &Disabled,
    ) -> Result<Option<KeptDisabled>, AutoRestoreError> {
        match self.run_in.authorities.tags(ca).await {
            Ok(tags) if tags.contains_key(COMPROMISED) => {
                return Ok(Some(KeptDisabled::Held { by: format!("the tag {COMPROMISED}") }));
            }
            Ok(_) => {}
            Err(cause @ PortError::Denied { .. }) => {
                return Ok(Some(KeptDisabled::Refused { cause: chain(&cause) }));
            }
            // Deleted again, or gone, since we looked: look again.
            Err(PortError::InvalidState { .. } | PortError::NotFound { .. }) => {
                return Err(AutoRestoreError::Contended { key: self.case.key() });
            }
            Err(cause) => return Err(AutoRestoreError::ReadAttributes(cause)),
        }
        let hold = keys::hold(ca);
        match stored::read::<serde_json::Value>(self.run_in.evidence, &hold).await {
            Ok(Stored::Absent) => {}
            Ok(_) => return Ok(Some(KeptDisabled::Held { by: hold })),
            Err(cause) => return Err(AutoRestoreError::EvidenceStore(cause)),
        }
        let inventory = keys::inventory(ca.region());
        let seen = stored::read::<Inventory>(self.run_in.evidence, &inventory).await;
        let is_contradicted = match seen.map_err(AutoRestoreError::EvidenceStore)? {
            Stored::Absent => false,
            // Who overwrote it may have sent the event of the disabling, too.
            Stored::Unusable { .. } => true,
            Stored::Known(seen, _) => seen.cas.get(ca).is_some_and(|known| {
                known.disabled_since.is_some_and(|since| record.since - since > TOLERANCE)
            }),
        };
        Ok(is_contradicted.then_some(KeptDisabled::Unclear))
    }
}
