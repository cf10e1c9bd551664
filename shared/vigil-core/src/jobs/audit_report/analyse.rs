//! Reads a report that is ready and writes its summary, once.

use std::ops::ControlFlow;

use super::{Analysis, AuditReportError, Outcome, Ports, Settings, findings, newest};
use crate::{
    arn::CaArn,
    audit_report::{Format, Newest, Record, ReportReader, Summary},
    evidence::keys,
    finding::Finding,
    jobs::finding_store::{FindingStore, Published},
    ports::{Address, Creation, Delivery, Described, PortError, ReportRecord, ReportStatus},
    service_event::{EventResult, ServiceEvent},
};

pub(super) async fn run(
    event: &ServiceEvent,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AuditReportError> {
    let ca = &event.ca;
    let report = event.about.as_deref().filter(|id| is_report_id(id));
    let report = report.ok_or_else(|| AuditReportError::NoReport { event: event.id.clone() })?;
    let described = match ports.authorities.describe(ca).await {
        Ok(described) => described,
        Err(PortError::NotFound { .. }) => {
            let reason = "there is no such CA any more".to_owned();
            return Ok(Outcome::Nothing { ca: ca.clone(), report: report.to_owned(), reason });
        }
        Err(error) => return Err(AuditReportError::Describe(error)),
    };
    let job = ReportRun {
        ports,
        settings,
        ca,
        report,
        finding_store: FindingStore {
            evidence: ports.evidence,
            bus: ports.bus,
            area: "audit-report",
            now: described.as_of,
            claim_expires_after: settings.claim_expires_after,
        },
    };
    match event.result {
        EventResult::Failure { .. } => job.failed(&described).await,
        EventResult::Success => job.analyse(&described).await,
    }
}

/// An audit report's id is a UUID. It becomes part of a key, so nothing else may.
fn is_report_id(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

struct ReportRun<'a> {
    ports: &'a Ports<'a>,
    settings: &'a Settings,
    ca: &'a CaArn,
    report: &'a str,
    finding_store: FindingStore<'a>,
}

impl ReportRun<'_> {
    async fn failed(&self, described: &Described) -> Result<Outcome, AuditReportError> {
        let finding = findings::failed(described, self.report);
        let published = self
            .finding_store
            .announce(&[finding])
            .await
            .map_err(AuditReportError::FindingStore)?;
        let (ca, report) = (self.ca.clone(), self.report.to_owned());
        Ok(Outcome::Failed { ca, report, findings: published })
    }

    /// Publishes the findings, records the report as the newest, and then writes the summary. After a
    /// crash in between, the report is analysed again. The finding store prevents duplicates. The other
    /// order would lose findings.
    async fn analyse(&self, described: &Described) -> Result<Outcome, AuditReportError> {
        let key = keys::summary(self.ca, self.report);
        let summarised =
            self.ports.evidence.read(&key).await.map_err(AuditReportError::EvidenceStore)?;
        if summarised.is_some() {
            return Ok(self.duplicate(key));
        }
        let record = self.ports.audit_reports.describe(self.ca, self.report).await;
        let record = match record {
            Ok(record) => record,
            Err(PortError::NotFound { .. }) => {
                let reason = "the service does not know this report any more".to_owned();
                return Ok(self.nothing(reason));
            }
            Err(error) => return Err(AuditReportError::DescribeReport(error)),
        };
        match &record.status {
            ReportStatus::Success => {}
            ReportStatus::Failed => return self.failed(described).await,
            ReportStatus::Creating | ReportStatus::Unknown(_) => {
                return Err(AuditReportError::NotReady { report: self.report.to_owned() });
            }
        }
        let summary = self.summarise(&record, described).await?;
        let (found, over) = findings::findings(described, self.report, &summary);
        let published = self.publish(&found, &over).await?;
        let newest = Newest {
            report: self.report.to_owned(),
            bucket: record.bucket.clone(),
            key: record.key.clone(),
            created_at: record.created_at.unwrap_or(described.as_of),
        };
        newest::note(self.ports.evidence, self.ca, &newest).await?;
        let body =
            serde_json::to_vec_pretty(&findings::document(self.ca, self.report, &record, &summary))
                .map_err(AuditReportError::Write)?;
        match self
            .ports
            .evidence
            .create(&key, body)
            .await
            .map_err(AuditReportError::EvidenceStore)?
        {
            Creation::AlreadyExists => Ok(self.duplicate(key)),
            Creation::Created(_) => Ok(Outcome::Analysed(Box::new(Analysis {
                ca: self.ca.clone(),
                report: self.report.to_owned(),
                summary: key,
                issued: summary.issued,
                valid: summary.valid,
                revoked: summary.revoked,
                unreadable: summary.unreadable.count,
                findings: published,
            }))),
        }
    }

    async fn summarise(
        &self,
        record: &ReportRecord,
        described: &Described,
    ) -> Result<Summary, AuditReportError> {
        let place = || format!("s3://{}/{}", record.bucket, record.key);
        let format = Format::of_key(&record.key)
            .ok_or_else(|| AuditReportError::UnknownFormat { place: place() })?;
        let mut summary = Summary::new(described.as_of, described.ca.not_after);
        let mut reader = ReportReader::new(format);
        let mut unreadable = None;
        let delivery = {
            let mut sink = |piece: &[u8]| match reader
                .push(piece, &mut |record: &Record<'_>| summary.add(record))
            {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    unreadable = Some(error);
                    ControlFlow::Break(())
                }
            };
            let limit = self.settings.max_report_bytes;
            self.ports
                .objects
                .read(Address::new(&record.bucket, &record.key), limit, &mut sink)
                .await
        };
        let delivery = delivery.map_err(AuditReportError::Object)?;
        let not_a_report = |error| AuditReportError::NotAReport { place: place(), error };
        if let Some(error) = unreadable {
            return Err(not_a_report(error));
        }
        match delivery {
            Delivery::Absent => return Err(AuditReportError::Gone { place: place() }),
            Delivery::TooLarge => {
                let limit = self.settings.max_report_bytes;
                return Err(AuditReportError::TooLarge { place: place(), limit });
            }
            Delivery::Delivered(_) => {}
        }
        let bad =
            reader.finish(&mut |record: &Record<'_>| summary.add(record)).map_err(not_a_report)?;
        summary.unreadable = bad;
        Ok(summary)
    }

    async fn publish(
        &self,
        found: &[Finding],
        over: &[String],
    ) -> Result<Published, AuditReportError> {
        let mut published =
            self.finding_store.announce(found).await.map_err(AuditReportError::FindingStore)?;
        let because = "a newer report does not show it any more";
        published.resolved = self
            .finding_store
            .resolve(over, because)
            .await
            .map_err(AuditReportError::FindingStore)?;
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
