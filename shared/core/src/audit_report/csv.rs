//! The CSV form (RFC 4180): a header that names the columns, then a line for each certificate.

use std::borrow::Cow;

use memchr::memchr;
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
        sink: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), ReportError> {
        let mut piece = piece;
        while let Some((&byte, rest)) = piece.split_first() {
            if self.length == 0
                && let Some(columns) = self.columns
                && let Some(line) = whole_line(piece)
                && self.plain_line(columns, line, bad, sink)
            {
                piece = &piece[line.len() + 1..];
                continue;
            }
            self.offset += 1;
            self.byte(byte, bad, sink)?;
            piece = rest;
        }
        Ok(())
    }

    /// A line that is all there, as nearly all are: its fields stand in it as they are. Whether it
    /// was one; a line that was not is gone through byte by byte.
    fn plain_line(
        &mut self,
        columns: Columns,
        line: &[u8],
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record<'_>),
    ) -> bool {
        let mut fields = [""; MAX_FIELDS];
        let Some(count) = plain_fields(line, &mut fields) else { return false };
        if count != columns.count {
            return false;
        }
        self.line += 1;
        match columns.record(&fields[..count]) {
            Ok(record) => sink(&record),
            Err(why) => bad.add(self.line, self.line_offset, why),
        }
        self.offset += line.len() as u64 + 1;
        self.line_offset = self.offset;
        true
    }

    pub(super) fn finish(
        mut self,
        bad: &mut BadRecords,
        sink: &mut impl FnMut(&Record<'_>),
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
        sink: &mut impl FnMut(&Record<'_>),
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
        sink: &mut impl FnMut(&Record<'_>),
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
        sink: &mut impl FnMut(&Record<'_>),
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

/// Without its end, if that is there.
fn whole_line(piece: &[u8]) -> Option<&[u8]> {
    memchr(b'\n', &piece[..piece.len().min(MAX_RECORD)]).map(|end| &piece[..end])
}

/// How many fields a line has, if none of them has a quote or a line's end inside.
fn plain_fields<'l>(line: &'l [u8], fields: &mut [&'l str; MAX_FIELDS]) -> Option<usize> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() || memchr(b'\r', line).is_some() {
        return None;
    }
    let mut rest = std::str::from_utf8(line).ok()?;
    // The last place stays empty: a line that fills it is too long.
    for (count, field) in fields[..MAX_FIELDS - 1].iter_mut().enumerate() {
        let end = match rest.strip_prefix('"') {
            None => {
                let end = memchr(b',', rest.as_bytes()).unwrap_or(rest.len());
                *field = &rest[..end];
                end
            }
            Some(quoted) => {
                let close = memchr(b'"', quoted.as_bytes())?;
                *field = &quoted[..close];
                // What follows a closing quote is a comma or nothing, or the field goes on.
                let end = close + 2;
                if rest.as_bytes().get(end).is_some_and(|byte| *byte != b',') {
                    return None;
                }
                end
            }
        };
        let Some(after) = rest.get(end + 1..) else { return Some(count + 1) };
        rest = after;
    }
    None
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
    fn record<'r>(&self, fields: &[&'r str]) -> Result<Record<'r>, String> {
        let text = |at: usize| Cow::Borrowed(fields[at]);
        let optional = |at: usize| Some(fields[at]).filter(|text| !text.is_empty());
        let time = |at: usize| -> Result<OffsetDateTime, String> {
            parse_time(fields[at]).ok_or_else(|| not_a_time(fields[at]))
        };
        Ok(Record {
            aws_account_id: text(self.aws_account_id),
            requested_by_service_principal: optional(self.requested_by_service_principal)
                .map(Cow::Borrowed),
            certificate_arn: text(self.certificate_arn),
            serial: text(self.serial),
            subject: text(self.subject),
            not_before: time(self.not_before)?,
            not_after: time(self.not_after)?,
            issued_at: time(self.issued_at)?,
            revoked_at: optional(self.revoked_at).map(|_| time(self.revoked_at)).transpose()?,
            revocation_reason: optional(self.revocation_reason).map(Cow::Borrowed),
            template_arn: self.template_arn.and_then(optional).map(Cow::Borrowed),
        })
    }
}
