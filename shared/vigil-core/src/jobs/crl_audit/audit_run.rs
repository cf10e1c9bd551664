//! One run's work: every CA and every bucket is a work item, and what is not begun in time is
//! continued later.

use futures::FutureExt as _;
use time::{Duration, OffsetDateTime};

use super::{
    AT_ONCE, BUCKETS_AT_ONCE, CheckError, CheckFailure, CrlAuditError, Outcome, Ports, Published,
    Scope, Settings, Skip, Trigger, audit_state::AuditState, certificate_scan, certificates,
    gather, report::Report, settle, work_items,
};
use crate::{
    ca::Ca,
    jobs::{finding_store::FindingStore, in_order::in_order, isolated::isolated},
    ports::Continuation,
    rules::RuleJudgement,
};

mod bucket;
mod ca;
mod checked;
mod closing;
mod partitions;

use checked::{Checked, Sum};

pub(super) struct AuditRun<'a> {
    pub(super) ports: &'a Ports<'a>,
    pub(super) settings: &'a Settings,
    pub(super) finding_store: FindingStore<'a>,
    pub(super) trigger: &'a Trigger,
    pub(super) now: OffsetDateTime,
}
/// A run that always continues in another one would never end.
const MAX_HOPS: u32 = 50;

type Scopes<'a> = [(&'a Ca, Result<Scope, Skip>)];

impl AuditRun<'_> {
    pub(super) async fn run(
        &self,
        scopes: &Scopes<'_>,
        report: Report,
    ) -> Result<Outcome, CrlAuditError> {
        let (failures, plans) = (Vec::new(), Vec::new());
        let mut sum = Sum { report, failures, plans, has_put_down: false };
        match self.all_turns(scopes, &mut sum).await {
            None => self.close_what_is_no_longer_audited(scopes, &mut sum).await,
            Some(left) => match self.continue_later(&left, &sum).await {
                Ok(()) => sum.report.continued_from = Some(left),
                Err(step) => sum.failures.push(CheckFailure { resource: left, step }),
            },
        }
        let Sum { mut report, mut failures, plans, .. } = sum;
        // Who waits for the rest has it by now.
        if self.trigger.is_of_all() {
            report.certificates =
                certificate_scan::scan(self.ports, plans, self.now, &mut failures).await;
        }
        report.unchecked = failures.iter().map(ToString::to_string).collect();
        let written = report.write(self.ports.evidence).await;
        let audit = Box::new(report.audit());
        if let Err(step) = written {
            failures.push(CheckFailure { resource: "the report".to_owned(), step });
        }
        if failures.is_empty() {
            Ok(Outcome::Audited(audit))
        } else {
            Err(CrlAuditError::Incomplete { audit, failures })
        }
    }

    /// The first resource that had no turn, if there is one.
    async fn all_turns(&self, scopes: &Scopes<'_>, sum: &mut Sum) -> Option<String> {
        let mut work_items = work_items::of(self.ports, scopes, self.trigger).await;
        let arns: Vec<String> =
            work_items.iter().map(|work_item| work_item.ca.arn.to_string()).collect();
        let ready = certificates::fetch(self.ports, &mut work_items).await;
        let audits = work_items.into_iter().take(ready).map(|work_item| {
            let resource = work_item.ca.arn.to_string();
            self.in_time(resource, self.audit(work_item, scopes))
        });
        let done = in_order(AT_ONCE, audits).await;
        let begun = sum.add(done);
        if begun < arns.len() {
            return Some(arns[begun].clone());
        }
        let buckets = gather::bucket_users(scopes, self.trigger);
        let arns: Vec<String> = buckets.keys().map(|name| format!("arn:aws:s3:::{name}")).collect();
        let (block, unknown) = gather::account::block(self.ports, &buckets).await;
        sum.failures.extend(unknown);
        let audits = buckets.into_iter();
        let audits = audits.map(|bucket| {
            let resource = format!("arn:aws:s3:::{}", bucket.0);
            self.in_time(resource, self.audit_bucket(bucket, &block, scopes))
        });
        let done = in_order(BUCKETS_AT_ONCE, audits).await;
        arns.into_iter().nth(sum.add(done))
    }

    /// Begins it only while there is time. A panic is this resource's alone.
    async fn in_time(
        &self,
        resource: String,
        work: impl Future<Output = Checked>,
    ) -> Option<Checked> {
        if self.trigger.is_of_all() && !self.ports.pace.lasts(certificate_scan::KEPT) {
            return None;
        }
        self.ports.pace.pause(Duration::ZERO).await.ok()?;
        let checked = isolated(work.map(Ok)).await;
        Some(checked.unwrap_or_else(|step| Checked::failed(&resource, step)))
    }

    async fn settle(
        &self,
        resource: &str,
        key: &str,
        judgements: Vec<RuleJudgement>,
        failures: Vec<CheckError>,
        learn: impl Fn(&mut AuditState),
    ) -> Checked {
        let failed = |step| CheckFailure { resource: resource.to_owned(), step };
        let mut failures: Vec<_> = failures.into_iter().map(failed).collect();
        let published =
            settle::settle(&self.finding_store, resource, key, &judgements, learn).await;
        let published = published.unwrap_or_else(|step| {
            failures.push(failed(step));
            Published::default()
        });
        Checked { judgements, published, failures, ..Checked::default() }
    }

    /// The next run begins with the first that had no turn; a run in which no CA had one is not
    /// continued.
    async fn continue_later(&self, left: &str, sum: &Sum) -> Result<(), CheckError> {
        let hop = match self.trigger {
            Trigger::Continuation(continuation) => continuation.hop + 1,
            _ => 1,
        };
        let has_done_nothing = sum.report.judgements.is_empty() && !sum.has_put_down;
        if has_done_nothing || hop > MAX_HOPS {
            return Err(CheckError::NoTime);
        }
        let continuation = Continuation { job: "crl-audit".to_owned(), from: left.to_owned(), hop };
        self.ports.bus.continue_later(&continuation).await.map_err(CheckError::HandOn)
    }
}
