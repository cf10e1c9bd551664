//! An audit report as text, piece by piece, so that it never stands in memory as a whole.

use std::io::Write as _;

use aws_sdk_acmpca::types::AuditReportResponseFormat as Format;
use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    model::{arn::CaArn, issued_certificates::CertificateEntry},
    state::{
        data_dir::{DataDir, StorageError, der_of},
        memory::AuthorityCell,
    },
    x509::{certificate::subject_of, moment::in_utc, name::rfc2253},
};

/// As many certificates are read at once as do not keep other calls waiting for the CA's lock.
const AT_ONCE: usize = 64;

const CSV_HEADER: &str = "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,\
                          notBefore,notAfter,issuedAt,revokedAt,revocationReason,templateArn";

/// One certificate, in the order of the members that AWS documents.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    aws_account_id: &'a str,
    certificate_arn: String,
    serial: String,
    subject: String,
    not_before: String,
    not_after: String,
    issued_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_reason: Option<String>,
    template_arn: &'a str,
}

/// A report that is being written: of all that the CA has issued when it was begun, in the order of
/// issuance.
pub(super) struct Rendering {
    cell: AuthorityCell,
    format: Format,
    next: usize,
    end: usize,
    is_finished: bool,
    /// Where the certificates are that are not in memory.
    data_dir: DataDir,
    /// When it was begun: if memory is made anew meanwhile, what was read may be gone.
    generation: u64,
}

impl Rendering {
    pub(super) fn new(cell: AuthorityCell, format: Format, data_dir: DataDir) -> Self {
        let generation = cell.generation();
        let end = cell.lock().issued.len();
        Self { cell, format, next: 0, end, is_finished: false, data_dir, generation }
    }

    /// The next piece, of `bytes` at least unless it is the last.
    pub(super) fn next_part(&mut self, bytes: usize) -> Result<Option<Vec<u8>>, StorageError> {
        if self.is_finished {
            return Ok(None);
        }
        let mut part = Vec::with_capacity(bytes + AT_ONCE * 1024);
        if self.next == 0 {
            // The certificates up to the end have just been seen in memory.
            self.data_dir.wait_settled(self.generation)?;
            let opening = if self.is_csv() { CSV_HEADER } else { "[" };
            part.extend_from_slice(opening.as_bytes());
        }
        // Some at least, however short a piece is wanted.
        loop {
            self.write_some(&mut part)?;
            if part.len() >= bytes || self.next >= self.end {
                break;
            }
        }
        if self.next >= self.end {
            self.is_finished = true;
            // So are the revocations that were seen on the way.
            self.data_dir.wait_settled(self.generation)?;
            part.push(if self.is_csv() { b'\n' } else { b']' });
        }
        Ok(Some(part))
    }

    fn write_some(&mut self, part: &mut Vec<u8>) -> Result<(), StorageError> {
        let end = self.end.min(self.next + AT_ONCE);
        let ca = self.cell.lock().ordinal;
        // Without the lock, so that no call waits for the disk.
        let bodies = self.data_dir.bodies(ca, self.next..end)?;
        let authority = self.cell.lock();
        for (place, entry) in (self.next..).zip(authority.issued.range(self.next..end)) {
            let der = der_of(ca, &entry, bodies.get(place - self.next))?;
            let damaged = |_| StorageError::Damaged { ca, place: entry.place };
            let subject = subject_of(der).map_err(damaged)?;
            let record = record(&authority.arn, &entry, rfc2253(&subject));
            if self.is_csv() {
                part.push(b'\n');
                write_csv(&record, part);
            } else {
                if place > 0 {
                    part.push(b',');
                }
                serde_json::to_writer(&mut *part, &record).expect("records are plain strings");
            }
        }
        self.next = end;
        Ok(())
    }

    fn is_csv(&self) -> bool {
        self.format == Format::Csv
    }
}

fn record<'a>(ca: &CaArn, entry: &CertificateEntry<'a>, subject: String) -> Record<'a> {
    let digits = hex::encode(entry.serial);
    Record {
        aws_account_id: entry.account,
        certificate_arn: ca.certificate(&digits),
        serial: with_colons(&digits),
        subject,
        not_before: instant(entry.not_before),
        not_after: instant(entry.not_after),
        issued_at: instant(entry.issued_at),
        revoked_at: entry.revocation.map(|revocation| instant(revocation.at)),
        revocation_reason: entry
            .revocation
            .map(|revocation| revocation.reason.to_api().as_str().to_owned()),
        template_arn: entry.template_arn,
    }
}

fn with_colons(digits: &str) -> String {
    let mut pairs = String::with_capacity(digits.len() * 3 / 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 2 == 0 {
            pairs.push(':');
        }
        pairs.push(digit);
    }
    pairs
}

/// The subject is quoted, because it has commas; nothing else is.
fn write_csv(record: &Record<'_>, out: &mut Vec<u8>) {
    let Record { aws_account_id, certificate_arn, serial, not_before, not_after, .. } = record;
    let subject = record.subject.replace('"', "\"\"");
    // Writing to a Vec cannot fail.
    let _ = write!(
        out,
        "{aws_account_id},,{certificate_arn},{serial},\"{subject}\",{not_before},{not_after},{},{},\
         {},{}",
        record.issued_at,
        record.revoked_at.as_deref().unwrap_or_default(),
        record.revocation_reason.as_deref().unwrap_or_default(),
        record.template_arn,
    );
}

/// `2020-02-26T19:39:58+0000`
fn instant(at: OffsetDateTime) -> String {
    let at = in_utc(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+0000",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use testkit::pca::{active_root, client_over, csr, issue, years};
    use time::macros::datetime;

    use super::*;
    use crate::{PcaLocal, Timings};

    #[tokio::test]
    async fn a_report_in_parts_is_the_same_report() {
        let service = PcaLocal::builder().timings(Timings::IMMEDIATE).build();
        let client = client_over(service.http_client(), "alice");
        let ca = active_root(&client).await;
        let request = csr(&client, &ca).await;
        for _ in 0..AT_ONCE * 2 {
            issue(&client, &ca, request.clone(), "EndEntityCertificate", years(1)).await;
        }
        let cell = service.service().store.all().remove(0);
        for (format, in_parts) in [(Format::Json, 3), (Format::Csv, 3)] {
            let read = |bytes: usize| {
                let data_dir = DataDir::default();
                let mut rendering = Rendering::new(cell.clone(), format.clone(), data_dir);
                std::iter::from_fn(|| rendering.next_part(bytes).unwrap()).collect::<Vec<_>>()
            };
            let (whole, parts) = (read(usize::from(u16::MAX) * 100), read(1));
            assert_eq!((whole.len(), parts.len()), (1, in_parts));
            assert_eq!(whole[0], parts.concat());
        }
        let mut rendering = Rendering::new(cell, Format::Json, DataDir::default());
        let json = rendering.next_part(usize::from(u16::MAX) * 100).unwrap().unwrap();
        let records: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
        assert_eq!(records.len(), AT_ONCE * 2 + 1, "and the root's own");
    }

    #[test]
    fn a_record_is_written_as_documented() {
        let record = Record {
            aws_account_id: "123456789012",
            certificate_arn: "arn".to_owned(),
            serial: with_colons("0011ff"),
            subject: "CN=www.example1.com,O=Example \"Company\"".to_owned(),
            not_before: instant(datetime!(2020-02-26 18:39:57 UTC)),
            not_after: instant(datetime!(9999-12-31 23:59:59 UTC)),
            issued_at: instant(datetime!(2020-02-26 19:39:58.9 UTC)),
            revoked_at: None,
            revocation_reason: None,
            template_arn: "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
        };
        let mut line = Vec::new();
        write_csv(&record, &mut line);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "123456789012,,arn,00:11:ff,\"CN=www.example1.com,O=Example \"\"Company\"\"\",\
             2020-02-26T18:39:57+0000,9999-12-31T23:59:59+0000,2020-02-26T19:39:58+0000,,,\
             arn:aws:acm-pca:::template/EndEntityCertificate/V1"
        );
        let json = serde_json::to_string(&record).unwrap();
        assert!(json.starts_with(r#"{"awsAccountId":"123456789012","certificateArn":"arn","#));
        assert!(!json.contains("revokedAt"), "absent unless revoked");
    }
}
