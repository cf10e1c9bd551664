//! Where a command ends with 2, one line says what could not be checked.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

/// A case record that is whole.
const CASE: &str = include_str!("case.json");
const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

/// The exit code, and the lines that say why it is 2.
fn vigil(folder: &Path, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let output = Command::new(env!("CARGO_BIN_EXE_vigil"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "us-east-1")
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let is_why = |line: &&str| line.to_lowercase().contains("exit code 2: ");
    (output.status.code(), text.lines().filter(is_why).map(str::to_owned).collect())
}

/// A report of one certificate, and of one whose end cannot be read.
fn report(folder: &Path, ends: &[&str]) {
    let record = |(at, end): (usize, &&str)| {
        json!({"awsAccountId": "111122223333", "requestedByServicePrincipal": null,
            "certificateArn": format!("{CA}/certificate/0{at}"), "serial": format!("0{at}"),
            "subject": "CN=a", "notBefore": "2026-01-01T00:00:00+0000", "notAfter": end,
            "issuedAt": "2026-01-01T00:00:00+0000", "revokedAt": null, "revocationReason": null,
            "templateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1"})
    };
    let records: Value = ends.iter().enumerate().map(record).collect();
    fs::write(folder.join("report.json"), records.to_string()).unwrap();
}

#[test]
fn certificates_and_report_name_how_much_was_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = ["certificates", "report.json"];
    let page = ["report", "report.json", "--as-of", "2026-03-01"];
    report(folder.path(), &["2027-01-01T00:00:00+0000", "tomorrow"]);
    let (code, why) = vigil(folder.path(), &certificates);
    assert_eq!((code, why.len()), (Some(2), 1), "{why:?}");
    assert!(why[0].contains("exit code 2: 1 records or reports could not be read"), "{why:?}");
    let (code, why) = vigil(folder.path(), &page);
    assert_eq!((code, why.len()), (Some(2), 1), "{why:?}");
    let words = "1 check could not be made: report.json (1 records could not be read";
    assert!(why[0].contains(words), "{why:?}");
    report(folder.path(), &["2027-01-01T00:00:00+0000"]);
    for arguments in [&certificates[..], &page] {
        assert_eq!(vigil(folder.path(), arguments), (Some(0), Vec::new()), "{arguments:?}");
    }
}

#[test]
fn findings_that_say_nothing_of_a_case_verify_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("case.json"), CASE).unwrap();
    fs::write(folder.path().join("forged.json"), CASE.replace("user/bob", "user/eve")).unwrap();
    fs::write(folder.path().join("other.log"), "no finding\n").unwrap();
    let verify = ["evidence", "verify", "case.json", "--findings", "other.log"];
    let (code, why) = vigil(folder.path(), &verify);
    assert_eq!((code, why.len()), (Some(2), 1), "{why:?}");
    assert!(why[0].contains("other.log has no finding about a case"), "{why:?}");
    let forged = ["evidence", "verify", "forged.json", "--findings", "other.log"];
    assert_eq!(vigil(folder.path(), &forged).0, Some(1), "what is broken outweighs it");
}

#[test]
fn a_file_that_is_no_anchor_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("case.json"), CASE).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vigil"))
        .args(["evidence", "verify", "case.json", "--anchor", "case.json"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.starts_with("vigil: case.json is not an anchor: "), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}
