//! What the operator reads at the terminal.

use time::OffsetDateTime;
use vigil_core::{
    finding::Finding,
    fleet::{CaReport, CertificateNumbers, FleetReport, RegionState},
    instant::rfc3339,
    span::in_words,
};

use crate::output::line;

pub(crate) fn write(report: &FleetReport) {
    write_cas(report);
    for open in &report.findings {
        line("");
        write_finding(&open.finding, if open.is_new { " (new)" } else { "" });
    }
    for finding in &report.resolved {
        line("");
        line(&format!("RESOLVED {}", finding.title));
    }
    write_regions(report);
    line("");
    line(&conclusion(report));
}

/// The answer in one sentence, as the page has it, too.
fn conclusion(report: &FleetReport) -> String {
    let sentence = vigil_page::conclusion(report);
    if report.as_of == OffsetDateTime::UNIX_EPOCH {
        return sentence;
    }
    format!("{sentence} As of {}.", rfc3339(report.as_of))
}

fn write_cas(report: &FleetReport) {
    if report.cas.is_empty() {
        return;
    }
    let width = report.cas.iter().map(|ca| ca.shown().chars().count()).max().unwrap_or_default();
    let width = width.clamp(2, 32);
    line(&format!("{:width$}  {:14}  {:19}  {}", "CA", "REGION", "STATUS", "NOTES"));
    for ca in &report.cas {
        let name: String = ca.shown().chars().take(width).collect();
        let (region, status, notes) = (ca.arn.region(), &ca.status, notes(ca, report));
        line(&format!("{name:width$}  {region:14}  {status:19}  {notes}"));
    }
}

fn notes(ca: &CaReport, report: &FleetReport) -> String {
    let mut notes = Vec::new();
    if let Some(until) = ca.restorable_until {
        notes.push(match until - report.as_of {
            left if left.is_positive() => format!("can be restored for {}", in_words(left)),
            _ => "its restoration window has ended".to_owned(),
        });
    }
    if let Some(end) = ca.not_after {
        notes.push(format!("ends {}", end.date()));
    }
    match &ca.certificates {
        Some(of) => notes.push(counted(of)),
        None if ca.restorable_until.is_none() => notes.push("no audit report".to_owned()),
        None => {}
    }
    notes.join(", ")
}

/// The newest report can be months old.
fn counted(of: &CertificateNumbers) -> String {
    let noun = if of.valid == 1 { "certificate" } else { "certificates" };
    let as_of = of.as_of.map(|at| format!(" as of {}", at.date())).unwrap_or_default();
    format!("{} valid {noun}{as_of}", of.valid)
}

fn write_finding(finding: &Finding, mark: &str) {
    line(&format!("{}{mark} {}", finding.severity.label(), finding.title));
    line(&format!("What happened: {}", finding.what_happened));
    line(&format!("Impact: {}", finding.impact));
    for part in format!("What to do: {}", finding.what_to_do).split('\n') {
        line(part);
    }
    line(&format!("Why: {}", finding.why));
}

fn write_regions(report: &FleetReport) {
    let of = |state: RegionState| {
        let names = report.regions.iter().filter(move |of| of.state == state);
        names.map(|of| of.name.as_str()).collect::<Vec<_>>()
    };
    line("");
    let not_enabled = of(RegionState::NotEnabled);
    if !not_enabled.is_empty() {
        line(&format!("not enabled for this account: {}", not_enabled.join(", ")));
    }
    for unchecked in &report.unchecked {
        line(&format!("not checked: {}: {}", unchecked.what, unchecked.why));
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn counts_say_from_when_they_are() {
        let of = |valid, as_of| counted(&CertificateNumbers { valid, as_of, ..Default::default() });
        let at = Some(datetime!(2026-02-01 12:00 UTC));
        assert_eq!(of(1, at), "1 valid certificate as of 2026-02-01");
        assert_eq!(of(12, None), "12 valid certificates");
    }
}
