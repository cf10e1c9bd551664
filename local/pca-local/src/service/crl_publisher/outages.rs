//! How often S3 is called while it fails.
//!
//! A failed CRL is due again every 15 minutes of the clock, 96 times a day for each CA. A clock that is
//! moved over a day takes a moment, in which S3 hardly changes: most of these calls would fail as the
//! last one did, and each takes real time.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::{Duration, OffsetDateTime};

use crate::{
    model::crl::list::AFTER_FAILURE,
    service::{buckets::WriteError, events::CrlFailure},
};

/// What has failed in this move of the clock. After each failure twice as many retries as before
/// fail without a call.
#[derive(Default)]
pub(super) struct Outages(Mutex<HashMap<Place, Outage>>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Place {
    /// A bucket that refuses says nothing of others.
    Bucket(String),
    S3,
}

struct Outage {
    failure: CrlFailure,
    calls: u32,
    until: OffsetDateTime,
}

impl Outages {
    /// Why nothing is to be written to the bucket at that moment; `None` if it is to be tried.
    pub(super) fn at(&self, bucket: &str, now: OffsetDateTime) -> Option<CrlFailure> {
        let outages = self.lock();
        let places = [Place::S3, Place::Bucket(bucket.to_owned())];
        let mut met = places.iter().filter_map(|place| outages.get(place));
        met.find(|outage| now < outage.until).map(|outage| outage.failure)
    }

    /// A call has failed: how the service names it.
    pub(super) fn note(&self, bucket: &str, error: &WriteError, now: OffsetDateTime) -> CrlFailure {
        let (place, failure) = match error {
            WriteError::Refused { .. } => {
                (Place::Bucket(bucket.to_owned()), CrlFailure::BucketPermissions)
            }
            WriteError::NoEndpoint { .. }
            | WriteError::Unavailable { .. }
            | WriteError::Unreadable(_) => (Place::S3, CrlFailure::S3Internal),
        };
        let mut outages = self.lock();
        let outage = outages.entry(place).or_insert(Outage { failure, calls: 0, until: now });
        // Calls of other CAs at the same moment are no further retries.
        if outage.until <= now {
            outage.until = now.saturating_add(wait(outage.calls));
            outage.calls += 1;
        }
        failure
    }

    /// A call has not failed.
    pub(super) fn is_over(&self, bucket: &str) {
        let mut outages = self.lock();
        if !outages.is_empty() {
            outages.remove(&Place::S3);
            outages.remove(&Place::Bucket(bucket.to_owned()));
        }
    }

    /// The clock begins to move: time has passed outside.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Outage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait(calls: u32) -> Duration {
    AFTER_FAILURE * 1_i32.checked_shl(calls).filter(|times| *times > 0).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

    fn refused() -> WriteError {
        WriteError::Refused { bucket: "one".to_owned(), code: "AccessDenied".to_owned() }
    }

    fn down() -> WriteError {
        WriteError::Unavailable { bucket: "one".to_owned(), reason: "away".to_owned() }
    }

    /// The quarters of an hour in which the bucket is called.
    fn calls(outages: &Outages, quarters: i32) -> Vec<i32> {
        let mut called = Vec::new();
        for quarter in 0..quarters {
            let now = START + AFTER_FAILURE * quarter;
            if outages.at("one", now).is_none() {
                outages.note("one", &down(), now);
                outages.note("one", &down(), now);
                called.push(quarter);
            }
        }
        called
    }

    #[test]
    fn each_failure_doubles_the_retries_without_a_call() {
        assert_eq!(calls(&Outages::default(), 96), [0, 1, 3, 7, 15, 31, 63]);
        assert_eq!(calls(&Outages::default(), 96 * 365 * 30).len(), 21);
    }

    #[test]
    fn a_bucket_that_refuses_says_nothing_of_others() {
        let outages = Outages::default();
        assert_eq!(outages.note("one", &refused(), START), CrlFailure::BucketPermissions);
        assert_eq!(outages.at("one", START), Some(CrlFailure::BucketPermissions));
        assert_eq!(outages.at("two", START), None);
        assert_eq!(outages.note("one", &down(), START), CrlFailure::S3Internal);
        assert_eq!(outages.at("two", START), Some(CrlFailure::S3Internal));
    }

    #[test]
    fn a_success_and_a_new_move_of_the_clock_end_an_outage() {
        let outages = Outages::default();
        outages.note("one", &down(), START);
        outages.is_over("one");
        assert_eq!(outages.at("one", START), None);
        outages.note("one", &refused(), START);
        outages.forget();
        assert_eq!(outages.at("one", START), None);
        assert_eq!(calls(&outages, 8), [0, 1, 3, 7], "from the beginning");
    }
}
