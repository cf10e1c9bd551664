//! `vigil certificates`.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::{Value, json};

use super::{
    certificates, command, csv_report, json_report, old_and_new, record, records, serials, write,
};

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
fn counts_in_csv_have_a_header_as_certificates_do() {
    let folder = tempfile::tempdir().unwrap();
    let report = json_report(folder.path());
    let arguments = ["certificates", report.as_str(), "--count-by", "account", "--format", "csv"];
    let output = command(&arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "value,count", "{text}");
    let count = |line: &&str| line.rsplit_once(',').unwrap().1.parse::<u64>().unwrap();
    assert_eq!(lines[1..].iter().map(count).sum::<u64>(), 5, "{text}");
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
