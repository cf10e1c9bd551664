//! Audit reports, in JSON and CSV, whole, in pieces, from checkpoints and by lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::audit_report::{
    Brief, Ending, Format, Lines, Record, ReportError, ReportReader, Sink,
};

fuzz_target!(|data: &[u8]| {
    for format in [Format::Csv, Format::Json] {
        let whole = read::<OfRecords>(data, format, usize::MAX);
        assert_eq!(whole, read::<OfRecords>(data, format, data.len() % 61 + 1));
        assert_eq!(whole, read_again_and_again::<OfRecords>(data, format, data.len() % 97 + 1));
        if let Ok((records, ending)) = whole {
            assert_eq!(records.len() as u64 + ending.unreadable.count, ending.records);
            assert_eq!(ending.bytes, data.len() as u64);
        }
    }
    // Reading by lines gives the same records as reading from the beginning, or an error.
    let Some((lines, header)) = Lines::after_header(data) else { return };
    let mut by_lines = OfBriefs::default();
    if lines.read(&data[header..], |record| by_lines.take(record)).is_ok() {
        match read::<OfBriefs>(data, Format::Csv, usize::MAX) {
            Ok((from_the_beginning, ending)) => {
                assert_eq!(ending.lacks(), 0);
                assert_eq!(by_lines.0, from_the_beginning);
            }
            Err(error) => assert!(by_lines.0.is_empty(), "{error}"),
        }
    }
});

/// A sink that keeps its records as text.
trait Seen: Default {
    fn into_texts(self) -> Vec<String>;
}

macro_rules! seen {
    ($name:ident, $form:ident) => {
        #[derive(Debug, Default, PartialEq)]
        struct $name(Vec<String>);

        impl Sink for $name {
            type Form<'r> = $form<'r>;

            fn take(&mut self, record: &$form<'_>) {
                self.0.push(format!("{record:?}"));
            }
        }

        impl Seen for $name {
            fn into_texts(self) -> Vec<String> {
                self.0
            }
        }
    };
}

seen!(OfRecords, Record);
seen!(OfBriefs, Brief);

type Ended = Result<(Vec<String>, Ending), ReportError>;

fn read<S: Seen + Sink>(data: &[u8], format: Format, size: usize) -> Ended {
    let mut seen = S::default();
    let mut reader = ReportReader::new(format);
    for piece in data.chunks(size) {
        reader.push(piece, &mut seen);
    }
    let ending = reader.finish(&mut seen)?;
    Ok((seen.into_texts(), ending))
}

fn read_again_and_again<S: Seen + Sink>(data: &[u8], format: Format, size: usize) -> Ended {
    let mut seen = S::default();
    let mut state = ReportReader::new(format).state().clone();
    for end in (size..data.len()).step_by(size) {
        let mut reader = ReportReader::resume(state);
        let from = reader.state().offset as usize;
        reader.push(&data[from..end], &mut seen);
        state = reader.state().clone();
    }
    let mut reader = ReportReader::resume(state);
    let from = reader.state().offset as usize;
    reader.push(&data[from..], &mut seen);
    let ending = reader.finish(&mut seen)?;
    Ok((seen.into_texts(), ending))
}
