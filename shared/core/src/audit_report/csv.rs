//! The CSV form (RFC 4180): a header that names the columns, then a line for each certificate.

use time::OffsetDateTime;

use super::{
    BadRecords, MAX_RECORD, Record, ReportError,
    record::{not_a_time, parse_time},
};

#[derive(Default)]
pub(super) struct CsvReader {
    columns: Option<Columns>,
    offset: u64,
    line: u64,
    line_offset: u64,
    /// The fields of the line so far, all of them in one buffer, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Whether anything of the line was seen, and how long it is.
    length: usize,
    quoting: Quoting,
    misquoted: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Quoting {
    #[default]
    Bare,
    Quoted,
    /// After a quote inside a quoted field: its end, or half of a doubled one.
    QuoteSeen,
}

/// Where each field stands. The header is checked by name, so that columns may be added.
#[derive(Clone, Copy)]
struct Columns {
    count: usize,
    aws_account_id: usize,
    requested_by_service_principal: usize,
    certificate_arn: usize,
    serial: usize,
    subject: usize,
    not_before: usize,
    not_after: usize,
    issued_at: usize,
    revoked_at: usize,
    revocation_reason: usize,
    /// Older reports have none.
    template_arn: Option<usize>,
}

/// Lines of one column or of thousands are not reports.
const MAX_FIELDS: usize = 64;

impl CsvReader {
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record),
    ) -> Result<(), ReportError> {
        for &byte in piece {
            self.offset += 1;
            self.byte(byte, bad, sink)?;
        }
        Ok(())
    }

    pub(super) fn finish(
        mut self,
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record),
    ) -> Result<(), ReportError> {
        if self.offset == 0 {
            return Err(ReportError::Empty);
        }
        if self.quoting == Quoting::Quoted {
            return Err(ReportError::Truncated { offset: self.offset });
        }
        if self.length > 0 { self.end_of_line(bad, sink) } else { Ok(()) }
    }

    fn byte(
        &mut self,
        byte: u8,
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record),
    ) -> Result<(), ReportError> {
        if byte == b'\n' && self.quoting != Quoting::Quoted {
            return self.end_of_line(bad, sink);
        }
        self.length += 1;
        match (self.quoting, byte) {
            (Quoting::Quoted, b'"') => self.quoting = Quoting::QuoteSeen,
            (Quoting::QuoteSeen, b'"') => {
                self.quoting = Quoting::Quoted;
                self.put(b'"');
            }
            (Quoting::Bare | Quoting::QuoteSeen, b',') => {
                self.quoting = Quoting::Bare;
                self.end_of_field();
            }
            (Quoting::Bare, b'"') if self.field_is_empty() => self.quoting = Quoting::Quoted,
            (Quoting::Bare | Quoting::QuoteSeen, b'\r') => {}
            (Quoting::QuoteSeen, _) => self.misquoted = true,
            (Quoting::Bare | Quoting::Quoted, byte) => self.put(byte),
        }
        Ok(())
    }

    fn put(&mut self, byte: u8) {
        if self.length <= MAX_RECORD {
            self.text.push(byte);
        }
    }

    fn field_is_empty(&self) -> bool {
        self.text.len() == self.ends.last().copied().unwrap_or(0)
    }

    fn end_of_field(&mut self) {
        if self.ends.len() < MAX_FIELDS {
            self.ends.push(self.text.len());
        }
    }

    fn end_of_line(
        &mut self,
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record),
    ) -> Result<(), ReportError> {
        self.line += 1;
        self.end_of_field();
        let outcome = self.line(bad, sink);
        self.text.clear();
        self.ends.clear();
        self.length = 0;
        self.quoting = Quoting::Bare;
        self.misquoted = false;
        self.line_offset = self.offset;
        outcome
    }

    fn line(
        &mut self,
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record),
    ) -> Result<(), ReportError> {
        let Some(columns) = self.columns else {
            let names = self.fields().ok_or(ReportError::HeaderUnreadable)?;
            self.columns = Some(Columns::find(&names)?);
            return Ok(());
        };
        if self.text.is_empty() && self.ends.len() == 1 {
            // An empty line.
            return Ok(());
        }
        match self.fields().ok_or("the line is too long, misquoted or not text".to_owned()) {
            Err(why) => bad.add(self.line, self.line_offset, why),
            Ok(fields) if fields.len() != columns.count => {
                let why = format!("{} fields, where {} belong", fields.len(), columns.count);
                bad.add(self.line, self.line_offset, why);
            }
            Ok(fields) => match columns.record(&fields) {
                Ok(record) => sink(&record),
                Err(why) => bad.add(self.line, self.line_offset, why),
            },
        }
        Ok(())
    }

    fn fields(&self) -> Option<Vec<&str>> {
        if self.length > MAX_RECORD || self.misquoted || self.ends.len() >= MAX_FIELDS {
            return None;
        }
        let mut start = 0;
        let mut fields = Vec::with_capacity(self.ends.len());
        for &end in &self.ends {
            fields.push(std::str::from_utf8(&self.text[start..end]).ok()?);
            start = end;
        }
        Some(fields)
    }
}

impl Columns {
    fn find(names: &[&str]) -> Result<Self, ReportError> {
        let find = |wanted: &str| {
            // Some tools put a byte order mark before the first name.
            names.iter().position(|name| name.trim_start_matches('\u{feff}') == wanted)
        };
        let need = |wanted| find(wanted).ok_or(ReportError::Header(wanted));
        Ok(Self {
            count: names.len(),
            aws_account_id: need("awsAccountId")?,
            requested_by_service_principal: need("requestedByServicePrincipal")?,
            certificate_arn: need("certificateArn")?,
            serial: need("serial")?,
            subject: need("subject").or_else(|_| need("Subject"))?,
            not_before: need("notBefore")?,
            not_after: need("notAfter")?,
            issued_at: need("issuedAt")?,
            revoked_at: need("revokedAt")?,
            revocation_reason: need("revocationReason")?,
            template_arn: find("templateArn"),
        })
    }

    /// `fields` are as many as the header has.
    fn record(&self, fields: &[&str]) -> Result<Record, String> {
        let text = |at: usize| fields[at].to_owned();
        let optional = |at: usize| Some(fields[at]).filter(|text| !text.is_empty());
        let time = |at: usize| -> Result<OffsetDateTime, String> {
            parse_time(fields[at]).ok_or_else(|| not_a_time(fields[at]))
        };
        Ok(Record {
            aws_account_id: text(self.aws_account_id),
            requested_by_service_principal: optional(self.requested_by_service_principal)
                .map(str::to_owned),
            certificate_arn: text(self.certificate_arn),
            serial: text(self.serial),
            subject: text(self.subject),
            not_before: time(self.not_before)?,
            not_after: time(self.not_after)?,
            issued_at: time(self.issued_at)?,
            revoked_at: optional(self.revoked_at).map(|_| time(self.revoked_at)).transpose()?,
            revocation_reason: optional(self.revocation_reason).map(str::to_owned),
            template_arn: self.template_arn.and_then(optional).map(str::to_owned),
        })
    }
}
