//! Where a CA's certificates say that its CRL is: learnt from some of them each day.
//!
//! Only the certificates themselves tell it: they keep what was configured when they were issued. An
//! audit report has their serials. GetCertificate may be called 75 times a second (AWS General
//! Reference, AWS Private CA endpoints and quotas), and who issues with ACM calls it, too: so each CA
//! has an hour of the day, and a few certificates in it.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::{Ports, Step, memory::Memory, trigger::Trigger};
use crate::{
    ca::Ca,
    certificate::Certificate,
    ports::{Issued, PortError},
};

/// As many partitions as a CA with a hundred million certificates has; and a bound.
const MOST: usize = 4_000;

pub(super) fn are_due(ca: &Ca, memory: &Memory, trigger: &Trigger, now: OffsetDateTime) -> bool {
    let hour: u32 = ca.arn.id().bytes().map(u32::from).sum();
    let its_hour = !trigger.is_of_all() || hour % 24 == u32::from(now.hour());
    its_hour && memory.points_at.is_none_or(|at| now - at > Duration::hours(12))
}

/// What the certificates with these serials name, each with the end of its validity.
pub(super) async fn of<A: Issued, O, K, L, B, P, D>(
    ports: &Ports<'_, A, O, K, L, B, P, D>,
    ca: &Ca,
    serials: &[String],
) -> Result<BTreeMap<String, i64>, Step> {
    let mut points = BTreeMap::new();
    for serial in serials {
        let pem = match ports.authorities.issued(&ca.arn, serial).await {
            Ok(pem) => pem,
            // Who is told to ask less asks tomorrow; what is gone says nothing.
            Err(PortError::Throttled { .. }) => break,
            Err(PortError::InvalidState { .. } | PortError::NotFound { .. }) => continue,
            Err(error) => return Err(Step::Issued(error)),
        };
        let Ok(certificate) = Certificate::from_pem(&pem) else { continue };
        for url in certificate.distribution_points {
            add(&mut points, url, certificate.not_after.unix_timestamp());
        }
    }
    Ok(points)
}

fn add(points: &mut BTreeMap<String, i64>, url: String, until: i64) {
    let known = points.entry(url).or_insert(until);
    *known = until.max(*known);
}

impl Memory {
    /// Adds what was learnt, and forgets what no valid certificate names any more.
    pub(super) fn learn_points(&mut self, points: &BTreeMap<String, i64>, now: OffsetDateTime) {
        for (url, until) in points {
            if self.points.len() < MOST || self.points.contains_key(url) {
                add(&mut self.points, url.clone(), *until);
            }
        }
        self.points.retain(|_, until| *until >= now.unix_timestamp());
        self.points_at = Some(now);
    }
}
