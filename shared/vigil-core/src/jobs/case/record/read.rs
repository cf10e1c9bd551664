//! Reads a record, and holds it against itself: its chain, its moves, its heading.

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Case, CaseEntry, CaseError, VERSION};
use crate::{
    arn::CaArn,
    evidence,
    jobs::case::{
        act::Act,
        machine::{self, CaseState, Position},
    },
};

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Case"))]
struct Document {
    version: u32,
    ca: CaArn,
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    restorable_until: OffsetDateTime,
    state: CaseState,
    #[cfg_attr(test, schemars(with = "Vec<crate::schemas::WrittenEntry>"))]
    entries: Vec<Value>,
}

#[derive(Deserialize)]
struct Stamp {
    seq: usize,
    #[serde(with = "crate::instant::text")]
    at: OffsetDateTime,
}

impl Case {
    /// Reads a record and holds it against itself: its chain, its moves, its heading.
    ///
    /// # Errors
    ///
    /// [`CaseError`] if the body is not a record that holds together.
    pub fn read(body: &[u8]) -> Result<Self, CaseError> {
        let document: Document = serde_json::from_slice(body).map_err(CaseError::NotACase)?;
        if document.version != VERSION {
            return Err(CaseError::Version(document.version));
        }
        let head = evidence::check(&document.entries).map_err(CaseError::Chain)?;
        let mut position = None;
        let mut entries = Vec::new();
        for (seq, json) in document.entries.into_iter().enumerate() {
            let act = |cause| CaseError::Act { seq, cause };
            let stamp = Stamp::deserialize(&json).map_err(act)?;
            let made = Act::deserialize(&json).map_err(act)?;
            let state = position.map(|position: Position| position.state);
            let illegal = CaseError::Illegal { seq, state };
            position = Some(machine::after(position, made.made()).ok_or(illegal)?);
            if stamp.seq != seq {
                let (said, found) = (stamp.seq.to_string(), seq.to_string());
                return Err(CaseError::Contradiction { what: "an entry's number", said, found });
            }
            entries.push(CaseEntry { at: stamp.at, act: made, json });
        }
        let position = position.ok_or(CaseError::Illegal { seq: 0, state: None })?;
        let (ca, until) = (document.ca, document.restorable_until);
        let written = entries.len();
        let case = Self { ca, until, entries, position, head, written, copy: 1 };
        case.is_headed_by(document.state)?;
        Ok(case)
    }

    fn is_headed_by(&self, said: CaseState) -> Result<(), CaseError> {
        if said != self.position.state {
            let (said, found) = (format!("{said:?}"), format!("{:?}", self.position.state));
            return Err(CaseError::Contradiction { what: "the state", said, found });
        }
        for entry in &self.entries {
            let found = match &entry.act {
                Act::Seen { deletion, restorable_until, .. } => {
                    if *restorable_until != self.until {
                        let (said, found) = (self.until.to_string(), restorable_until.to_string());
                        let what = "RestorableUntil";
                        return Err(CaseError::Contradiction { what, said, found });
                    }
                    &deletion.ca
                }
                Act::Joined { deletion } => &deletion.ca,
                _ => continue,
            };
            if *found != self.ca {
                let (said, found) = (self.ca.to_string(), found.to_string());
                return Err(CaseError::Contradiction { what: "the CA", said, found });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Document>("case");
    }
}
