//! One assessment of an account, by an operator and with nothing deployed: runs the jobs of audit-report
//! and crl-audit over a store of the operator's, and changes nothing in AWS.
//!
//! auto-restore, restore-deadline and last-resort restore CAs, so they are not run. In place of them,
//! the rule `assess.restoration-window` says how long each DELETED CA can still be restored.

#![warn(missing_docs)]

use std::collections::BTreeSet;

use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{
    audit_report, crl_audit,
    finding_store::FindingStore,
    fleet::{self, Run},
    in_order::in_order,
};
use crate::{
    ca::Ca,
    failure::chain,
    finding::Status,
    fleet::{FleetReport, RegionReport, RegionState, Unchecked},
    inventory::{self as known, Inventory},
    ports::{
        AuditReports, Authorities, Buckets, Distribution, EvidenceStore, Issued, Listing, Objects,
        Pace, PortError, ReportFiles,
    },
    rules::audit_report::serial,
};

mod collected;
mod commands;
mod in_bucket;
mod inventory;
mod not_judged;
mod read_only;
mod reports;
mod scan_time;
mod windows;

use collected::Collected;
use read_only::ReadOnly;
use scan_time::ScanTime;

/// One Region of the account.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// ACM PCA: the CAs.
    pub authorities: &'a dyn Authorities,
    /// ACM PCA: issued certificates.
    pub issued: &'a dyn Issued,
    /// ACM PCA: audit reports.
    pub audit_reports: &'a dyn AuditReports,
    /// S3: which audit reports there are.
    pub report_files: &'a dyn ReportFiles,
    /// S3: CRLs and audit reports.
    pub objects: &'a dyn Objects,
    /// S3: how buckets are set up.
    pub buckets: &'a dyn Buckets,
    /// HTTP: distribution points. `None`: they are not fetched.
    pub distribution: Option<&'a dyn Distribution>,
    /// What is remembered of this Region, in place of the evidence bucket.
    pub evidence: &'a dyn EvidenceStore,
    /// Waits between calls.
    pub pace: &'a dyn Pace,
}

/// What the operator wants.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The command and its version, for the report.
    pub made_by: String,
    /// Buckets with audit reports, beside the CRL buckets.
    pub report_buckets: Vec<String>,
    /// The bucket to request audit reports to. `None`: none is requested.
    pub request_reports: Option<String>,
    /// For how long certificates are fetched for their distribution points.
    pub scan: Duration,
}

/// One Region's report, and which CA signed which.
#[derive(Clone, Debug)]
struct Assessed {
    report: FleetReport,
    inventory: Option<Inventory>,
}

/// Is called with what is done next, for the operator.
type Progress<'a> = dyn Fn(&str) + Send + Sync + 'a;

/// The serial numbers of the CAs of all Regions, or why they are not known.
type Known = Result<BTreeSet<String>, String>;

/// Assesses one Region. What fails is in the report's `unchecked`, and hides nothing else.
async fn region(
    (name, listing): (&str, Result<Listing, PortError>),
    ports: &Ports<'_>,
    authorities: &Known,
    settings: &Settings,
    progress: &Progress<'_>,
) -> Assessed {
    let mut report = FleetReport::new(&settings.made_by);
    let listing = match listing {
        Ok(listing) => listing,
        Err(error) => return unanswered(name, &error, report),
    };
    let cas = listing.cas.len();
    report.as_of = listing.as_of;
    report.regions = vec![RegionReport {
        name: name.to_owned(),
        state: RegionState::Answered,
        reason: None,
        cas,
    }];
    if cas == 0 && !remembers(ports.evidence).await {
        return Assessed { report, inventory: None };
    }
    let read_only = ReadOnly::new(ports.authorities, listing.clone());
    let region = Region {
        ports: Ports { authorities: &read_only, ..*ports },
        authorities,
        settings,
        progress,
        bus: Collected::default(),
        cas: &listing.cas,
        now: listing.as_of,
    };
    let inventory = region.assess(&mut report).await;
    Assessed { report, inventory }
}

/// How many Regions are asked at once. Quotas are each Region's own.
const REGIONS_AT_ONCE: usize = 8;

/// Assesses all Regions, several at once. `progress` takes the Region and what is done there next.
pub async fn run(
    regions: &[(String, Ports<'_>)],
    settings: &Settings,
    progress: &(dyn Fn(&str, &str) + Send + Sync),
) -> FleetReport {
    let listings = regions.iter().map(async |(_, ports)| ports.authorities.list().await);
    let listings = in_order(REGIONS_AT_ONCE, listings).await;
    // A CA can have signed one of another Region.
    let authorities = &authorities(regions, &listings);
    let assessed = regions.iter().zip(listings).map(async |((name, ports), listing)| {
        let step = |what: &str| progress(name, what);
        region((name, listing), ports, authorities, settings, &step).await
    });
    merged(&settings.made_by, in_order(REGIONS_AT_ONCE, assessed).await)
}

fn authorities(regions: &[(String, Ports<'_>)], listings: &[Result<Listing, PortError>]) -> Known {
    let is_accepted = listings.iter().any(Result::is_ok);
    let mut known = BTreeSet::new();
    for ((name, _), listing) in regions.iter().zip(listings) {
        match listing {
            Ok(listing) => {
                known.extend(listing.cas.iter().filter_map(|ca| Some(serial(ca.serial.as_ref()?))));
            }
            Err(error) => {
                let why = chain(error);
                if !(is_accepted && is_unknown_credentials(&why)) {
                    return Err(format!("the CAs of {name} could not be listed: {why}"));
                }
            }
        }
    }
    Ok(known)
}

/// Merges the Regions' reports into the fleet's.
fn merged(made_by: &str, regions: Vec<Assessed>) -> FleetReport {
    let mut fleet = FleetReport::new(made_by);
    let is_answered = |of: &Assessed| {
        of.report.regions.iter().any(|region| region.state == RegionState::Answered)
    };
    let is_accepted = regions.iter().any(is_answered);
    let mut inventories = Vec::new();
    for Assessed { mut report, inventory } in regions {
        inventories.extend(inventory);
        for region in &mut report.regions {
            // The same credentials are good elsewhere, so it is the Region that does not know them.
            if is_accepted && region.reason.as_deref().is_some_and(is_unknown_credentials) {
                region.state = RegionState::NotEnabled;
                report.unchecked.clear();
            }
        }
        fleet.add(report);
    }
    // An issuer can be in another Region, of which the Region's own run knew nothing.
    for ca in &mut fleet.cas {
        ca.issuer = known::issuer_of(&inventories, &ca.arn).cloned();
    }
    fleet.sort();
    fleet
}

/// A Region that the account has not enabled knows none of its credentials (AWS General Reference,
/// "Managing AWS Regions": IAM data is not distributed to it).
fn is_unknown_credentials(reason: &str) -> bool {
    reason.contains("UnrecognizedClientException") || reason.contains("InvalidClientTokenId")
}

fn unanswered(name: &str, error: &PortError, mut report: FleetReport) -> Assessed {
    let why = chain(error);
    report.regions = vec![RegionReport {
        name: name.to_owned(),
        state: RegionState::Failed,
        reason: Some(why.clone()),
        cas: 0,
    }];
    report.unchecked = vec![Unchecked { what: name.to_owned(), why }];
    Assessed { report, inventory: None }
}

/// Whether an earlier run left findings that may be over.
async fn remembers(evidence: &dyn EvidenceStore) -> bool {
    evidence.list("findings/").await.is_ok_and(|keys| !keys.is_empty())
}

struct Region<'a> {
    ports: Ports<'a>,
    settings: &'a Settings,
    progress: &'a Progress<'a>,
    bus: Collected,
    cas: &'a [Ca],
    authorities: &'a Known,
    now: OffsetDateTime,
}

/// One process has one claim, and a run that was ended leaves none that another waits for.
const CLAIM_EXPIRES: Duration = Duration::ZERO;

impl Region<'_> {
    async fn assess(&self, report: &mut FleetReport) -> Option<Inventory> {
        (self.progress)("reading the certificates of CAs");
        let inventory = self.keep_inventory(report).await;
        (self.progress)("looking for audit reports");
        self.analyse_reports(report).await;
        self.judge_reports(report).await;
        (self.progress)("checking CRLs and buckets");
        let audit = self.audit(report).await;
        self.judge_windows(report).await;
        report.cas = self.cas.iter().map(fleet::of_listed).collect();
        let published = self.bus.findings();
        let of = |status: Status| published.iter().filter(move |of| of.status == status);
        let new = of(Status::New).map(|of| of.id.clone()).collect();
        report.resolved = of(Status::Resolved).cloned().collect();
        let run = Run { new, audit };
        fleet::complete(self.ports.evidence, inventory.as_slice(), run, report).await;
        commands::complete(report, self.settings);
        inventory
    }

    /// The run report's key.
    async fn audit(&self, report: &mut FleetReport) -> Option<String> {
        let Ports { authorities, issued, objects, buckets, evidence, distribution, .. } =
            self.ports;
        let pace = &ScanTime::new(self.ports.pace, self.settings.scan);
        let bus = &self.bus;
        let ports = crl_audit::Ports {
            authorities,
            issued,
            objects,
            buckets,
            evidence,
            bus,
            pace,
            distribution,
        };
        let settings = crl_audit::Settings {
            max_crl_bytes: crl_audit::MAX_CRL_BYTES,
            max_report_bytes: crl_audit::MAX_COMPARED_REPORT_BYTES,
            claim_expires_after: CLAIM_EXPIRES,
            administrators: Vec::new(),
        };
        match crl_audit::run(&json!({}), &ports, &settings).await {
            Ok(crl_audit::Outcome::Audited(audit)) => Some(audit.report),
            // The run report names what failed.
            Err(crl_audit::CrlAuditError::Incomplete { audit, .. }) => Some(audit.report),
            Ok(crl_audit::Outcome::NotAudited(_)) => None,
            Err(error) => {
                self.failed("crl-audit", &error, report);
                None
            }
        }
    }

    fn store(&self) -> FindingStore<'_> {
        FindingStore {
            evidence: self.ports.evidence,
            bus: &self.bus,
            area: "assess",
            now: self.now,
            claim_expires_after: CLAIM_EXPIRES,
        }
    }

    fn failed(&self, what: &str, error: &dyn std::error::Error, report: &mut FleetReport) {
        report.unchecked.push(Unchecked { what: what.to_owned(), why: chain(error) });
    }

    fn audit_report_ports(&self) -> audit_report::Ports<'_> {
        let Ports { authorities, audit_reports, objects, buckets, evidence, pace, .. } = self.ports;
        let bus = &self.bus;
        // The command writes the page itself, to the folder that was asked for.
        let publishing = None;
        audit_report::Ports {
            authorities,
            audit_reports,
            objects,
            buckets,
            evidence,
            bus,
            pace,
            // Read-only.
            report_tags: None,
            publishing,
            acknowledging: None,
        }
    }
}

#[cfg(test)]
mod tests;
