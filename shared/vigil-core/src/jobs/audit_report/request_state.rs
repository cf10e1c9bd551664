//! Which reports of a CA were requested and not summarised yet.
//!
//! One object for each CA, `state/audit-report/requests/<CA id>.json`. An attempt is on record before
//! the call, and its answer before that is used. So no report is lost with an invocation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// What is on record of a CA's reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RequestState {
    /// When the CA was first seen in a state in which reports are made of it.
    #[serde(default, with = "crate::instant::text::option")]
    pub(super) since: Option<OffsetDateTime>,
    /// The last attempt to request a report.
    #[serde(default, with = "crate::instant::text::option")]
    pub(super) attempted_at: Option<OffsetDateTime>,
    /// Attempts without an answer on record, in Unix seconds: each may have made a report all the same.
    #[serde(default)]
    pub(super) unanswered: BTreeSet<i64>,
    /// The last request that ACM PCA took.
    #[serde(default, with = "crate::instant::text::option")]
    pub(super) requested_at: Option<OffsetDateTime>,
    /// Reports that are not summarised yet, the oldest first.
    #[serde(default)]
    pub(super) pending: Vec<Pending>,
}

/// A report that was requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// Its id.
    pub(super) report: String,
    #[serde(with = "crate::instant::text")]
    pub(super) asked_at: OffsetDateTime,
    /// When an invocation was started that summarises it.
    #[serde(default, with = "crate::instant::text::option")]
    pub(super) started_at: Option<OffsetDateTime>,
    /// How often.
    #[serde(default)]
    pub(super) starts: u32,
}

/// More are not kept: one a day is requested, and each is settled within hours.
const MAX_PENDING: usize = 32;

/// The schedule comes hourly, and not to the second: a day begins half an hour before it does.
const EARLY: Duration = Duration::minutes(30);

impl RequestState {
    /// Whether no report was requested on the present day. Days are counted from when the CA was first
    /// seen, so that a request that comes late on one day does not put off those of the next.
    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        let (Some(since), Some(requested_at)) = (self.since, self.requested_at) else {
            return true;
        };
        let day = |at: OffsetDateTime| (at - since + EARLY).whole_seconds().div_euclid(86_400);
        day(requested_at) != day(now)
    }

    pub(super) fn attempt(&mut self, now: OffsetDateTime) {
        self.since = self.since.or(Some(now));
        self.attempted_at = Some(now);
        self.unanswered.insert(now.unix_timestamp());
        while self.unanswered.len() > MAX_PENDING {
            self.unanswered.pop_first();
        }
    }

    /// ACM PCA has answered the attempt of this time.
    pub(super) fn answered(&mut self, attempt: OffsetDateTime) {
        self.unanswered.remove(&attempt.unix_timestamp());
    }

    /// ACM PCA makes the report.
    pub(super) fn requested(&mut self, report: &str, now: OffsetDateTime) {
        self.requested_at = Some(now);
        self.answered(now);
        self.expect(report, now);
    }

    /// Adds a report that is to be summarised.
    pub(super) fn expect(&mut self, report: &str, asked_at: OffsetDateTime) {
        if self.pending.iter().any(|known| known.report == report) {
            return;
        }
        let pending = Pending { report: report.to_owned(), asked_at, started_at: None, starts: 0 };
        self.pending.push(pending);
        let surplus = self.pending.len().saturating_sub(MAX_PENDING);
        self.pending.drain(..surplus);
    }

    pub(super) fn settled(&mut self, report: &str) {
        self.pending.retain(|pending| pending.report != report);
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn a_report_is_due_once_a_day_of_hourly_runs() {
        let mut state = RequestState::default();
        let mut asked = Vec::new();
        for hour in 0..=72 {
            let now = AT + Duration::hours(hour) + Duration::seconds(hour % 7);
            if state.is_due(now) {
                state.attempt(now);
                state.requested(&hour.to_string(), now);
                asked.push(hour);
            }
        }
        assert_eq!(asked, [0, 24, 48, 72]);
        state.requested_at = Some(AT + Duration::hours(90));
        assert!(!state.is_due(AT + Duration::hours(95)), "late on the day");
        assert!(state.is_due(AT + Duration::hours(96)), "the next day comes in time");
        let later = RequestState { requested_at: Some(AT + Duration::DAY), ..state };
        assert!(later.is_due(AT), "the clock was set back");
    }

    #[test]
    fn a_report_is_expected_once_and_only_so_many_are() {
        let mut state = RequestState::default();
        for n in 0..100 {
            state.expect(&n.to_string(), AT);
            state.expect(&n.to_string(), AT);
        }
        assert_eq!(state.pending.len(), MAX_PENDING);
        assert_eq!(state.pending[0].report, "68");
        state.settled("99");
        assert_eq!(state.pending.last().unwrap().report, "98");
    }
}
