//! The acknowledgement of a deletion: a person knows of it and wants no reminders until a date.
//!
//! It is an object in the evidence bucket, which `vigil deadline ack` writes, or two tags in the last
//! snapshot of the CA. The alert of the last threshold is sent all the same. An acknowledgement that
//! names a window's end is for that deletion only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    arn::CaArn,
    evidence::keys,
    ports::{EvidenceStore, PortError},
    snapshot::Snapshot,
};

/// The acknowledgement of one deletion, or of any deletion of a CA.
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
    /// The `RestorableUntil` of the deletion that is acknowledged; absent: of any.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub restorable_until: Option<OffsetDateTime>,
}

/// The tags that acknowledge the deletion to come: who knows, and until when (RFC 3339).
const ACKNOWLEDGED_BY: &str = "vigil:deletion-acknowledged-by";
const ACKNOWLEDGED_UNTIL: &str = "vigil:deletion-acknowledged-until";

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

    /// The acknowledgement of the deletion whose window ends at `until`, as an object or as tags that
    /// the CA had; what cannot be read as one silences nothing.
    pub(in crate::jobs) async fn of(
        evidence: &dyn EvidenceStore,
        ca: &CaArn,
        until: OffsetDateTime,
    ) -> Result<Option<Self>, PortError> {
        let entry = evidence.read(&keys::acknowledgement(ca)).await?;
        let ack = entry.and_then(|entry| Self::read(&entry.body, ca).ok());
        if let Some(ack) = ack.filter(|ack| ack.is_for(until)) {
            return Ok(Some(ack));
        }
        let entry = evidence.read(&keys::snapshot(ca)).await?;
        let snapshot = entry.and_then(|entry| serde_json::from_slice::<Snapshot>(&entry.body).ok());
        Ok(snapshot.and_then(|snapshot| Self::from_tags(&snapshot.attached.tags, ca)))
    }

    /// `None` for tags that acknowledge nothing, or not in full.
    pub(super) fn from_tags(tags: &BTreeMap<String, Option<String>>, ca: &CaArn) -> Option<Self> {
        let by = tags.get(ACKNOWLEDGED_BY)?.clone().filter(|by| !by.trim().is_empty())?;
        let until = tags.get(ACKNOWLEDGED_UNTIL)?.as_deref()?;
        let until = OffsetDateTime::parse(until, &Rfc3339).ok()?;
        Some(Self { ca: ca.clone(), by, until, restorable_until: None })
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
        named.is_none_or(|named| named == restorable_until.unix_timestamp())
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
        assert!(ack.is_for(ack.until), "of any deletion");
        assert!(matches!(read(&text.replace("/a\"", "/b\"")), Err(AckError::OtherCa(_))));
        assert!(matches!(read(&text.replace("carol", " ")), Err(AckError::Anonymous)));
        for broken in ["", "{}", &text.replace("2026", "26"), &text.replace("by", "who")] {
            assert!(matches!(read(broken), Err(AckError::Unreadable(_))), "{broken}");
        }
    }

    #[test]
    fn tags_acknowledge_with_both_of_them_or_not_at_all() {
        let ca = CA.parse().unwrap();
        let read = |tags: &[(&str, &str)]| {
            let tags =
                tags.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())));
            Ack::from_tags(&tags.collect(), &ca)
        };
        let (by, until) =
            ((ACKNOWLEDGED_BY, "carol"), (ACKNOWLEDGED_UNTIL, "2026-12-01T00:00:00Z"));
        assert_eq!(read(&[by, until]).unwrap().by, "carol");
        for tags in [&[by] as &[_], &[until], &[], &[by, (ACKNOWLEDGED_UNTIL, "soon")]] {
            assert!(read(tags).is_none(), "{tags:?}");
        }
    }

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Ack>("acknowledgement");
    }
}
