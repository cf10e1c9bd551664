//! `vigil assess`: one assessment of an account, with nothing deployed.

mod human;
mod memory;
mod policy;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration as StdDuration,
};

use clap::Args;
use time::Duration;
use vigil_aws::{
    audit_reports::AcmPcaReports,
    authorities::AcmPca,
    buckets::S3Buckets,
    clients::Clients,
    config::RegionNames,
    distribution::{HttpDistribution, Route},
    objects::S3Objects,
    pace::UntilDeadline,
    regions::{has_acm_pca, with_acm_pca},
};
use vigil_core::{
    export::PAGE,
    fleet::{FleetReport, RegionState},
    jobs::assess::{self, Ports, Settings},
    ports::{Distribution, EvidenceStore},
};

use crate::{
    exit::{Answer, Exit},
    fail_on::Threshold,
    fleet_files,
    output::{line, plain},
    state_folder::StateFolder,
    unchecked,
};
use memory::Memory;

#[derive(Args)]
pub(crate) struct Options {
    /// Regions to assess, as us-east-1,eu-west-1. Repeatable. Default: every Region with ACM PCA in the
    /// partition of your configured Region.
    #[arg(long, value_name = "REGION")]
    region: Vec<RegionNames>,
    /// Folder that remembers this run, so that the next one says what is new.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Folder for report.html and the findings in other formats.
    #[arg(long, value_name = "DIR", default_value = "vigil-report")]
    out: PathBuf,
    /// Bucket with audit reports. Repeatable. CRL buckets are searched anyway.
    #[arg(long, value_name = "BUCKET")]
    report_bucket: Vec<String>,
    /// Request an audit report of every CA to this bucket, and wait for them. Otherwise the newest
    /// report that exists is used.
    #[arg(long, value_name = "BUCKET")]
    request_reports: Option<String>,
    /// Download CRLs over HTTP from where certificates say they are, as relying parties do.
    #[arg(long)]
    fetch: bool,
    /// For how many seconds issued certificates are read for their CRL distribution points.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    scan_seconds: u32,
    /// Exit with 1 only for findings of this severity and above.
    #[arg(long, value_enum, default_value_t = Threshold::Low)]
    fail_on: Threshold,
    /// Print the least IAM policy that this command needs with these options, and end.
    #[arg(long)]
    print_policy: bool,
    /// No progress on standard error.
    #[arg(long)]
    quiet: bool,
}

/// The longest time of a run. Nothing is continued later.
const MAX_TIME: StdDuration = StdDuration::from_secs(6 * 60 * 60);

pub(crate) fn run(options: &Options) -> Answer {
    // Calls of all Regions wait at the same time; nothing computes for long.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(assess(options))
}

/// The clients of one Region, and what is remembered of it.
struct Region {
    name: String,
    authorities: AcmPca,
    audit_reports: AcmPcaReports,
    objects: S3Objects,
    buckets: S3Buckets,
    evidence: Box<dyn EvidenceStore>,
}

async fn assess(options: &Options) -> Answer {
    let clients = Clients::load().await;
    let names = regions(options, clients.region_name());
    if options.print_policy {
        crate::output::json(&policy::json(options, &names)?);
        return Ok(Exit::Clean);
    }
    clients.find_credentials().await?;
    // Held until the end: two runs at once would both say that the same findings are new.
    let _lock = options.state.as_deref().map(StateFolder::lock).transpose()?;
    let regions: Vec<Region> =
        names.iter().map(|name| region(&clients, name, options)).collect::<Result<_, _>>()?;
    let pace = UntilDeadline::new(MAX_TIME);
    let fetching = options.fetch.then(|| HttpDistribution::new(Route::Public));
    let distribution = fetching.as_ref().map(|fetching| fetching as &dyn Distribution);
    let ports: Vec<(String, Ports<'_>)> = regions
        .iter()
        .map(|of| {
            let ports = Ports {
                authorities: &of.authorities,
                issued: &of.authorities,
                audit_reports: &of.audit_reports,
                report_files: &of.objects,
                objects: &of.objects,
                buckets: &of.buckets,
                distribution,
                evidence: of.evidence.as_ref(),
                pace: &pace,
            };
            (of.name.clone(), ports)
        })
        .collect();
    let settings = Settings {
        made_by: format!("vigil assess {}", env!("CARGO_PKG_VERSION")),
        report_buckets: options.report_bucket.clone(),
        request_reports: options.request_reports.clone(),
        scan: Duration::seconds(options.scan_seconds.into()),
    };
    let report = Box::pin(assess::run(&ports, &settings, &progress(options.quiet))).await;
    finish(options, &report)
}

fn finish(options: &Options, report: &FleetReport) -> Answer {
    human::write(report);
    let answered = report.regions.iter().filter(|of| of.state == RegionState::Answered).count();
    if answered > 0 {
        fleet_files::write(&options.out, report)?;
    } else if let Some(text) = earlier_page(&options.out) {
        line(&text);
    }
    let severity = options.fail_on.severity();
    let is_complete = report.unchecked.is_empty() && answered > 0;
    Ok(match (report.count_from(severity), is_complete) {
        (0, true) => Exit::Clean,
        (0, false) => {
            let decides = format!("No finding is {} or above (--fail-on).", severity.label());
            line(&unchecked::why(report, &decides));
            Exit::NotChecked
        }
        (_, _) => Exit::Findings,
    })
}

/// Nothing was written over the page of an earlier run.
fn earlier_page(folder: &Path) -> Option<String> {
    let page = folder.join(PAGE);
    let is_there = page.is_file();
    is_there.then(|| format!("{} is the page of an earlier run: none was written", page.display()))
}

fn progress(quiet: bool) -> impl Fn(&str, &str) + Send + Sync {
    move |region, what| {
        if !quiet {
            let _ = writeln!(io::stderr().lock(), "{}", plain(&format!("{region}: {what}")));
        }
    }
}

fn region(clients: &Clients, name: &str, options: &Options) -> Result<Region, io::Error> {
    let clients = clients.in_region(name);
    let evidence: Box<dyn EvidenceStore> = match &options.state {
        Some(folder) => Box::new(StateFolder::open(folder.join(name))?),
        None => Box::new(Memory::default()),
    };
    if !options.quiet && !has_acm_pca(name) {
        let text = format!("{name}: this version of vigil knows of no ACM PCA endpoint there");
        let _ = writeln!(io::stderr().lock(), "{}", plain(&text));
    }
    Ok(Region {
        name: name.to_owned(),
        authorities: clients.authorities(),
        audit_reports: clients.audit_reports(),
        objects: clients.objects(),
        buckets: clients.buckets(),
        evidence,
    })
}

/// The named Regions, each once; all of the partition, if none is named.
fn regions(options: &Options, own: Option<&str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in options.region.iter().flat_map(|names| &names.0) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if names.is_empty() {
        names = with_acm_pca(own).iter().map(|name| (*name).to_owned()).collect();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_an_earlier_run_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(earlier_page(folder.path()), None);
        std::fs::write(folder.path().join("report.html"), "old").unwrap();
        let text = earlier_page(folder.path()).unwrap();
        assert!(text.contains("report.html is the page of an earlier run"), "{text}");
    }
}
