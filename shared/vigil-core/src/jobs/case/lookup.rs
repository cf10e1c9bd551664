//! Finds the record of a deletion. Where something unusable is at a key, the next key is tried.

use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

use super::{
    AHEAD, AutoRestoreError, RegionRun,
    machine::CaseState,
    record::{Case, RecordSlot, Recorded},
};
use crate::{arn::CaArn, evidence::keys, failure::chain, ports::StoredObject as Object};

/// How many keys are tried for one record.
pub(in crate::jobs) const COPIES: u32 = 9;

/// Which of a deletion's keys it is.
pub(in crate::jobs) fn copy_in(key: &str) -> Option<u32> {
    let name = key.rsplit_once('/')?.1.strip_suffix(".json")?;
    match name.split_once('-') {
        None => Some(1),
        Some((_, copy)) => copy.parse().ok().filter(|copy| (2..=COPIES).contains(copy)),
    }
}

/// The end of the window that a key names.
pub(in crate::jobs) fn until_in(key: &str) -> Option<OffsetDateTime> {
    let name = key.rsplit_once('/')?.1.strip_suffix(".json")?;
    let name = name.split_once('-').map_or(name, |(until, _)| until);
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(name, form).ok().map(PrimitiveDateTime::assume_utc)
}

impl Recorded {
    /// A case counts at its own key only: a copy of another CA's is none.
    pub(in crate::jobs) fn from_object(key: &str, object: Option<Object>) -> Self {
        let Some(Object { body, etag }) = object else { return Self::Absent };
        match (Case::read(&body), copy_in(key)) {
            (Ok(mut case), Some(copy)) => {
                case.set_copy(copy);
                if case.key() == key {
                    Self::Case(Box::new(case), etag)
                } else {
                    Self::Unreadable(etag)
                }
            }
            _ => Self::Unreadable(etag),
        }
    }
}

impl RegionRun<'_> {
    pub(in crate::jobs) async fn recorded(&self, key: &str) -> Result<Recorded, AutoRestoreError> {
        match self.evidence.read(key).await {
            Ok(object) => Ok(Recorded::from_object(key, object)),
            Err(cause) if cause.is_lasting() => {
                Ok(Recorded::Blocked(format!("{key}: {}", chain(&cause))))
            }
            Err(cause) => Err(AutoRestoreError::EvidenceStore(cause)),
        }
    }

    /// The record of the deletion whose window ends at `until`, and where it is or goes. What cannot be
    /// true is passed over like what cannot be read. `is_deleted`: the CA is DELETED by this deletion.
    pub(in crate::jobs) async fn find(
        &self,
        ca: &CaArn,
        until: OffsetDateTime,
        is_deleted: bool,
        now: OffsetDateTime,
    ) -> Result<(RecordSlot, Recorded), AutoRestoreError> {
        let mut passed_over = Vec::new();
        // The first key with something that is no record: it is written over, unless the record is at a later key.
        let mut unreadable = None;
        for copy in 1..=COPIES {
            let key = keys::case_copy(ca, until, copy);
            match self.recorded(&key).await? {
                Recorded::Blocked(why) => passed_over.push(why),
                Recorded::Absent | Recorded::Unreadable(_) if self.races.are_lost_at(&key) => {
                    passed_over.push(format!("{key}: another writer is faster each time"));
                }
                Recorded::Case(case, _)
                    if is_deleted && now < until && case.state() == CaseState::Lost =>
                {
                    passed_over.push(format!(
                        "{key}: it says that the CA is lost, and the CA can be restored"
                    ));
                }
                Recorded::Case(case, _) if case.last_at().is_some_and(|at| at > now + AHEAD) => {
                    passed_over.push(format!("{key}: it is dated in the future"));
                }
                Recorded::Unreadable(etag) if unreadable.is_none() => {
                    unreadable = Some((copy, etag, passed_over.clone()));
                    passed_over.push(format!("{key}: it is no record"));
                }
                Recorded::Unreadable(_) => passed_over.push(format!("{key}: it is no record")),
                Recorded::Absent if unreadable.is_some() => break,
                found => return Ok((RecordSlot { copy, over: None, passed_over }, found)),
            }
        }
        Ok(match unreadable {
            Some((copy, etag, passed_over)) => {
                let over = Some(etag.clone());
                (RecordSlot { copy, over, passed_over }, Recorded::Unreadable(etag))
            }
            None => (RecordSlot { copy: COPIES + 1, over: None, passed_over }, Recorded::Absent),
        })
    }
}
