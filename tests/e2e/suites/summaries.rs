//! Summaries of generated audit reports, held to counts by DuckDB and Python.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path, process::Command};

use e2e::{binary, root, run, tool};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};
use vigil_core::audit_report::{Basis, Counter, Format, Record, ReportReader, Summary, summarise};

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222-4333-8444-555555555555";
const AS_OF: OffsetDateTime = datetime!(2026-03-01 12:34:56 UTC);
const CA_END: OffsetDateTime = datetime!(2027-03-01 0:00 UTC);
const MAX_VALIDITY_DAYS: u32 = 90;
const RECORDS: u64 = 1500;

/// Numbers that a seed determines (Steele and others, SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let place = self.below(choices.len() as u64);
        choices[usize::try_from(place).unwrap()]
    }

    fn span(&mut self, days: u64) -> Duration {
        Duration::seconds(i64::try_from(self.below(days * 86_400)).unwrap())
    }
}

fn at(time: OffsetDateTime) -> Value {
    let form =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+0000");
    time.format(form).unwrap().into()
}

const TEMPLATES: [&str; 5] = [
    "EndEntityCertificate/V1",
    "EndEntityCertificate_APICSRPassthrough/V1",
    "SubordinateCACertificate_PathLen0/V1",
    "BlankSubordinateCACertificate_PathLen1_APIPassthrough/V1",
    "RootCACertificate/V1",
];
const REASONS: [&str; 4] =
    ["SUPERSEDED", "KEY_COMPROMISE", "CERTIFICATE_AUTHORITY_COMPROMISE", "UNSPECIFIED"];

/// A record as ACM PCA could write it.
fn record(number: u64, of: &mut Numbers) -> Value {
    let issued = AS_OF - Duration::minutes(1) - of.span(600);
    let days = [1, 7, 30, 90, 200, 398, 825, 4000][usize::try_from(of.below(8)).unwrap()];
    // Some end to the second as a class of validity does, or begin later than they are issued.
    let end = issued + Duration::days(days) + Duration::seconds([0, 1, 0, -1][number as usize % 4]);
    let begin =
        if of.below(40) == 0 { AS_OF + Duration::seconds(1) } else { issued - Duration::HOUR };
    let end = if end <= begin { begin + Duration::DAY } else { end };
    let serial = format!("{:016x}", number.wrapping_mul(0x1234_5678_9ABC_DEF1));
    let pairs: Vec<&str> = (0..8).map(|at| &serial[2 * at..2 * at + 2]).collect();
    let host = of.below(RECORDS / 3);
    let subject = match of.below(25) {
        0 => format!("CN=\"quoted\\, {host}\",O=Ünïcode {host},C=DE"),
        _ => format!("CN=host-{host}.example.com,O=Example Company,C=US"),
    };
    let mut record = json!({
        "awsAccountId": of.of(&["111122223333", "444455556666", "777788889999"]),
        "certificateArn": format!("{CA}/certificate/{serial}"), "serial": pairs.join(":"),
        "subject": subject, "notBefore": at(begin), "notAfter": at(end), "issuedAt": at(issued),
    });
    if of.below(3) == 0 {
        record["requestedByServicePrincipal"] = json!("acm.amazonaws.com");
    }
    if of.below(4) == 0 {
        let since = (AS_OF - issued).whole_seconds().unsigned_abs();
        let recent = Duration::seconds(of.below(since.min(300_000)).try_into().unwrap());
        record["revokedAt"] = at(AS_OF - recent);
        record["revocationReason"] = of.of(&REASONS).into();
    }
    if of.below(30) > 0 {
        let name = if of.below(10) > 0 { TEMPLATES[0] } else { of.of(&TEMPLATES) };
        record["templateArn"] = format!("arn:aws:acm-pca:::template/{name}").into();
    }
    record
}

fn records(seed: u64) -> Vec<Value> {
    let mut numbers = Numbers(seed);
    (1..=RECORDS).map(|number| record(number, &mut numbers)).collect()
}

fn shuffled(mut records: Vec<Value>, seed: u64) -> Vec<Value> {
    let mut numbers = Numbers(seed);
    for last in (1..records.len()).rev() {
        records.swap(last, usize::try_from(numbers.below(last as u64 + 1)).unwrap());
    }
    records
}

const COLUMNS: [&str; 11] = [
    "awsAccountId",
    "requestedByServicePrincipal",
    "certificateArn",
    "serial",
    "subject",
    "notBefore",
    "notAfter",
    "issuedAt",
    "revokedAt",
    "revocationReason",
    "templateArn",
];

fn csv(records: &[Value]) -> String {
    let cell = |record: &Value, name: &str| {
        let text = record[name].as_str().unwrap_or_default();
        if name == "subject" {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let line = |record: &Value| COLUMNS.map(|name| cell(record, name)).join(",");
    let lines = records.iter().map(line);
    std::iter::once(COLUMNS.join(",")).chain(lines).map(|line| line + "\n").collect()
}

fn json_report(records: &[Value]) -> String {
    format!("[{}]", records.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n"))
}

/// As audit-report counts.
fn summary(report: &str, format: Format) -> Summary {
    let ca = CA.parse().unwrap();
    let basis = Basis { ca: Some(&ca), ca_not_after: Some(CA_END), as_of: AS_OF };
    let mut counter = Counter::new(basis).indexed().with_max_validity_days(Some(MAX_VALIDITY_DAYS));
    let mut reader = ReportReader::new(format);
    let mut add = |record: &Record<'_>| counter.add(record);
    report.as_bytes().chunks(4096).for_each(|piece| reader.push(piece, &mut add));
    let ending = reader.finish(&mut add).unwrap();
    counter.finish(ending)
}

/// The model of the page and the summary beside it, as `vigil report` makes them of the report.
fn page(folder: &Path, report: &Path) -> [Vec<u8>; 2] {
    let out = folder.join("out");
    let mut command = Command::new(binary("vigil"));
    command
        .arg("report")
        .arg(report)
        .arg("--out")
        .arg(&out)
        .args(["--as-of", "2026-03-01T12:34:56Z"]);
    let made = command.output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let id = CA.rsplit('/').next().unwrap();
    let files = ["fleet-report.json".to_owned(), format!("summaries/{id}.json")];
    files.map(|name| fs::read(out.join(name)).unwrap())
}

#[test]
fn every_number_is_what_duckdb_and_python_count() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..=4 {
        let path = |name: &str, form: &str| folder.path().join(format!("{name}-{seed}.{form}"));
        let records = records(seed);
        let (as_json, as_csv) = (json_report(&records), csv(&records));
        let seen = summary(&as_json, Format::Json);
        assert_eq!(seen, summary(&as_csv, Format::Csv), "both forms");
        fs::write(path("summary", "json"), serde_json::to_vec(&seen).unwrap()).unwrap();
        fs::write(path("report", "json"), as_json).unwrap();
        fs::write(path("report", "csv"), as_csv).unwrap();
        let [model, written] = page(folder.path(), &path("report", "json"));
        assert_eq!(
            serde_json::from_slice::<Value>(&model).unwrap()["cas"][0]["certificates"]["issued"],
            RECORDS
        );
        fs::write(path("page", "json"), model).unwrap();
        fs::write(path("written", "json"), written).unwrap();
    }
    let mut command = Command::new(tool("python"));
    command.arg(root().join("tests/fixtures/summaries.py")).arg(folder.path());
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim_end(), "ok");
}

#[test]
fn shuffling_the_records_changes_no_byte() {
    let of = |records: &[Value]| {
        let report = json_report(records);
        serde_json::to_vec_pretty(&summary(&report, Format::Json)).unwrap()
    };
    let records = records(5);
    let seen = of(&records);
    for seed in 1..=5 {
        assert!(of(&shuffled(records.clone(), seed)) == seen, "order {seed}");
    }
}

/// Wherever a report is cut, it is incomplete, and what was before the cut is counted.
#[test]
fn a_report_cut_at_1000_places_gives_what_was_before() {
    let records: Vec<Value> = records(6).into_iter().take(150).collect();
    let ca = CA.parse().unwrap();
    let basis = Basis { ca: Some(&ca), ca_not_after: Some(CA_END), as_of: AS_OF };
    for (report, format) in [(json_report(&records), Format::Json), (csv(&records), Format::Csv)] {
        let mut ends = Vec::new();
        for record in &records {
            let serial = record["certificateArn"].as_str().unwrap();
            let begin = report.find(serial).unwrap();
            // A record of either form ends at its line's end: JSON's with its brace, before the comma.
            let line = report[begin..].find('\n').map_or(report.len(), |at| begin + at);
            let brace = report[begin..line].rfind('}').map(|at| begin + at + 1);
            ends.push(if format == Format::Json { brace.unwrap() } else { line + 1 });
        }
        for place in 1..=1000 {
            let cut = report.len() * place / 1001;
            let whole = ends.iter().filter(|end| **end <= cut).count() as u64;
            let Some(piece) = report.as_bytes().get(..cut) else { panic!() };
            let Ok(seen) = summarise(piece, format, basis) else {
                assert_eq!(whole, 0, "{format:?} {cut}");
                continue;
            };
            let last = seen.issued == whole + 1 && format == Format::Csv;
            assert!(seen.issued == whole || last, "{format:?} {cut}: {} of {whole}", seen.issued);
            if format == Format::Json {
                assert!(!seen.complete, "{cut}");
            }
        }
    }
}
