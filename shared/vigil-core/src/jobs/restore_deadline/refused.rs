//! Publishes once for a deletion that its acknowledgement does not count.

use serde_json::json;
use time::OffsetDateTime;

use super::{CaError, RegionWatch};
use crate::{
    ca::Ca,
    evidence::keys,
    finding::{Finding, Names, Observation},
    instant::{in_key, rfc3339},
    ports::Creation,
    rules::restore_deadline::{ACKNOWLEDGEMENT, NOT_AUTHENTIC},
};

impl RegionWatch<'_> {
    /// Without a record of it, the finding is published again.
    pub(super) async fn publish_refused(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        why: &str,
    ) -> Result<(), CaError> {
        let key = keys::refused_acknowledgement(&ca.arn, until);
        let body = json!({"ca": ca.arn, "at": rfc3339(self.now), "why": why});
        let told = self.ports.evidence.create(&key, body.to_string().into_bytes()).await;
        if matches!(told, Ok(Creation::AlreadyExists)) {
            return Ok(());
        }
        let finding = finding(ca, until, why, self.now);
        self.ports.bus.publish(&[finding]).await.map_err(CaError::Publish)
    }
}

pub(super) fn finding(ca: &Ca, until: OffsetDateTime, why: &str, now: OffsetDateTime) -> Finding {
    let key = keys::acknowledgement(&ca.arn);
    let names = Names::new(format!("{key} in the evidence bucket"))
        .of_ca(&ca.arn, ca.common_name.as_deref());
    Observation::new(NOT_AUTHENTIC)
        .discriminator(in_key(until))
        .with("why", why)
        .with("restorable_until", rfc3339(until))
        .finding(&ACKNOWLEDGEMENT, &names, ca.arn.as_str(), now)
}
