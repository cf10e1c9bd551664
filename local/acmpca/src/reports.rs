//! Audit reports: their records, and writing them to their bucket.

use aws_sdk_acmpca::types::{AuditReportResponseFormat as Format, AuditReportStatus};
use aws_sdk_s3::{primitives::ByteStream, types::ObjectCannedAcl};
use serde::Serialize;
use time::{OffsetDateTime, macros::format_description};

use crate::{
    PcaLocal,
    arn::CaArn,
    authority::{Authority, Issued, Report},
    events::ServiceEvent,
    store::Cell,
};

/// One certificate, in the order of the members that AWS documents.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    aws_account_id: &'a str,
    certificate_arn: String,
    serial: String,
    subject: &'a str,
    not_before: String,
    not_after: String,
    issued_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_reason: Option<&'a str>,
    template_arn: &'a str,
}

const CSV_HEADER: &str = "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,\
                          notBefore,notAfter,issuedAt,revokedAt,revocationReason,templateArn";

/// Writes the report; Describe says CREATING until it is there.
pub(crate) async fn write(service: PcaLocal, cell: Cell, report_id: String) {
    let target = {
        let authority = cell.lock();
        authority.reports.get(&report_id).map(|report| {
            let Report { bucket, key, format, fails, .. } = report;
            (authority.arn.clone(), bucket.clone(), key.clone(), format.clone(), *fails)
        })
    };
    let Some((arn, bucket, key, format, fails)) = target else { return };
    if fails {
        return finish(&service, &cell, &arn, &report_id, false);
    }
    let rendering = (cell.clone(), format.clone());
    let body = tokio::task::spawn_blocking(move || render(&rendering.0.lock(), &rendering.1)).await;
    let Ok(body) = body else {
        tracing::error!(report_id, "the audit report could not be rendered");
        return finish(&service, &cell, &arn, &report_id, false);
    };
    let content_type = content_type(&format);
    let acl = ObjectCannedAcl::BucketOwnerFullControl;
    let written =
        service.buckets().put(&arn, &bucket, &key, ByteStream::from(body), content_type, acl).await;
    if let Err(error) = &written {
        tracing::warn!(ca = %arn, report_id, %error, "the audit report could not be written");
    }
    finish(&service, &cell, &arn, &report_id, written.is_ok());
}

fn finish(service: &PcaLocal, cell: &Cell, arn: &CaArn, report_id: &str, succeeded: bool) {
    if let Some(report) = cell.lock().reports.get_mut(report_id) {
        report.status =
            if succeeded { AuditReportStatus::Success } else { AuditReportStatus::Failed };
    }
    let event = ServiceEvent::AuditReportGeneration { report_id, succeeded };
    service.announce(arn, event, service.now());
}

pub(crate) fn object_key(arn: &CaArn, report_id: &str, format: &Format) -> String {
    let extension = if *format == Format::Csv { "csv" } else { "json" };
    format!("audit-report/{}/{report_id}.{extension}", arn.id)
}

fn content_type(format: &Format) -> &'static str {
    if *format == Format::Csv { "text/csv" } else { "application/json" }
}

fn render(authority: &Authority, format: &Format) -> Vec<u8> {
    let mut issued: Vec<&Issued> = authority.issued.values().collect();
    issued.sort_unstable_by_key(|issued| (issued.issued_at, issued.serial));
    let records = issued.into_iter().map(|issued| record(authority, issued));
    if *format == Format::Csv {
        let mut text = CSV_HEADER.to_owned();
        text.push('\n');
        for record in records {
            text.push_str(&csv_line(&record));
            text.push('\n');
        }
        text.into_bytes()
    } else {
        serde_json::to_vec(&records.collect::<Vec<_>>()).expect("records are plain strings")
    }
}

fn record<'a>(authority: &Authority, issued: &'a Issued) -> Record<'a> {
    let revoked = issued.revoked.as_ref();
    let hex: Vec<String> = issued.serial.iter().map(|byte| format!("{byte:02x}")).collect();
    Record {
        aws_account_id: &issued.account,
        certificate_arn: authority.arn.certificate(&hex.concat()),
        serial: hex.join(":"),
        subject: &issued.subject,
        not_before: instant(issued.not_before),
        not_after: instant(issued.not_after),
        issued_at: instant(issued.issued_at),
        revoked_at: revoked.map(|(at, _)| instant(*at)),
        revocation_reason: revoked.map(|(_, reason)| reason.as_str()),
        template_arn: &issued.template_arn,
    }
}

/// The subject is quoted, because it has commas; nothing else is.
fn csv_line(record: &Record<'_>) -> String {
    [
        record.aws_account_id,
        "",
        &record.certificate_arn,
        &record.serial,
        &format!("\"{}\"", record.subject.replace('"', "\"\"")),
        &record.not_before,
        &record.not_after,
        &record.issued_at,
        record.revoked_at.as_deref().unwrap_or_default(),
        record.revocation_reason.unwrap_or_default(),
        record.template_arn,
    ]
    .join(",")
}

/// `2020-02-26T19:39:58+0000`
fn instant(at: OffsetDateTime) -> String {
    let format = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second][offset_hour sign:mandatory][offset_minute]"
    );
    at.to_offset(time::UtcOffset::UTC).format(format).expect("every instant has these fields")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_record_is_written_as_documented() {
        let record = Record {
            aws_account_id: "123456789012",
            certificate_arn: "arn".to_owned(),
            serial: "00:11".to_owned(),
            subject: "CN=www.example1.com,O=Example \"Company\"",
            not_before: instant(datetime!(2020-02-26 18:39:57 UTC)),
            not_after: instant(datetime!(9999-12-31 23:59:59 UTC)),
            issued_at: instant(datetime!(2020-02-26 19:39:58.9 UTC)),
            revoked_at: None,
            revocation_reason: None,
            template_arn: "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
        };
        assert_eq!(
            csv_line(&record),
            "123456789012,,arn,00:11,\"CN=www.example1.com,O=Example \"\"Company\"\"\",\
             2020-02-26T18:39:57+0000,9999-12-31T23:59:59+0000,2020-02-26T19:39:58+0000,,,\
             arn:aws:acm-pca:::template/EndEntityCertificate/V1"
        );
        let json = serde_json::to_string(&record).unwrap();
        assert!(json.starts_with(r#"{"awsAccountId":"123456789012","certificateArn":"arn","#));
        assert!(!json.contains("revokedAt"), "absent unless revoked");
    }
}
