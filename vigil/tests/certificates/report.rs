//! `vigil report`.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::{CA, certificates, command, csv_report, old_and_new, record, records, serials, write};

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
    assert_eq!(names.len(), 7, "{names:?}");
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
