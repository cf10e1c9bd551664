use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;

mod counting;
mod damage;
mod indexed;
mod names;
mod pieces;
mod twice;

const AS_OF: OffsetDateTime = datetime!(2021-01-01 0:00 UTC);
const CA: &str = "arn:aws:acm-pca:region:123456789012:certificate-authority/CA_ID";

/// The documented sample of a report, extended here: one revoked, one that ACM asked for.
fn json() -> String {
    format!(
        r#"[
  {{"awsAccountId":"123456789012","certificateArn":"{CA}/certificate/1","serial":"00:11",
   "subject":"CN=www.example1.com,OU=Sales,O=Example \"Company\",C=US",
   "notBefore":"2020-02-26T18:39:57+0000","notAfter":"2021-02-26T19:39:57+0000",
   "issuedAt":"2020-02-26T19:39:58+0000","revokedAt":"2020-02-26T20:00:36+0000",
   "revocationReason":"UNSPECIFIED","templateArn":"arn:aws:acm-pca:::template/EndEntityCertificate/V1"}},
  {{"awsAccountId":"123456789012","requestedByServicePrincipal":"acm.amazonaws.com",
   "certificateArn":"{CA}/certificate/2","serial":"ff:ee","Subject":"CN={{[}}]",
   "notBefore":"2020-01-22T20:10:49+0000","notAfter":"2021-01-17T21:10:49+0000",
   "issuedAt":"2020-01-22T21:10:49+0000","somethingNew":{{"deep":[1,"]"]}}}}
]"#
    )
}

fn csv() -> String {
    format!(
        "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,\
         issuedAt,revokedAt,revocationReason,templateArn\n\
         123456789012,,{CA}/certificate/1,00:11,\"CN=www.example1.com,OU=Sales,O=Example \"\"Company\"\",C=US\",\
         2020-02-26T18:39:57+0000,2021-02-26T19:39:57+0000,2020-02-26T19:39:58+0000,\
         2020-02-26T20:00:36+0000,UNSPECIFIED,arn:aws:acm-pca:::template/EndEntityCertificate/V1\n\
         123456789012,acm.amazonaws.com,{CA}/certificate/2,ff:ee,\"CN={{[}}]\",2020-01-22T20:10:49+0000,\
         2021-01-17T21:10:49+0000,2020-01-22T21:10:49+0000,,,\n"
    )
}

fn owned(record: &Record<'_>) -> Record<'static> {
    let text = |text: &str| text.to_owned().into();
    Record {
        aws_account_id: text(&record.aws_account_id),
        requested_by_service_principal: record.requested_by_service_principal.as_deref().map(text),
        certificate_arn: text(&record.certificate_arn),
        serial: text(&record.serial),
        subject: text(&record.subject),
        revocation_reason: record.revocation_reason.as_deref().map(text),
        template_arn: record.template_arn.as_deref().map(text),
        ..*record
    }
}

type Read = Result<(Vec<Record<'static>>, Ending), ReportError>;

/// Reads in pieces of `size` bytes.
fn read(report: &[u8], format: Format, size: usize) -> Read {
    let mut records = Vec::new();
    let mut reader = ReportReader::new(format);
    let mut keep = |record: &Record<'_>| records.push(owned(record));
    for piece in report.chunks(size) {
        reader.push(piece, &mut keep);
    }
    let ending = reader.finish(&mut keep)?;
    Ok((records, ending))
}

/// Reads in pieces of `size` bytes, and puts the reader down after each.
fn read_again_and_again(report: &[u8], format: Format, size: usize) -> Read {
    let mut records = Vec::new();
    let mut state = serde_json::to_string(ReportReader::new(format).state()).unwrap();
    let mut keep = |record: &Record<'_>| records.push(owned(record));
    for end in (size..).step_by(size).take_while(|end| *end < report.len()) {
        let mut reader = ReportReader::resume(serde_json::from_str(&state).unwrap());
        let from = usize::try_from(reader.state().offset).unwrap();
        reader.push(&report[from..end], &mut keep);
        state = serde_json::to_string(reader.state()).unwrap();
    }
    let mut reader = ReportReader::resume(serde_json::from_str(&state).unwrap());
    let from = usize::try_from(reader.state().offset).unwrap();
    reader.push(&report[from..], &mut keep);
    let ending = reader.finish(&mut keep)?;
    Ok((records, ending))
}

fn records(
    report: &str,
    format: Format,
    size: usize,
) -> Result<(Vec<Record<'static>>, BadRecords), ReportError> {
    let (records, ending) = read(report.as_bytes(), format, size)?;
    Ok((records, ending.unreadable))
}

#[test]
fn both_forms_give_the_same_records_in_pieces_of_any_size() {
    let (expected, _) = records(&json(), Format::Json, usize::MAX).unwrap();
    assert_eq!(expected.len(), 2);
    assert_eq!(expected[0].subject, "CN=www.example1.com,OU=Sales,O=Example \"Company\",C=US");
    assert_eq!(expected[0].revoked_at, Some(datetime!(2020-02-26 20:00:36 UTC)));
    assert_eq!(expected[1].requested_by_service_principal.as_deref(), Some("acm.amazonaws.com"));
    assert_eq!(expected[1].subject, "CN={[}]");
    let crlf = csv().replace('\n', "\r\n");
    let marked = format!("\u{feff}{}", csv());
    for size in [1, 2, 7, 100, usize::MAX] {
        for (report, format) in [
            (&json(), Format::Json),
            (&csv(), Format::Csv),
            (&crlf, Format::Csv),
            (&marked, Format::Csv),
        ] {
            let (found, bad) = records(report, format, size).unwrap();
            assert_eq!((found, bad.count), (expected.clone(), 0), "{format:?} by {size}");
        }
    }
}

#[test]
fn a_bad_record_is_counted_and_named_and_the_rest_is_read() {
    let broken = json().replacen("2020-02-26T18:39:57+0000", "yesterday", 1);
    let (found, bad) = records(&broken, Format::Json, 9).unwrap();
    assert_eq!((found.len(), bad.count, bad.first[0].number, bad.first[0].offset), (1, 1, 1, 4));
    assert!(bad.first[0].why.contains("\"yesterday\""), "{}", bad.first[0].why);
    let invalid = json().replacen("\"serial\":", "\"serial\"", 1);
    assert_eq!(records(&invalid, Format::Json, 9).unwrap().1.count, 1);

    for (name, from, to, why) in [
        ("a time", "2020-02-26T18:39:57+0000", "yesterday", "not a time"),
        ("a column short", ",UNSPECIFIED,", ",", "10 fields, where 11 belong"),
        ("a stray quote", "C=US\",", "C=US\"x,", "misquoted"),
    ] {
        let broken = csv().replacen(from, to, 1);
        // In small pieces, and line by line.
        for size in [9, usize::MAX] {
            let (found, bad) = records(&broken, Format::Csv, size).unwrap();
            assert_eq!((found.len(), bad.count, bad.first[0].number), (1, 1, 2), "{name}");
            assert!(bad.first[0].why.contains(why), "{name}: {}", bad.first[0].why);
        }
    }
}

/// Lines that are all there go another way than those that come in pieces.
#[test]
fn a_line_is_read_alike_however_it_arrives() {
    let header = csv().lines().next().unwrap().to_owned();
    let line = csv().lines().nth(1).unwrap().to_owned();
    let mut kept = 0;
    for at in 0..line.len() {
        for character in ["\"", ",", "\n", "\r", "", "\"\"", "ü"] {
            let changed = format!("{}{character}{}", &line[..at], &line[at + 1..]);
            let report = format!("{header}\n{changed}\n{line}\n");
            let whole = records(&report, Format::Csv, usize::MAX);
            assert_eq!(whole, records(&report, Format::Csv, 1), "{changed}");
            kept += usize::from(whole.is_ok_and(|(found, _)| found.len() == 2));
        }
    }
    assert!(kept > 100, "{kept}");
}

#[test]
fn a_record_without_end_is_skipped_in_bounded_memory() {
    let endless = "x".repeat(3 * MAX_RECORD);
    let long = json().replacen("00:11", &endless, 1);
    let (found, bad) = records(&long, Format::Json, 1000).unwrap();
    assert_eq!((found.len(), bad.count), (1, 1));
    let long = csv().replacen("00:11", &endless, 1);
    let (found, bad) = records(&long, Format::Csv, 1000).unwrap();
    assert_eq!((found.len(), bad.count), (1, 1));
    let many = format!("{}\n{}", csv().trim_end(), ",".repeat(100_000));
    assert_eq!(records(&many, Format::Csv, 1000).unwrap().1.count, 1);
}

#[test]
fn what_is_not_a_report_is_named() {
    let error = |report: &str, format| records(report, format, 5).unwrap_err();
    assert_eq!(error("", Format::Json), ReportError::Empty);
    assert_eq!(error("", Format::Csv), ReportError::Empty);
    let offset = |report: &str, format| match error(report, format) {
        ReportError::NoRecord { offset, .. } => offset,
        error => panic!("{error}"),
    };
    assert_eq!(offset("{}", Format::Json), 0);
    assert_eq!(offset("[1]", Format::Json), 1);
    assert_eq!(offset("[{},]", Format::Json), 1);
    assert_eq!(offset("[] x", Format::Json), 3);
    assert_eq!(offset("[", Format::Json), 1);
    assert_eq!(offset("<html>", Format::Json), 0);
    assert_eq!(offset("a,b\n", Format::Csv), 0);
    assert!(error("a,b\n", Format::Csv).to_string().contains("no column \"awsAccountId\""));
    let open = format!("{}\"", csv());
    let (found, ending) = read(open.as_bytes(), Format::Csv, 5).unwrap();
    assert_eq!((found.len(), ending.unreadable.count), (2, 1));
    assert_eq!(ending.incomplete, ["it ends in the middle of a line"]);
    assert!(records("[]", Format::Json, 1).unwrap().0.is_empty());
}

#[test]
fn a_prefix_of_a_report_is_truncated_or_a_shorter_report() {
    let report = json();
    for end in 1..report.len() {
        match read(&report.as_bytes()[..end], Format::Json, 11) {
            Ok((found, ending)) => {
                assert!(!found.is_empty());
                assert_eq!(ending.incomplete, ["it ends in the middle"], "{end}");
            }
            Err(error) => assert!(matches!(error, ReportError::NoRecord { .. }), "{error}"),
        }
    }
    let report = csv();
    for end in 0..report.len() {
        let _ = records(&report[..end], Format::Csv, 11);
    }
}

#[test]
fn mutations_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for (report, format) in [(json(), Format::Json), (csv(), Format::Csv)] {
        for _ in 0..5_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut bytes = report.clone().into_bytes();
            let at = (state >> 33) as usize % bytes.len();
            bytes[at] = (state >> 25) as u8;
            let mut reader = ReportReader::new(format);
            reader.push(&bytes, &mut |_: &Record<'_>| ());
            let _ = reader.finish(&mut |_: &Record<'_>| ());
        }
    }
}

fn record(not_after: OffsetDateTime, reason: Option<&'static str>) -> Record<'static> {
    Record {
        aws_account_id: "1".into(),
        requested_by_service_principal: None,
        certificate_arn: "arn:c".into(),
        serial: "01".into(),
        subject: "CN=a".into(),
        not_before: datetime!(2020-01-01 0:00 UTC),
        not_after,
        issued_at: datetime!(2020-01-01 1:00 UTC),
        revoked_at: reason.map(|_| datetime!(2020-06-01 0:00 UTC)),
        revocation_reason: reason.map(Into::into),
        template_arn: Some("t".into()),
    }
}

#[test]
fn a_summary_counts_each_certificate_in_one_state() {
    let (day, second) = (Duration::DAY, Duration::SECOND);
    let ca_end = AS_OF + 200 * day;
    let mut counter = Counter::new(Basis { ca: None, ca_not_after: Some(ca_end), as_of: AS_OF });
    for (not_after, reason) in [
        (AS_OF - second, None),
        (AS_OF, None),
        (AS_OF + 30 * day, None),
        (AS_OF + 30 * day + second, None),
        (AS_OF + 90 * day, None),
        (AS_OF + 90 * day + second, None),
        (ca_end, None),
        (ca_end + second, None),
        (AS_OF + day, Some("KEY_COMPROMISE")),
        (AS_OF - day, Some("CERTIFICATE_AUTHORITY_COMPROMISE")),
    ] {
        counter.add(&record(not_after, reason));
    }
    counter.add(&Record {
        not_before: AS_OF + second,
        template_arn: None,
        requested_by_service_principal: Some("acm.amazonaws.com".into()),
        ..record(AS_OF + day, None)
    });
    let summary = counter.finish(Ending { records: 11, ..Ending::default() });
    assert!(summary.complete, "{:?}", summary.incomplete_because);
    assert_eq!((summary.issued, summary.valid, summary.expired), (11, 7, 1));
    assert_eq!((summary.revoked, summary.revoked_unexpired, summary.not_yet_valid), (2, 1, 1));
    assert_eq!((summary.expiring_within_30_days, summary.expiring_within_90_days), (2, 4));
    assert_eq!(summary.earliest_not_after, Some(AS_OF));
    assert_eq!(summary.latest_not_after, Some(ca_end + second));
    assert_eq!((summary.ca_compromise.count, summary.outliving_ca.count), (1, 1));
    assert_eq!((summary.by_template.of("t"), summary.by_template.of("(none)")), (10, 1));
    assert_eq!(summary.by_service_principal.of("acm.amazonaws.com"), 1);
    assert_eq!(summary.revoked_by_reason.of("KEY_COMPROMISE"), 1);
}

#[test]
fn names_beyond_a_thousand_are_counted_together() {
    let mut counter = Counter::new(Basis { ca: None, ca_not_after: None, as_of: AS_OF });
    for account in 0..1500 {
        counter.add(&Record { aws_account_id: account.to_string().into(), ..record(AS_OF, None) });
    }
    let summary = counter.finish(Ending::default());
    assert_eq!(summary.by_account.of("(others)"), 500);
}
