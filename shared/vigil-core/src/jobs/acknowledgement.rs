//! The acknowledgement of a deletion: a person knows of it and wants no reminders until a date.
//!
//! It is an object in the evidence bucket, which `vigil deadline ack` writes. It names the end of
//! the window, so it is later than the deletion, and it ends with the window. A tag acknowledges
//! nothing: a principal that may tag a CA is not always one that may give it up. The alert of the
//! last threshold is sent all the same.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::stored::{self, Stored};
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    ports::{EvidenceStore, PortError},
};

/// The acknowledgement of one deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Acknowledgement"))]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// The deleted CA.
    pub ca: CaArn,
    /// Who acknowledges.
    pub by: String,
    /// No alert is sent for thresholds that pass before this.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub until: OffsetDateTime,
    /// The `RestorableUntil` of the deletion that is acknowledged. Without it, nothing is.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub restorable_until: Option<OffsetDateTime>,
}

/// An object that is not an acknowledgement of the CA's deletion.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AckError {
    /// `by` is empty.
    #[error("the acknowledgement does not say who acknowledges")]
    Anonymous,
    /// It names another CA.
    #[error("the acknowledgement is for {0}")]
    OtherCa(CaArn),
    /// It is not JSON of this shape.
    #[error("the acknowledgement cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl Ack {
    /// Reads an acknowledgement of the deletion of `ca`.
    ///
    /// # Errors
    ///
    /// [`AckError`] says what is wrong with the object.
    pub fn read(body: &[u8], ca: &CaArn) -> Result<Self, AckError> {
        let ack: Self = serde_json::from_slice(body).map_err(AckError::Unreadable)?;
        if ack.ca != *ca {
            return Err(AckError::OtherCa(ack.ca));
        }
        if ack.by.trim().is_empty() {
            return Err(AckError::Anonymous);
        }
        Ok(ack)
    }

    /// The acknowledgement of the CA's present deletion; what cannot be read as one silences nothing.
    pub(in crate::jobs) async fn of(
        evidence: &dyn EvidenceStore,
        ca: &Ca,
        until: OffsetDateTime,
    ) -> Result<Option<Self>, PortError> {
        let ack = match stored::read::<Self>(evidence, &keys::acknowledgement(&ca.arn)).await? {
            Stored::Known(ack, _) => ack,
            Stored::Absent | Stored::Unusable { .. } => return Ok(None),
        };
        let is_of_ca = ack.ca == ca.arn && !ack.by.trim().is_empty();
        if !is_of_ca || !ack.is_for(until) {
            return Ok(None);
        }
        // After the end of the window nothing is left to be silent about.
        Ok(Some(Self { until: ack.until.min(until), ..ack }))
    }

    /// The object as it is stored.
    ///
    /// # Errors
    ///
    /// None in practice: every field can be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }

    /// Whether a threshold that passes at this moment is silent.
    pub(super) fn covers(&self, threshold_at: OffsetDateTime) -> bool {
        threshold_at < self.until
    }

    pub(super) fn is_for(&self, restorable_until: OffsetDateTime) -> bool {
        let named = self.restorable_until.map(OffsetDateTime::unix_timestamp);
        named == Some(restorable_until.unix_timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a";

    fn read(json: &str) -> Result<Ack, AckError> {
        Ack::read(json.as_bytes(), &CA.parse().unwrap())
    }

    #[test]
    fn an_acknowledgement_names_its_ca_who_knows_and_until_when() {
        let text = format!(r#"{{"ca": "{CA}", "by": "carol", "until": "2026-12-01T00:00:00Z"}}"#);
        let ack = read(&text).unwrap();
        assert_eq!(Ack::read(&ack.to_json().unwrap(), &ack.ca).unwrap(), ack);
        assert!(!ack.is_for(ack.until), "of no deletion");
        let of_one = Ack { restorable_until: Some(ack.until), ..ack.clone() };
        assert!(of_one.is_for(ack.until));
        assert!(matches!(read(&text.replace("/a\"", "/b\"")), Err(AckError::OtherCa(_))));
        assert!(matches!(read(&text.replace("carol", " ")), Err(AckError::Anonymous)));
        for broken in ["", "{}", &text.replace("2026", "26"), &text.replace("by", "who")] {
            assert!(matches!(read(broken), Err(AckError::Unreadable(_))), "{broken}");
        }
    }

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Ack>("acknowledgement");
    }
}
