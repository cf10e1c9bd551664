//! How many serials occur twice, in no memory at all while they ascend.
//!
//! Many CAs write their entries in the order of serials, and then a repeated one follows itself.
//! Where the order first breaks, collecting begins; the few entries before that place are shown a
//! second time, because nothing was kept of them.

use super::serials::{Serials, short};

#[derive(Debug, Default)]
pub struct Repeats {
    /// Entries that came in ascending order, and the last of them.
    ascending: u64,
    last: Option<u128>,
    repeated: u64,
    /// Everything from where the order broke.
    rest: Option<Serials>,
    again: u64,
    last_again: Option<u128>,
}

impl Repeats {
    /// The next serial, as [`Serials::insert`] takes it.
    pub fn see(&mut self, octets: &[u8]) {
        if let Some(rest) = &mut self.rest {
            return rest.insert(octets, ());
        }
        match short(octets) {
            Some(serial) if self.last.is_none_or(|last| last <= serial) => {
                self.repeated += u64::from(self.last == Some(serial));
                self.last = Some(serial);
                self.ascending += 1;
            }
            _ => {
                let mut rest = Serials::default();
                rest.insert(octets, ());
                self.rest = Some(rest);
            }
        }
    }

    /// How many entries from the beginning must be shown again.
    pub fn wants_again(&self) -> u64 {
        if self.rest.is_some() { self.ascending - self.again } else { 0 }
    }

    /// An entry from the beginning, in its place.
    pub fn see_again(&mut self, octets: &[u8]) {
        if self.wants_again() == 0 {
            return;
        }
        if let Some(rest) = &mut self.rest {
            rest.insert(octets, ());
            self.again += 1;
            self.last_again = short(octets);
        }
    }

    /// `None` if not everything was shown that had to be, or something else the second time; or if
    /// there were too many to keep.
    pub fn count(self) -> Option<u64> {
        let Some(rest) = self.rest else { return Some(self.repeated) };
        let shown_again = self.ascending == 0 || self.last_again == self.last;
        if self.again != self.ascending || !shown_again || rest.dropped() > 0 {
            return None;
        }
        Some(rest.sort().duplicates())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(serials: &[&[u8]]) -> (u64, Option<u64>) {
        let mut repeats = Repeats::default();
        for octets in serials {
            repeats.see(octets);
        }
        let again = repeats.wants_again();
        for octets in serials {
            repeats.see_again(octets);
        }
        (again, repeats.count())
    }

    #[test]
    fn ascending_serials_are_counted_without_being_kept() {
        assert_eq!(count(&[]), (0, Some(0)));
        assert_eq!(count(&[&[1], &[2], &[2], &[2], &[0, 0xff]]), (0, Some(2)));
    }

    #[test]
    fn from_where_the_order_breaks_everything_is_kept_and_the_beginning_shown_again() {
        assert_eq!(count(&[&[2], &[1], &[2], &[1]]), (1, Some(2)));
        assert_eq!(count(&[&[1], &[5], &[9], &[5]]), (3, Some(1)));
        assert_eq!(count(&[&[1; 20], &[1; 20]]), (0, Some(1)), "long ones are never in order");
        assert_eq!(count(&[&[3], &[0xff], &[3]]), (1, Some(1)), "nor are negative ones");
    }

    #[test]
    fn what_was_not_shown_again_or_was_another_is_not_counted() {
        let unordered = || {
            let mut repeats = Repeats::default();
            for octets in [[5], [4]] {
                repeats.see(&octets);
            }
            repeats
        };
        assert_eq!(unordered().count(), None);
        let mut changed = unordered();
        changed.see_again(&[6]);
        assert_eq!(changed.count(), None);
    }
}
