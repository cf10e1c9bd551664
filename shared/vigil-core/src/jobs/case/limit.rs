//! How often a CA is restored within a day: `state/restorations/<CA id>.json`.
//!
//! Somebody, or something, that deletes a CA again whenever it comes back will not be stopped by
//! restoring it for ever. A restoration is taken before it is made, for one case, and once.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::AutoRestoreError;
use crate::{arn::CaArn, evidence::keys, failure::chain, jobs::conditional, ports::EvidenceStore};

const DAY: Duration = Duration::DAY;
/// How long a restoration is remembered: policies can ask how many there were.
const REMEMBERED: Duration = Duration::days(30);
const TRIES: usize = 5;

/// `earlier`: the other cases of the day before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum Taken {
    NoneLeft { earlier: Vec<String> },
    Taken { earlier: Vec<String> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct Restorations {
    pub(in crate::jobs) ca: CaArn,
    pub(in crate::jobs) restorations: Vec<Restoration>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct Restoration {
    pub(in crate::jobs) case: String,
    #[serde(with = "time::serde::rfc3339")]
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
    take(evidence, ca, case, now, u32::MAX).await.map(drop)
}

/// Takes one of the day's restorations for a case, or finds it taken for that case already.
pub(in crate::jobs) async fn take(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    case: &str,
    now: OffsetDateTime,
    per_day: u32,
) -> Result<Taken, AutoRestoreError> {
    let key = keys::restorations(ca);
    for _ in 0..TRIES {
        let object = evidence.read(&key).await.map_err(AutoRestoreError::EvidenceStore)?;
        let found = object.as_ref().and_then(|object| serde_json::from_slice(&object.body).ok());
        let mut record =
            found.unwrap_or_else(|| Restorations { ca: ca.clone(), restorations: Vec::new() });
        let taken = record.take(case, now, per_day);
        if !taken.1 {
            return Ok(taken.0);
        }
        let body = serde_json::to_vec_pretty(&record).map_err(AutoRestoreError::Write)?;
        let over = object.as_ref().map(|object| &object.etag);
        let written = conditional::write(evidence, &key, body, over).await;
        if written.map_err(AutoRestoreError::EvidenceStore)?.is_some() {
            return Ok(taken.0);
        }
    }
    Err(AutoRestoreError::Contended { key })
}

impl Restorations {
    /// The answer, and whether the record has changed. A restoration that is a day old to the
    /// second does not count any more.
    fn take(&mut self, case: &str, now: OffsetDateTime, per_day: u32) -> (Taken, bool) {
        self.restorations.retain(|one| now - one.at < REMEMBERED);
        let is_ours = |one: &&Restoration| one.case == case && now - one.at < DAY;
        let of_today = |one: &&Restoration| now - one.at < DAY;
        let others = self.restorations.iter().filter(of_today).filter(|one| one.case != case);
        let earlier: Vec<String> = others.map(|one| one.case.clone()).collect();
        if self.restorations.iter().any(|one| is_ours(&one)) {
            return (Taken::Taken { earlier }, false);
        }
        if u32::try_from(earlier.len()).unwrap_or(u32::MAX) >= per_day {
            return (Taken::NoneLeft { earlier }, false);
        }
        self.restorations.push(Restoration { case: case.to_owned(), at: now });
        (Taken::Taken { earlier }, true)
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
    let counts = |one: &&Restoration| one.case != case && now - one.at < REMEMBERED;
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
        let taken = super::take(evidence, &ca, case, now, per_day);
        match fakes::run(taken).unwrap() {
            Taken::NoneLeft { .. } => None,
            Taken::Taken { earlier } => Some(earlier.len()),
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
    fn garbage_is_no_reason_not_to_restore() {
        let evidence = FakeEvidenceStore::default();
        evidence.put(&keys::restorations(&fakes::ARN.parse().unwrap()), "garbage");
        assert_eq!(take(&evidence, "a", NOW, 1), Some(0));
        assert_eq!(take(&evidence, "b", NOW, 1), None);
    }
}
