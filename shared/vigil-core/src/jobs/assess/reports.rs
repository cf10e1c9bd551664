//! Finds, or requests, the audit report of each CA, and has audit-report's job summarise it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::Duration;

use super::{CLAIM_EXPIRES, Region, audit_report, in_bucket::InBucket, not_judged::not_judged};
use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    failure::chain,
    fleet::{FleetReport, Unchecked},
    instant::rfc3339,
    jobs::in_order::in_order,
    ports::{PortError, ReportStatus, TimeIsUp},
};

/// How many CAs are handled at once. DescribeCertificateAuthorityAuditReport may be called 20 times
/// a second.
const AT_ONCE: usize = 4;

/// Between two questions whether a requested report is there.
const POLL: Duration = Duration::seconds(5);
/// For how long that is asked: reports of millions of certificates take minutes.
const MAX_POLLS: usize = 120;

impl Region<'_> {
    pub(super) async fn analyse_reports(&self, report: &mut FleetReport) {
        let requested = match &self.settings.request_reports {
            None => Vec::new(),
            Some(bucket) => self.request(bucket, report).await,
        };
        let of_cas = self.cas.iter().filter(|ca| is_reported(ca));
        let work = of_cas.map(async |ca| {
            let ready = requested.iter().find(|(of, _)| *of == ca.arn);
            match ready {
                Some((_, id)) => self.analyse_requested(&ca.arn, id).await,
                None => self.analyse_newest(ca).await,
            }
        });
        for unchecked in in_order(AT_ONCE, work).await {
            report.unchecked.extend(unchecked);
        }
    }

    /// Puts the rules to each CA and its newest report.
    pub(super) async fn judge_reports(&self, report: &mut FleetReport) {
        let of = audit_report::Assessed {
            cas: self.cas,
            authorities: self.authorities,
            now: self.now,
            claim_expires_after: CLAIM_EXPIRES,
        };
        match audit_report::judge(&self.audit_report_ports(), &of).await {
            Ok((verdicts, unjudged)) => {
                let reported = self.cas.iter().filter(|ca| is_reported(ca));
                let reported = reported.map(|ca| ca.arn.as_str()).collect();
                report.unchecked.extend(not_judged(&reported, &verdicts));
                report.verdicts.extend(verdicts);
                report.unchecked.extend(unjudged.into_iter().map(Unchecked::from));
            }
            Err(error) => self.failed("audit reports", &error, report),
        }
    }

    /// The ids of the reports that were requested.
    async fn request(&self, bucket: &str, report: &mut FleetReport) -> Vec<(CaArn, String)> {
        (self.progress)("requesting audit reports");
        let settings = self.audit_report_settings(bucket);
        let answer = audit_report::run(&json!({}), &self.audit_report_ports(), &settings).await;
        let (requests, failures) = match answer {
            Ok(audit_report::Outcome::Requested(requests)) => (requests, Vec::new()),
            Ok(_) => return Vec::new(),
            Err(audit_report::AuditReportError::Incomplete { requests, failures }) => {
                (*requests, failures)
            }
            Err(error) => {
                self.failed("audit reports", &error, report);
                return Vec::new();
            }
        };
        let mut left: BTreeSet<CaArn> =
            self.cas.iter().filter(|ca| is_reported(ca)).map(|ca| ca.arn.clone()).collect();
        let mut made = Vec::new();
        for audit_report::RequestedReport { ca, result } in requests.requests {
            let is_reported = left.remove(&ca);
            match result {
                audit_report::RequestResult::Requested { report, .. } => made.push((ca, report)),
                audit_report::RequestResult::Skipped { reason } if is_reported => {
                    report.unchecked.push(of_report(&ca, reason));
                }
                audit_report::RequestResult::Skipped { .. } => {}
            }
        }
        for failure in failures {
            if let Some(ca) = &failure.ca {
                left.remove(ca);
            }
            report.unchecked.push(failure.into());
        }
        report.unchecked.extend(left.iter().map(|ca| of_report(ca, NOT_DUE.to_owned())));
        made
    }

    async fn analyse_requested(&self, ca: &CaArn, report: &str) -> Vec<Unchecked> {
        let failed = |why: String| vec![of_report(ca, why)];
        for _ in 0..MAX_POLLS {
            match self.ports.audit_reports.describe(ca, report).await {
                Ok(record) if record.status == ReportStatus::Creating => {}
                // Its failure is a finding of the job's.
                Ok(record) => {
                    let ports = self.audit_report_ports();
                    return self.analyse((ca, report), &record.bucket, &ports).await;
                }
                Err(error) => return failed(chain(&error)),
            }
            if let Err(TimeIsUp) = self.ports.pace.pause(POLL).await {
                break;
            }
        }
        failed(format!("report {report} was requested and is still being made"))
    }

    /// The newest that lies in one of the buckets, if any does.
    async fn analyse_newest(&self, ca: &Ca) -> Vec<Unchecked> {
        let mut unchecked = Vec::new();
        let mut newest = None;
        let prefix = format!("audit-report/{}/", ca.arn.id());
        for bucket in self.report_buckets(ca) {
            match self.ports.report_files.newest(&bucket, &prefix).await {
                Ok(Some((key, at))) if newest.as_ref().is_none_or(|(_, of, _)| *of < at) => {
                    newest = Some((key, at, bucket));
                }
                Ok(_) => {}
                // A CRL bucket that is gone or closed is crl-audit's to find.
                Err(PortError::NotFound { .. } | PortError::Denied { .. })
                    if !self.settings.report_buckets.contains(&bucket) => {}
                Err(error) => {
                    let what = format!("audit reports of {} in {bucket}", ca.arn);
                    unchecked.push(Unchecked { what, why: chain(&error) });
                }
            }
        }
        if let Some((key, last_modified, bucket)) = &newest
            && let Some(id) = report_id(key)
        {
            let audit_reports = &InBucket {
                audit_reports: self.ports.audit_reports,
                bucket,
                key,
                last_modified: *last_modified,
            };
            let ports = audit_report::Ports { audit_reports, ..self.audit_report_ports() };
            unchecked.extend(self.analyse((&ca.arn, id), bucket, &ports).await);
        }
        unchecked
    }

    fn report_buckets(&self, ca: &Ca) -> BTreeSet<String> {
        let mut buckets: BTreeSet<String> = self.settings.report_buckets.iter().cloned().collect();
        buckets.extend(self.settings.request_reports.clone());
        buckets.extend(ca.crl.as_ref().and_then(|crl| crl.s3_bucket_name.clone()));
        buckets
    }

    /// Runs the job on the event that ACM PCA sent when the report was ready.
    async fn analyse(
        &self,
        (ca, report): (&CaArn, &str),
        bucket: &str,
        ports: &audit_report::Ports<'_>,
    ) -> Vec<Unchecked> {
        let settings = self.audit_report_settings(bucket);
        let event = self.ready(ca, report);
        let why = match audit_report::run(&event, ports, &settings).await {
            Ok(audit_report::Outcome::Nothing { reason, .. }) => reason,
            Ok(_) => return Vec::new(),
            Err(error) => chain(&error),
        };
        vec![Unchecked { what: format!("audit report {report} of {ca}"), why }]
    }

    fn ready(&self, ca: &CaArn, report: &str) -> Value {
        json!({
            "version": "0", "id": format!("assess-{report}"), "source": "aws.acm-pca",
            "detail-type": "ACM Private CA Audit Report Generation",
            "account": ca.account(), "region": ca.region(), "time": rfc3339(self.now),
            "resources": [ca.as_str(), report],
            "detail": {"result": "success"},
        })
    }

    fn audit_report_settings(&self, bucket: &str) -> audit_report::Settings {
        audit_report::Settings {
            report_bucket: bucket.to_owned(),
            max_report_bytes: audit_report::MAX_REPORT_BYTES,
            stale: STALE,
            judges: false,
            claim_expires_after: CLAIM_EXPIRES,
        }
    }
}

/// A day of the job begins with its first request.
const NOT_DUE: &str = "a report was requested less than a day ago, so none is now";

fn of_report(ca: &CaArn, why: String) -> Unchecked {
    Unchecked { what: format!("audit report of {ca}"), why }
}

/// The default of audit-report.
const STALE: audit_report::StaleAfter =
    audit_report::StaleAfter { old: Duration::hours(36), very_old: Duration::hours(72) };

/// Audit reports are made of ACTIVE and DISABLED CAs.
fn is_reported(ca: &Ca) -> bool {
    matches!(ca.status, CaStatus::Active | CaStatus::Disabled)
}

/// `audit-report/<CA id>/<report id>.json` (User Guide, "Use audit reports with your private CA").
fn report_id(key: &str) -> Option<&str> {
    let (id, _) = key.rsplit('/').next()?.rsplit_once('.')?;
    Some(id).filter(|id| !id.is_empty())
}
