//! The acknowledgement of a deletion: a person knows of it and wants no reminders until a date.
//!
//! It is an object in the evidence bucket, which `vigil deadline ack` signs and
//! writes. It names the end of the window, so it is later than the deletion, and it ends with the window. A tag acknowledges
//! nothing: a principal that may tag a CA is not always one that may give it up. The alert of the
//! last threshold is sent all the same.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{authentic, case::SKEW};
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    failure::chain,
    ports::{EvidenceStore, PortError, Signatures},
    signed::{Signed, SignedError, Signers, Statement},
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
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub until: OffsetDateTime,
    /// The `RestorableUntil` of the deletion that is acknowledged. Without it, nothing is.
    #[serde(default, with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub restorable_until: Option<OffsetDateTime>,
    /// The service's time of the acknowledgement. A deletion that came after it is another one, although
    /// its window may end at the same second.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub acknowledged_at: OffsetDateTime,
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
    /// It is no signed statement.
    #[error("the acknowledgement does not count")]
    Signed(#[source] SignedError),
}

impl Statement for Ack {
    const KIND: &'static str = "acknowledgement";
}

impl Ack {
    /// Reads an acknowledgement of the deletion of `ca`. Whether its signatures hold is not known then.
    ///
    /// # Errors
    ///
    /// [`AckError`] says what is wrong with the object.
    pub fn read(body: &[u8], ca: &CaArn) -> Result<Signed<Self>, AckError> {
        let signed = Signed::<Self>::read(body).map_err(AckError::Signed)?;
        if signed.statement.ca != *ca {
            return Err(AckError::OtherCa(signed.statement.ca));
        }
        if signed.statement.by.trim().is_empty() {
            return Err(AckError::Anonymous);
        }
        Ok(signed)
    }

    /// The acknowledgement of the CA's present deletion. One that is there and does not count silences
    /// nothing; the reason is what its finding says.
    pub(in crate::jobs) async fn of(
        (evidence, signatures): (&dyn EvidenceStore, &dyn Signatures),
        approvers: &Signers,
        ca: &Ca,
        until: OffsetDateTime,
    ) -> Result<Acknowledged, PortError> {
        let key = keys::acknowledgement(&ca.arn);
        let object = match evidence.read(&key).await {
            Ok(object) => object,
            Err(error) if error.is_lasting() => {
                return Ok(Acknowledged::Refused(format!("{key}: {}", chain(&error))));
            }
            Err(error) => return Err(error),
        };
        let Some(object) = object else { return Ok(Acknowledged::No) };
        let signed = match Self::read(&object.body, &ca.arn) {
            Ok(signed) => signed,
            Err(error) => return Ok(Acknowledged::Refused(format!("{key}: {}", chain(&error)))),
        };
        // One of an earlier deletion is left over, and is no reason for a finding.
        if !signed.statement.is_for(ca.last_state_change_at, until) {
            return Ok(Acknowledged::No);
        }
        if let Err(why) = authentic::prove(signatures, approvers, &signed).await {
            return Ok(Acknowledged::Refused(format!("{key}: {why}")));
        }
        let ack = signed.statement;
        // After the end of the window nothing is left to be silent about.
        Ok(Acknowledged::Yes(Self { until: ack.until.min(until), ..ack }))
    }

    /// Whether a threshold that passes at this moment is silent.
    pub(super) fn covers(&self, threshold_at: OffsetDateTime) -> bool {
        threshold_at < self.until
    }

    pub(super) fn is_for(
        &self,
        deleted_at: Option<OffsetDateTime>,
        restorable_until: OffsetDateTime,
    ) -> bool {
        let named = self.restorable_until.map(OffsetDateTime::unix_timestamp);
        let latest = self.acknowledged_at.saturating_add(SKEW);
        named == Some(restorable_until.unix_timestamp())
            && deleted_at.is_some_and(|at| at <= latest)
    }
}

/// What is known of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum Acknowledged {
    No,
    /// Something is there that does not count, and why.
    Refused(String),
    Yes(Ack),
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a";

    fn read(json: &str) -> Result<Signed<Ack>, AckError> {
        Ack::read(json.as_bytes(), &CA.parse().unwrap())
    }

    #[test]
    fn an_acknowledgement_names_its_ca_who_knows_and_until_when() {
        let statement = format!(
            r#"{{"ca": "{CA}", "by": "carol", "until": "2026-12-01T00:00:00Z",
                "acknowledged_at": "2026-11-25T10:00:00Z"}}"#
        );
        let text = format!(
            r#"{{"statement": {statement}, "signatures": [{{"key": "k", "signature": "s"}}]}}"#
        );
        let signed = read(&text).unwrap();
        let ack = signed.statement.clone();
        assert_eq!(Ack::read(&signed.to_json().unwrap(), &ack.ca).unwrap(), signed);
        let earlier = Some(ack.acknowledged_at - SKEW);
        assert!(!ack.is_for(earlier, ack.until), "of no deletion");
        let of_one = Ack { restorable_until: Some(ack.until), ..ack.clone() };
        assert!(of_one.is_for(earlier, ack.until));
        let later = Some(ack.acknowledged_at + 2 * SKEW);
        assert!(!of_one.is_for(later, ack.until), "another deletion that ends at the same second");
        assert!(!of_one.is_for(None, ack.until), "it is not known when the CA was deleted");
        assert!(matches!(read(&text.replace("/a\"", "/b\"")), Err(AckError::OtherCa(_))));
        assert!(matches!(read(&text.replace("carol", " ")), Err(AckError::Anonymous)));
        for broken in ["", "{}", &text.replace("2026", "26"), &text.replace("by", "who")] {
            assert!(matches!(read(broken), Err(AckError::Signed(_))), "{broken}");
        }
        let unsigned = read(&statement).unwrap_err();
        assert!(matches!(unsigned, AckError::Signed(SignedError::Unsigned)));
    }

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Signed<Ack>>("acknowledgement");
    }
}
