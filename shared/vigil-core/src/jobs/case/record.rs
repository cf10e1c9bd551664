//! The record of one deletion: `cases/<CA id>/<RestorableUntil>.json` in the evidence bucket.
//!
//! The end of the window stands for the deletion: every deletion has its own, and it is known to
//! every caller that sees the deleted CA, with or without the event. The record is a chain of acts
//! ([`crate::evidence`]); acts are added, never changed.

mod events;
mod history;
mod read;
mod written;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{
    act::{Act, Source},
    machine::{self, CaseState, Position},
};
use crate::{
    arn::CaArn,
    cloudtrail::Deletion,
    evidence::keys,
    evidence::{self, ChainError},
    instant,
    ports::Etag,
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
    #[error(
        "it is not as Vigil writes records: it has a member twice, one that no record has, or another form"
    )]
    NotAsWritten,
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
    /// The finding was published then.
    Published(OffsetDateTime),
    /// crl-audit does not audit its CRLs.
    Unseen,
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

    /// The same deletion is judged anew, by the same events: approvals and policies may have changed.
    pub(in crate::jobs) fn judge_anew(&mut self, at: OffsetDateTime) -> Result<(), CaseError> {
        let (source, deletion, joined) = self.present();
        self.reopen(source, deletion, at)?;
        joined
            .into_iter()
            .try_for_each(|deletion| self.add(at, Act::Joined { deletion: Box::new(deletion) }))
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
}
