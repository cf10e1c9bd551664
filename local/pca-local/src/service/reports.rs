//! Audit reports: their records, and writing them to their bucket.

mod render;

use std::{pin::pin, sync::Arc};

use aws_sdk_acmpca::types::{AuditReportResponseFormat as Format, AuditReportStatus};
use aws_sdk_s3::types::ObjectCannedAcl;
use futures::Stream;

use self::render::Rendering;
use crate::{
    model::{arn::CaArn, audit_report::AuditReport},
    service::{
        buckets::{Object, PART_BYTES_MIN},
        core::Service,
        events::ServiceEvent,
    },
    state::{
        data_dir::{DataDir, StorageError},
        memory::AuthorityCell,
    },
};

/// Writes the report; Describe says CREATING until it is there.
pub(crate) async fn write(service: Arc<Service>, cell: AuthorityCell, report_id: String) {
    let target = {
        let authority = cell.lock();
        authority.reports.get(&report_id).map(|report| {
            let AuditReport { bucket, key, format, fails, .. } = report;
            (authority.arn.clone(), bucket.clone(), key.clone(), format.clone(), *fails)
        })
    };
    let Some((arn, bucket, key, format, fails)) = target else { return };
    if fails {
        return finish(&service, &cell, &arn, &report_id, false);
    }
    let object = Object {
        ca: &arn,
        bucket: &bucket,
        key: &key,
        content_type: content_type(&format),
        acl: ObjectCannedAcl::BucketOwnerFullControl,
    };
    let parts = pin!(parts(&cell, &format, service.store.data_dir()));
    let written = service.buckets.put_parts(&object, parts).await;
    if let Err(error) = &written {
        tracing::warn!(ca = %arn, report_id, %error, "the audit report could not be written");
    }
    finish(&service, &cell, &arn, &report_id, written.is_ok());
}

fn finish(service: &Service, cell: &AuthorityCell, arn: &CaArn, report_id: &str, succeeded: bool) {
    {
        let mut authority = cell.lock();
        let authority = authority.noted();
        if let Some(report) = authority.reports.get_mut(report_id) {
            report.status =
                if succeeded { AuditReportStatus::Success } else { AuditReportStatus::Failed };
        }
        authority.note_report(report_id);
    }
    let event = ServiceEvent::AuditReportGeneration { report_id: report_id.to_owned(), succeeded };
    service.events.announce(arn, event, service.now());
}

pub(crate) fn object_key(arn: &CaArn, report_id: &str, format: &Format) -> String {
    let extension = if *format == Format::Csv { "csv" } else { "json" };
    format!("audit-report/{}/{report_id}.{extension}", arn.id)
}

fn content_type(format: &Format) -> &'static str {
    if *format == Format::Csv { "text/csv" } else { "application/json" }
}

/// The report as it is rendered, away from the threads that answer requests. While one part is being
/// written, the next one is made.
fn parts(
    cell: &AuthorityCell,
    format: &Format,
    data_dir: &DataDir,
) -> impl Stream<Item = Result<Vec<u8>, StorageError>> + use<> {
    let mut rendering = Rendering::new(cell.clone(), format.clone(), data_dir.clone());
    let (made, parts) = tokio::sync::mpsc::channel(1);
    let rendered = tokio::task::spawn_blocking(move || {
        // Ends when the receiver is gone: the part before could not be written.
        while let Some(part) = rendering.next_part(PART_BYTES_MIN).transpose() {
            let is_failure = part.is_err();
            if made.blocking_send(part).is_err() || is_failure {
                break;
            }
        }
    });
    futures::stream::unfold((parts, rendered), |(mut parts, rendered)| async {
        match parts.recv().await {
            Some(part) => Some((part, (parts, rendered))),
            None => {
                // What ended too early must not pass for a report.
                rendered.await.expect("rendering does not panic");
                None
            }
        }
    })
}
