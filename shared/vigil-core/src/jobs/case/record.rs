//! The record of one deletion: `cases/<CA id>/<RestorableUntil>.json` in the evidence bucket.
//!
//! The end of the window stands for the deletion: every deletion has its own, and it is known to
//! every caller that sees the deleted CA, with or without the event. The record is a chain of acts
//! ([`crate::evidence`]); acts are added, never changed.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{
    act::{Act, Judgement, Source},
    machine::{self, CaseState, Position},
};
use crate::{
    arn::CaArn,
    cloudtrail::Deletion,
    evidence::keys,
    evidence::{self, ChainError},
    instant,
    ports::Etag,
    snapshot::Missing,
};

/// The form of the record; another number is another form.
const VERSION: u32 = 1;

/// The case of one deletion: its acts, checked against each other and linked by their hashes.
#[derive(Clone, Debug)]
pub struct Case {
    ca: CaArn,
    until: OffsetDateTime,
    entries: Vec<CaseEntry>,
    position: Position,
    /// The hash of the last entry.
    head: String,
    /// How many of the entries are in the bucket.
    written: usize,
    /// Which of the deletion's keys it is at; see [`keys::case_copy`].
    copy: u32,
}

/// Where the record of a deletion goes.
#[derive(Clone, Debug, Default)]
pub(in crate::jobs) struct RecordSlot {
    pub(in crate::jobs) copy: u32,
    /// What is there, and is no case that holds together.
    pub(in crate::jobs) over: Option<Etag>,
    /// What could not be used at the keys before.
    pub(in crate::jobs) passed_over: Vec<String>,
}

/// One act, and when it was recorded.
#[derive(Clone, Debug)]
pub struct CaseEntry {
    /// The service's time of the invocation.
    pub at: OffsetDateTime,
    /// What was learnt, decided or done.
    pub act: Act,
    /// As it is in the record, with `seq`, `previous` and `hash`.
    json: Value,
}

/// Why a text is not read, or an act not added, as part of a case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CaseError {
    #[error("entry {seq} is not an act that we know")]
    Act {
        /// The entry, counted from 0.
        seq: usize,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    #[error("the chain of entries is broken")]
    Chain(#[source] ChainError),
    #[error("the record says {what} is {said}, and its entries {found}")]
    Contradiction { what: &'static str, said: String, found: String },
    #[error("entry {seq} cannot follow what is before it (state {state:?})")]
    Illegal { seq: usize, state: Option<CaseState> },
    #[error("it is not the record of a case")]
    NotACase(#[source] serde_json::Error),
    #[error("it is a record of version {0}, and this program reads version {VERSION}")]
    Version(u32),
    #[error("the record could not be written as JSON")]
    Write(#[source] serde_json::Error),
}

/// What the evidence bucket holds at a case's key.
#[derive(Debug)]
pub(in crate::jobs) enum Recorded {
    Absent,
    /// Something is there that can be neither read nor replaced.
    Blocked(String),
    Case(Box<Case>, Etag),
    /// Not a case, or not one that holds together.
    Unreadable(Etag),
}

/// What is on record of a restored CA that has signed no CRL so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum Doubt {
    /// Nothing: the next CRL is perhaps not due.
    NotYet,
    /// The findings were published.
    Published,
    /// crl-audit does not audit its CRLs.
    Unseen,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Case"))]
struct Document {
    version: u32,
    ca: CaArn,
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    restorable_until: OffsetDateTime,
    state: CaseState,
    #[cfg_attr(test, schemars(with = "Vec<crate::schemas::Entry>"))]
    entries: Vec<Value>,
}

#[derive(Deserialize)]
struct Stamp {
    seq: usize,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl Case {
    /// Says at which of the deletion's keys it was found.
    pub(super) fn set_copy(&mut self, copy: u32) {
        self.copy = copy;
    }

    /// At its first key, where nothing is.
    #[cfg(test)]
    pub(in crate::jobs) fn open(
        deletion: Deletion,
        until: OffsetDateTime,
        at: OffsetDateTime,
    ) -> Result<Self, CaseError> {
        let slot = RecordSlot { copy: 1, ..RecordSlot::default() };
        Self::open_at(slot, Source::Event, deletion, (until, at))
    }

    /// A case begins with a deletion.
    pub(in crate::jobs) fn open_at(
        slot: RecordSlot,
        source: Source,
        deletion: Deletion,
        (until, at): (OffsetDateTime, OffsetDateTime),
    ) -> Result<Self, CaseError> {
        let until = until.replace_nanosecond(0).unwrap_or(until);
        let (ca, deletion) = (deletion.ca.clone(), Box::new(deletion));
        let RecordSlot { copy, over, passed_over } = slot;
        let (restorable_until, over_unreadable) = (until, over.is_some());
        let act = Act::Seen { source, deletion, restorable_until, over_unreadable, passed_over };
        let illegal = CaseError::Illegal { seq: 0, state: None };
        let position = machine::after(None, act.made()).ok_or(illegal)?;
        let head = evidence::GENESIS.to_owned();
        let mut case = Self { ca, until, entries: Vec::new(), position, head, written: 0, copy };
        case.push(at, act)?;
        Ok(case)
    }

    pub(in crate::jobs) fn add(&mut self, at: OffsetDateTime, act: Act) -> Result<(), CaseError> {
        let (seq, state) = (self.entries.len(), Some(self.position.state));
        let position = machine::after(Some(self.position), act.made());
        let position = position.ok_or(CaseError::Illegal { seq, state })?;
        self.push(at, act)?;
        self.position = position;
        Ok(())
    }

    fn push(&mut self, at: OffsetDateTime, act: Act) -> Result<(), CaseError> {
        let mut content = Map::new();
        content.insert("seq".to_owned(), self.entries.len().into());
        content.insert("at".to_owned(), instant::rfc3339(at).into());
        if let Value::Object(members) = serde_json::to_value(&act).map_err(CaseError::Write)? {
            content.extend(members);
        }
        let content = evidence::link(content, &self.head);
        if let Some(Value::String(hash)) = content.get("hash") {
            self.head.clone_from(hash);
        }
        self.entries.push(CaseEntry { at, act, json: Value::Object(content) });
        Ok(())
    }

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
            let stamp: Stamp = serde_json::from_value(json.clone()).map_err(act)?;
            let made: Act = serde_json::from_value(json.clone()).map_err(act)?;
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

    pub(in crate::jobs) fn to_json(&self) -> Result<Vec<u8>, CaseError> {
        let entries: Vec<&Value> = self.entries.iter().map(|entry| &entry.json).collect();
        let document = json!({
            "version": VERSION,
            "ca": self.ca,
            "restorable_until": instant::rfc3339(self.until),
            "state": self.position.state,
            "entries": entries,
        });
        serde_json::to_vec_pretty(&document).map_err(CaseError::Write)
    }

    /// The same deletion's window, and yet another deletion: see [`machine::after`].
    pub(in crate::jobs) fn reopen(
        &mut self,
        source: Source,
        deletion: Deletion,
        at: OffsetDateTime,
    ) -> Result<(), CaseError> {
        let (deletion, restorable_until) = (Box::new(deletion), self.until);
        let (over_unreadable, passed_over) = (false, Vec::new());
        self.add(at, Act::Seen { source, deletion, restorable_until, over_unreadable, passed_over })
    }

    fn deletions(&self) -> impl DoubleEndedIterator<Item = &Deletion> {
        self.entries.iter().filter_map(|entry| match &entry.act {
            Act::Seen { deletion, .. } | Act::Joined { deletion } => Some(&**deletion),
            _ => None,
        })
    }

    /// Whether an event has been taken in, by CloudTrail's id of it.
    pub(in crate::jobs) fn knows(&self, event_id: Option<&str>) -> bool {
        self.deletions().any(|deletion| deletion.event_id.as_deref() == event_id)
    }

    /// Events of the one deletion that is being judged, by CloudTrail's ids: more than one contradict each
    /// other, because a call has one record.
    pub(in crate::jobs) fn event_ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        for entry in &self.entries {
            let id = match &entry.act {
                Act::Seen { deletion, .. } => {
                    ids.clear();
                    deletion.event_id.as_deref()
                }
                Act::Joined { deletion } => deletion.event_id.as_deref(),
                _ => None,
            };
            ids.extend(id.filter(|id| !ids.contains(id)));
        }
        ids
    }

    /// Under what a restoration is counted: the record, and which of its deletions.
    pub(in crate::jobs) fn occasion(&self) -> String {
        let seen = self.entries.iter().filter(|entry| matches!(entry.act, Act::Seen { .. }));
        match seen.count() {
            ..=1 => self.key(),
            more => format!("{}#{more}", self.key()),
        }
    }

    /// The deletion, by its event once that has come.
    pub fn deletion(&self) -> &Deletion {
        self.deletions().next_back().expect("a case begins with a deletion")
    }

    /// Where the deletion is known from.
    pub(in crate::jobs) fn source(&self) -> Source {
        let of_entry = |act: &Act| match act {
            Act::Joined { .. } => Some(Source::Event),
            Act::Seen { source, .. } => Some(*source),
            _ => None,
        };
        let found = self.entries.iter().rev().find_map(|entry| of_entry(&entry.act));
        found.expect("a case begins with a deletion")
    }

    /// The one that holds: facts that come late can lead to another.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Judged { judgement } => Some(&**judgement),
            _ => None,
        })
    }

    /// Where the record of a deletion is, if there is one.
    pub fn key_of(ca: &CaArn, until: OffsetDateTime) -> String {
        keys::case(ca, until)
    }

    /// The CA that was deleted.
    pub fn ca(&self) -> &CaArn {
        &self.ca
    }

    /// When the restoration window ends.
    pub fn until(&self) -> OffsetDateTime {
        self.until
    }

    /// The state that the acts amount to.
    pub fn state(&self) -> CaseState {
        self.position.state
    }

    /// Whether nothing is left to be done.
    pub fn is_closed(&self) -> bool {
        self.position.published
    }

    /// The acts, oldest first.
    pub fn entries(&self) -> &[CaseEntry] {
        &self.entries
    }

    /// The hash of the last entry.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The hash of the entry that was the last when there were so many.
    pub fn head_at(&self, acts: usize) -> Option<&str> {
        self.entries.get(acts.checked_sub(1)?)?.json.get("hash")?.as_str()
    }

    pub(in crate::jobs) fn key(&self) -> String {
        keys::case_copy(&self.ca, self.until, self.copy)
    }

    /// Objects of the evidence bucket that could not be used, and why.
    pub(in crate::jobs) fn suspicious(&self) -> Vec<String> {
        let mut all = Vec::new();
        for entry in &self.entries {
            match &entry.act {
                Act::Seen { over_unreadable, passed_over, .. } => {
                    if *over_unreadable {
                        all.push(format!("{}: it held no case that holds together", self.key()));
                    }
                    all.extend(passed_over.iter().cloned());
                }
                Act::Judged { judgement } => all.extend(judgement.suspicious.iter().cloned()),
                Act::Restoring { uncounted: Some(why), .. } => all.push(why.clone()),
                _ => {}
            }
        }
        all.sort();
        all.dedup();
        all
    }

    pub(in crate::jobs) fn copy(&self) -> u32 {
        self.copy
    }

    pub(in crate::jobs) fn position(&self) -> Position {
        self.position
    }

    pub(in crate::jobs) fn last_at(&self) -> Option<OffsetDateTime> {
        self.entries.last().map(|entry| entry.at)
    }

    pub(in crate::jobs) fn mark_written(&mut self) {
        self.written = self.entries.len();
    }

    pub(in crate::jobs) fn is_written(&self) -> bool {
        self.written == self.entries.len()
    }

    /// Whether something was decided that is not in the bucket yet.
    pub(in crate::jobs) fn has_unwritten_decision(&self) -> bool {
        self.entries[self.written..].iter().any(|entry| entry.act.is_decision())
    }

    /// Whether the CA is to become ACTIVE, and the record does not say how that ended.
    pub(in crate::jobs) fn is_reactivating(&self) -> bool {
        // An event that joins, and what is put back, come in between and change nothing of it.
        let passed_over = |act: &Act| {
            matches!(act, Act::Joined { .. } | Act::PuttingBack { .. } | Act::PutBack { .. })
        };
        let last = self.entries.iter().rev().find(|entry| !passed_over(&entry.act));
        last.is_some_and(|entry| matches!(entry.act, Act::Reactivating { .. }))
    }

    /// What of the CA was put back, and whether that is done.
    pub(in crate::jobs) fn put_back(&self) -> Option<(&Missing, bool)> {
        self.entries.iter().enumerate().rev().find_map(|(seq, entry)| match &entry.act {
            Act::PuttingBack { missing, .. } => {
                let done = |entry: &CaseEntry| matches!(entry.act, Act::PutBack { .. });
                Some((&**missing, self.entries[seq..].iter().any(done)))
            }
            _ => None,
        })
    }

    /// When the CA was restored, where it is not on record that it has signed a CRL since.
    pub(in crate::jobs) fn unverified(&self) -> Option<(OffsetDateTime, Doubt)> {
        if !self.position.published {
            return None;
        }
        let mut doubt = Doubt::NotYet;
        for entry in self.entries.iter().rev() {
            match &entry.act {
                Act::Unverified { last: None } => doubt = Doubt::Unseen,
                Act::Unverified { last: Some(_) } => doubt = Doubt::Published,
                Act::Restored { deleted_again_at: None, .. } => return Some((entry.at, doubt)),
                Act::FirstCrl { .. } | Act::Restored { .. } | Act::Seen { .. } => return None,
                _ => {}
            }
        }
        None
    }

    /// Whether it waits for the end of a pause, and not for an operator, as policy says.
    pub(in crate::jobs) fn is_pausing(&self) -> bool {
        let last = self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Escalated { asked, .. } => Some(!asked),
            Act::Withheld => Some(false),
            _ => None,
        });
        self.position.state == CaseState::Escalated && last == Some(true)
    }

    /// Whether Vigil would have restored the CA, and only observed.
    pub(in crate::jobs) fn is_withheld(&self) -> bool {
        let last = self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Withheld => Some(true),
            Act::Escalated { .. } | Act::Judged { .. } => Some(false),
            _ => None,
        });
        self.position.state == CaseState::Escalated && last == Some(true)
    }

    /// Whether the window's end overruled what was decided before.
    pub(in crate::jobs) fn is_overruled(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.act, Act::Overruled { .. }))
    }

    pub(in crate::jobs) fn last_published(&self) -> Option<(&[String], Option<&str>)> {
        self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Published { findings, service, .. } => {
                Some((findings.as_slice(), service.as_deref()))
            }
            _ => None,
        })
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
