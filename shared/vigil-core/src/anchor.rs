//! The heads of all case records at one time.
//!
//! A record that is made anew by a principal that can seal has another head. So the heads of each day are kept,
//! and their digest leaves the account by the bus. `vigil evidence verify --anchor` compares.

use std::{collections::BTreeMap, fmt::Write as _};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// `anchors/<YYYYMMDD>.json`: the heads of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Anchor {
    /// The service's time.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
    /// By key: the records of windows that have not ended for more than 35 days.
    pub heads: BTreeMap<String, Head>,
    /// Keys of records that could not be used.
    pub unusable: Vec<String>,
    /// The digest of the anchor before.
    pub previous: Option<String>,
}

/// How far a record went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Head {
    /// The hash of its last entry.
    pub head: String,
    /// The number of its entries.
    pub acts: usize,
}

/// The detail of the event that leaves each day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchored {
    /// The object.
    pub key: String,
    /// [`Anchor::digest`].
    pub digest: String,
    /// The number of its heads.
    pub heads: usize,
}

/// The detail-type of an event with an [`Anchored`].
pub const ANCHOR: &str = "Vigil Anchor";

impl Anchor {
    /// The SHA-256 of its lines, in hexadecimal: one for each head, and one for the anchor before.
    pub fn digest(&self) -> String {
        let mut lines = String::from("vigil/anchor/1\n");
        // Writing to a String does not fail.
        let _ = writeln!(lines, "previous {}", self.previous.as_deref().unwrap_or("none"));
        for (key, Head { head, acts }) in &self.heads {
            let _ = writeln!(lines, "{key} {acts} {head}");
        }
        for key in &self.unusable {
            let _ = writeln!(lines, "{key} unusable");
        }
        hex::encode(digest::digest(&digest::SHA256, lines.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Anchor>("anchor");
    }

    #[test]
    fn every_part_of_an_anchor_is_in_its_digest() {
        let as_of = datetime!(2026-11-20 10:00 UTC);
        let head = |head: &str| Head { head: head.to_owned(), acts: 3 };
        let anchor = |head, previous: Option<&str>, unusable: &[&str]| Anchor {
            as_of,
            heads: BTreeMap::from([("cases/a/b.json".to_owned(), head)]),
            unusable: unusable.iter().map(|key| (*key).to_owned()).collect(),
            previous: previous.map(str::to_owned),
        };
        let all = [
            anchor(head("1"), None, &[]),
            anchor(head("2"), None, &[]),
            anchor(Head { acts: 4, ..head("1") }, None, &[]),
            anchor(head("1"), Some("x"), &[]),
            anchor(head("1"), None, &["cases/a/c.json"]),
        ];
        let digests: std::collections::BTreeSet<_> = all.iter().map(Anchor::digest).collect();
        assert_eq!(digests.len(), all.len());
    }
}
