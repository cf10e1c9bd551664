//! A report that takes more than one invocation: how far it was read, and the event that goes on.

use super::{Reading, ReportRun};
use crate::{
    evidence::keys,
    jobs::{
        audit_report::{
            AuditReportError, MAX_HOPS, Outcome, one_report::OneReport, progress::Checkpoint,
        },
        conditional,
        stored::{self, Stored},
    },
    ports::{Etag, ObjectFacts},
};

impl ReportRun<'_> {
    /// Where an earlier invocation has put this object down, and the version of that.
    pub(super) async fn checkpoint(
        &self,
        facts: &ObjectFacts,
    ) -> Result<(Option<Checkpoint>, Option<Etag>), AuditReportError> {
        let key = keys::report_progress(self.ca, self.report);
        let stored = stored::read::<Checkpoint>(self.ports.evidence, &key).await;
        Ok(match stored.map_err(AuditReportError::EvidenceStore)? {
            Stored::Absent => (None, None),
            Stored::Known(checkpoint, etag) => {
                (Some(checkpoint).filter(|checkpoint| checkpoint.object == *facts), Some(etag))
            }
            Stored::Unusable { etag, .. } => (None, etag),
        })
    }

    /// The event goes out after the checkpoint is written. If it is lost, the sweep starts another.
    pub(super) async fn put_down(
        &self,
        checkpoint: &Checkpoint,
        over: Option<Etag>,
    ) -> Result<Reading, AuditReportError> {
        let key = keys::report_progress(self.ca, self.report);
        let body = serde_json::to_vec(checkpoint).map_err(AuditReportError::Write)?;
        let written = conditional::write(self.ports.evidence, &key, body, over.as_ref()).await;
        if written.map_err(AuditReportError::EvidenceStore)?.is_none() {
            let reason = "another invocation reads the report".to_owned();
            return Ok(Reading::PutDown(Box::new(self.nothing(reason))));
        }
        let hop = self.hop + 1;
        if hop > MAX_HOPS {
            return Err(AuditReportError::Contended { key });
        }
        let rest = OneReport::continuation(self.ca, self.report, hop);
        self.ports.bus.continue_later(&rest).await.map_err(AuditReportError::Continue)?;
        Ok(Reading::PutDown(Box::new(Outcome::Continued {
            ca: self.ca.clone(),
            report: self.report.to_owned(),
            bytes: checkpoint.offset(),
        })))
    }
}
