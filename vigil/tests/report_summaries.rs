//! Runs `vigil report` as a process: the summaries that it writes, and what it says of files that are no
//! audit reports, or that no rule was judged by.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use time::macros::datetime;
use vigil_core::audit_report::{Basis, Document, Format, SCHEMA, summarise};

const ONE: &str = "11223344-1234-1122-2233-112233445566";
const OTHER: &str = "99999999-1234-1122-2233-112233445566";
const REPORT: &str = "aaaaaaaa-1234-1122-2233-112233445566";

fn ca(id: &str) -> String {
    format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{id}")
}

fn record(id: &str, serial: u8, to: &str, revoked: Option<&str>) -> Value {
    json!({
        "awsAccountId": "111122223333",
        "certificateArn": format!("{}/certificate/{serial:02x}", ca(id)),
        "serial": format!("{serial:02x}"),
        "subject": format!("CN={}", serial / 2),
        "notBefore": "2025-06-01T00:00:00+0000",
        "notAfter": format!("{to}T00:00:00+0000"),
        "issuedAt": "2025-06-01T00:00:00+0000",
        "revokedAt": revoked.map(|at| format!("{at}T00:00:00+0000")),
        "revocationReason": revoked.map(|_| "KEY_COMPROMISE"),
        "templateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
    })
}

/// As of 2026-03-01: two valid, one of them without a successor, one expired, one revoked.
fn records(id: &str) -> Vec<Value> {
    vec![
        record(id, 2, "2026-03-15", None),
        record(id, 4, "2026-12-01", None),
        record(id, 5, "2026-02-01", None),
        record(id, 6, "2026-09-01", Some("2026-02-20")),
    ]
}

fn write(path: &Path, records: &[Value]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, Value::from(records).to_string()).unwrap();
}

struct Run {
    code: Option<i32>,
    said: String,
    complained: String,
}

fn report(paths: &[&Path], out: &Path) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.arg("report").args(["--as-of", "2026-03-01"]).arg("--out").arg(out).args(paths);
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        said: String::from_utf8(output.stdout).unwrap(),
        complained: String::from_utf8(output.stderr).unwrap(),
    }
}

fn model(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("fleet-report.json")).unwrap()).unwrap()
}

/// Every file of a folder and of those in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn each_ca_gets_a_summary_in_the_published_form() {
    let folder = tempfile::tempdir().unwrap();
    let (reports, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&reports.join(format!("audit-report/{ONE}/{REPORT}.json")), &records(ONE));
    write(&reports.join("b.json"), &records(OTHER)[..3]);
    let run = report(&[&reports], &out);
    assert_eq!(run.code, Some(0), "{}", run.complained);
    let place = out.join("summaries");
    assert!(run.said.contains(&format!("summaries: 2 in {}", place.display())), "{}", run.said);
    let model = model(&out);
    for (nth, (id, report)) in [(ONE, REPORT), (OTHER, "")].into_iter().enumerate() {
        let text = fs::read(place.join(format!("{id}.json"))).unwrap();
        let document: Document = serde_json::from_slice(&text).unwrap();
        assert_eq!(document.written().unwrap(), text, "the writer of audit-report");
        assert_eq!((document.schema.as_str(), document.ca.as_str()), (SCHEMA, ca(id).as_str()));
        assert_eq!((document.report.as_str(), document.bucket.as_str()), (report, ""));
        assert_eq!((document.created_at, document.analysed_at), (None, document.summary.as_of));
        let input = fs::read(&document.key).unwrap();
        assert_eq!(document.input.bytes, input.len() as u64);
        assert_eq!(document.input.sha256.len(), 1);
        // The same numbers as the function's, and as the page's.
        let as_of = datetime!(2026-03-01 0:00 UTC);
        let basis = Basis { ca: Some(&document.ca), ca_not_after: None, as_of };
        let mut want = summarise(&input, Format::Json, basis).unwrap();
        want.not_judged.clone_from(&document.summary.not_judged);
        assert_eq!(document.summary, want);
        let page = &model["cas"][nth]["certificates"];
        let (issued, valid, revoked) = (want.issued, want.valid, want.revoked);
        assert_eq!((issued, valid, revoked), if id == ONE { (4, 2, 1) } else { (3, 2, 0) });
        assert_eq!(page["issued"], issued);
        assert_eq!((&page["valid"], &page["revoked"]), (&json!(valid), &json!(revoked)));
        assert_eq!(page["by_template"], json!(want.by_template));
        let without = want.successors.unwrap().within_90_days.without_successor;
        assert_eq!((&page["without_successor_within_90_days"], without), (&json!(1), 1));
    }
}

#[test]
fn two_runs_over_the_same_reports_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (reports, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&reports.join("a.json"), &records(ONE));
    write(&reports.join("b.json"), &records(OTHER));
    report(&[&reports], &out);
    let first = files(&out);
    fs::remove_dir_all(&out).unwrap();
    report(&[&reports], &out);
    assert_eq!(first.len(), 8, "{:?}", first.keys());
    assert!(files(&out) == first);
}

#[test]
fn only_the_newest_report_has_a_summary_and_older_runs_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (reports, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&reports.join("old.json"), &records(ONE)[..3]);
    write(&reports.join("new.json"), &records(ONE));
    let run = report(&[&reports], &out);
    let path = out.join(format!("summaries/{ONE}.json"));
    assert!(run.said.contains(&format!("summary: {}", path.display())), "{}", run.said);
    let document: Document = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(document.key.ends_with("new.json") && document.summary.issued == 4);
    write(&folder.path().join("other.json"), &records(OTHER));
    let run = report(&[&folder.path().join("other.json")], &out);
    assert!(
        path.is_file() && run.complained.contains("1 files of earlier runs"),
        "{}",
        run.complained
    );
}

#[test]
fn records_left_apart_or_backwards_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("a.json"), folder.path().join("out"));
    let mut all = records(ONE);
    all.push(all[0].clone());
    all[1]["serial"] = json!("77");
    all[3]["revokedAt"] = json!("2025-05-01T00:00:00+0000");
    write(&path, &all);
    assert_eq!(report(&[&path], &out).code, Some(2));
    let model = model(&out);
    let why = model["unchecked"].to_string();
    for words in ["not the end of the ARN: 1", "the same record again: 1", "1 records end before"] {
        assert!(why.contains(words), "{why}");
    }
    assert_eq!(model["cas"][0]["certificates"]["issued"], 3);
}

#[test]
fn a_damaged_fleet_report_is_named_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("a.json"), folder.path().join("out"));
    write(&path, &records(ONE));
    report(&[&path], &out);
    let text = fs::read_to_string(out.join("fleet-report.json")).unwrap();
    let again = folder.path().join("again");
    let cut = &text[..text.len() / 2];
    let unclosed = text.replacen("\"regions\"", "regions\"", 1);
    let lacking = text.replacen("\"made_by\"", "\"made-by\"", 1);
    for (name, text) in [
        ("fleet-report.json", cut),
        ("fleet-report.json", ""),
        ("fleet-report-of-monday.json", "\0\0\0"),
        ("monday.json", cut),
        ("monday.json", unclosed.as_str()),
        ("monday.json", lacking.as_str()),
    ] {
        let damaged = folder.path().join(name);
        fs::write(&damaged, text).unwrap();
        let run = report(&[&damaged], &again);
        assert_eq!(run.code, Some(2), "{name}");
        let error = run.complained;
        assert!(error.contains("is a fleet report of Vigil, and it is damaged"), "{error}");
        assert!(error.contains(" at line ") && error.contains(" column "), "{error}");
        assert!(
            error.contains("copy it again") && !error.contains("not an audit report"),
            "{error}"
        );
        assert!(!again.exists(), "nothing is written");
    }
    fs::write(&path, text.replacen("fleet-report/1", "fleet-report/2", 1)).unwrap();
    let error = report(&[&path], &again).complained;
    assert!(error.contains("its schema is \"vigil.fleet-report/2\""), "{error}");
}

#[test]
fn other_files_of_vigil_are_no_audit_reports() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("a.json"), folder.path().join("vigil-report"));
    write(&path, &records(ONE));
    report(&[&path], &out);
    for (name, form) in [
        (format!("summaries/{ONE}.json"), "vigil.audit-report/1"),
        ("findings.json".to_owned(), "vigil.findings/1"),
        ("findings.csv".to_owned(), "findings as CSV"),
    ] {
        let run = report(&[&out.join(name)], &folder.path().join("again"));
        assert_eq!(run.code, Some(2));
        assert!(run.complained.contains(form), "{}", run.complained);
    }
    // A second run over the folder in which the first has written.
    let run = report(&[folder.path()], &out);
    assert_eq!(run.code, Some(0), "{}", run.complained);
    assert_eq!(run.complained.matches("skipped").count(), 4, "{}", run.complained);
    assert_eq!(model(&out)["cas"].as_array().unwrap().len(), 1);
}

#[test]
fn a_report_beside_evidence_is_said_to_be_unjudged() {
    let folder = tempfile::tempdir().unwrap();
    let (evidence, out) = (folder.path().join("evidence"), folder.path().join("out"));
    fs::create_dir_all(evidence.join("state")).unwrap();
    let outside = folder.path().join("r.json");
    let inside = evidence.join(format!("audit-report/{ONE}/{REPORT}.json"));
    write(&outside, &records(ONE));
    for (paths, report_path) in [
        (vec![evidence.as_path(), outside.as_path()], &outside),
        (vec![evidence.as_path()], &inside),
    ] {
        let run = report(&paths, &out);
        assert_eq!(run.code, Some(2), "{}", run.complained);
        let words = format!("{}: counted only, no rule was judged by it", report_path.display());
        assert!(run.complained.contains(&words), "{}", run.complained);
        let model = model(&out);
        assert_eq!(model["unchecked"][0]["what"], report_path.display().to_string());
        assert_eq!(model["cas"][0]["certificates"]["issued"], 4);
        let page = fs::read_to_string(out.join("report.html")).unwrap();
        assert!(page.contains("counted only, no rule was judged by it"));
        fs::create_dir_all(inside.parent().unwrap()).unwrap();
        fs::copy(&outside, &inside).unwrap();
    }
}

#[test]
fn a_report_counts_beside_a_summary_only_if_it_says_more() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("a.json"), folder.path().join("out"));
    write(&path, &records(ONE));
    report(&[&path], &out);
    let fleet = folder.path().join("fleet-report.json");
    fs::rename(out.join("fleet-report.json"), &fleet).unwrap();
    let mut more = records(ONE);
    more[0]["revokedAt"] = json!("2026-02-28T00:00:00+0000");
    for (records, issued, revoked, code) in
        [(records(ONE), 4, 1, 0), (records(ONE)[..2].to_vec(), 4, 1, 0), (more, 4, 2, 2)]
    {
        write(&path, &records);
        let run = report(&[&fleet, &path], &out);
        let model = model(&out);
        let numbers = &model["cas"][0]["certificates"];
        assert_eq!((&numbers["issued"], &numbers["revoked"]), (&json!(issued), &json!(revoked)));
        assert_eq!(run.code, Some(code), "{}", run.complained);
        assert_eq!(run.complained.contains("says as much"), code == 0, "{}", run.complained);
    }
}
