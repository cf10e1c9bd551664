//! Writes certificates one by one.

use std::io::{self, Write};

use vigil_core::export::csv_cell;

use super::{Format, row::Row};
use crate::output::{plain, plain_cell, plain_json};

pub(super) struct Output<W> {
    format: Format,
    out: W,
    /// The reader has enough, as `head` has.
    is_closed: bool,
    failure: Option<io::Error>,
}

const COLUMNS: [&str; 12] = [
    "status",
    "subject",
    "serial",
    "not_before",
    "not_after",
    "issued_at",
    "revoked_at",
    "revocation_reason",
    "template_arn",
    "account",
    "service_principal",
    "certificate_arn",
];

impl<W: Write> Output<W> {
    pub(super) fn new(format: Format, out: W) -> Self {
        Self { format, out, is_closed: false, failure: None }
    }

    pub(super) fn head(&mut self) {
        match self.format {
            Format::Jsonl => {}
            Format::Csv => self.line(&COLUMNS.join(",")),
            Format::Table => {
                let text = format!(
                    "{:13}  {:20}  {:20}  {:47}  {}",
                    "STATUS", "ISSUED", "ENDS", "SERIAL", "SUBJECT"
                );
                self.line(&text);
            }
        }
    }

    /// The same for numbers.
    pub(super) fn head_of_counts(&mut self) {
        if self.format == Format::Csv {
            self.line("value,count");
        }
    }

    pub(super) fn row(&mut self, row: &Row) {
        let text = match self.format {
            Format::Jsonl => match serde_json::to_string(row) {
                Ok(json) => plain_json(&json),
                Err(error) => {
                    self.failure = Some(io::Error::other(error));
                    return;
                }
            },
            Format::Csv => cells(row).map(|cell| csv_cell(&plain_cell(&cell))).join(","),
            Format::Table => plain(&format!(
                "{:13}  {:20}  {:20}  {:47}  {}",
                row.status.name(),
                time(row.issued_at),
                time(row.not_after),
                row.serial,
                row.subject
            )),
        };
        self.line(&text);
    }

    pub(super) fn count(&mut self, name: &str, count: u64) {
        let text = match self.format {
            Format::Jsonl => {
                plain_json(&serde_json::json!({"value": name, "count": count}).to_string())
            }
            Format::Csv => format!("{},{count}", csv_cell(&plain_cell(name))),
            Format::Table => plain(&format!("{count:>12}  {name}")),
        };
        self.line(&text);
    }

    fn line(&mut self, text: &str) {
        if self.is_closed {
            return;
        }
        match writeln!(self.out, "{text}") {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.is_closed = true,
            Err(error) => {
                self.is_closed = true;
                self.failure = Some(error);
            }
        }
    }

    /// Whether nothing more is read.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.failure {
            Some(error) => Err(error),
            None if self.is_closed => Ok(()),
            None => match self.out.flush() {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                _ => Ok(()),
            },
        }
    }
}

fn time(at: time::OffsetDateTime) -> String {
    vigil_core::instant::rfc3339(at)
}

fn cells(row: &Row) -> [String; COLUMNS.len()] {
    [
        row.status.name().to_owned(),
        row.subject.clone(),
        row.serial.clone(),
        time(row.not_before),
        time(row.not_after),
        time(row.issued_at),
        row.revoked_at.map(time).unwrap_or_default(),
        row.revocation_reason.clone().unwrap_or_default(),
        row.template_arn.clone().unwrap_or_default(),
        row.account.clone(),
        row.service_principal.clone().unwrap_or_default(),
        row.certificate_arn.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use ::time::macros::datetime;

    use super::{super::row::Status, *};

    fn row(subject: &str) -> Row {
        Row {
            status: Status::Valid,
            subject: subject.to_owned(),
            serial: "01".to_owned(),
            not_before: datetime!(2026-01-01 0:00 UTC),
            not_after: datetime!(2027-01-01 0:00 UTC),
            issued_at: datetime!(2026-01-01 0:00 UTC),
            revoked_at: None,
            revocation_reason: None,
            template_arn: None,
            account: "111122223333".to_owned(),
            service_principal: None,
            certificate_arn: "arn".to_owned(),
        }
    }

    fn written(format: Format) -> String {
        let mut bytes = Vec::new();
        let mut output = Output::new(format, &mut bytes);
        output.head();
        for subject in ["=1+1", "a\u{1b}[2J\u{202e}\nb", "<script>"] {
            output.row(&row(subject));
        }
        output.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_subject_reaches_the_terminal_or_a_formula() {
        for format in [Format::Table, Format::Csv, Format::Jsonl] {
            let text = written(format);
            assert!(!text.contains(['\u{1b}']), "{text}");
        }
        let cells = written(Format::Csv);
        assert!(cells.contains("\"'=1+1\"") && cells.contains("⟨U+202E⟩\nb\""), "{cells}");
        assert_eq!(written(Format::Table).lines().count(), 4, "no line is forged");
        let lines = written(Format::Jsonl);
        let read: serde_json::Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
        assert_eq!(read["subject"], "a\u{1b}[2J\u{202e}\nb");
    }
}
