//! `vigil report`: makes the page, the findings in each format, and the summaries of audit reports, offline.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use time::OffsetDateTime;
use vigil_core::{
    arn::CaArn,
    audit_report::Document,
    finding::Severity,
    fleet::{CaReport, CertificateNumbers, FleetReport, RegionReport, RegionState, Unchecked},
    jobs::fleet,
};

use crate::{
    exit::{Answer, Exit},
    fleet_files,
    moment::{moment, present},
    output::line,
    state_folder::StateFolder,
    unchecked,
};
use files::{Counted, NewestReports, complain};
use own::Own;

mod ack;
mod error;
mod files;
mod folder;
mod own;
mod summaries;
mod summarise;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Acknowledge a finding that audit reports never forget, so that it ends.
    ///
    /// Reads the finding with your AWS credentials, signs with AWS KMS, and writes acks/findings/….json to the
    /// evidence bucket. Later certificates and revocations are other findings.
    Ack(ack::Options),
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Audit reports (.json or .csv), a folder of them, a copy of the evidence bucket, a Region's
    /// folder of `vigil assess --state`, or a fleet-report.json.
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// Folder for report.html, the findings in other formats, and the summary of each audit report.
    #[arg(long, value_name = "DIR", default_value = "vigil-report")]
    out: PathBuf,
    /// Judge valid and expired as of this time. Default: now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    as_of: Option<OffsetDateTime>,
}

pub(crate) fn run(options: Options) -> Answer {
    match options.command {
        Some(Command::Ack(options)) => ack::run(options),
        None => make(&options),
    }
}

fn make(options: &Options) -> Answer {
    let made_by = format!("vigil report {}", env!("CARGO_PKG_VERSION"));
    let as_of = options.as_of.unwrap_or_else(present);
    let mut given = Given::new(&made_by, as_of);
    for path in &options.paths {
        given.add(path)?;
    }
    let Given { mut report, reports, has_judged, .. } = given;
    let mut documents = Vec::new();
    for of in reports.finish() {
        documents.extend(add_ca(of, has_judged, &mut report));
    }
    count_regions(&mut report);
    report.sort();
    fleet_files::write(&options.out, &report)?;
    summaries::write(&options.out, &documents)?;
    line(&vigil_page::conclusion(&report));
    Ok(match (report.count_from(Severity::Low), report.unchecked.is_empty()) {
        (0, true) => Exit::Clean,
        (0, false) => {
            line(&unchecked::why(&report, "No finding is LOW or above."));
            Exit::NotChecked
        }
        (_, _) => Exit::Findings,
    })
}

/// What the command line gives, as far as it was read.
struct Given<'a> {
    made_by: &'a str,
    as_of: OffsetDateTime,
    report: FleetReport,
    reports: NewestReports,
    /// Whether rules were judged in what was given: in a copy of the evidence bucket, or a fleet report.
    has_judged: bool,
}

impl<'a> Given<'a> {
    fn new(made_by: &'a str, as_of: OffsetDateTime) -> Self {
        let (report, reports) = (FleetReport::new(made_by), NewestReports::default());
        Self { made_by, as_of, report, reports, has_judged: false }
    }

    fn add(&mut self, path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
        if is_evidence(path) {
            return self.add_evidence(path);
        }
        if !path.is_dir() && own::of(path) == Some(Own::FleetReport) {
            self.report.add(own::fleet_report(path)?);
            self.has_judged = true;
            return Ok(());
        }
        self.count(folder::reports_in(path)?)
    }

    fn add_evidence(&mut self, path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let evidence = StateFolder::existing(path);
        let made_by = self.made_by;
        let of_evidence = runtime.block_on(async {
            let mut report = fleet::of_evidence(&evidence, &[], made_by).await;
            fleet::add_revocation(&evidence, &mut report).await;
            fleet::add_judged(&evidence, &mut report).await;
            report
        });
        self.report.add(of_evidence);
        self.has_judged = true;
        self.count(folder::reports_beside_evidence(path)?)
    }

    fn count(&mut self, files: Vec<PathBuf>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for file in files {
            self.report.as_of = self.report.as_of.max(self.as_of);
            if let Some(of) = files::count(&file, self.as_of, &mut self.report.unchecked)? {
                self.reports.add(of);
            }
        }
        Ok(())
    }
}

/// Whether the folder has what functions, or `vigil assess`, keep.
fn is_evidence(path: &Path) -> bool {
    ["state", "findings", "cases"].iter().any(|name| path.join(name).is_dir())
}

/// Beside rules that were judged, a report in a file must not pass for one of those that they were judged by.
const NOT_JUDGED: &str = "counted only, no rule was judged by it: audit-report judges the reports that it has \
    requested, and `vigil assess` those in your buckets";

/// Adds what a report says. The document, if its numbers are those of the page: not if the evidence bucket
/// has a summary that says as much.
fn add_ca(of: Counted, has_judged: bool, report: &mut FleetReport) -> Option<Document> {
    let Counted { name, document, numbers, .. } = of;
    let known = report.cas.iter_mut().find(|known| known.arn == document.ca);
    if let Some(before) = known.as_ref().and_then(|known| known.certificates.as_ref())
        && !says_more(&numbers, before)
    {
        let source = &before.source;
        complain(&format!("{name}: left out, the report at {source} of the same CA says as much"));
        return None;
    }
    match known {
        Some(known) => known.certificates = Some(numbers),
        None => report.cas.push(of_file(document.ca.clone(), numbers)),
    }
    if has_judged {
        complain(&format!("{name}: {NOT_JUDGED}"));
        report.unchecked.push(Unchecked { what: name, why: NOT_JUDGED.to_owned() });
    }
    Some(document)
}

/// Reports never forget, so a later one has more, or as much if nothing came.
fn says_more(numbers: &CertificateNumbers, before: &CertificateNumbers) -> bool {
    numbers.issued > before.issued || numbers.revoked > before.revoked
}

fn of_file(arn: CaArn, numbers: CertificateNumbers) -> CaReport {
    CaReport {
        arn,
        name: None,
        ca_type: "UNKNOWN".to_owned(),
        status: "UNKNOWN".to_owned(),
        key_algorithm: None,
        not_after: None,
        last_state_change_at: None,
        restorable_until: None,
        crl: None,
        ocsp: None,
        issuer: None,
        owner: None,
        certificates: Some(numbers),
        traits: None,
    }
}

fn count_regions(report: &mut FleetReport) {
    for ca in &report.cas {
        let name = ca.arn.region();
        if !report.regions.iter().any(|region| region.name == name) {
            let cas = report.cas.iter().filter(|of| of.arn.region() == name).count();
            let (name, state) = (name.to_owned(), RegionState::Answered);
            report.regions.push(RegionReport { name, state, reason: None, cas });
        }
    }
}
