//! The page and the findings of a fleet report, read by programs that are not ours.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path, process::Command};

use e2e::{binary, root, run, tool};
use serde_json::{Value, json};

const ACCOUNT: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority";
const HOSTILE: &str = "<script>alert(1)</script></style>\" onload=x ]]> \u{202e}\u{1b}[2J";

fn arn(n: usize) -> String {
    format!("{ACCOUNT}/00000000-0000-4000-8000-{n:012}")
}

fn finding(n: usize, rule: &str, title: &str) -> Value {
    let severity = ["LOW", "MEDIUM", "HIGH", "CRITICAL", "INFORMATIONAL"][n % 5];
    json!({
        "id": format!("{n:032x}"), "rule": rule, "severity": severity, "status": "NEW",
        "resource": arn(n % 12), "title": format!("{title} {n}"),
        "what_happened": format!("{title} happened at 2026-02-28T10:00:00Z."),
        "impact": "Relying parties that check revocation refuse the certificates.",
        "what_to_do": "Show the CA:\n  aws acm-pca describe-certificate-authority --region us-east-1",
        "why": "The rule says so.", "evidence": {"kind": "kind", "hostile": HOSTILE},
        "as_of": "2026-03-01T12:00:00Z",
    })
}

fn ca(n: usize) -> Value {
    let is_deleted = n == 7;
    json!({
        "arn": arn(n), "name": if n == 3 { HOSTILE.to_owned() } else { format!("CA {n}") },
        "ca_type": if n == 0 { "ROOT" } else { "SUBORDINATE" },
        "status": if is_deleted { "DELETED" } else { "ACTIVE" }, "key_algorithm": "RSA_2048",
        "not_after": "2026-06-01T00:00:00Z", "last_state_change_at": "2026-02-27T00:00:00Z",
        "restorable_until": is_deleted.then_some("2026-03-05T00:00:00Z"),
        "crl": {"bucket": "crls", "this_update": "2026-02-28T00:00:00Z", "expiration_in_days": 7},
        "ocsp": false, "issuer": (n > 0).then(|| arn(0)),
        "traits": {"read": 420, "keys": {"RSA 2048": 300, HOSTILE: 120},
            "signatures": {"SHA256WITHRSA": 420}, "names": {"dns": 400, "none": 20}},
        "certificates": {
            "source": format!("s3://reports/audit-report/{n}.json"), "as_of": "2026-03-01T00:00:00Z",
            "issued": 900, "valid": 700, "not_yet_valid": 0, "expired": 150, "revoked": 50,
            "unreadable": 0, "expiring_within_30_days": 20, "expiring_within_90_days": 60,
            "without_successor_within_90_days": 9, "latest_not_after": "2027-01-01T00:00:00Z",
            "by_account": {"111122223333": 900}, "by_template": {HOSTILE: 900},
            "revoked_by_reason": {"SUPERSEDED": 50},
            "ending_by_week": {"2026-03-02": 5, "2026-03-16": 30, "2026-06-01": 300},
            "without_successor_by_week": {"2026-03-02": 2, "2026-03-16": 7},
            "issued_by_month": {"2026-01": 400, "2026-02": 500}, "revoked_by_month": {"2026-02": 50},
        },
    })
}

/// A fleet of twelve CAs with findings of each severity, one of them acknowledged and one resolved.
fn fleet() -> Value {
    let rules = [
        "crl.next-update",
        "assess.restoration-window",
        "audit-report.ca-compromise",
        "bucket.tls-only",
    ];
    let titles = ["A CRL has expired", "=HYPERLINK(\"http://evil\")", "\t@SUM(1)", "-1+1", HOSTILE];
    let open = |n: usize| json!({"is_new": n.is_multiple_of(3), "finding": finding(n, rules[n % 4], titles[n % 5])});
    let results = ["pass", "not-applicable", "unknown", "findings", "acknowledged"];
    let verdict = |n: usize| {
        json!({"rule": format!("crl.rule-{}", n / 12), "resource": arn(n % 12),
               "result": results[n / 12 % 5], "reason": HOSTILE})
    };
    json!({
        "schema": "vigil.fleet-report/1", "as_of": "2026-03-01T12:00:00Z", "made_by": "test",
        "regions": [{"name": "us-east-1", "state": "answered", "cas": 12}],
        "cas": (0..12).map(ca).collect::<Vec<_>>(),
        "findings": (1..60).map(open).collect::<Vec<_>>(),
        "resolved": [finding(100, "crl.signature", "It was so")],
        "verdicts": (0..120).map(verdict).collect::<Vec<_>>(),
        "unchecked": [{"what": "eu-west-1", "why": HOSTILE}],
        "acknowledged": [
            {"by": "carol", "note": HOSTILE, "finding": finding(101, "audit-report.template", "Known")},
        ],
    })
}

/// The files that `vigil report` makes of the fleet.
fn made(folder: &Path) {
    let model = folder.join("fleet-report.json");
    fs::write(&model, fleet().to_string()).unwrap();
    let made =
        Command::new(binary("vigil")).arg("report").arg(&model).arg("--out").arg(folder).output();
    let made = made.unwrap();
    assert_eq!(made.status.code(), Some(1), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Runs a script of `tests/fixtures` without a network to ask.
fn script(name: &str, arguments: &[&Path]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(tool("python"));
    let command = command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("HOME", home.path())
        .arg(root().join("tests/fixtures").join(name))
        .args(arguments);
    run(command).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_format_has_the_same_findings_and_fits_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    assert_eq!(script("formats.py", &[folder.path()]).trim_end(), "ok");
}

#[test]
fn the_page_is_valid_html_and_accessible_in_chromium() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    assert_eq!(script("page.py", &[&folder.path().join("report.html")]).trim_end(), "ok");
}
