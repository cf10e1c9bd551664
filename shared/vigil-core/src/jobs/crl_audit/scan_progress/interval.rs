//! Which of a CA's certificates were read: those of an interval, in the order of issuance.

use serde::{Deserialize, Serialize};

/// Where a certificate stands in that order. Of those of one second, the serials decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::jobs::crl_audit) struct IssuancePosition {
    /// In seconds since 1970: an audit report has no more.
    pub(in crate::jobs::crl_audit) issued_at: i64,
    /// As certificate ARNs have it; `None` stands before all certificates of its second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::jobs::crl_audit) serial: Option<String>,
}

impl IssuancePosition {
    /// Behind all certificates of that second.
    pub(in crate::jobs::crl_audit) fn after(second: i64) -> Self {
        Self { issued_at: second.saturating_add(1), serial: None }
    }
}

/// Every certificate in it, ends included, that was valid was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs::crl_audit) struct Interval {
    /// `None`: from the first certificate on.
    pub(in crate::jobs::crl_audit) from: Option<IssuancePosition>,
    pub(in crate::jobs::crl_audit) until: IssuancePosition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jobs::crl_audit) enum Side {
    Newer,
    Older,
    Within,
}

impl Interval {
    /// Nothing was read; what comes after that second is newer.
    pub(in crate::jobs::crl_audit) fn empty(second: i64) -> Self {
        Self { from: Some(IssuancePosition::after(second)), until: IssuancePosition::after(second) }
    }

    pub(in crate::jobs::crl_audit) fn side(&self, place: &IssuancePosition) -> Side {
        if *place > self.until {
            Side::Newer
        } else if self.from.as_ref().is_some_and(|from| place < from) {
            Side::Older
        } else {
            Side::Within
        }
    }

    #[cfg(test)]
    pub(in crate::jobs::crl_audit) fn claims(&self, issued_at: i64, serial: u128) -> bool {
        let place = IssuancePosition { issued_at, serial: Some(format!("{serial:032x}")) };
        self.side(&place) == Side::Within
    }

    /// What two runs read, if that is one interval; else the later one: a gap is not claimed.
    pub(in crate::jobs::crl_audit) fn join(self, other: Self) -> Self {
        let (earlier, later) = if self.until < other.until { (self, other) } else { (other, self) };
        let meet = later.from.as_ref().is_none_or(|from| *from <= earlier.until);
        let from = if meet { later.from.min(earlier.from) } else { later.from };
        Self { from, until: later.until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(issued_at: i64, serial: &str) -> IssuancePosition {
        IssuancePosition { issued_at, serial: Some(serial.to_owned()) }
    }

    #[test]
    fn a_second_is_divided_by_serials() {
        let interval = Interval { from: Some(place(5, "b")), until: place(9, "b") };
        let whole = Interval { from: None, until: IssuancePosition::after(9) };
        for (issued_at, serial, want, of_whole) in [
            (4, "z", Side::Older, Side::Within),
            (5, "a", Side::Older, Side::Within),
            (5, "b", Side::Within, Side::Within),
            (9, "b", Side::Within, Side::Within),
            (9, "c", Side::Newer, Side::Within),
            (10, "", Side::Newer, Side::Newer),
        ] {
            let place = place(issued_at, serial);
            assert_eq!(interval.side(&place), want, "{place:?}");
            assert_eq!(whole.side(&place), of_whole, "{place:?} of all until 9");
        }
        let empty = Interval::empty(9);
        assert_eq!(empty.side(&place(9, "z")), Side::Older);
        assert_eq!(empty.side(&place(10, "")), Side::Newer);
    }

    #[test]
    fn two_intervals_are_one_only_if_they_meet() {
        let of = |from: Option<i64>, until: i64| Interval {
            from: from.map(|second| place(second, "a")),
            until: place(until, "a"),
        };
        for (one, other, want) in [
            (of(Some(3), 6), of(Some(5), 9), of(Some(3), 9)),
            (of(Some(3), 9), of(Some(5), 6), of(Some(3), 9)),
            (of(Some(3), 5), of(Some(5), 9), of(Some(3), 9)),
            (of(None, 5), of(Some(4), 9), of(None, 9)),
            (of(None, 9), of(Some(4), 5), of(None, 9)),
            (of(Some(3), 5), of(Some(6), 9), of(Some(6), 9)),
            (of(None, 5), of(Some(6), 9), of(Some(6), 9)),
        ] {
            assert_eq!(one.clone().join(other.clone()), want, "{one:?} {other:?}");
            assert_eq!(other.join(one), want);
        }
    }
}
