//! Reads a report that is ready and writes its summary, once.

use std::ops::ControlFlow;

use time::Duration;

use super::{
    Analysis, AuditReportError, JOB, Outcome, Ports, Settings, Superseded, findings,
    judging::Judging,
    newest,
    one_report::{OneReport, is_report_id},
    progress::Progress,
    request::note,
    retention, succeeding,
};
use crate::{
    arn::CaArn,
    audit_report::{
        Basis, Compared, Counter, Document, Ending, Format, Input, Newest, Record, SCHEMA, Summary,
    },
    evidence::keys,
    finding::Finding,
    jobs::finding_store::{FindingStore, Published},
    ports::{
        Address, Creation, Described, ObjectFacts, PortError, ReportRecord, ReportStatus, Rest,
    },
    service_event::{EventResult, ServiceEvent},
};

mod before;
mod put_down;

use before::comparable;

/// With less time left, a report is put down. A part of it, the findings and the summary fit into it.
const KEPT: Duration = Duration::seconds(60);

/// A larger report is read without an index of its unexpired certificates, and can be put down. A smaller
/// one takes seconds, and some 150 MiB at most.
pub const MAX_INDEXED_BYTES: u64 = if cfg!(test) { 4096 } else { 1024 * 1024 * 1024 };

/// What a document has beside its summary takes far less.
const FRAME: u64 = 64 * 1024;

pub(super) async fn on_event(
    event: &ServiceEvent,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AuditReportError> {
    let report = event.about.as_deref().filter(|id| is_report_id(id));
    let report = report.ok_or_else(|| AuditReportError::NoReport { event: event.id.clone() })?;
    let is_failed = matches!(event.result, EventResult::Failure { .. });
    let one = OneReport { ca: event.ca.clone(), report: report.to_owned() };
    run(&one, 0, is_failed, ports, settings).await
}

/// A report that an earlier invocation has put down, or whose event did not come.
pub(super) async fn continued(
    report: &OneReport,
    hop: u32,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AuditReportError> {
    if !is_report_id(&report.report) {
        return Err(AuditReportError::NoReport { event: report.report.clone() });
    }
    run(report, hop, false, ports, settings).await
}

async fn run(
    OneReport { ca, report }: &OneReport,
    hop: u32,
    is_failed: bool,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AuditReportError> {
    let described = match ports.authorities.describe(ca).await {
        Ok(described) => described,
        Err(PortError::NotFound { .. }) => {
            let reason = "there is no such CA any more".to_owned();
            return Ok(Outcome::Nothing { ca: ca.clone(), report: report.clone(), reason });
        }
        Err(error) => return Err(AuditReportError::Describe(error)),
    };
    let finding_store = &FindingStore {
        evidence: ports.evidence,
        bus: ports.bus,
        area: JOB,
        now: described.as_of,
        claim_expires_after: settings.claim_expires_after,
    };
    // The hourly run alone compares with the CAs of all Regions: it has just listed them.
    let authorities = Err("the CAs of all Regions are compared by the hourly run only".to_owned());
    let judging = Judging::begin(ports, finding_store, authorities).await?;
    let tags = judging.tags(&described.ca).await.ok();
    let max_validity_days = judging.max_validity_days(&described.ca, tags.as_ref());
    let succeeding = succeeding::cas(ports, ca, tags.as_ref()).await?;
    let (store, days) = (finding_store, max_validity_days);
    let job = ReportRun {
        ports,
        settings,
        ca,
        report,
        hop,
        finding_store: store,
        max_validity_days: days,
        succeeding,
    };
    if is_failed {
        return job.failed(&described).await;
    }
    let mut outcome = job.analyse(&described).await?;
    if let Outcome::Analysed(analysis) = &mut outcome {
        analysis.findings.add(judging.judge(&described.ca).await?.published);
    }
    Ok(outcome)
}

struct ReportRun<'a> {
    ports: &'a Ports<'a>,
    settings: &'a Settings,
    ca: &'a CaArn,
    report: &'a str,
    hop: u32,
    finding_store: &'a FindingStore<'a>,
    max_validity_days: Option<u32>,
    /// The CAs whose certificates can succeed those of this one.
    succeeding: Vec<CaArn>,
}

/// What a report was read into.
enum Reading {
    Whole(Box<Whole>),
    /// Another invocation goes on, or reads it already.
    PutDown(Box<Outcome>),
}

struct Whole {
    summary: Summary,
    input: Input,
    compared: Option<Compared>,
}

impl ReportRun<'_> {
    async fn failed(&self, described: &Described) -> Result<Outcome, AuditReportError> {
        let findings = self.announce(&[findings::failed(described, self.report)]).await?;
        self.settled().await?;
        Ok(Outcome::Failed { ca: self.ca.clone(), report: self.report.to_owned(), findings })
    }

    /// Publishes the findings, records the report as the newest, and then writes the summary. After a
    /// crash in between, the report is analysed again. The finding store prevents duplicates. The other
    /// order would lose findings.
    async fn analyse(&self, described: &Described) -> Result<Outcome, AuditReportError> {
        let key = keys::summary(self.ca, self.report);
        let summarised = self.ports.evidence.read(&key).await;
        if summarised.map_err(AuditReportError::EvidenceStore)?.is_some() {
            self.settled().await?;
            return Ok(self.duplicate(key));
        }
        let record = match self.record().await? {
            Ok(record) => record,
            Err(reason) => {
                self.settled().await?;
                return Ok(self.nothing(reason));
            }
        };
        match &record.status {
            ReportStatus::Success => {}
            ReportStatus::Failed => return self.failed(described).await,
            ReportStatus::Creating | ReportStatus::Unknown(_) => {
                return Err(AuditReportError::NotReady { report: self.report.to_owned() });
            }
        }
        let mut whole = match self.summarise(&record, described).await {
            Ok(Reading::Whole(whole)) => *whole,
            Ok(Reading::PutDown(outcome)) => return Ok(*outcome),
            Err(AuditReportError::NotAReport { place, error }) => {
                let finding = findings::not_a_report(described, self.report, &error);
                self.announce(&[finding]).await?;
                self.settled().await?;
                return Err(AuditReportError::NotAReport { place, error });
            }
            Err(error) => return Err(error),
        };
        whole.summary.shorten(keys::max_bytes(&key).saturating_sub(FRAME));
        let Whole { summary, compared, .. } = &whole;
        let (found, over) = findings::findings(described, self.report, summary, compared.as_ref());
        let published = self.publish(&found, &over).await?;
        let newest = Newest {
            report: self.report.to_owned(),
            bucket: record.bucket.clone(),
            key: record.key.clone(),
            created_at: summary.as_of,
        };
        let superseded = retention::supersede(self.ports, self.ca, &newest).await?;
        newest::note(self.ports.evidence, self.ca, &newest).await?;
        self.write(&record, described, whole, key, (published, superseded)).await
    }

    /// `Err` says why there is nothing to analyse.
    async fn record(&self) -> Result<Result<ReportRecord, String>, AuditReportError> {
        match self.ports.audit_reports.describe(self.ca, self.report).await {
            Ok(record) if record.bucket != self.settings.report_bucket => {
                Ok(Err(format!("the report is in another bucket, {}", record.bucket)))
            }
            Ok(record) => Ok(Ok(record)),
            Err(PortError::NotFound { .. }) => {
                Ok(Err("the service does not know this report any more".to_owned()))
            }
            Err(error) => Err(AuditReportError::DescribeReport(error)),
        }
    }

    async fn write(
        &self,
        record: &ReportRecord,
        described: &Described,
        whole: Whole,
        key: String,
        (findings, superseded): (Published, Option<Superseded>),
    ) -> Result<Outcome, AuditReportError> {
        let Whole { summary, input, compared } = whole;
        let analysis = Analysis {
            ca: self.ca.clone(),
            report: self.report.to_owned(),
            summary: key.clone(),
            issued: summary.issued,
            valid: summary.valid,
            revoked: summary.revoked,
            unreadable: summary.unreadable.count,
            as_of: summary.as_of,
            findings,
            superseded,
        };
        let document = Document {
            schema: SCHEMA.to_owned(),
            ca: self.ca.clone(),
            report: self.report.to_owned(),
            bucket: record.bucket.clone(),
            key: record.key.clone(),
            created_at: record.created_at,
            analysed_at: described.as_of,
            input,
            compared,
            summary,
        };
        let body = document.written().map_err(AuditReportError::Write)?;
        let created = self.ports.evidence.create(&key, body).await;
        let created = created.map_err(AuditReportError::EvidenceStore)?;
        self.settled().await?;
        Ok(match created {
            Creation::AlreadyExists => self.duplicate(key),
            Creation::Created(_) => Outcome::Analysed(Box::new(analysis)),
        })
    }

    async fn summarise(
        &self,
        record: &ReportRecord,
        described: &Described,
    ) -> Result<Reading, AuditReportError> {
        let place = || format!("s3://{}/{}", record.bucket, record.key);
        let format = Format::of_key(&record.key)
            .ok_or_else(|| AuditReportError::UnknownFormat { place: place() })?;
        let object = Address::new(&record.bucket, &record.key);
        let facts = self.ports.objects.stat(object).await.map_err(AuditReportError::Object)?;
        let facts = facts.ok_or_else(|| AuditReportError::Gone { place: place() })?;
        let limit = self.settings.max_report_bytes;
        if facts.size > limit {
            return Err(AuditReportError::TooLarge { place: place(), limit });
        }
        let basis = Basis {
            ca: Some(self.ca),
            ca_not_after: described.ca.not_after,
            as_of: record.created_at.unwrap_or(described.as_of),
        };
        let before = self.before(basis.as_of).await?;
        let (checkpoint, seen) = self.checkpoint(&facts).await?;
        let is_indexed = facts.size <= MAX_INDEXED_BYTES;
        let counter = || {
            let counter = Counter::new(basis).with_max_validity_days(self.max_validity_days);
            let counter = if is_indexed { counter.indexed() } else { counter };
            match &before {
                Ok(Some(before)) => {
                    counter.with_fingerprint_until(before.summary.fingerprint.until)
                }
                Ok(None) | Err(_) => counter,
            }
        };
        let mut progress =
            checkpoint.map_or_else(|| Progress::begin(format, counter()), Progress::resume);
        let mut is_put_down = false;
        let from = progress.from();
        let pace = self.ports.pace;
        let rest = {
            let mut sink = |piece: &[u8]| {
                if progress.push(piece, || is_indexed || pace.lasts(KEPT)) {
                    return ControlFlow::Continue(());
                }
                is_put_down = true;
                ControlFlow::Break(())
            };
            self.ports.objects.read_on(object, &facts, from, &mut sink).await
        };
        if rest.map_err(AuditReportError::Object)? == Rest::Changed {
            return Err(AuditReportError::Replaced { place: place() });
        }
        if is_put_down && progress.from() < facts.size {
            return self.put_down(&progress.checkpoint(&facts), seen).await;
        }
        let Progress { reader, mut counter, digests, .. } = progress;
        let ending = reader.finish(&mut |record: &Record<'_>| counter.add(record));
        let mut ending =
            ending.map_err(|error| AuditReportError::NotAReport { place: place(), error })?;
        check_bytes(&mut ending, &facts);
        if is_indexed {
            let within = (self.settings.report_bucket.as_str(), MAX_INDEXED_BYTES);
            for ca in &self.succeeding {
                succeeding::add(self.ports, within, ca, &mut counter).await?;
            }
        }
        let input = Input { bytes: ending.bytes, sha256: digests.finish() };
        let before = comparable(before, &mut counter);
        let summary = counter.finish(ending);
        let compared = before
            .map(|(before, now)| Compared::new(before.report, &before.summary, now, &summary));
        Ok(Reading::Whole(Box::new(Whole { summary, input, compared })))
    }

    /// The report is not expected any more.
    async fn settled(&self) -> Result<(), AuditReportError> {
        note(self.ports, self.ca, |state| state.settled(self.report)).await
    }

    async fn announce(&self, found: &[Finding]) -> Result<Published, AuditReportError> {
        self.finding_store.announce(found).await.map_err(AuditReportError::FindingStore)
    }

    async fn publish(
        &self,
        found: &[Finding],
        over: &[String],
    ) -> Result<Published, AuditReportError> {
        let mut published = self.announce(found).await?;
        let because = "a newer report does not show it any more";
        let resolved = self.finding_store.resolve(over, because).await;
        published.resolved = resolved.map_err(AuditReportError::FindingStore)?;
        Ok(published)
    }

    fn duplicate(&self, summary: String) -> Outcome {
        let (ca, report) = (self.ca.clone(), self.report.to_owned());
        Outcome::Duplicate { ca, report, summary }
    }

    fn nothing(&self, reason: String) -> Outcome {
        Outcome::Nothing { ca: self.ca.clone(), report: self.report.to_owned(), reason }
    }
}

/// All bytes of the object were read.
fn check_bytes(ending: &mut Ending, facts: &ObjectFacts) {
    if ending.bytes != facts.size {
        let why = format!("the object has {} bytes, and {} were read", facts.size, ending.bytes);
        ending.incomplete.push(why);
    }
}
