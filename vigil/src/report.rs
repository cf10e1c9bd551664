//! `vigil report`: makes the page, and the findings in each format, offline.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use time::OffsetDateTime;
use vigil_core::{
    arn::CaArn,
    audit_report::ReportError,
    finding::Severity,
    fleet::{CaReport, CertificateNumbers, FleetReport, RegionReport, RegionState, SCHEMA},
    jobs::fleet,
};

use crate::{
    exit::{Answer, Exit},
    fleet_files, input,
    moment::{moment, present},
    output::line,
    state_folder::StateFolder,
    unchecked,
};
use files::Counted;

mod ack;
mod files;

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
    /// Folder for report.html and the findings in other formats.
    #[arg(long, value_name = "DIR", default_value = "vigil-report")]
    out: PathBuf,
    /// Judge valid and expired as of this time. Default: now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    as_of: Option<OffsetDateTime>,
}

#[derive(Debug, thiserror::Error)]
enum ReportFileError {
    #[error("there is no audit report in {0}")]
    Empty(PathBuf),
    #[error("{path} is not an audit report", path = .path.display())]
    NotAReport {
        path: PathBuf,
        #[source]
        cause: ReportError,
    },
    #[error("{0} has no record that names a CA")]
    NoCa(PathBuf),
    #[error("{path} cannot be read", path = .path.display())]
    Read {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{path} is not a fleet report of this version: its schema is {schema:?}")]
    Schema { path: PathBuf, schema: String },
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
    let mut report = FleetReport::new(&made_by);
    let mut counted = Vec::new();
    for path in &options.paths {
        add(path, as_of, &made_by, &mut report, &mut counted)?;
    }
    for of in files::newest(counted) {
        add_ca(of.ca, of.numbers, &mut report);
    }
    count_regions(&mut report);
    report.sort();
    fleet_files::write(&options.out, &report)?;
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

fn add(
    path: &Path,
    as_of: OffsetDateTime,
    made_by: &str,
    report: &mut FleetReport,
    counted: &mut Vec<Counted>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if is_evidence(path) {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let evidence = StateFolder::existing(path);
        report.add(runtime.block_on(async {
            let mut fleet = fleet::of_evidence(&evidence, &[], made_by).await;
            fleet::add_revocation(&evidence, &mut fleet).await;
            fleet::add_judged(&evidence, &mut fleet).await;
            fleet
        }));
        return Ok(());
    }
    if path.file_name().is_some_and(|name| name == "fleet-report.json") {
        report.add(of_model(path)?);
        return Ok(());
    }
    for file in reports_in(path)? {
        report.as_of = report.as_of.max(as_of);
        counted.extend(files::count(&file, as_of, &mut report.unchecked)?);
    }
    Ok(())
}

/// Whether the folder has what functions, or `vigil assess`, keep.
fn is_evidence(path: &Path) -> bool {
    ["state", "findings", "cases"].iter().any(|name| path.join(name).is_dir())
}

fn of_model(path: &Path) -> Result<FleetReport, Box<dyn std::error::Error + Send + Sync>> {
    let model: FleetReport = serde_json::from_value(input::json(path)?)?;
    if model.schema != SCHEMA {
        let schema = model.schema.chars().take(80).collect();
        return Err(ReportFileError::Schema { path: path.to_owned(), schema }.into());
    }
    Ok(model)
}

fn reports_in(path: &Path) -> Result<Vec<PathBuf>, ReportFileError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for extension in ["csv", "json"] {
        files.extend(input::files(&[path.to_owned()], extension).unwrap_or_default());
    }
    if files.is_empty() {
        return Err(ReportFileError::Empty(path.to_owned()));
    }
    files.sort();
    Ok(files)
}

/// What a report says counts before what the evidence bucket has.
fn add_ca(ca: CaArn, numbers: CertificateNumbers, report: &mut FleetReport) {
    let known = report.cas.iter_mut().find(|of| of.arn == ca);
    if let Some(known) = known {
        known.certificates = Some(numbers);
        return;
    }
    report.cas.push(CaReport {
        arn: ca,
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
    });
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
