//! The CSV form (RFC 4180): a header that names the columns, then a line for each certificate.

use memchr::memchr;

use super::{BadRecords, Fields, Form as _, MAX_RECORD, ReportError, Sink, fields::Columns};

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

/// Lines of one column or of thousands are not reports.
const MAX_FIELDS: usize = 64;

pub(super) const NO_FIELDS: [&[u8]; MAX_FIELDS] = [&[]; MAX_FIELDS];

impl CsvReader {
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        bad: &mut BadRecords,
        sink: &mut impl Sink,
    ) -> Result<(), ReportError> {
        let mut piece = piece;
        let mut fields = NO_FIELDS;
        while let Some((&byte, rest)) = piece.split_first() {
            if self.length == 0
                && let Some(columns) = self.columns
                && let Some(line) = whole_line(piece)
                && self.plain_line(columns, line, &mut fields, bad, sink)
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
    fn plain_line<'p, S: Sink>(
        &mut self,
        columns: Columns,
        line: &'p [u8],
        fields: &mut [&'p [u8]; MAX_FIELDS],
        bad: &mut BadRecords,
        sink: &mut S,
    ) -> bool {
        if plain_fields(line, fields) != Some(columns.count) {
            return false;
        }
        self.line += 1;
        let fields = Fields { columns: &columns, fields: &fields[..columns.count] };
        match S::Form::of_fields(&fields) {
            Ok(record) => sink.take(&record),
            Err(why) => bad.add(self.line, self.line_offset, why),
        }
        self.offset += line.len() as u64 + 1;
        self.line_offset = self.offset;
        true
    }

    pub(super) fn finish(
        mut self,
        bad: &mut BadRecords,
        sink: &mut impl Sink,
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
        sink: &mut impl Sink,
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
        sink: &mut impl Sink,
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

    fn line<S: Sink>(&mut self, bad: &mut BadRecords, sink: &mut S) -> Result<(), ReportError> {
        let Some(columns) = &self.columns else {
            let names = self.fields().ok_or(ReportError::HeaderUnreadable)?;
            self.columns = Some(Columns::find(&names)?);
            return Ok(());
        };
        if self.text.is_empty() && self.ends.len() == 1 {
            // An empty line.
            return Ok(());
        }
        match self.fields().ok_or("the line is too long or misquoted".to_owned()) {
            Err(why) => bad.add(self.line, self.line_offset, why),
            Ok(fields) if fields.len() != columns.count => {
                let why = format!("{} fields, where {} belong", fields.len(), columns.count);
                bad.add(self.line, self.line_offset, why);
            }
            Ok(fields) => match S::Form::of_fields(&Fields { columns, fields: &fields }) {
                Ok(record) => sink.take(&record),
                Err(why) => bad.add(self.line, self.line_offset, why),
            },
        }
        Ok(())
    }

    fn fields(&self) -> Option<Vec<&[u8]>> {
        if self.length > MAX_RECORD || self.misquoted || self.ends.len() >= MAX_FIELDS {
            return None;
        }
        let mut start = 0;
        let mut fields = Vec::with_capacity(self.ends.len());
        for &end in &self.ends {
            fields.push(&self.text[start..end]);
            start = end;
        }
        Some(fields)
    }
}

/// Without its end, if that is there.
pub(super) fn whole_line(piece: &[u8]) -> Option<&[u8]> {
    memchr(b'\n', &piece[..piece.len().min(MAX_RECORD)]).map(|end| &piece[..end])
}

/// How many fields a line has, if none of them has a quote or a line's end inside.
pub(super) fn plain_fields<'l>(
    line: &'l [u8],
    fields: &mut [&'l [u8]; MAX_FIELDS],
) -> Option<usize> {
    let mut rest = line.strip_suffix(b"\r").unwrap_or(line);
    if rest.is_empty() || memchr(b'\r', rest).is_some() {
        return None;
    }
    // The last place stays empty: a line that fills it is too long.
    for (count, field) in fields[..MAX_FIELDS - 1].iter_mut().enumerate() {
        let end = match rest.strip_prefix(b"\"") {
            None => {
                let end = memchr(b',', rest).unwrap_or(rest.len());
                *field = &rest[..end];
                end
            }
            Some(quoted) => {
                let close = memchr(b'"', quoted)?;
                *field = &quoted[..close];
                // What follows a closing quote is a comma or nothing, or the field goes on.
                let end = close + 2;
                if rest.get(end).is_some_and(|byte| *byte != b',') {
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
