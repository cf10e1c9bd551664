//! Which reports are kept for a shorter time: those that a newer one of the same month supersedes.

use time::OffsetDateTime;

use super::{AuditReportError, Ports, newest, outcome::Superseded};
use crate::{
    arn::CaArn,
    audit_report::Newest,
    failure::chain,
    instant::in_utc,
    ports::{Address, PortError},
};

/// Tags the report that is no longer the newest of its month. It is called before the new one is recorded,
/// so that a run that was cut short does it again.
pub(super) async fn supersede(
    ports: &Ports<'_>,
    ca: &CaArn,
    report: &Newest,
) -> Result<Option<Superseded>, AuditReportError> {
    let Some(tags) = ports.report_tags else { return Ok(None) };
    let Some(known) = newest::of(ports.evidence, ca).await? else { return Ok(None) };
    let Some(superseded) = superseded(&known, report) else { return Ok(None) };
    let Newest { bucket, key, .. } = superseded;
    let not_tagged = match tags.supersede(Address::new(bucket, key)).await {
        // Deleted already.
        Ok(()) | Err(PortError::NotFound { .. }) => None,
        // A report that is kept for longer stops no analysis.
        Err(error) => Some(chain(&error)),
    };
    Ok(Some(Superseded { key: key.clone(), not_tagged }))
}

/// The older of two reports of one month. Events come in any order.
fn superseded<'a>(known: &'a Newest, report: &'a Newest) -> Option<&'a Newest> {
    let month = |at: OffsetDateTime| {
        let at = in_utc(at);
        (at.year(), at.month())
    };
    if known.report == report.report || month(known.created_at) != month(report.created_at) {
        return None;
    }
    Some(if known.created_at <= report.created_at { known } else { report })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn report(id: &str, created_at: OffsetDateTime) -> Newest {
        let (report, bucket) = (id.to_owned(), "reports".to_owned());
        Newest { key: format!("audit-report/1/{id}.json"), report, bucket, created_at }
    }

    #[test]
    fn the_older_report_of_a_month_is_superseded_in_any_order() {
        let first = report("a", datetime!(2026-03-01 00:00 UTC));
        let second = report("b", datetime!(2026-03-31 23:59 UTC));
        assert_eq!(superseded(&first, &second), Some(&first));
        assert_eq!(superseded(&second, &first), Some(&first));
        assert_eq!(superseded(&first, &first), None, "an event that came twice");
    }

    #[test]
    fn the_newest_report_of_each_month_is_kept() {
        let last = report("a", datetime!(2026-03-31 23:59 UTC));
        for next in [datetime!(2026-04-01 00:00 UTC), datetime!(2027-03-31 23:59 UTC)] {
            assert_eq!(superseded(&last, &report("b", next)), None, "{next}");
        }
        // In UTC it is April already.
        let next = report("b", datetime!(2026-03-31 23:30 -1));
        assert_eq!(superseded(&last, &next), None);
    }
}
