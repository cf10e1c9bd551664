//! Runs `vigil certificates` and `vigil report` as processes, on files and standard input.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod report;
mod search;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
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

fn write(folder: &Path, name: &str, records: &[Value]) {
    fs::write(folder.join(name), Value::from(records).to_string()).unwrap();
}

/// A certificate before and after its revocation, in two reports of one CA.
fn old_and_new() -> [Vec<Value>; 2] {
    let leaf = |revoked| record(2, "CN=www.example", "2026-01-20", "2026-12-01", revoked);
    let first = record(1, "CN=www.example", "2025-01-01", "2026-03-20", None);
    [vec![first.clone(), leaf(None)], vec![first, leaf(Some("2026-02-25"))]]
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
