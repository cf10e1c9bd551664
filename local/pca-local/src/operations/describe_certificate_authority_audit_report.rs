//! DescribeCertificateAuthorityAuditReport: whether a report has been written.

use aws_sdk_acmpca::operation::describe_certificate_authority_audit_report::{
    DescribeCertificateAuthorityAuditReportInput as Input,
    DescribeCertificateAuthorityAuditReportOutput as Output,
};

use crate::{ApiError, PcaLocal, authority::timestamp, caller::Caller, unfinished};

pub(super) async fn run(
    service: &PcaLocal,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let id = input.audit_report_id.unwrap_or_default();
    let (_, cell) = service.authority(caller, "DescribeCertificateAuthorityAuditReport", &arn)?;
    unfinished::poll_report(service, &cell, &id).await;
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
