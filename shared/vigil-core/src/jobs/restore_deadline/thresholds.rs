//! How long before the end of a window alerts are sent.

use std::str::FromStr;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::span::{NotASpan, Span};

/// Spans before `RestorableUntil`, the longest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds(Vec<Span>);

/// Why a text is not read as thresholds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum NotThresholds {
    #[error("there is no threshold")]
    Empty,
    #[error("the thresholds are not spans of time")]
    Span(#[source] NotASpan),
    #[error("{0} stands for the same span as another threshold")]
    Twice(String),
}

/// Where a window stands among the thresholds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The most urgent threshold that has passed.
    pub(super) due: Option<Due>,
    pub(super) next: Option<Next>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) threshold: Span,
    /// When it passed.
    pub(super) at: OffsetDateTime,
    /// The less urgent ones, which passed before.
    pub(super) earlier: Vec<Span>,
    /// Whether no other threshold comes after it.
    pub(super) is_last: bool,
    /// The policies that have the CA restored now, where Vigil only observes.
    pub(super) withheld: Vec<String>,
}

/// A threshold that is yet to pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// The threshold, such as `1d`.
    pub threshold: String,
    /// When it passes.
    #[serde(with = "crate::instant::text")]
    pub at: OffsetDateTime,
}

/// The service computes the window's end and notes the deletion in two steps.
const TOLERANCE: Duration = Duration::minutes(1);

impl Thresholds {
    pub(super) fn spans(&self) -> &[Span] {
        &self.0
    }

    /// The most urgent one.
    pub fn last(&self) -> Option<Span> {
        self.0.last().copied()
    }

    /// A threshold counts as passed at the very second that it names. Those that are longer than
    /// the whole window are passed over; with the window's length unknown, none is.
    pub(super) fn position(
        &self,
        window: Option<Duration>,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Position {
        let fits = |span: &&Span| window.is_none_or(|window| span.duration() <= window + TOLERANCE);
        let (mut passed, ahead): (Vec<Span>, Vec<Span>) =
            self.0.iter().filter(fits).partition(|span| until - span.duration() <= now);
        let due = passed.pop().map(|threshold| Due {
            threshold,
            at: until - threshold.duration(),
            earlier: passed,
            is_last: ahead.is_empty(),
            withheld: Vec::new(),
        });
        let next = ahead
            .first()
            .map(|span| Next { threshold: span.to_string(), at: until - span.duration() });
        Position { due, next }
    }
}

impl FromStr for Thresholds {
    type Err = NotThresholds;

    fn from_str(text: &str) -> Result<Self, NotThresholds> {
        let mut spans = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            spans.push(part.parse::<Span>().map_err(NotThresholds::Span)?);
        }
        if spans.is_empty() {
            return Err(NotThresholds::Empty);
        }
        spans.sort_by_key(|span| std::cmp::Reverse(span.duration()));
        if let Some(pair) = spans.windows(2).find(|pair| pair[0].duration() == pair[1].duration()) {
            return Err(NotThresholds::Twice(pair[1].to_string()));
        }
        Ok(Self(spans))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const UNTIL: OffsetDateTime = datetime!(2026-12-20 10:00 UTC);

    fn position(window_days: Option<i64>, now: OffsetDateTime) -> (Vec<String>, Option<String>) {
        let thresholds: Thresholds = "14d,7d,1h".parse().unwrap();
        let position = thresholds.position(window_days.map(Duration::days), UNTIL, now);
        let due =
            position.due.into_iter().flat_map(|due| due.earlier.into_iter().chain([due.threshold]));
        let passed = due.map(|span| span.to_string()).collect();
        (passed, position.next.map(|next| next.threshold))
    }

    #[test]
    fn a_threshold_passes_at_its_very_second() {
        let second = Duration::SECOND;
        let week_left = UNTIL - Duration::days(7);
        for (name, now, passed, next) in [
            ("start", UNTIL - Duration::days(30), vec![], Some("14d")),
            ("before_a_week", week_left - second, vec!["14d"], Some("7d")),
            ("at_a_week", week_left, vec!["14d", "7d"], Some("1h")),
            ("before_the_last", UNTIL - Duration::HOUR - second, vec!["14d", "7d"], Some("1h")),
            ("at_the_last", UNTIL - Duration::HOUR, vec!["14d", "7d", "1h"], None),
            ("after_the_end", UNTIL + second, vec!["14d", "7d", "1h"], None),
        ] {
            let want = (passed.into_iter().map(str::to_owned).collect(), next.map(str::to_owned));
            assert_eq!(position(Some(30), now), want, "{name}");
        }
    }

    #[test]
    fn thresholds_that_the_window_never_had_are_passed_over() {
        let start = UNTIL - Duration::days(7);
        assert_eq!(position(Some(7), start), (vec!["7d".to_owned()], Some("1h".to_owned())));
        assert_eq!(position(Some(6), start + Duration::DAY).0, Vec::<String>::new());
        assert_eq!(position(None, start).0, ["14d", "7d"]);
    }

    #[test]
    fn thresholds_are_spans_in_any_order_each_once() {
        let ordered: Thresholds = "14d,7d,3d,1d,6h,1h".parse().unwrap();
        assert_eq!(" 1h, 6h,1d,3d,7d ,14d,".parse(), Ok(ordered));
        assert_eq!(" , ".parse::<Thresholds>(), Err(NotThresholds::Empty));
        assert_eq!("1d,24h".parse::<Thresholds>(), Err(NotThresholds::Twice("24h".to_owned())));
        let not_a_span = NotThresholds::Span(NotASpan("soon".to_owned()));
        assert_eq!("1d,soon".parse::<Thresholds>(), Err(not_a_span));
    }
}
