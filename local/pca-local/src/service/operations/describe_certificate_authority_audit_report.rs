//! DescribeCertificateAuthorityAuditReport: whether a report has been written.

use std::sync::Arc;

use aws_sdk_acmpca::operation::describe_certificate_authority_audit_report::{
    DescribeCertificateAuthorityAuditReportInput as Input,
    DescribeCertificateAuthorityAuditReportOutput as Output,
};

use crate::{
    model::{error::ApiError, values::timestamp},
    service::{caller::Caller, core::Service, pending_work},
};

pub(crate) async fn run(
    service: &Arc<Service>,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let id = input.audit_report_id.unwrap_or_default();
    let (_, cell) = service.authority(caller, "DescribeCertificateAuthorityAuditReport", &arn)?;
    pending_work::poll_report(service, &cell, &id).await;
    let authority = cell.lock();
    let report = authority.reports.get(&id).ok_or_else(|| {
        ApiError::resource_not_found(format!("Could not find audit report {id} of {arn}"))
    })?;
    Ok(Output::builder()
        .audit_report_status(report.status.clone())
        .s3_bucket_name(&report.bucket)
        .s3_key(&report.key)
        .created_at(timestamp(report.created_at))
        .build())
}
