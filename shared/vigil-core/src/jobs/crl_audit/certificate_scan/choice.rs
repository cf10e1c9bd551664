//! Which certificates of an audit report are read next, chosen while the report is read.

use std::{cmp::Reverse, collections::BinaryHeap};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::super::scan_progress::{
    ScanProgress,
    interval::{Interval, IssuancePosition, Side},
};
use crate::audit_report::{Brief, Serial};

/// A report may lack what was issued just before it was made; that waits for the next report.
pub(super) const SETTLED_AFTER: Duration = Duration::minutes(5);

/// What is asked for.
#[derive(Clone, Copy)]
pub(in super::super) struct Wanted<'a> {
    /// What was read before.
    pub(in super::super) progress: Option<&'a ScanProgress>,
    /// So many after the interval, and so many before it: nothing else of the report is kept.
    pub(in super::super) max: usize,
    pub(in super::super) as_of: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
pub(in super::super) struct Choice {
    known: Option<ScanProgress>,
    max: usize,
    now: i64,
    /// What was issued later may be missing in the report.
    settled: i64,
    /// An old report lacks what was issued between it and the interval: there is no going back by it.
    shows_all_before: bool,
    /// The first of them; the greatest makes room.
    newer: BinaryHeap<Candidate>,
    /// The last of them.
    older: BinaryHeap<Reverse<Candidate>>,
    tally: Tally,
    unreadable: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Candidate {
    pub(super) place: IssuancePosition,
    pub(super) not_after: i64,
}

/// How many valid certificates the report has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    newer: u64,
    older: u64,
    unsettled: u64,
    within: u64,
}

impl Choice {
    pub(in super::super) fn new(wanted: Wanted<'_>, report_made_at: OffsetDateTime) -> Self {
        let settled = report_made_at.saturating_sub(SETTLED_AFTER).unix_timestamp();
        let from = wanted.progress.and_then(|progress| progress.interval.from.as_ref());
        Self {
            known: wanted.progress.cloned(),
            max: wanted.max,
            now: wanted.as_of.unix_timestamp(),
            settled,
            shows_all_before: from.is_none_or(|from| *from <= IssuancePosition::after(settled)),
            newer: BinaryHeap::new(),
            older: BinaryHeap::new(),
            tally: Tally::default(),
            unreadable: 0,
        }
    }

    /// Whether one that was put down chooses what another one would choose.
    pub(in super::super) fn is_same(one: Option<&Self>, other: Option<&Self>) -> bool {
        let basis = |of: &Self| (of.known.clone(), of.max, of.settled);
        one.map(basis) == other.map(basis)
    }

    pub(in super::super) fn take(&mut self, record: &Brief<'_>) {
        let Brief { not_after, issued_at, .. } = *record;
        // Of the expired ones, too: this number must not fall because one of them expires.
        if !is_serial(&record.serial) {
            self.unreadable += 1;
            return;
        }
        // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
        if not_after < self.now {
            return;
        }
        if issued_at > self.settled {
            self.tally.unsettled += 1;
            return;
        }
        let place = IssuancePosition { issued_at, serial: Some(in_arns(&record.serial)) };
        // A CA begins at its newest certificates, and goes back from there.
        let side = self.known.as_ref().map_or(Side::Older, |known| known.interval.side(&place));
        let candidate = Candidate { place, not_after };
        match side {
            Side::Newer => {
                self.tally.newer += 1;
                keep(&mut self.newer, candidate, self.max);
            }
            Side::Older => {
                self.tally.older += 1;
                if self.shows_all_before {
                    keep(&mut self.older, Reverse(candidate), self.max);
                }
            }
            Side::Within => self.tally.within += 1,
        }
    }

    /// The report is over, and so many of its records could not be read.
    pub(in super::super) fn finish(self, bad: u64) -> Plan {
        let unreadable = self.unreadable + bad;
        let newer = self.newer.into_sorted_vec();
        let older = self.older.into_sorted_vec().into_iter().map(|Reverse(candidate)| candidate);
        let mut plan = Plan {
            newer_listed: newer.len(),
            list: newer.into_iter().chain(older).collect(),
            known: self.known,
            settled: self.settled,
            shows_all_before: self.shows_all_before,
            tally: self.tally,
            unreadable,
            begins_anew: false,
        };
        // What can be read now and could not be before may lie in the interval.
        if plan.known.as_ref().is_some_and(|before| unreadable < before.unreadable) {
            plan = Plan { list: Vec::new(), newer_listed: 0, begins_anew: true, ..plan };
        }
        plan
    }
}

/// The `most` least of them.
fn keep<T: Ord>(heap: &mut BinaryHeap<T>, one: T, max: usize) {
    if heap.len() < max {
        heap.push(one);
    } else if let Some(mut greatest) = heap.peek_mut()
        && one < *greatest
    {
        *greatest = one;
    }
}

/// RFC 5280 §4.1.2.2.
const MAX_SERIAL_OCTETS: usize = 20;

fn is_serial(serial: &Serial<'_>) -> bool {
    let Serial::Text(text) = serial else { return true };
    let is_octet =
        |octet: &str| octet.len() == 2 && octet.bytes().all(|digit| digit.is_ascii_hexdigit());
    text.len() < 3 * MAX_SERIAL_OCTETS && text.split(':').all(is_octet)
}

/// A report's serial as certificate ARNs have it: AWS's have sixteen octets.
fn in_arns(serial: &Serial<'_>) -> String {
    match serial {
        Serial::Number(number) => format!("{number:032x}"),
        Serial::Text(text) => {
            let digits = text.replace(':', "").to_ascii_lowercase();
            format!("{:0>32}", digits.trim_start_matches('0'))
        }
    }
}

/// What is to be read next, and what may be said once that has been done.
#[derive(Debug)]
pub(in super::super) struct Plan {
    /// In this order: those issued after the interval, and then, back from it, those before.
    pub(super) list: Vec<Candidate>,
    /// How many of the list were issued after the interval.
    pub(super) newer_listed: usize,
    pub(super) known: Option<ScanProgress>,
    settled: i64,
    shows_all_before: bool,
    tally: Tally,
    /// Records of the report: what they are about was not read.
    pub(super) unreadable: u64,
    /// What was read before is no longer known.
    pub(super) begins_anew: bool,
}

impl Plan {
    /// The interval when the first so many of the list were read; `None` if there is none.
    pub(super) fn after(&self, scanned: usize) -> Option<Interval> {
        let known = self.known.as_ref().filter(|_| !self.begins_anew);
        if known.is_none() && scanned == 0 && self.valid() > self.tally.unsettled {
            return None;
        }
        let empty = || Interval::empty(self.settled);
        let mut interval = known.map_or_else(empty, |known| known.interval.clone());
        let (newer, older) = self.list.split_at(self.newer_listed);
        let up = scanned.min(newer.len());
        if up as u64 == self.tally.newer {
            interval.until = interval.until.max(IssuancePosition::after(self.settled));
        } else if let Some(last) = newer[..up].last() {
            interval.until = last.place.clone();
        }
        let down = scanned - up;
        if self.shows_all_before && down as u64 == self.tally.older {
            interval.from = None;
        } else if let Some(last) = older[..down].last() {
            interval.from = Some(last.place.clone());
        }
        Some(interval)
    }

    /// The report's valid certificates.
    pub(super) fn valid(&self) -> u64 {
        let Tally { newer, older, unsettled, within } = self.tally;
        newer + older + unsettled + within
    }

    /// Those of them that were not read before.
    pub(in super::super) fn left(&self) -> u64 {
        self.valid() - if self.begins_anew { 0 } else { self.tally.within }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_of_reports_are_those_of_arns() {
        let hex = |serial: &str| {
            let serial = Serial::from(serial);
            is_serial(&serial).then(|| in_arns(&serial))
        };
        let sixteen = ["0a"; 16].join(":");
        for (serial, want) in [
            (sixteen.as_str(), Some("0a".repeat(16))),
            ("00:EE:22", Some(format!("{:032x}", 0xee22))),
            (&["80"; 20].join(":"), Some("80".repeat(20))),
            (&["80"; 21].join(":"), None),
            ("", None),
            ("1:2", None),
            ("0g", None),
        ] {
            assert_eq!(hex(serial), want, "{serial:?}");
        }
    }

    #[test]
    fn no_more_than_the_least_are_kept() {
        let kept = |most| {
            let mut heap = BinaryHeap::new();
            for one in [5, 3, 9, 1, 7, 3] {
                keep(&mut heap, one, most);
            }
            heap.into_sorted_vec()
        };
        assert_eq!((kept(0), kept(3), kept(9)), (vec![], vec![1, 3, 3], vec![1, 3, 3, 5, 7, 9]));
    }
}
