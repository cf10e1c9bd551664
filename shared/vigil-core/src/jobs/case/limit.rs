//! How often a CA is restored within a day: `state/restorations/<CA id>.json`.
//!
//! Restoring a CA again and again does not stop a program that deletes it again and again. A
//! restoration is counted before it is made, once for each case.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{AHEAD, AutoRestoreError};
use crate::{
    arn::CaArn,
    evidence::keys,
    failure::chain,
    jobs::{
        conditional,
        stored::{self, Stored},
    },
    ports::EvidenceStore,
};

const DAY: Duration = Duration::DAY;
/// How long a restoration is recorded: policies can use their number.
const KEPT_FOR: Duration = Duration::days(30);
const TRIES: usize = 5;

/// `earlier`: the other cases of the day before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum Taken {
    /// Until a moment; for ever, where the allowance is none.
    NoneLeft {
        earlier: Vec<String>,
        again_at: Option<OffsetDateTime>,
    },
    Allowed {
        earlier: Vec<String>,
    },
    /// What is there can be neither read nor replaced. That is no reason not to restore.
    Uncounted {
        why: String,
    },
}

/// The service's time, and its time of the deletion.
#[derive(Clone, Copy, Debug)]
pub(in crate::jobs) struct When {
    pub(in crate::jobs) now: OffsetDateTime,
    pub(in crate::jobs) deleted_at: OffsetDateTime,
}

/// The longest pause, in doublings of an hour: eight hours.
const MAX_PAUSE: usize = 3;

/// Between a deletion and its restoration, once the day's allowance is used up. A fight costs hours, and
/// not the CA.
fn pause(beyond: usize) -> Duration {
    Duration::hours(1 << beyond.min(MAX_PAUSE))
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct Restorations {
    pub(in crate::jobs) ca: CaArn,
    pub(in crate::jobs) restorations: Vec<Restoration>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct Restoration {
    pub(in crate::jobs) case: String,
    #[serde(with = "crate::instant::text")]
    pub(in crate::jobs) at: OffsetDateTime,
}

/// Notes a restoration that the day's allowance does not hold up, such as the dead man's switch's.
/// Who finds the note carries the case on, should its maker be cut short.
pub(in crate::jobs) async fn note(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    case: &str,
    now: OffsetDateTime,
) -> Result<(), AutoRestoreError> {
    let when = When { now, deleted_at: now };
    match take(evidence, ca, case, when, u32::MAX).await {
        // The restoration does not wait until another writer rests.
        Err(AutoRestoreError::Contended { .. }) => Ok(()),
        taken => taken.map(drop),
    }
}

/// Takes one of the day's restorations for a case, or finds it taken for that case already.
pub(in crate::jobs) async fn take(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    case: &str,
    when: When,
    per_day: u32,
) -> Result<Taken, AutoRestoreError> {
    let key = keys::restorations(ca);
    for _ in 0..TRIES {
        let none = || Restorations { ca: ca.clone(), restorations: Vec::new() };
        let stored = stored::read(evidence, &key).await.map_err(AutoRestoreError::EvidenceStore)?;
        let (mut record, over) = match stored {
            Stored::Absent => (none(), None),
            Stored::Known(record, etag) => (record, Some(etag)),
            Stored::Unusable { etag: Some(etag), .. } => (none(), Some(etag)),
            Stored::Unusable { etag: None, why } => return Ok(Taken::Uncounted { why }),
        };
        let taken = record.take(case, when, per_day);
        if !taken.1 {
            return Ok(taken.0);
        }
        let body = serde_json::to_vec_pretty(&record).map_err(AutoRestoreError::Write)?;
        match conditional::write(evidence, &key, body, over.as_ref()).await {
            Ok(Some(_)) => return Ok(taken.0),
            Ok(None) => {}
            Err(cause) if cause.is_lasting() => {
                return Ok(Taken::Uncounted { why: format!("{key}: {}", chain(&cause)) });
            }
            Err(cause) => return Err(AutoRestoreError::EvidenceStore(cause)),
        }
    }
    Err(AutoRestoreError::Contended { key })
}

impl Restorations {
    /// The answer, and whether the record has changed. A restoration that is a day old to the
    /// second does not count any more.
    fn take(&mut self, case: &str, when: When, per_day: u32) -> (Taken, bool) {
        let When { now, deleted_at } = when;
        self.restorations.retain(|one| now - one.at < KEPT_FOR);
        // A date that is yet to come is made up, or of a clock that is no use.
        self.restorations.retain(|one| one.at <= now + AHEAD);
        let is_ours = |one: &&Restoration| one.case == case && now - one.at < DAY;
        let of_today = |one: &&Restoration| now - one.at < DAY && one.at <= now + AHEAD;
        let others = self.restorations.iter().filter(of_today).filter(|one| one.case != case);
        let earlier: Vec<String> = others.map(|one| one.case.clone()).collect();
        if self.restorations.iter().any(|one| is_ours(&one)) {
            return (Taken::Allowed { earlier }, false);
        }
        let per_day = usize::try_from(per_day).unwrap_or(usize::MAX);
        if let Some(beyond) = earlier.len().checked_sub(per_day) {
            let again_at = deleted_at.saturating_add(pause(beyond));
            if per_day == 0 || now < again_at {
                let again_at = (per_day > 0).then_some(again_at);
                return (Taken::NoneLeft { earlier, again_at }, false);
            }
        }
        self.restorations.push(Restoration { case: case.to_owned(), at: now });
        (Taken::Allowed { earlier }, true)
    }
}

/// How often a CA was restored within the 30 days before, but for this case.
pub(in crate::jobs) async fn earlier(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    case: &str,
    now: OffsetDateTime,
) -> Result<u32, String> {
    let Some(object) =
        evidence.read(&keys::restorations(ca)).await.map_err(|error| chain(&error))?
    else {
        return Ok(0);
    };
    let record: Restorations = serde_json::from_slice(&object.body)
        .map_err(|error| format!("{}: {error}", keys::restorations(ca)))?;
    let counts =
        |one: &&Restoration| one.case != case && now - one.at < KEPT_FOR && one.at <= now + AHEAD;
    Ok(u32::try_from(record.restorations.iter().filter(counts).count()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::fakes::{self, FakeEvidenceStore};

    const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    fn take(
        evidence: &FakeEvidenceStore,
        case: &str,
        now: OffsetDateTime,
        per_day: u32,
    ) -> Option<usize> {
        let ca = fakes::ARN.parse().unwrap();
        let when = When { now, deleted_at: now };
        let taken = super::take(evidence, &ca, case, when, per_day);
        match fakes::run(taken).unwrap() {
            Taken::NoneLeft { .. } | Taken::Uncounted { .. } => None,
            Taken::Allowed { earlier } => Some(earlier.len()),
        }
    }

    #[test]
    fn a_day_has_so_many_and_a_case_takes_one_however_often_it_asks() {
        let evidence = FakeEvidenceStore::default();
        let minute = Duration::MINUTE;
        assert_eq!(take(&evidence, "a", NOW, 2), Some(0));
        assert_eq!(take(&evidence, "a", NOW + minute, 2), Some(0), "the same one");
        assert_eq!(take(&evidence, "b", NOW + minute, 2), Some(1));
        assert_eq!(take(&evidence, "c", NOW + 2 * minute, 2), None);
        assert_eq!(take(&evidence, "b", NOW + 2 * minute, 2), Some(1), "still its own");
        assert_eq!(take(&evidence, "c", NOW + DAY - Duration::SECOND, 2), None);
        assert_eq!(take(&evidence, "c", NOW + DAY, 2), Some(1), "the first is a day old");
    }

    #[test]
    fn with_none_a_day_every_deletion_is_for_people() {
        assert_eq!(take(&FakeEvidenceStore::default(), "a", NOW, 0), None);
    }

    #[test]
    fn beyond_the_days_allowance_pauses_grow_to_eight_hours() {
        let pauses: Vec<_> = (0..6).map(|beyond| pause(beyond).whole_hours()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 8, 8]);
        let mut record = Restorations { ca: fakes::ARN.parse().unwrap(), restorations: Vec::new() };
        let mut at = |case, now| record.take(case, When { now, deleted_at: NOW }, 1).0;
        assert!(matches!(at("a", NOW), Taken::Allowed { .. }));
        let again_at = Some(NOW + Duration::HOUR);
        assert!(matches!(at("b", NOW), Taken::NoneLeft { again_at: of, .. } if of == again_at));
        assert!(matches!(at("b", NOW + Duration::HOUR), Taken::Allowed { .. }));
        let two = Duration::hours(2);
        assert!(matches!(at("c", NOW + two - Duration::SECOND), Taken::NoneLeft { .. }));
        assert!(matches!(at("c", NOW + two), Taken::Allowed { .. }));
    }

    #[test]
    fn a_note_is_done_without_where_another_writer_is_faster() {
        let evidence = FakeEvidenceStore::default();
        evidence.contend("state/restorations/");
        let noted = note(&evidence, &fakes::ARN.parse().unwrap(), "a", NOW);
        assert!(fakes::run(noted).is_ok());
    }

    #[test]
    fn garbage_is_no_reason_not_to_restore() {
        let evidence = FakeEvidenceStore::default();
        evidence.put(&keys::restorations(&fakes::ARN.parse().unwrap()), "garbage");
        assert_eq!(take(&evidence, "a", NOW, 1), Some(0));
        assert_eq!(take(&evidence, "b", NOW, 1), None);
    }
}
