//! Reads the lines of a CSV report from anywhere in it, beside others who read the rest.
//!
//! Only plain lines are taken: whole ones, whose fields stand in them as they are. A field with a
//! line's end inside is in quotes, so what comes before that end is a line that does not close its
//! quote. If every line of a report is taken, they were therefore its lines.

use memchr::{memchr, memchr2, memchr3};

use super::{
    Brief, MAX_RECORD, Serial,
    brief::{seconds, sixteen},
    csv::{NO_FIELDS, plain_fields, whole_line},
    fields::{Columns, text},
    progress::BYTE_ORDER_MARK,
    record::seconds_in_utc,
};

/// The columns of a CSV report, by which lines are read from anywhere in it.
#[derive(Clone, Debug)]
pub struct Lines(Vec<Column>);

/// A line can only be read from the beginning of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPlain;

/// What a column is to a [`Brief`].
#[derive(Clone, Copy, Debug)]
enum Column {
    IssuedAt,
    NotAfter,
    Nothing,
    Reason,
    RevokedAt,
    Serial,
}

impl Lines {
    /// By the header that `beginning` begins with, and where the first line begins.
    pub fn after_header(beginning: &[u8]) -> Option<(Self, usize)> {
        let marked = beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(beginning);
        let header = whole_line(marked)?;
        let mut names = NO_FIELDS;
        let count = plain_fields(header, &mut names)?;
        let found = Columns::of_header(&names[..count])?;
        let mut columns = vec![Column::Nothing; count];
        columns[found.issued_at] = Column::IssuedAt;
        columns[found.not_after] = Column::NotAfter;
        columns[found.revocation_reason] = Column::Reason;
        columns[found.revoked_at] = Column::RevokedAt;
        columns[found.serial] = Column::Serial;
        Some((Self(columns), beginning.len() - marked.len() + header.len() + 1))
    }

    /// Reads whole lines.
    ///
    /// # Errors
    ///
    /// [`NotPlain`] if a line has quotes or other fields than the header, or the last one has no line's end.
    pub fn read(&self, lines: &[u8], mut take: impl FnMut(&Brief<'_>)) -> Result<(), NotPlain> {
        if lines.last().is_some_and(|byte| *byte != b'\n') {
            return Err(NotPlain);
        }
        let mut rest = lines;
        while !rest.is_empty() {
            let (record, after) = self.line(rest).ok_or(NotPlain)?;
            let line = &rest[..rest.len() - after.len()];
            if line.len() > MAX_RECORD || has_stray_return(line) {
                return Err(NotPlain);
            }
            take(&record);
            rest = after;
        }
        Ok(())
    }

    /// The first of the lines, and the rest of them.
    fn line<'l>(&self, lines: &'l [u8]) -> Option<(Brief<'l>, &'l [u8])> {
        let mut record = Brief {
            serial: Serial::Number(0),
            not_after: 0,
            issued_at: 0,
            revoked_at: None,
            has_reason: false,
        };
        let mut rest = lines;
        let last = self.0.len() - 1;
        for (at, column) in self.0.iter().enumerate() {
            match column {
                Column::Nothing => drop(field(&mut rest, at == last)?),
                Column::Reason => record.has_reason = !field(&mut rest, at == last)?.is_empty(),
                Column::Serial => record.serial = serial(&mut rest, at == last)?,
                Column::IssuedAt => record.issued_at = time(&mut rest, at == last)??,
                Column::NotAfter => record.not_after = time(&mut rest, at == last)??,
                Column::RevokedAt => record.revoked_at = time(&mut rest, at == last)?,
            }
        }
        Some((record, rest))
    }
}

/// A line's end may have two characters. The first of them in another place is a fault or text.
fn has_stray_return(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    memchr(b'\r', line).is_some()
}

/// The next field, which the line must end with if it is the last one and else must not.
fn field<'l>(rest: &mut &'l [u8], is_last: bool) -> Option<&'l [u8]> {
    let line = *rest;
    let (field, end) = match line.strip_prefix(b"\"") {
        None => {
            let end = memchr3(b',', b'\n', b'"', line).unwrap_or(line.len());
            (&line[..end], end)
        }
        Some(quoted) => {
            let close = memchr2(b'"', b'\n', quoted)?;
            if quoted[close] != b'"' {
                return None;
            }
            (&quoted[..close], close + 2)
        }
    };
    ended(rest, end, is_last)?;
    let field = if is_last { field.strip_suffix(b"\r").unwrap_or(field) } else { field };
    Some(field)
}

/// Goes on behind what must follow a field.
fn ended<'l>(rest: &mut &'l [u8], end: usize, is_last: bool) -> Option<()> {
    let line: &'l [u8] = rest;
    *rest = match line.get(end) {
        Some(b',') if !is_last => &line[end + 1..],
        Some(b'\n') if is_last => &line[end + 1..],
        _ => return None,
    };
    Some(())
}

/// Sixteen octets end where they end; so do the times below.
fn serial<'l>(rest: &mut &'l [u8], is_last: bool) -> Option<Serial<'l>> {
    let number = rest.first_chunk().and_then(sixteen);
    if let Some(number) = number
        && ended(rest, 47, is_last).is_some()
    {
        return Some(Serial::Number(number));
    }
    Some(text(field(rest, is_last)?)?.into())
}

/// `Some(None)`: the field is empty.
#[expect(clippy::option_option, reason = "the outer one is whether the line is plain")]
fn time(rest: &mut &[u8], is_last: bool) -> Option<Option<i64>> {
    let time = rest.first_chunk().and_then(seconds_in_utc);
    if time.is_some() && ended(rest, 24, is_last).is_some() {
        return Some(time);
    }
    match field(rest, is_last)? {
        [] => Some(None),
        other => Some(Some(seconds(std::str::from_utf8(other).ok()?).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_report::fields::DOCUMENTED;

    fn read(serial: &str) -> Result<usize, NotPlain> {
        let header = format!("{}\n", DOCUMENTED.join(","));
        let time = "2026-01-01T00:00:00+0000";
        let line = format!("111122223333,,arn,{serial},CN=a,{time},{time},{time},,,\n");
        let (lines, length) = Lines::after_header(header.as_bytes()).unwrap();
        assert_eq!(length, header.len());
        let mut count = 0;
        lines.read(line.as_bytes(), |_| count += 1).map(|()| count)
    }

    #[test]
    fn a_serial_that_is_no_text_is_left_to_the_reader() {
        assert_eq!(read("00:ab"), Ok(1));
        assert_eq!(read("\"00:ab\""), Ok(1));
        assert_eq!(read("00:a\0b"), Err(NotPlain), "as any field that was never written");
        assert_eq!(read("00:ab,"), Err(NotPlain), "one field more");
        assert_eq!(read("00:\rab"), Err(NotPlain), "half a line's end");
    }

    #[test]
    fn a_last_line_without_its_end_is_left_to_the_reader() {
        let header = format!("{}\n", DOCUMENTED.join(","));
        let time = "2026-01-01T00:00:00+0000";
        let line = format!("111122223333,,arn,00:ab,CN=a,{time},{time},{time},,,arn:aws:acm");
        let (lines, _) = Lines::after_header(header.as_bytes()).unwrap();
        assert_eq!(lines.read(line.as_bytes(), |_| ()), Err(NotPlain));
    }
}
