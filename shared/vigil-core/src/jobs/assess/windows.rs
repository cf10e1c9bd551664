//! How long each DELETED CA can still be restored.

use time::{Duration, OffsetDateTime};

use super::Region;
use crate::{
    ca::{Ca, CaStatus},
    failure::chain,
    finding::{Finding, Names, Observation},
    fleet::{FleetReport, Unchecked},
    instant::{in_key, rfc3339},
    jobs::{Impact, impact},
    rules::{
        assess::{WINDOW, WINDOW_KINDS},
        window,
    },
    span::in_words,
};

/// The findings that `vigil assess` itself makes.
const FINDINGS: &str = "findings/assess/";

impl Region<'_> {
    pub(super) async fn judge_windows(&self, report: &mut FleetReport) {
        let mut found = Vec::new();
        for ca in self.cas.iter().filter(|ca| ca.status == CaStatus::Deleted) {
            // CREATING and FAILED CAs have no restoration window.
            if let Some(until) = ca.restorable_until {
                let impact = impact::gather(self.ports.evidence, &ca.arn, self.now).await;
                found.push(window(ca, until, &impact, self.now));
            }
        }
        let store = self.store();
        let open: Vec<String> = found.iter().map(|finding| finding.id.clone()).collect();
        if let Err(error) = store.announce(&found).await {
            report.unchecked.push(Unchecked { what: WINDOW.id.to_owned(), why: chain(&error) });
        }
        let over = match self.ports.evidence.list(FINDINGS).await {
            Ok(keys) => keys,
            Err(error) => return self.failed(WINDOW.id, &error, report),
        };
        let id = |key: String| Some(key.rsplit('/').next()?.strip_suffix(".json")?.to_owned());
        let over: Vec<String> =
            over.into_iter().filter_map(id).filter(|id| !open.contains(id)).collect();
        let because = "the CA is not DELETED, or not listed, any more";
        if let Err(error) = store.resolve(&over, because).await {
            self.failed(WINDOW.id, &error, report);
        }
    }
}

fn window(ca: &Ca, until: OffsetDateTime, impact: &Impact, now: OffsetDateTime) -> Finding {
    let left = until - now;
    let deleted_at = ca.last_state_change_at.map_or_else(|| "an unknown time".to_owned(), rfc3339);
    let names = Names::new(ca.arn.as_str())
        .of_ca(&ca.arn, ca.common_name.as_deref())
        .with("left", in_words(left.max(Duration::ZERO)));
    Observation::new(window::kind(&WINDOW_KINDS, ca, left))
        .discriminator(in_key(until))
        .with("restorable_until", rfc3339(until))
        .with("left_seconds", left.whole_seconds())
        .with("deleted_at", deleted_at)
        .with("valid_certificates", impact.certificates.as_ref().map(|of| of.live(now)))
        .with("living_subordinates", impact.subordinates.as_ref().map(|of| of.living))
        .with("lost", lost(impact, now))
        .finding(&WINDOW, &names, ca.arn.as_str(), now)
}

fn lost(impact: &Impact, now: OffsetDateTime) -> String {
    let certificates = match &impact.certificates {
        Some(of) => format!("{} valid certificates (as of {})", of.live(now), rfc3339(of.as_of)),
        None => "an unknown number of certificates".to_owned(),
    };
    let subordinates = match &impact.subordinates {
        Some(of) if of.living == 1 => "1 living subordinate CA".to_owned(),
        Some(of) => format!("{} living subordinate CAs", of.living),
        None => "whatever subordinate CAs there are".to_owned(),
    };
    format!("{certificates} and {subordinates}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fakes,
        rules::{assess::RULES, fixtures::assert_all_kinds},
    };

    #[test]
    fn each_kind_of_window_reads_as_its_golden_file_says() {
        let now = time::macros::datetime!(2026-11-20 10:00 UTC);
        let of =
            |hours: i64, ca: &Ca| window(ca, now + Duration::hours(hours), &Impact::default(), now);
        let ca = fakes::deleted_ca(now);
        let never = Ca { serial: None, not_before: None, not_after: None, ..ca.clone() };
        let mut findings: Vec<Finding> =
            [200, 100, 20, 5].into_iter().map(|hours| of(hours, &ca)).collect();
        findings.push(of(200, &never));
        assert_all_kinds("assess", RULES, &findings);
    }
}
