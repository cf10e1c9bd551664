//! The hourly run: requests the reports that are due, and finds those whose event did not come.

use time::{Duration, OffsetDateTime};

use super::{
    AuditReportError, JOB, MAX_HOPS, Outcome, Ports, RequestFailure, RequestResult,
    RequestedReport, Requests, Settings,
    due::{Candidate, can_have_report, candidates},
    findings, judge_all,
    judging::Judged,
    newest,
    one_report::{OneReport, is_report_id},
    publish,
    refusals::{self, Learnt},
    request::{Answer, INTERVAL, note, request},
    request_state::{Pending, RequestState},
    staleness,
    turns::in_turn,
};
use crate::{
    arn::CaArn,
    ca::Ca,
    failure::chain,
    jobs::finding_store::{FindingStore, Published},
    ports::{Continuation, Listing, PortError, ReportStatus},
};

/// So long a report's event has the first turn.
const SETTLE: Duration = Duration::minutes(10);
/// So long after it was started again, an invocation may still summarise a report.
const RESTART: Duration = Duration::hours(2);
/// A report that is not finished by then is a finding.
const UNFINISHED_AFTER: Duration = Duration::hours(6);
/// So often an invocation is started for one report.
const MAX_STARTS: u32 = 5;
/// What is learnt of so many CAs is settled before the next are asked, in case that the invocation dies.
const SETTLE_AFTER: usize = 25;

struct Sweep<'a> {
    ports: &'a Ports<'a>,
    settings: &'a Settings,
    finding_store: FindingStore<'a>,
    can_have: Vec<Ca>,
    now: OffsetDateTime,
    hop: u32,
    learnt: Learnt,
    requests: Requests,
    failures: Vec<RequestFailure>,
}

pub(super) async fn run(
    ports: &Ports<'_>,
    settings: &Settings,
    hop: u32,
) -> Result<Outcome, AuditReportError> {
    let listing = ports.authorities.list().await.map_err(AuditReportError::List)?;
    let now = listing.as_of;
    let can_have = listing.cas.iter().filter(|ca| can_have_report(ca));
    let sweep = Sweep {
        ports,
        settings,
        finding_store: FindingStore {
            evidence: ports.evidence,
            bus: ports.bus,
            area: JOB,
            now,
            claim_expires_after: settings.claim_expires_after,
        },
        can_have: can_have.cloned().collect(),
        now,
        hop,
        learnt: Learnt::default(),
        requests: Requests::new(now, listing.cas.len()),
        failures: Vec::new(),
    };
    sweep.run(&listing).await
}

impl Sweep<'_> {
    async fn run(mut self, listing: &Listing) -> Result<Outcome, AuditReportError> {
        let candidates = candidates(self.ports, listing).await;
        for ca in listing.cas.iter().filter(|ca| !can_have_report(ca)) {
            let reason =
                format!("it is {}: reports are made of ACTIVE and DISABLED CAs", ca.status);
            self.result(&ca.arn, RequestResult::Skipped { reason });
        }
        let left = self.request_all(&candidates).await;
        self.settle().await;
        if let Some(left) = left {
            self.continue_later(&left).await;
        }
        // Where requests took all the time, the next invocation has some for this.
        let mut followed: Vec<&Candidate<'_>> = candidates.iter().collect();
        followed.sort_by(|a, b| a.ca.arn.cmp(&b.ca.arn));
        for candidate in in_turn(followed, self.now) {
            if self.ports.pace.lasts(Duration::SECOND) {
                self.follow_up(candidate).await;
            }
        }
        let others: Vec<&Ca> = listing.cas.iter().filter(|ca| !can_have_report(ca)).collect();
        for ca in in_turn(others, self.now) {
            if self.ports.pace.lasts(Duration::SECOND) {
                self.end_of(ca).await;
            }
        }
        // The last invocation of a run judges all CAs, and writes the report of the fleet.
        if self.requests.continued_from.is_none() && self.settings.judges {
            let judged = self.judge_all(listing).await;
            self.publish(listing, judged).await;
        }
        if self.failures.is_empty() {
            Ok(Outcome::Requested(self.requests))
        } else {
            let (requests, failures) = (Box::new(self.requests), self.failures);
            Err(AuditReportError::Incomplete { requests, failures })
        }
    }

    /// The first CA that there was no time for.
    async fn request_all(&mut self, candidates: &[Candidate<'_>]) -> Option<CaArn> {
        let mut pace = Duration::ZERO;
        for Candidate { ca, state } in candidates {
            match state {
                Ok(state) if !state.is_due(self.now) => {
                    self.requests.not_due += 1;
                    continue;
                }
                Ok(_) => {}
                Err(error) => {
                    self.failed(&ca.arn, chain(error));
                    continue;
                }
            }
            match request(self.ports, self.settings, &ca.arn, self.now, pace).await {
                Answer::Done(result) => {
                    // Also where another one is being made: ACM PCA does not refuse them.
                    self.learnt.accepted(&ca.arn);
                    self.result(&ca.arn, result);
                }
                Answer::Refused { cause, error } => {
                    self.learnt.refused(&ca.arn, cause, &error);
                    self.failed(&ca.arn, error);
                }
                Answer::Failed(reason) => self.failed(&ca.arn, reason),
                Answer::NoTime => return Some(ca.arn.clone()),
            }
            pace = INTERVAL;
            if self.learnt.len() > 0 && self.learnt.len().is_multiple_of(SETTLE_AFTER) {
                self.settle().await;
            }
        }
        None
    }

    /// Publishes what was learnt of refusals.
    async fn settle(&mut self) {
        let Self { ports, settings, finding_store, learnt, can_have, now, .. } = self;
        match refusals::settle(ports, settings, finding_store, learnt, can_have, *now).await {
            Ok(published) => self.requests.findings.add(published),
            Err(error) => self.failures.push(RequestFailure { ca: None, reason: chain(&error) }),
        }
    }

    /// Looks after the reports that were requested before.
    async fn follow_up(&mut self, Candidate { ca, state }: &Candidate<'_>) {
        let Ok(state) = state else { return };
        if let Err(error) = self.find_unanswered(ca, state).await {
            self.failed(&ca.arn, chain(&error));
        }
        let mut is_creating = false;
        for pending in &state.pending {
            match self.check(ca, pending).await {
                Ok(creating) => is_creating |= creating,
                Err(error) => self.failed(&ca.arn, chain(&error)),
            }
        }
        if let Err(error) = self.judge(ca, state, is_creating).await {
            self.failed(&ca.arn, chain(&error));
        }
    }

    /// A request whose answer is not on record may have made a report all the same: then its object is
    /// in the bucket.
    async fn find_unanswered(&self, ca: &Ca, state: &RequestState) -> Result<(), AuditReportError> {
        let until = (self.now - SETTLE).unix_timestamp();
        let attempts: Vec<i64> = state.unanswered.range(..=until).copied().collect();
        if attempts.is_empty() {
            return Ok(());
        }
        let prefix = format!("audit-report/{}/", ca.arn.id());
        let objects = self.ports.objects.list(&self.settings.report_bucket, &prefix, MAX_LISTED);
        let objects = objects.await.map_err(AuditReportError::Object)?;
        let summaries = self.ports.evidence.list(&format!("summaries/{}/", ca.arn.id())).await;
        let summaries = summaries.map_err(AuditReportError::EvidenceStore)?;
        let name = |key: &str| {
            let name = key.rsplit('/').next().unwrap_or_default();
            name.split('.').next().unwrap_or_default().to_owned()
        };
        let known: Vec<String> = summaries.iter().map(|key| name(key)).collect();
        let lost: Vec<String> = objects
            .iter()
            .map(|key| name(key))
            .filter(|id| is_report_id(id) && !known.contains(id))
            .collect();
        note(self.ports, &ca.arn, |state| {
            state.unanswered.retain(|attempt| !attempts.contains(attempt));
            // Its event had an hour.
            lost.iter().for_each(|report| state.expect(report, self.now - SETTLE));
        })
        .await
    }

    /// Whether it has been CREATING for too long.
    async fn check(&mut self, ca: &Ca, pending: &Pending) -> Result<bool, AuditReportError> {
        let age = self.now - pending.asked_at;
        if age < SETTLE {
            return Ok(false);
        }
        let described = self.ports.audit_reports.describe(&ca.arn, &pending.report).await;
        let status = match described {
            Ok(record) => record.status,
            Err(PortError::NotFound { .. }) => {
                note(self.ports, &ca.arn, |state| state.settled(&pending.report)).await?;
                return Ok(false);
            }
            Err(error) => return Err(AuditReportError::DescribeReport(error)),
        };
        match status {
            ReportStatus::Creating | ReportStatus::Unknown(_) if age < UNFINISHED_AFTER => {
                Ok(false)
            }
            ReportStatus::Creating | ReportStatus::Unknown(_) => {
                let finding = findings::unfinished(ca, pending, self.now);
                self.announce(&[finding]).await?;
                Ok(true)
            }
            ReportStatus::Success | ReportStatus::Failed => {
                self.start(ca, pending).await?;
                Ok(false)
            }
        }
    }

    /// Starts an invocation of its own for a report: what one of them cannot read hides no other.
    async fn start(&mut self, ca: &Ca, pending: &Pending) -> Result<(), AuditReportError> {
        if pending.started_at.is_some_and(|at| self.now - at < RESTART) {
            return Ok(());
        }
        if pending.starts >= MAX_STARTS {
            // Its invocations have failed, with an alarm for each. The next report is on its way.
            return note(self.ports, &ca.arn, |state| state.settled(&pending.report)).await;
        }
        let rest = OneReport::continuation(&ca.arn, &pending.report, 0);
        self.ports.bus.continue_later(&rest).await.map_err(AuditReportError::Continue)?;
        self.requests.started.push(pending.report.clone());
        let now = self.now;
        note(self.ports, &ca.arn, |state| {
            if let Some(one) = state.pending.iter_mut().find(|one| one.report == pending.report) {
                one.started_at = Some(now);
                one.starts += 1;
            }
        })
        .await
    }

    /// Publishes that the newest report is old, or that it is not any more.
    async fn judge(
        &mut self,
        ca: &Ca,
        state: &RequestState,
        is_creating: bool,
    ) -> Result<(), AuditReportError> {
        let newest = newest::of(self.ports.evidence, &ca.arn).await?;
        let since = state.since.unwrap_or(self.now);
        let stale = staleness::judge(ca, newest.as_ref(), since, self.now, self.settings.stale);
        let mut over = Vec::new();
        match stale {
            Some(finding) => self.announce(&[finding]).await?,
            None => over.push(staleness::id(ca)),
        }
        if !is_creating {
            over.push(findings::unfinished_id(ca));
        }
        self.resolve(&over, "a newer report is there").await
    }

    /// Of a CA that can have no reports, nothing is expected.
    async fn end_of(&mut self, ca: &Ca) {
        let ids = [staleness::id(ca), findings::unfinished_id(ca)];
        let because = "ACM PCA makes no reports of the CA in its present state";
        if let Err(error) = self.resolve(&ids, because).await {
            self.failed(&ca.arn, chain(&error));
        }
    }

    async fn judge_all(&mut self, listing: &Listing) -> Judged {
        let failed = |error: &AuditReportError| RequestFailure { ca: None, reason: chain(error) };
        let authorities = match judge_all::authorities(self.ports, &listing.cas).await {
            Ok(authorities) => Ok(authorities),
            Err(error) => {
                self.failures.push(failed(&error));
                Err(chain(&error))
            }
        };
        let all = judge_all::all(self.ports, &self.finding_store, &listing.cas, authorities).await;
        match all {
            Ok((mut judged, failures)) => {
                self.failures.extend(failures);
                self.requests.findings.add(std::mem::take(&mut judged.published));
                judged
            }
            Err(error) => {
                self.failures.push(failed(&error));
                Judged { unjudged: vec![failed(&error)], ..Judged::default() }
            }
        }
    }

    async fn publish(&mut self, listing: &Listing, judged: Judged) {
        match publish::fleet_report(self.ports, listing, judged).await {
            Ok(folder) => self.requests.fleet_report = folder,
            Err(error) => self.failures.push(RequestFailure { ca: None, reason: chain(&error) }),
        }
    }

    async fn announce(
        &mut self,
        found: &[crate::finding::Finding],
    ) -> Result<(), AuditReportError> {
        let published = self.finding_store.announce(found).await;
        self.requests.findings.add(published.map_err(AuditReportError::FindingStore)?);
        Ok(())
    }

    async fn resolve(&mut self, ids: &[String], because: &str) -> Result<(), AuditReportError> {
        let resolved = self.finding_store.resolve(ids, because).await;
        let resolved = resolved.map_err(AuditReportError::FindingStore)?;
        self.requests.findings.add(Published { resolved, ..Published::default() });
        Ok(())
    }

    /// The next invocation begins with the first CA that had no turn.
    async fn continue_later(&mut self, left: &CaArn) {
        let rest = Continuation { job: JOB.to_owned(), from: left.to_string(), hop: self.hop + 1 };
        let is_progress = !self.requests.requests.is_empty() || !self.failures.is_empty();
        if !is_progress || rest.hop > MAX_HOPS {
            return self.failed(left, "no time was left to ask for it".to_owned());
        }
        match self.ports.bus.continue_later(&rest).await {
            Ok(()) => self.requests.continued_from = Some(left.clone()),
            Err(error) => self.failed(left, chain(&error)),
        }
    }

    fn result(&mut self, ca: &CaArn, result: RequestResult) {
        self.requests.requests.push(RequestedReport { ca: ca.clone(), result });
    }

    fn failed(&mut self, ca: &CaArn, reason: String) {
        self.failures.push(RequestFailure { ca: Some(ca.clone()), reason });
    }
}

/// Reports that may lie in the bucket of one CA: those of 90 days, and some more.
const MAX_LISTED: usize = 500;
