//! Reports with something wrong in the middle: the rest is read, and what is lost is named.

use super::*;

/// The certificate with this number, as the service writes it.
pub(super) fn object(n: u32) -> String {
    let serial = format!("{n:032x}");
    format!(
        r#"{{"awsAccountId":"123456789012","certificateArn":"{CA}/certificate/{serial}","serial":"{}","subject":"CN=www.example{n}.com,OU=Sales,C=US","notBefore":"2020-02-26T18:39:57+0000","notAfter":"2021-02-26T19:39:57+0000","issuedAt":"2020-02-26T19:39:58+0000","templateArn":"arn:aws:acm-pca:::template/EndEntityCertificate/V1"}}"#,
        colons(&serial)
    )
}

fn colons(serial: &str) -> String {
    let pairs: Vec<&str> = (0..16).map(|at| &serial[at * 2..at * 2 + 2]).collect();
    pairs.join(":")
}

pub(super) const HEADER: &str = "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,\
                                 notAfter,issuedAt,revokedAt,revocationReason,templateArn\n";

pub(super) fn line(n: u32) -> String {
    let serial = format!("{n:032x}");
    format!(
        "123456789012,,{CA}/certificate/{serial},{},\"CN=www.example{n}.com,OU=Sales,C=US\",2020-02-26T18:39:57+0000,\
         2021-02-26T19:39:57+0000,2020-02-26T19:39:58+0000,,,arn:aws:acm-pca:::template/EndEntityCertificate/V1\n",
        colons(&serial)
    )
}

/// The numbers of the certificates that were read, and how it ended; in pieces of every size, and from
/// every checkpoint.
fn numbers(report: &[u8], format: Format) -> (Vec<u32>, Ending) {
    let (found, ending) = read(report, format, usize::MAX).unwrap();
    for size in 1..=70 {
        // Small pieces of a large report take long, and are no other than those of a small one.
        if report.len() > 20_000 && size % 23 != 0 {
            continue;
        }
        let whole = (found.clone(), ending.clone());
        assert_eq!(read(report, format, size).unwrap(), whole, "{format:?} in pieces of {size}");
        let again = read_again_and_again(report, format, size).unwrap();
        assert_eq!(again, whole, "{format:?} taken up every {size}");
    }
    let taken = found.len() as u64;
    assert_eq!(ending.records, taken + ending.unreadable.count, "counts + unreadable = all");
    assert_eq!(ending.bytes, report.len() as u64);
    let number = |record: &Record<'_>| {
        u32::from_str_radix(record.certificate_arn.rsplit('/').next().unwrap(), 16).unwrap()
    };
    (found.iter().map(number).collect(), ending)
}

/// `second` in place of the second of three records.
fn around(format: Format, second: &[u8]) -> (Vec<u8>, usize) {
    let (before, after) = match format {
        Format::Json => (format!("[{},", object(1)), format!(",{}]", object(3))),
        Format::Csv => (format!("{HEADER}{}", line(1)), line(3)),
    };
    ([before.as_bytes(), second, after.as_bytes()].concat(), before.len())
}

fn replaced(text: &str, from: &str, to: &[u8]) -> Vec<u8> {
    let (before, after) = text.split_once(from).unwrap();
    [before.as_bytes(), to, after.as_bytes()].concat()
}

#[test]
fn nothing_in_a_json_report_hides_the_rest() {
    let record = object(2);
    let long = "x".repeat(1024 * 1024);
    let nuls = vec![0; 300_000];
    for (name, second) in [
        ("a number", b"17".to_vec()),
        ("a text", br#""x, {y""#.to_vec()),
        ("an array", b"[[1],{}]".to_vec()),
        ("null", b"null".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("a quote is lost", replaced(&record, "C=US\"", b"C=US")),
        ("a first quote is lost", replaced(&record, "\"CN=", b"CN=")),
        ("a quote too many", replaced(&record, "OU=Sales", b"OU=\"Sales")),
        ("a brace is lost", record.strip_suffix('}').unwrap().as_bytes().to_vec()),
        ("cut off after a colon", record.split_once("\"CN=").unwrap().0.as_bytes().to_vec()),
        ("cut off in a text", record.split_once("Sales").unwrap().0.as_bytes().to_vec()),
        ("a brace in a text that is cut off", {
            replaced(record.split_once("Sales").unwrap().0, "OU=", b"OU={[")
        }),
        ("a hole of NULs", replaced(&record, "Sales", &nuls[..50])),
        ("a hole without end", replaced(&record, "Sales", &nuls)),
        ("NULs only", nuls.clone()),
        ("no UTF-8", replaced(&record, "Sales", b"\xff\xfe\xfd")),
        ("a field twice", replaced(&record, "\"subject\"", b"\"serial\":\"01\",\"subject\"")),
        ("no time", replaced(&record, "2021-02-26T19:39:57+0000", b"yesterday")),
        ("the year 10000", replaced(&record, "2021-02-26T", b"10000-02-26T")),
        ("a year before Christ", replaced(&record, "2021-02-26T", b"-0021-02-26T")),
        ("a subject of 1 MB", replaced(&record, "Sales", long.as_bytes())),
    ] {
        let (report, from) = around(Format::Json, &second);
        let (found, ending) = numbers(&report, Format::Json);
        assert_eq!(found, [1, 3], "{name}");
        let first = &ending.unreadable.first[0];
        assert_eq!((first.number, first.offset), (2, from as u64), "{name}");
        // A record that has lost its end reaches up to the next one.
        let lost = second.len() as u64;
        assert!((lost..=lost + 1).contains(&ending.unreadable.bytes), "{name}: {ending:?}");
        assert_eq!((ending.unreadable.count, &*ending.incomplete), (1, &[][..]), "{name}");
    }
}

#[test]
fn nothing_in_a_csv_report_hides_the_rest() {
    let record = line(2);
    let long = "x".repeat(1024 * 1024);
    let nuls = vec![0; 300_000];
    for (name, second) in [
        ("a word", b"nonsense\n".to_vec()),
        ("a quote is lost", replaced(&record, "C=US\"", b"C=US")),
        ("a first quote is lost", replaced(&record, "\"CN=", b"CN=")),
        ("a quote too many", replaced(&record, "OU=Sales", b"OU=\"Sales")),
        ("a quote in a bare field", replaced(&record, "123456789012", b"1234\"56789012")),
        ("a quote before a bare field", replaced(&record, "123456789012", b"\"123456789012")),
        ("a comma too many", replaced(&record, "\n", b",\n")),
        ("a hole of NULs", replaced(&record, "Sales", &nuls[..50])),
        ("a hole without end", replaced(&record, "Sales", &nuls)),
        ("no UTF-8", replaced(&record, "Sales", b"\xff\xfe\xfd")),
        ("no time", replaced(&record, "2021-02-26T19:39:57+0000", b"yesterday")),
        ("the year 10000", replaced(&record, "2021-02-26T", b"10000-02-26T")),
        ("a subject of 1 MB", replaced(&record, "Sales", long.as_bytes())),
    ] {
        let (report, from) = around(Format::Csv, &second);
        let (found, ending) = numbers(&report, Format::Csv);
        assert_eq!(found, [1, 3], "{name}");
        let first = &ending.unreadable.first[0];
        assert_eq!((first.number, first.offset), (3, from as u64), "{name}");
        let unreadable = (ending.unreadable.count, ending.unreadable.bytes);
        assert_eq!(unreadable, (1, second.len() as u64), "{name}");
    }
}

#[test]
fn commas_that_are_lost_or_too_many_are_counted() {
    let (a, b) = (object(1), object(2));
    for (name, report, bad) in [
        ("a trailing comma", format!("[{a},{b},]"), 1),
        ("a leading comma", format!("[,{a},{b}]"), 1),
        ("two commas", format!("[{a},,{b}]"), 1),
        ("no comma", format!("[{a}{b}]"), 1),
        ("white space", format!("\n [\t{a} ,\r\n{b} ]\n"), 0),
        ("a byte order mark", format!("\u{feff}[{a},{b}]"), 0),
    ] {
        let (found, ending) = numbers(report.as_bytes(), Format::Json);
        assert_eq!((found, ending.unreadable.count), (vec![1, 2], bad), "{name}");
        assert!(ending.incomplete.is_empty(), "{name}");
        // A comma that has no record before it is named where it stands.
        let at = match name {
            "a leading comma" => 1,
            "two commas" => 1 + a.len() + 1,
            _ => continue,
        };
        assert_eq!(ending.unreadable.first[0].offset, at as u64, "{name}");
    }
}

#[test]
fn what_stands_around_the_array_makes_it_incomplete() {
    let (a, b) = (object(1), object(2));
    for (report, bad, why) in [
        (format!("{a},{b}]"), 0, "it does not begin as an array"),
        (format!("garbage[{a},{b}]"), 1, "it does not begin as an array"),
        (format!("[{a}],{b}"), 1, "it goes on after the end of its array"),
        (format!("[{a},{b}"), 0, "it ends in the middle"),
        (format!("[{a},{b},{}", &object(3)[..100]), 1, "it ends in the middle"),
    ] {
        let (found, ending) = numbers(report.as_bytes(), Format::Json);
        assert_eq!((&*found, ending.unreadable.count), (&[1, 2][..], bad), "{report}");
        assert!(ending.incomplete.iter().any(|reason| reason == why), "{:?}", ending.incomplete);
    }
}

#[test]
fn a_header_that_is_damaged_or_missing_hides_no_line() {
    let lines = format!("{}{}", line(1), line(2));
    let damaged = HEADER.replacen("notAfter", "not\0fter", 1);
    for (name, report, bad) in [
        ("damaged", format!("{damaged}{lines}"), 1),
        ("a column twice", format!("{HEADER}{lines}").replace('\n', ",serial\n"), 1),
        ("missing", lines.clone(), 0),
    ] {
        let (found, ending) = numbers(report.as_bytes(), Format::Csv);
        assert_eq!((found, ending.unreadable.count), (vec![1, 2], bad), "{name}");
        assert!(ending.lacks() > 0, "{name}");
    }
    // Where the columns stand in another order, a name that is lost cannot be guessed.
    let mut names: Vec<&str> = damaged.trim_end().split(',').collect();
    names.reverse();
    let foreign = format!("{}\n{lines}", names.join(","));
    assert!(matches!(read(foreign.as_bytes(), Format::Csv, 7), Err(ReportError::NoRecord { .. })));
}

#[test]
fn columns_and_members_may_be_added_and_reordered() {
    let csv: String = [HEADER, &line(1), &line(2)]
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| {
            let (first, rest) = line.split_once(',').unwrap();
            format!("{rest},new,{first}\r\n")
        })
        .collect();
    let json = format!("[{},{}]", object(1), object(2)).replace(
        "{\"awsAccountId\":\"123456789012\",",
        "{\"new\":{\"serial\":\"1\",\"list\":[{},[{\"serial\":\"2\"}]]},\"awsAccountId\":\"123456789012\",",
    );
    for (report, format) in [(csv, Format::Csv), (json, Format::Json)] {
        let (found, ending) = numbers(report.as_bytes(), format);
        assert_eq!((found, ending.lacks()), (vec![1, 2], 0), "{format:?}");
    }
}

#[test]
fn a_field_with_line_ends_forges_no_record() {
    let forged = format!("x\n{}", line(9).replace('"', "\"\""));
    let second = replaced(&line(2), "OU=Sales", forged.as_bytes());
    let (report, _) = around(Format::Csv, &second);
    let (found, ending) = numbers(&report, Format::Csv);
    assert_eq!((found, ending.lacks()), (vec![1, 2, 3], 0));
    let forged = object(9).replace('"', "\\\"");
    let second = replaced(&object(2), "OU=Sales", forged.as_bytes());
    let (report, _) = around(Format::Json, &second);
    let (found, ending) = numbers(&report, Format::Json);
    assert_eq!((found, ending.lacks()), (vec![1, 2, 3], 0));
}

#[test]
fn a_report_that_is_cut_off_gives_what_was_before_the_cut() {
    let objects: Vec<String> = (1..=50).map(object).collect();
    let json = format!("[{}]", objects.join(","));
    let lines: Vec<String> = (1..=50).map(line).collect();
    let csv = format!("{HEADER}{}", lines.concat());
    for (report, format) in [(json, Format::Json), (csv, Format::Csv)] {
        let ends: Vec<usize> = match format {
            Format::Json => objects
                .iter()
                .scan(1, |at, object| {
                    *at += object.len();
                    let end = *at;
                    *at += 1;
                    Some(end)
                })
                .collect(),
            Format::Csv => lines
                .iter()
                .scan(HEADER.len(), |at, line| {
                    *at += line.len();
                    // The line's end is not needed.
                    Some(*at - 1)
                })
                .collect(),
        };
        for cut in 0..1000 {
            let at = 1 + cut * (report.len() - 2) / 1000;
            let whole = ends.iter().filter(|end| **end <= at).count();
            match read(&report.as_bytes()[..at], format, 4096) {
                Ok((found, ending)) => {
                    assert_eq!(found.len(), whole, "{format:?} at {at}");
                    // A report that is cut off between two lines is a shorter one.
                    let is_between = ends.contains(&at) || ends.contains(&(at - 1));
                    let is_shorter = format == Format::Csv && (is_between || whole == 0);
                    let is_known = is_shorter || !ending.incomplete.is_empty();
                    assert!(is_known, "{format:?} at {at}");
                }
                Err(_) => assert_eq!(whole, 0, "{format:?} at {at}"),
            }
        }
    }
}

#[test]
fn a_csv_cut_inside_its_last_field_is_incomplete() {
    let whole = format!("{HEADER}{}{}", line(1), line(2));
    let without_end = whole.trim_end();
    let (found, ending) = numbers(without_end.as_bytes(), Format::Csv);
    assert_eq!((found, ending.lacks()), (vec![1, 2], 0), "as some tools write it");
    let template = "arn:aws:acm-pca:::template/EndEntityCertificate/V1".len();
    let last = (HEADER.len() + line(1).len()) as u64;
    for lost in 1..=template {
        let report = &without_end[..without_end.len() - lost];
        let (found, ending) = numbers(report.as_bytes(), Format::Csv);
        assert_eq!(found, [1], "{lost}");
        assert_eq!(ending.incomplete, ["it ends in the middle of a line"], "{lost}");
        let bad = &ending.unreadable.first[0];
        assert_eq!((bad.number, bad.offset), (3, last), "{lost}");
        assert_eq!(bad.bytes, report.len() as u64 - last, "{lost}");
    }
}

#[test]
fn a_last_line_that_ends_with_another_column_needs_its_end() {
    let header = HEADER.replacen(",templateArn", "", 1);
    let old = |n| line(n).replace(",arn:aws:acm-pca:::template/EndEntityCertificate/V1", "");
    let report = format!("{header}{}{}", old(1), old(2));
    assert_eq!(numbers(report.as_bytes(), Format::Csv).1.lacks(), 0);
    let (found, ending) = numbers(report.trim_end().as_bytes(), Format::Csv);
    assert_eq!((found, ending.unreadable.count), (vec![1], 1), "a reason may be missing");
}
