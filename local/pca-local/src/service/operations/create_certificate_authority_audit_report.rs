//! CreateCertificateAuthorityAuditReport: one in 30 minutes, written to the bucket in time.

use std::sync::Arc;

use aws_sdk_acmpca::{
    operation::create_certificate_authority_audit_report::{
        CreateCertificateAuthorityAuditReportInput as Input,
        CreateCertificateAuthorityAuditReportOutput as Output,
    },
    types::{AuditReportResponseFormat, AuditReportStatus},
};
use aws_sdk_s3::types::ObjectCannedAcl;
use time::Duration;

use super::bucket_name;
use crate::{
    model::{audit_report::AuditReport, authority::Authority, error::ApiError, lifecycle::Call},
    service::{caller::Caller, core::Service, reports, timing::Timing},
};

/// "You can create a maximum of one report every 30 minutes" (user guide, "Using audit reports");
/// taken as a limit of each CA.
const BETWEEN_REPORTS: Duration = Duration::minutes(30);

pub(crate) async fn run(
    service: &Arc<Service>,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let bucket = input.s3_bucket_name.unwrap_or_default();
    let format = input.audit_report_response_format.unwrap_or(AuditReportResponseFormat::Json);
    let (arn, cell) = service.authority(caller, "CreateCertificateAuthorityAuditReport", &arn)?;
    check(&cell.lock(), service.now())?;
    bucket_name::check(&bucket)?;
    service.buckets.probe(&arn, &bucket, ObjectCannedAcl::BucketOwnerFullControl).await?;

    let id = uuid::Uuid::new_v4().to_string();
    let key = reports::object_key(&arn, &id, &format);
    let waits;
    {
        let now = service.now();
        let mut authority = cell.lock();
        // Another call may have asked while the bucket was tried.
        check(&authority, now)?;
        let timing = service.timings().audit_report;
        waits = timing != Timing::Immediate;
        let report = AuditReport {
            status: AuditReportStatus::Creating,
            format,
            wait: waits.then(|| timing.begin(now)),
            fails: service.faults.take_audit_report(),
            bucket,
            key: key.clone(),
            created_at: now,
        };
        authority.noted().keep_report(&id, report);
    }
    if !waits {
        service.background.start(reports::write(Arc::clone(service), cell, id.clone()));
    }
    Ok(Output::builder().audit_report_id(id).s3_key(key).build())
}

fn check(authority: &Authority, now: time::OffsetDateTime) -> Result<(), ApiError> {
    authority.permit(Call::AuditReport, now)?;
    let newest = authority.reports.values().max_by_key(|report| report.created_at);
    match newest {
        Some(report) if report.status == AuditReportStatus::Creating => {
            Err(ApiError::request_in_progress("An audit report is being created already"))
        }
        Some(report) if now < report.created_at + BETWEEN_REPORTS => Err(
            ApiError::request_in_progress("An audit report was created less than 30 minutes ago"),
        ),
        _ => Ok(()),
    }
}
