//! Writes the report of the fleet: the page, and the findings in each form.
//!
//! Each hourly run replaces the files under `latest/`. The first of a day also writes them under its
//! date, where they stay.

use time::Duration;

use super::{AuditReportError, JOB, Ports, Publishing, judging::Judged};
use crate::{evidence::keys, export, fleet::Unchecked, jobs::fleet, ports::Listing};

/// With less time left, the next run writes the report. A fleet of thousands of findings takes seconds.
const NEEDED: Duration = Duration::seconds(60);

/// The folder of the newest report; `None`: it was not written.
pub(super) async fn fleet_report(
    ports: &Ports<'_>,
    listing: &Listing,
    judged: Judged,
) -> Result<Option<String>, AuditReportError> {
    let publishing = ports.publishing.filter(|_| ports.pace.lasts(NEEDED));
    let Some(Publishing { pages, page, deployment }) = publishing else { return Ok(None) };
    let (evidence, now) = (ports.evidence, listing.as_of);
    let made_by = format!("{JOB} {}", env!("CARGO_PKG_VERSION"));
    let mut report = fleet::of_evidence(evidence, &listing.cas, &made_by).await;
    report.as_of = report.as_of.max(now);
    report.verdicts.extend(judged.verdicts);
    report.acknowledged = judged.acknowledged;
    report.unchecked.extend(judged.unjudged.into_iter().map(Unchecked::from));
    for ca in &mut report.cas {
        ca.owner = judged.owners.get(&ca.arn).cloned();
    }
    for open in &mut report.findings {
        open.finding.what_to_do = deployment.fill_in(&open.finding.what_to_do);
    }
    report.sort();
    for file in export::files(&report, page).map_err(AuditReportError::Write)? {
        let body = file.text.into_bytes();
        let of_day = keys::fleet_file_of_day(now, file.name);
        let created = evidence.create(&of_day, body.clone()).await;
        created.map_err(AuditReportError::Page)?;
        let written = pages.write(&keys::latest_fleet_file(file.name), body).await;
        written.map_err(AuditReportError::Page)?;
    }
    Ok(Some(keys::latest_fleet_file("")))
}
