//! A report is read alike whole, in pieces, and from a checkpoint, whatever is in it.

use proptest::prelude::*;

use super::{
    damage::{HEADER, line, object},
    *,
};

/// Bytes of which some are pieces of reports.
fn damaged(format: Format) -> impl Strategy<Value = Vec<u8>> {
    let records: Vec<Vec<u8>> = match format {
        Format::Json => [object(1), object(2), "[".into(), "]".into(), ",".into(), "{".into()]
            .map(String::into_bytes)
            .to_vec(),
        Format::Csv => {
            [HEADER.to_owned(), line(1), line(2), "\r\n".into(), "\"".into(), ",".into()]
                .map(String::into_bytes)
                .to_vec()
        }
    };
    let part = prop_oneof![
        6 => proptest::sample::select(records),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
        1 => (0..300_usize).prop_map(|count| vec![0; count]),
    ];
    let parts = proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat());
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (parts, changes).prop_map(|(mut report, changes)| {
        for (at, byte) in changes {
            if !report.is_empty() {
                let at = at.index(report.len());
                // Quotes and braces do the most harm.
                report[at] = match byte % 8 {
                    0 => b'"',
                    1 => b'{',
                    2 => b'}',
                    3 => b'\\',
                    4 => b'\n',
                    _ => byte,
                };
            }
        }
        report
    })
}

fn assert_alike(report: &[u8], format: Format, size: usize, every: usize) {
    let whole = read(report, format, usize::MAX);
    assert_eq!(read(report, format, size), whole);
    assert_eq!(read_again_and_again(report, format, every), whole);
    if let Ok((found, ending)) = whole {
        assert_eq!(found.len() as u64 + ending.unreadable.count, ending.records);
        assert_eq!(ending.bytes, report.len() as u64);
        assert!(ending.unreadable.bytes <= ending.bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_in_pieces_is_as_whole_and_as_taken_up(
        report in damaged(Format::Json), size in 1..200_usize, every in 1..400_usize,
    ) {
        assert_alike(&report, Format::Json, size, every);
    }

    #[test]
    fn csv_in_pieces_is_as_whole_and_as_taken_up(
        report in damaged(Format::Csv), size in 1..200_usize, every in 1..400_usize,
    ) {
        assert_alike(&report, Format::Csv, size, every);
    }
}
