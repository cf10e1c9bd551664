//! One CRL: what it lists, and when it is due.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::x509::crl::CrlEntry;

/// "A CRL is typically updated approximately 30 minutes after a certificate is revoked", and a
/// failed write is tried again every 15 (user guide, "Planning a certificate revocation list").
const AFTER_REVOCATION: Duration = Duration::minutes(30);
pub(crate) const AFTER_FAILURE: Duration = Duration::minutes(15);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revoked {
    pub(crate) entry: CrlEntry,
    pub(crate) not_after: OffsetDateTime,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct CrlList {
    /// When it is to be written next; `None` until a certificate refers to it.
    #[serde(with = "time::serde::rfc3339::option")]
    due: Option<OffsetDateTime>,
    /// The earliest moment that has been asked for since the last CRL was begun. It lacks
    /// revocations that come in while it is signed and written.
    #[serde(skip)]
    asked: Option<OffsetDateTime>,
    /// The last CRL that was signed.
    number: u64,
    /// Bucket and key of the CRL that certificates have referred to so far.
    referred_to: Option<(String, String)>,
    /// In the order of revocation. Shared with a CRL that is just being signed, so that signing
    /// needs no lock: a revocation meanwhile makes a copy.
    #[serde(skip)]
    revoked: Arc<Vec<Revoked>>,
}

impl CrlList {
    pub(crate) fn due(&self) -> Option<OffsetDateTime> {
        self.due
    }

    pub(crate) fn revoked(&self) -> Arc<Vec<Revoked>> {
        Arc::clone(&self.revoked)
    }

    /// The number of the CRL that is to be signed at `at`: the milliseconds of the epoch, unless
    /// that would not be more than the last one's (RFC 5280 §5.2.3), as when the clock has been
    /// turned back.
    pub(crate) fn number_at(&self, at: OffsetDateTime) -> u64 {
        let millis = at.unix_timestamp_nanos() / 1_000_000;
        u64::try_from(millis).unwrap_or_default().max(self.number + 1)
    }

    /// A CRL of the moment `at` is about to be signed: its number. [`written`](Self::written) or
    /// [`failed`](Self::failed) follows.
    pub(crate) fn begin(&mut self, at: OffsetDateTime) -> u64 {
        self.asked = None;
        self.number = self.number_at(at);
        self.number
    }

    pub(crate) fn serials(&self) -> impl Iterator<Item = [u8; 16]> {
        self.revoked.iter().map(|revoked| revoked.entry.serial)
    }

    /// All but what it lists.
    pub(crate) fn without_entries(&self) -> Self {
        Self {
            due: self.due,
            asked: self.asked,
            number: self.number,
            referred_to: self.referred_to.clone(),
            revoked: Arc::default(),
        }
    }

    /// A certificate refers to the CRL: the first one, and the first one at a new place, calls for
    /// the CRL at once. Says whether anything has changed.
    pub(crate) fn refer(&mut self, bucket: &str, key: &str, now: OffsetDateTime) -> bool {
        let here = self.referred_to.as_ref().is_some_and(|(b, k)| b == bucket && k == key);
        if !here {
            self.referred_to = Some((bucket.to_owned(), key.to_owned()));
            self.hasten(now);
        }
        !here
    }

    pub(crate) fn add(&mut self, revoked: Revoked) {
        let list = Arc::make_mut(&mut self.revoked);
        // At the end, unless the clock has been turned back.
        let order = |revoked: &Revoked| (revoked.entry.revoked_at, revoked.entry.serial);
        let place = list.partition_point(|earlier| order(earlier) <= order(&revoked));
        list.insert(place, revoked);
    }

    /// The CRL has to show what was revoked at `now`. Says whether anything has changed.
    pub(crate) fn plan_after_revocation(&mut self, now: OffsetDateTime) -> bool {
        let before = self.due;
        self.hasten(now + AFTER_REVOCATION);
        self.due != before
    }

    /// The CRL of the moment `at` has been written. The next one follows at half of its validity, or
    /// earlier if that has been asked for meanwhile.
    ///
    /// RFC 5280 §3.3: an entry stays until it has been on one CRL that was issued after the
    /// certificate's own end. Those have now been, and are returned.
    pub(crate) fn written(&mut self, at: OffsetDateTime, validity: Duration) -> Vec<[u8; 16]> {
        let is_over = |revoked: &Revoked| revoked.not_after < at;
        let over: Vec<[u8; 16]> = self
            .revoked
            .iter()
            .filter(|held| is_over(held))
            .map(|held| held.entry.serial)
            .collect();
        if !over.is_empty() {
            Arc::make_mut(&mut self.revoked).retain(|revoked| !is_over(revoked));
        }
        self.replan(at + validity / 2);
        over
    }

    pub(crate) fn failed(&mut self, at: OffsetDateTime) {
        self.replan(at + AFTER_FAILURE);
    }

    /// A CRL of the moment `at` is due, and would not be written: it is not begun, and so has no number.
    pub(crate) fn put_off(&mut self, at: OffsetDateTime) {
        self.asked = None;
        self.failed(at);
    }

    /// The clock has been turned back to `now`. A CRL that is dated later is followed by one that is
    /// not (RFC 5280 §5.1.2.4: thisUpdate is the issue date).
    pub(crate) fn turned_back(&mut self, now: OffsetDateTime) {
        let millis = now.unix_timestamp_nanos() / 1_000_000;
        let is_later = self.due.is_some() && i128::from(self.number) > millis;
        if is_later {
            self.hasten(now);
        }
    }

    fn replan(&mut self, next: OffsetDateTime) {
        self.due = Some(earlier(self.asked, next));
    }

    fn hasten(&mut self, moment: OffsetDateTime) {
        self.due = Some(earlier(self.due, moment));
        self.asked = Some(earlier(self.asked, moment));
    }
}

fn earlier(planned: Option<OffsetDateTime>, moment: OffsetDateTime) -> OffsetDateTime {
    planned.map_or(moment, |planned| planned.min(moment))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::x509::crl::Reason;

    const NOW: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);
    const WEEK: Duration = Duration::WEEK;

    fn revoked(serial: u8, at: OffsetDateTime, not_after: OffsetDateTime) -> Revoked {
        let entry =
            CrlEntry { serial: [serial; 16], revoked_at: at, reason: Reason::KeyCompromise };
        Revoked { entry, not_after }
    }

    fn publish(list: &mut CrlList, at: OffsetDateTime) {
        list.begin(at);
        list.written(at, WEEK);
    }

    fn serials(list: &CrlList) -> Vec<u8> {
        list.revoked().iter().map(|revoked| revoked.entry.serial[0]).collect()
    }

    #[test]
    fn a_crl_is_due_at_its_first_certificate_and_at_a_new_location() {
        let mut list = CrlList::default();
        assert_eq!(list.due(), None);
        list.refer("bucket", "key", NOW);
        assert_eq!(list.due(), Some(NOW));
        publish(&mut list, NOW);
        list.refer("bucket", "key", NOW + Duration::HOUR);
        assert_eq!(list.due(), Some(NOW + WEEK / 2), "the midpoint");
        list.refer("other", "key", NOW + Duration::HOUR);
        assert_eq!(list.due(), Some(NOW + Duration::HOUR));
    }

    #[test]
    fn a_crl_number_never_goes_back_nor_stands_still() {
        let mut list = CrlList::default();
        let millis = u64::try_from(NOW.unix_timestamp()).unwrap() * 1000;
        assert_eq!(list.begin(NOW), millis);
        assert_eq!(list.begin(NOW), millis + 1);
        assert_eq!(list.begin(NOW - Duration::DAY), millis + 2);
        assert_eq!(list.begin(NOW + Duration::SECOND), millis + 1000);
    }

    #[test]
    fn a_crl_from_the_future_is_followed_by_one_of_now() {
        let mut list = CrlList::default();
        list.turned_back(NOW);
        assert_eq!(list.due(), None, "none has been asked for");
        list.refer("bucket", "key", NOW + WEEK);
        publish(&mut list, NOW + WEEK);
        list.turned_back(NOW + WEEK);
        assert_eq!(list.due(), Some(NOW + WEEK + WEEK / 2), "it is of that moment");
        list.turned_back(NOW);
        assert_eq!(list.due(), Some(NOW));
    }

    #[test]
    fn a_revocation_hastens_the_next_crl_and_never_delays_it() {
        let mut list = CrlList::default();
        list.refer("bucket", "key", NOW);
        list.plan_after_revocation(NOW);
        assert_eq!(list.due(), Some(NOW));
        publish(&mut list, NOW);
        list.plan_after_revocation(NOW + Duration::HOUR);
        list.plan_after_revocation(NOW + Duration::HOUR * 2);
        assert_eq!(list.due(), Some(NOW + Duration::minutes(90)));
    }

    /// Whatever the CRL that is being written was planned for, and whether it gets there.
    #[test]
    fn what_comes_in_while_a_crl_is_written_gets_a_crl_of_its_own() {
        let (second, half_hour) = (Duration::SECOND, Duration::minutes(30));
        for (name, planned) in [("at once", NOW), ("later", NOW + WEEK / 2)] {
            let mut list = CrlList::default();
            list.refer("bucket", "key", NOW);
            if planned > NOW {
                publish(&mut list, NOW);
            }
            assert_eq!(list.due(), Some(planned), "{name}");
            list.begin(planned);
            list.plan_after_revocation(planned + second);
            list.written(planned + second, WEEK);
            assert_eq!(list.due(), Some(planned + second + half_hour), "{name}: a revocation");

            list.begin(planned + half_hour);
            list.refer("other", "key", planned + half_hour);
            list.written(planned + half_hour, WEEK);
            assert_eq!(list.due(), Some(planned + half_hour), "{name}: a new place");

            list.begin(planned + half_hour);
            list.plan_after_revocation(planned + half_hour);
            list.failed(planned + half_hour);
            let retry = planned + half_hour + Duration::minutes(15);
            assert_eq!(list.due(), Some(retry), "{name}: the retry has it");
            list.begin(retry);
            list.written(retry, WEEK);
            assert_eq!(list.due(), Some(retry + WEEK / 2), "{name}: and nothing is left over");
        }
    }

    #[test]
    fn an_entry_leaves_after_one_crl_issued_after_expiry() {
        let end = NOW + Duration::DAY;
        let second = Duration::SECOND;
        for (written_at, want) in [(end - second, 1), (end, 1), (end + second, 0)] {
            let mut list = CrlList::default();
            list.add(revoked(1, NOW, end));
            let signing = list.revoked();
            list.failed(written_at);
            assert_eq!(serials(&list).len(), 1, "a CRL that was not written has told nobody");
            list.written(written_at, WEEK);
            assert_eq!(serials(&list).len(), want, "{written_at}");
            assert_eq!(signing.len(), 1, "the CRL itself still has it");
        }
    }

    #[test]
    fn entries_stay_in_revocation_order_if_the_clock_goes_back() {
        let mut list = CrlList::default();
        let end = NOW + Duration::DAY;
        list.add(revoked(9, NOW, end));
        list.add(revoked(3, NOW, end));
        list.add(revoked(7, NOW - Duration::HOUR, end));
        list.add(revoked(1, NOW + Duration::HOUR, end));
        assert_eq!(serials(&list), [7, 3, 9, 1]);
    }
}
