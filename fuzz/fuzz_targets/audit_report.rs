//! Audit reports, in JSON and CSV, whole, in pieces and by lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::audit_report::{BadRecords, Brief, Format, Lines, Record, ReportError, ReportReader, Sink};

fuzz_target!(|data: &[u8]| {
    for format in [Format::Csv, Format::Json] {
        let whole = read(data, format, usize::MAX);
        assert_eq!(whole, read(data, format, data.len() % 61 + 1));
        let mut full = 0;
        let _ = read_into(data, format, usize::MAX, &mut |_: &Record<'_>| full += 1);
    }
    // Reading by lines gives the same records as reading from the beginning, or an error.
    let Some((lines, header)) = Lines::after_header(data) else { return };
    let mut by_lines = Seen::default();
    if lines.read(&data[header..], |record| by_lines.take(record)).is_ok() {
        let (from_the_beginning, bad) = read(data, Format::Csv, usize::MAX).expect("it has a header");
        assert_eq!(bad.count, 0);
        assert_eq!(by_lines.0, from_the_beginning);
    }
});

#[derive(Debug, Default, PartialEq)]
struct Seen(Vec<String>);

impl Sink for Seen {
    type Form<'r> = Brief<'r>;

    fn take(&mut self, record: &Brief<'_>) {
        self.0.push(format!("{record:?}"));
    }
}

fn read(data: &[u8], format: Format, size: usize) -> Result<(Vec<String>, BadRecords), ReportError> {
    let mut seen = Seen::default();
    let bad = read_into(data, format, size, &mut seen)?;
    Ok((seen.0, bad))
}

fn read_into(
    data: &[u8],
    format: Format,
    size: usize,
    sink: &mut impl Sink,
) -> Result<BadRecords, ReportError> {
    let mut reader = ReportReader::new(format);
    for piece in data.chunks(size) {
        reader.push(piece, sink)?;
    }
    reader.finish(sink)
}
