//! The report before, which the new one is compared with.

use time::OffsetDateTime;

use super::ReportRun;
use crate::{
    audit_report::{Counter, Document, Fingerprint},
    evidence::keys,
    jobs::{
        audit_report::{AuditReportError, newest},
        stored::{self, Stored},
    },
};

impl ReportRun<'_> {
    /// The summary of the newest report before this one; `Err` says why that is not compared with.
    pub(super) async fn before(
        &self,
        as_of: OffsetDateTime,
    ) -> Result<Result<Option<Document>, String>, AuditReportError> {
        let newest = newest::of(self.ports.evidence, self.ca).await?;
        let Some(newest) = newest.filter(|newest| newest.created_at < as_of) else {
            return Ok(Ok(None));
        };
        let key = keys::summary(self.ca, &newest.report);
        let stored = stored::read::<Document>(self.ports.evidence, &key).await;
        let why = match stored.map_err(AuditReportError::EvidenceStore)? {
            Stored::Known(before, _) if before.ca != *self.ca => format!("{key} is of another CA"),
            Stored::Known(before, _) if !before.summary.complete => {
                "that report was not read whole".to_owned()
            }
            Stored::Known(before, _) => return Ok(Ok(Some(before))),
            Stored::Absent => format!("{key} is not there"),
            Stored::Unusable { why, .. } => why,
        };
        Ok(Err(not_compared(&newest.report, &why)))
    }
}

/// The report before, and what this one says of its time. What cannot be compared is said in the summary.
pub(super) fn comparable(
    before: Result<Option<Document>, String>,
    counter: &mut Counter,
) -> Option<(Document, Fingerprint)> {
    let why = match (before, counter.earlier()) {
        (Ok(Some(before)), Some(earlier)) if before.summary.fingerprint.until == earlier.until => {
            return Some((before, earlier.clone()));
        }
        // The reading began before that report was summarised.
        (Ok(Some(before)), _) => not_compared(&before.report, "it was summarised meanwhile"),
        (Ok(None), _) => return None,
        (Err(why), _) => why,
    };
    counter.not_judged(why);
    None
}

fn not_compared(report: &str, why: &str) -> String {
    format!("what has changed since report {report}: {why}")
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::{
        audit_report::{Basis, Ending, Input, SCHEMA, Summary},
        fakes,
    };

    const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn document(as_of: OffsetDateTime) -> Document {
        Document {
            schema: SCHEMA.to_owned(),
            ca: fakes::ARN.parse().unwrap(),
            report: "before".to_owned(),
            bucket: "reports".to_owned(),
            key: "a-key".to_owned(),
            created_at: Some(as_of),
            analysed_at: as_of,
            input: Input::default(),
            compared: None,
            summary: Summary::new(as_of, None),
        }
    }

    /// A large report is read in several invocations, and another one can be summarised in between.
    #[test]
    fn only_fingerprints_of_the_same_moment_are_compared() {
        let known = document(AT - Duration::days(2));
        let later = document(AT - Duration::days(1));
        let basis = Basis { ca: None, ca_not_after: None, as_of: AT };
        let until = known.summary.fingerprint.until;
        let counter = || Counter::new(basis).indexed().with_fingerprint_until(until);
        let mut same = counter();
        assert!(comparable(Ok(Some(known)), &mut same).is_some());
        for before in [Ok(Some(later)), Err(not_compared("before", "it is not there"))] {
            let mut other = counter();
            assert!(comparable(before, &mut other).is_none());
            let said = other.finish(Ending::default()).not_judged;
            assert!(said[0].starts_with("what has changed since report before: "), "{said:?}");
        }
        assert!(same.finish(Ending::default()).not_judged.is_empty());
    }
}
