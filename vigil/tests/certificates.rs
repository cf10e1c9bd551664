//! Runs `vigil certificates` and `vigil report` as processes, on files and standard input.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";
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

fn record(serial: u8, subject: &str, from: &str, to: &str, revoked: Option<&str>) -> Value {
    json!({
        "awsAccountId": if serial.is_multiple_of(2) { "111122223333" } else { "444455556666" },
        "requestedByServicePrincipal": null,
        "certificateArn": format!("{CA}/certificate/{serial:02x}"),
        "serial": format!("00:{serial:02x}"),
        "subject": subject,
        "notBefore": format!("{from}T00:00:00+0000"),
        "notAfter": format!("{to}T00:00:00+0000"),
        "issuedAt": format!("{from}T00:00:00+0000"),
        "revokedAt": revoked.map(|at| format!("{at}T00:00:00+0000")),
        "revocationReason": revoked.map(|_| "KEY_COMPROMISE"),
        "templateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
    })
}

/// As of 2026-03-01: two valid, one expired with a successor, one revoked, one not begun.
fn records() -> Vec<Value> {
    vec![
        record(1, "CN=old.example", "2025-01-01", "2026-02-01", None),
        record(2, "CN=old.example", "2026-01-20", "2026-12-01", None),
        record(3, "CN=lonely.example", "2025-06-01", "2026-03-15", None),
        record(4, "CN=stolen.example", "2025-06-01", "2026-09-01", Some("2026-02-20")),
        record(5, "CN=\u{1b}[2Jé\u{202e},O=\"a, b\"", "2026-04-01", "2027-01-01", None),
    ]
}

fn json_report(folder: &Path) -> String {
    let path = folder.join("report.json");
    fs::write(&path, Value::from(records()).to_string()).unwrap();
    path.display().to_string()
}

fn csv_report(folder: &Path) -> String {
    let path = folder.join("report.csv");
    let mut text = COLUMNS.join(",") + "\n";
    for record in records() {
        let cell = |name: &&str| {
            let value = record[*name].as_str().unwrap_or_default();
            format!("\"{}\"", value.replace('"', "\"\""))
        };
        text += &(COLUMNS.iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
    }
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.args(arguments).env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_REGION", "us-east-1");
    command
}

fn certificates(arguments: &[&str]) -> Output {
    let fixed = ["certificates", "--as-of", "2026-03-01", "--format", "jsonl"];
    command(&[&fixed, arguments].concat()).output().unwrap()
}

/// The serials' last octets, in the order of the output.
fn serials(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let serial = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["serial"].as_str().unwrap()[3..].to_owned()
    };
    text.lines().map(serial).collect()
}

#[test]
fn each_filter_finds_what_it_says_in_both_forms() {
    let folder = tempfile::tempdir().unwrap();
    for report in [json_report(folder.path()), csv_report(folder.path())] {
        let cases: &[(&[&str], &[&str])] = &[
            (&[], &["01", "02", "03", "04", "05"]),
            (&["--status", "valid"], &["02", "03"]),
            (&["--status", "expired,revoked"], &["01", "04"]),
            (&["--status", "not-yet-valid"], &["05"]),
            (&["--subject", "old"], &["01", "02"]),
            (&["--subject", "CN=*.example"], &["01", "02", "03", "04"]),
            (&["--serial", "03"], &["03"]),
            (&["--serial", "00:04"], &["04"]),
            (&["--serial", "0x04"], &["04"]),
            (&["--serial", "00-04"], &["04"]),
            (&["--account", "111122223333"], &["02", "04"]),
            (&["--template", "CodeSigning"], &[]),
            (&["--reason", "KEY_COMPROMISE"], &["04"]),
            (&["--reason", "key_compromise"], &["04"]),
            (&["--issued-within", "60d"], &["02"]),
            (&["--issued-between", "2025-01-01..2025-06-01"], &["01"]),
            (&["--ending-within", "30d"], &["03"]),
            (&["--ending-between", "2026-09-01..2026-12-02"], &["02", "04"]),
            (&["--revoked-within", "30d"], &["04"]),
            (&["--revoked-between", "2026-01-01..2026-02-01"], &[]),
            (&["--without-successor", "--status", "valid,expired"], &["02", "03"]),
            (&["--sort", "-ending"], &["05", "02", "04", "03", "01"]),
            (&["--sort", "ending", "--limit", "2"], &["01", "03"]),
            (&["--limit", "1"], &["01"]),
        ];
        for (arguments, want) in cases {
            let output = certificates(&[&[report.as_str()], *arguments].concat());
            assert_eq!(serials(&output), *want, "{report} {arguments:?}");
            assert!(output.status.success(), "{report} {arguments:?}");
        }
    }
}

#[test]
fn standard_input_is_a_report_and_is_read_once() {
    let mut child = command(&["certificates", "-", "--format", "jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = Value::from(records()).to_string();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert_eq!(serials(&child.wait_with_output().unwrap()).len(), 5);
    let output = certificates(&["-", "--without-successor"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("only once"));
}

fn write(folder: &Path, name: &str, records: &[Value]) {
    fs::write(folder.join(name), Value::from(records).to_string()).unwrap();
}

/// A certificate before and after its revocation, in two reports of one CA.
fn old_and_new() -> [Vec<Value>; 2] {
    let leaf = |revoked| record(2, "CN=www.example", "2026-01-20", "2026-12-01", revoked);
    let first = record(1, "CN=www.example", "2025-01-01", "2026-03-20", None);
    [vec![first.clone(), leaf(None)], vec![first, leaf(Some("2026-02-25"))]]
}

#[test]
fn only_the_newest_report_of_each_ca_is_searched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let [old, new] = old_and_new();
    let other = Value::from(vec![record(3, "CN=b", "2025-01-01", "2026-12-01", None)]);
    let other = other.to_string().replace("11223344-1234", "99999999-1234");
    fs::write(folder.path().join("c.json"), other).unwrap();
    for (name_of_old, name_of_new) in [("a.json", "b.json"), ("b.json", "a.json")] {
        write(folder.path(), name_of_old, &old);
        write(folder.path(), name_of_new, &new);
        let output = certificates(&[path, "--status", "valid"]);
        assert_eq!(serials(&output), ["01", "03"], "the other was revoked");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("1 older report of the same CAs left out"), "{error}");
        assert!(error.contains(name_of_old) && !error.contains(name_of_new), "{error}");
        let output = certificates(&[path, "--without-successor", "--status", "valid"]);
        assert_eq!(serials(&output), ["01", "03"], "a revoked one is no successor");
        let all = certificates(&[path, "--all-reports"]);
        assert_eq!((serials(&all).len(), all.stderr.len()), (5, 0));
    }
}

#[test]
fn an_older_report_that_is_cut_is_named_as_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = old_and_new();
    write(folder.path(), "new.json", &new);
    let cut = Value::from(old).to_string();
    fs::write(folder.path().join("old.json"), &cut[..cut.len() - 40]).unwrap();
    let output = certificates(&[folder.path().to_str().unwrap()]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((serials(&output).len(), output.status.code()), (2, Some(2)), "{error}");
    assert!(error.contains("old.json"), "{error}");
}

#[test]
fn counts_add_up_to_all() {
    let folder = tempfile::tempdir().unwrap();
    let report = json_report(folder.path());
    for field in [
        "status",
        "template",
        "account",
        "principal",
        "reason",
        "subject",
        "issued",
        "ending",
        "revoked",
        "validity",
    ] {
        let output = certificates(&[&report, "--count-by", field]);
        let text = String::from_utf8(output.stdout).unwrap();
        let count =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["count"].as_u64().unwrap();
        assert_eq!(text.lines().map(count).sum::<u64>(), 5, "{field}: {text}");
    }
}

#[test]
fn no_subject_moves_the_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let report = json_report(folder.path());
    for format in ["table", "csv", "jsonl"] {
        let output = command(&["certificates", &report, "--format", format]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains('é') && !text.contains('\u{1b}'), "{format}: {text}");
    }
}

#[test]
fn tables_and_counts_show_invisible_characters() {
    let folder = tempfile::tempdir().unwrap();
    let subject = "CN=a\u{200b}b\u{feff}\u{e0041}";
    write(folder.path(), "r.json", &[record(1, subject, "2025-01-01", "2026-12-01", None)]);
    let report = folder.path().join("r.json").to_str().unwrap().to_owned();
    for more in [&[] as &[&str], &["--count-by", "subject"]] {
        let output =
            command(&[&["certificates", report.as_str()], more].concat()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("CN=a⟨U+200B⟩b⟨U+FEFF⟩⟨U+E0041⟩"), "{text}");
        assert!(!text.contains(['\u{200b}', '\u{feff}', '\u{e0041}']), "{text}");
    }
    assert_eq!(serials(&certificates(&[&report, "--subject", "\u{200b}b"])), ["01"]);
}

#[test]
fn what_cannot_be_read_is_named_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let report = json_report(folder.path());
    for (arguments, words) in [
        (vec!["/nonexistent.json"], "/nonexistent.json"),
        (vec!["s3:///key"], "no s3://BUCKET/KEY"),
        (vec![report.as_str(), "--sort", "colour"], "issued, ending"),
        (vec![report.as_str(), "--serial", "zz"], "hexadecimal"),
        (vec![report.as_str(), "--account", "abc"], "twelve digits"),
        (vec![report.as_str(), "--reason", "FOO"], "KEY_COMPROMISE"),
        (vec![report.as_str(), "--issued-between", "2026"], "two dates"),
        (vec![report.as_str(), "--ending-within", "soon"], "span of time"),
        (vec![folder.path().join("empty").to_str().unwrap()], "empty"),
    ] {
        let output = certificates(&arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
    }
    let mut bad = records();
    bad[1]["notAfter"] = json!("tomorrow");
    let path = folder.path().join("bad.json");
    fs::write(&path, Value::from(bad).to_string()).unwrap();
    let output = certificates(&[path.to_str().unwrap()]);
    assert_eq!((output.status.code(), serials(&output).len()), (Some(2), 4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tomorrow"));
}

#[test]
fn a_report_becomes_a_page_and_findings_in_each_format() {
    let folder = tempfile::tempdir().unwrap();
    let report = csv_report(folder.path());
    let out = folder.path().join("out").display().to_string();
    let arguments = ["report", &report, "--as-of", "2026-03-01", "--out", &out];
    let output = command(&arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("report.html"), "{text}");
    assert!(text.contains("No rule was judged") && !text.contains("No finding"), "{text}");
    let read = |name: &str| fs::read_to_string(Path::new(&out).join(name)).unwrap();
    assert!(
        read("report.html").contains("5 issued, 2 valid, 1 not yet valid, 1 expired, 1 revoked")
    );
    let model: Value = serde_json::from_str(&read("fleet-report.json")).unwrap();
    assert_eq!(model["cas"][0]["certificates"]["ending_by_week"]["2026-03-09"], 1);
    // The model makes the same page again.
    let again = folder.path().join("again").display().to_string();
    let model = Path::new(&out).join("fleet-report.json").display().to_string();
    command(&["report", &model, "--out", &again]).output().unwrap();
    let other = fs::read_to_string(Path::new(&again).join("report.html")).unwrap();
    assert_eq!(
        other.contains("5 issued, 2 valid"),
        read("report.html").contains("5 issued, 2 valid")
    );
    let names: BTreeSet<String> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

/// ACM PCA's report of a CA that has issued nothing is `[]`.
#[test]
fn a_report_without_records_is_skipped_with_a_word() {
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    csv_report(folder.path());
    fs::write(folder.path().join("empty.json"), "[]").unwrap();
    let text = |folder: &tempfile::TempDir| folder.path().display().to_string();
    let (reports, page) = (text(&folder), text(&out));
    let arguments = ["report", &reports, "--as-of", "2026-03-01", "--out", &page];
    let output = command(&arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    assert!(error.contains("empty.json: no record, skipped"), "{error}");
}

/// The model of `vigil report`, its standard error and its exit code.
fn reported(paths: &[&str]) -> (Value, String, Option<i32>) {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let fixed = ["report", "--as-of", "2026-03-01", "--out", folder];
    let output = command(&[&fixed, paths].concat()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let model = fs::read_to_string(out.path().join("fleet-report.json"));
    let model = model.unwrap_or_else(|_| panic!("{error}"));
    (serde_json::from_str(&model).unwrap(), error, output.status.code())
}

#[test]
fn the_page_has_the_newest_report_and_names_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = old_and_new();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name_of_old, name_of_new) in [("a.json", "b.json"), ("b.json", "a.json")] {
        write(folder.path(), name_of_old, &old);
        write(folder.path(), name_of_new, &new);
        let (a, b) = (path("a.json"), path("b.json"));
        let (all, a, b) = (folder.path().to_str().unwrap(), a.as_str(), b.as_str());
        for paths in [vec![all], vec![a, b], vec![b, a]] {
            let (model, error, code) = reported(&paths);
            let numbers = &model["cas"][0]["certificates"];
            assert_eq!(
                (&numbers["valid"], &numbers["revoked"]),
                (&json!(1), &json!(1)),
                "{paths:?}"
            );
            assert_eq!((model["cas"].as_array().unwrap().len(), code), (1, Some(0)));
            let words =
                format!("{}: left out, {} is a newer", path(name_of_old), path(name_of_new));
            assert!(error.contains(&words), "{error}");
        }
    }
}

#[test]
fn of_reports_that_say_the_same_the_file_modified_last_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut revoked = record(1, "CN=a", "2025-01-01", "2026-12-01", None);
    write(folder.path(), "b.json", &[revoked.clone()]);
    revoked["revocationReason"] = json!("SUPERSEDED");
    write(folder.path(), "a.json", &[revoked]);
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_577_836_800);
    let old = fs::File::options().write(true).open(folder.path().join("b.json")).unwrap();
    old.set_modified(long_ago).unwrap();
    let path = folder.path().to_str().unwrap();
    assert_eq!(reported(&[path]).0["cas"][0]["certificates"]["revoked"], 1);
    assert_eq!(serials(&certificates(&[path, "--status", "revoked"])), ["01"]);
}

#[test]
fn the_order_of_records_does_not_say_whose_report_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let other = |of: &Value| of.to_string().replace("11223344-1234", "99999999-1234");
    let [_, records] = old_and_new();
    let foreign: Value = serde_json::from_str(&other(&records[0])).unwrap();
    for at in 0..=records.len() {
        let mut mixed = records.clone();
        mixed.insert(at, foreign.clone());
        write(folder.path(), "mixed.json", &mixed);
        let path = folder.path().join("mixed.json");
        let (model, _, code) = reported(&[path.to_str().unwrap()]);
        assert_eq!(model["cas"][0]["arn"], CA, "{at}");
        let why = &model["unchecked"][0]["why"];
        assert_eq!(why, "1 records are of another CA and were not counted");
        assert_eq!((&model["cas"][0]["certificates"]["issued"], code), (&json!(2), Some(2)));
    }
    let id = "99999999-1234-1122-2233-112233445566";
    let named = folder.path().join("audit-report").join(id);
    fs::create_dir_all(&named).unwrap();
    fs::rename(folder.path().join("mixed.json"), named.join("r.json")).unwrap();
    let (model, _, _) = reported(&[named.join("r.json").to_str().unwrap()]);
    assert!(model["cas"][0]["arn"].as_str().unwrap().ends_with(id), "{model}");
}

#[test]
fn records_that_cannot_be_read_are_named_with_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut bad = records();
    bad[1]["notAfter"] = json!("tomorrow");
    write(folder.path(), "bad.json", &bad);
    let path = folder.path().join("bad.json").to_str().unwrap().to_owned();
    let lost = bad[1].to_string().len();
    let (model, _, code) = reported(&[&path]);
    let why = model["unchecked"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("1 records could not be read, ") && code == Some(2), "{why}");
    assert!(why.contains("record 2 at offset ") && why.contains("tomorrow"), "{why}");
    assert!(why.contains(&format!("{lost} bytes: ")), "{why}");
    let output = certificates(&[&path]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains(&format!(", {lost} bytes: ")), "{error}");
}
