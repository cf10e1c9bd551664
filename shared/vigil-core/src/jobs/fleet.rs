//! Reads the report of a fleet from an evidence bucket: what the jobs keep there of CAs, findings,
//! verdicts and audit reports.

#![warn(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::DeserializeOwned};
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus, CrlConfiguration},
    certificate_traits::CertificateTraits,
    evidence::keys,
    failure::chain,
    finding::{Finding, Severity, Status},
    fleet::{
        CaReport, CrlReport, FleetReport, OpenFinding, RegionReport, RegionState, RuleResult,
        RuleStatus, Unchecked,
    },
    inventory::{self, Inventory, Known},
    jobs::in_order::in_order,
    ports::EvidenceStore,
    snapshot::Revocation,
};

mod numbers;

pub use numbers::numbers_of;

/// What a run knows beside the evidence bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// The ids of the findings that this run published as new.
    pub(super) new: BTreeSet<String>,
    /// The key of the run report of crl-audit.
    pub(super) audit: Option<String>,
}

/// The report of the fleet that an evidence bucket, or a copy of one, describes. Of a CA that is not
/// in `listed` it has what the inventories have.
pub async fn of_evidence(
    evidence: &dyn EvidenceStore,
    listed: &[Ca],
    made_by: &str,
) -> FleetReport {
    let mut report = FleetReport::new(made_by);
    let inventories = inventories(evidence, &mut report).await;
    let windows = open_windows(evidence, &mut report).await;
    report.cas = listed.iter().map(of_listed).collect();
    let is_listed = |arn: &CaArn| listed.iter().any(|ca| ca.arn == *arn);
    for inventory in &inventories {
        report.as_of = report.as_of.max(inventory.as_of);
        for (arn, known) in inventory.cas.iter().filter(|(arn, _)| !is_listed(arn)) {
            let window = windows.get(arn);
            report.cas.push(of_known(arn, known, window));
        }
    }
    let mut regions: BTreeMap<String, usize> = BTreeMap::new();
    for ca in &report.cas {
        *regions.entry(ca.arn.region().to_owned()).or_default() += 1;
    }
    let answered =
        |(name, cas)| RegionReport { name, state: RegionState::Answered, reason: None, cas };
    report.regions = regions.into_iter().map(answered).collect();
    let audits = keys_of(evidence, AUDITS, &mut report).await;
    // The reports of runs that an event caused have a name behind the time.
    let audit = audits.into_iter().rfind(|key| !key[AUDITS.len()..].contains('-'));
    let run = Run { audit, ..Run::default() };
    complete(evidence, &inventories, run, &mut report).await;
    report.sort();
    report
}

/// Adds what audit-report's last run said of each CA, which it keeps in the report of the fleet alone.
pub async fn add_judged(evidence: &dyn EvidenceStore, report: &mut FleetReport) {
    let key = keys::latest_fleet_file("fleet-report.json");
    let Some(latest) = read::<FleetReport>(evidence, &key, report).await else { return };
    let of_reports = latest.verdicts.into_iter().filter(|of| of.rule.starts_with("audit-report."));
    report.verdicts.extend(of_reports);
    report.acknowledged.extend(latest.acknowledged);
    report.sort();
}

/// Adds CRL and OCSP as auto-restore last read them, which no inventory has. Its snapshots are not for
/// every function to read.
pub async fn add_revocation(evidence: &dyn EvidenceStore, report: &mut FleetReport) {
    let mut cas = std::mem::take(&mut report.cas);
    for ca in cas.iter_mut().filter(|ca| ca.ocsp.is_none()) {
        let key = keys::snapshot(&ca.arn);
        let Some(snapshot) = read::<SnapshotRead>(evidence, &key, report).await else { continue };
        ca.ocsp = Some(snapshot.revocation.ocsp_enabled);
        if let Some(known) = of_configuration(snapshot.revocation.crl.as_ref()) {
            let this_update = ca.crl.as_ref().and_then(|crl| crl.this_update);
            ca.crl = Some(CrlReport { this_update, ..known });
        }
    }
    report.cas = cas;
}

/// The restoration windows that have not ended, as restore-deadline tracks them.
async fn open_windows(
    evidence: &dyn EvidenceStore,
    report: &mut FleetReport,
) -> BTreeMap<CaArn, Window> {
    let mut windows = BTreeMap::new();
    for key in keys_of(evidence, keys::WINDOWS, report).await {
        if let Some(window) = read::<Window>(evidence, &key, report).await
            && window.ending.is_none()
        {
            windows.insert(window.ca.clone(), window);
        }
    }
    windows
}

const AUDITS: &str = "reports/crl-audit/";

/// Adds to the CAs of the report, which the caller has put there, what the evidence bucket has.
pub(super) async fn complete(
    evidence: &dyn EvidenceStore,
    inventories: &[Inventory],
    run: Run,
    report: &mut FleetReport,
) {
    let mut cas = std::mem::take(&mut report.cas);
    for ca in &mut cas {
        ca.issuer = inventory::issuer_of(inventories, &ca.arn).cloned();
        ca.certificates = numbers::newest(evidence, &ca.arn, report).await;
        let key = keys::audited_ca(ca.arn.id());
        let Some(state) = read::<AuditState>(evidence, &key, report).await else { continue };
        ca.traits = state.certificate_scan.map(|scan| scan.traits).filter(|of| !of.is_empty());
        if state.crl.this_update.is_some() {
            ca.crl.get_or_insert_default().this_update = state.crl.this_update;
        }
    }
    report.cas = cas;
    if let Some(key) = &run.audit
        && let Some(audit) = read::<AuditRun>(evidence, key, report).await
    {
        report.as_of = report.as_of.max(audit.as_of);
        report.verdicts.extend(audit.judgements.into_iter().map(JudgementRead::verdict));
        let unchecked = |why: String| Unchecked { what: "crl-audit".to_owned(), why };
        report.unchecked.extend(audit.unchecked.into_iter().map(unchecked));
    }
    add_findings(evidence, &run.new, report).await;
}

/// All open findings, of functions and of `vigil assess`; of alerts, the latest of each window.
async fn add_findings(
    evidence: &dyn EvidenceStore,
    new: &BTreeSet<String>,
    report: &mut FleetReport,
) {
    let keys = keys_of(evidence, "findings/", report).await;
    let read = keys.into_iter().map(async |key| {
        let stored = object::<Stored>(evidence, &key).await;
        (key, stored)
    });
    for (key, stored) in in_order(READS_AT_ONCE, read).await {
        match stored {
            Ok(Some(Stored { finding, .. })) if finding.status != Status::Resolved => {
                let is_new = new.contains(&finding.id);
                report.findings.push(OpenFinding { is_new, finding });
            }
            Ok(_) => {}
            Err(why) => report.unchecked.push(Unchecked { what: key, why }),
        }
    }
    add_alerts(evidence, report).await;
}

/// A fleet has thousands of findings, and a read takes tens of milliseconds.
const READS_AT_ONCE: usize = 16;

/// An alert says nothing of a window that has ended, and nothing resolves it where the CA is gone.
async fn add_alerts(evidence: &dyn EvidenceStore, report: &mut FleetReport) {
    let windows = open_windows(evidence, report).await;
    let open: Vec<String> =
        windows.values().map(|of| keys::alerts(&of.ca, of.restorable_until)).collect();
    let mut alerts: BTreeMap<String, Finding> = BTreeMap::new();
    for key in keys_of(evidence, "alerts/", report).await {
        if !open.iter().any(|window| key.starts_with(window)) {
            continue;
        }
        let Some(stored) = read::<Stored>(evidence, &key, report).await else { continue };
        if stored.state == "resolved" || stored.finding.status == Status::Resolved {
            continue;
        }
        let window = key.rsplit_once('/').map_or("", |(window, _)| window).to_owned();
        let later = alerts.get(&window).is_none_or(|known| known.as_of < stored.finding.as_of);
        if later {
            alerts.insert(window, stored.finding);
        }
    }
    let alerts = alerts.into_values().map(|finding| OpenFinding { is_new: false, finding });
    report.findings.extend(alerts);
}

/// All inventories.
async fn inventories(evidence: &dyn EvidenceStore, report: &mut FleetReport) -> Vec<Inventory> {
    let mut all = Vec::new();
    for key in keys_of(evidence, keys::INVENTORIES, report).await {
        all.extend(read::<Inventory>(evidence, &key, report).await);
    }
    all
}

/// A CA as ACM PCA lists it.
pub(super) fn of_listed(ca: &Ca) -> CaReport {
    CaReport {
        arn: ca.arn.clone(),
        name: ca.common_name.clone(),
        ca_type: ca.ca_type.as_str().to_owned(),
        status: ca.status.as_str().to_owned(),
        key_algorithm: ca.key_algorithm.clone(),
        not_after: ca.not_after,
        last_state_change_at: ca.last_state_change_at,
        restorable_until: ca.restorable_until.filter(|_| ca.status == CaStatus::Deleted),
        crl: of_configuration(ca.crl.as_ref()),
        ocsp: Some(ca.ocsp_enabled),
        issuer: None,
        owner: None,
        certificates: None,
        traits: None,
    }
}

fn of_configuration(crl: Option<&CrlConfiguration>) -> Option<CrlReport> {
    let crl = crl.filter(|crl| crl.enabled)?;
    Some(CrlReport {
        bucket: crl.s3_bucket_name.clone(),
        this_update: None,
        expiration_in_days: crl.expiration_in_days,
    })
}

fn of_known(arn: &CaArn, known: &Known, window: Option<&Window>) -> CaReport {
    let window = window.filter(|_| known.status == CaStatus::Deleted);
    let is_root = known.identity.as_ref().is_some_and(|of| of.subject == of.issuer);
    CaReport {
        arn: arn.clone(),
        name: known.common_name.clone(),
        ca_type: if is_root { "ROOT" } else { "SUBORDINATE" }.to_owned(),
        status: known.status.as_str().to_owned(),
        key_algorithm: None,
        not_after: known.not_after,
        last_state_change_at: window.and_then(|of| of.deleted_at).or(known.disabled_since),
        restorable_until: window.map(|of| of.restorable_until),
        crl: None,
        ocsp: None,
        issuer: None,
        owner: None,
        certificates: None,
        traits: None,
    }
}

async fn keys_of(
    evidence: &dyn EvidenceStore,
    prefix: &str,
    report: &mut FleetReport,
) -> Vec<String> {
    evidence.list(prefix).await.unwrap_or_else(|error| {
        report.unchecked.push(Unchecked { what: prefix.to_owned(), why: chain(&error) });
        Vec::new()
    })
}

/// What cannot be read is named in the report.
async fn read<T: DeserializeOwned>(
    evidence: &dyn EvidenceStore,
    key: &str,
    report: &mut FleetReport,
) -> Option<T> {
    object(evidence, key).await.unwrap_or_else(|why| {
        report.unchecked.push(Unchecked { what: key.to_owned(), why });
        None
    })
}

async fn object<T: DeserializeOwned>(
    evidence: &dyn EvidenceStore,
    key: &str,
) -> Result<Option<T>, String> {
    let object = evidence.read(key).await.map_err(|error| chain(&error))?;
    let Some(object) = object else { return Ok(None) };
    serde_json::from_slice(&object.body).map(Some).map_err(|error| error.to_string())
}

/// A finding as the finding store and restore-deadline keep it.
#[derive(Deserialize)]
struct Stored {
    state: String,
    finding: Finding,
}

/// As much of a tracked restoration window as is shown.
#[derive(Deserialize)]
struct Window {
    ca: CaArn,
    #[serde(with = "crate::instant::text")]
    restorable_until: OffsetDateTime,
    #[serde(default, with = "crate::instant::text::option")]
    deleted_at: Option<OffsetDateTime>,
    #[serde(default)]
    ending: Option<serde_json::Value>,
}

/// As much of a snapshot as is shown.
#[derive(Deserialize)]
struct SnapshotRead {
    revocation: Revocation,
}

/// As much of crl-audit's state of a CA as is shown.
#[derive(Deserialize)]
struct AuditState {
    #[serde(default)]
    crl: CrlSeen,
    #[serde(default)]
    certificate_scan: Option<ScanSeen>,
}

#[derive(Deserialize)]
struct ScanSeen {
    #[serde(default)]
    traits: CertificateTraits,
}

#[derive(Default, Deserialize)]
struct CrlSeen {
    #[serde(default, with = "crate::instant::text::option")]
    this_update: Option<OffsetDateTime>,
}

/// As much of crl-audit's run report as is shown.
#[derive(Deserialize)]
struct AuditRun {
    #[serde(with = "crate::instant::text")]
    as_of: OffsetDateTime,
    #[serde(default)]
    unchecked: Vec<String>,
    judgements: Vec<JudgementRead>,
}

#[derive(Deserialize)]
struct JudgementRead {
    rule: String,
    resource: String,
    result: RuleStatus,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    findings: Vec<FindingRead>,
}

#[derive(Deserialize)]
struct FindingRead {
    severity: Severity,
}

impl JudgementRead {
    fn verdict(self) -> RuleResult {
        let severity = self.findings.iter().map(|of| of.severity).max();
        let Self { rule, resource, result, reason, .. } = self;
        RuleResult { rule, resource, result, reason, severity }
    }
}

#[cfg(test)]
mod tests;
