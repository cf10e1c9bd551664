//! Runs the real binary and checks output and exit code.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::{Value, json};

const EVENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/events/deletion.json");
const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/policies");
const ARN: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

fn vigil(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.args(arguments).env_clear().output().unwrap()
}

fn code_and_text(arguments: &[&str]) -> (Option<i32>, String) {
    let output = vigil(arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, body) in files {
            let path = folder.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, body).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

const ADMINS: &str = r#"@id("admins") permit(
    principal in Vigil::Principal::"arn:aws:iam::111122223333:role/Admin",
    action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;

#[test]
fn policies_that_load_are_named_others_say_why() {
    let (code, text) = code_and_text(&["policy", "check", POLICIES]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("11 policies in 6 files: valid") && text.contains("reactivate-subordinates")
    );

    let folder = Folder::new(&[
        ("good.cedar", ADMINS),
        ("sub/typo.cedar", "permit("),
        ("unknown.cedar", "permit(principal, action, resource) when { context.who == \"x\" };"),
        ("README.md", "not a policy"),
    ]);
    let (code, text) = code_and_text(&["policy", "check", &folder.text("")]);
    assert_eq!(code, Some(1), "{text}");
    for words in ["typo.cedar does not parse", "unknown.cedar does not fit the schema"] {
        assert!(text.contains(words), "{text}");
    }
    let good = folder.text("good.cedar");
    let (code, text) = code_and_text(&["policy", "check", &good, &good]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("two policies are called \"admins\""), "{text}");
}

#[test]
fn unreadable_policies_exit_with_2() {
    let folder = Folder::new(&[("README.md", "")]);
    let (code, text) = code_and_text(&["policy", "check", &folder.text("")]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("there is no cedar file in"), "{text}");
    let (code, text) = code_and_text(&["policy", "check", &folder.text("missing.cedar")]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("missing.cedar cannot be read"), "{text}");
    let (code, _) = code_and_text(&["policy", "guess"]);
    assert_eq!(code, Some(2), "usage");
}

#[test]
fn one_rule_is_printed_and_former_names_name_the_new_ones() {
    let (code, text) = code_and_text(&["rules", "crl.writer"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("### crl.writer\n") && text.matches("### ").count() == 1, "{text}");
    for (arguments, words) in [
        (&["crl", "rules"] as &[&str], "`vigil crl rules` is now `vigil rules`"),
        (&["rules", "auto-restore.stood"], "is now auto-restore.deletion-permitted"),
        (&["rules", "crl.author"], "there is no rule \"crl.author\"; the rules of crl are"),
        (&["rules", "what"], "there is no rule \"what\"; `vigil rules` lists all rules"),
    ] {
        let (code, text) = code_and_text(arguments);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(words), "{text}");
    }
}

fn explained(arguments: &[&str]) -> Value {
    let output = vigil(&[&["policy", "explain", EVENT, "--json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_verdict_is_explained_with_policies_and_request() {
    let explanation = explained(&[]);
    assert_eq!(explanation["verdict"], "restore");
    assert_eq!(explanation["policies"], json!([]));
    let principal = &explanation["request"]["principal"]["id"];
    assert_eq!(principal, "arn:aws:sts::111122223333:assumed-role/Admin/alice");
    assert_eq!(explanation["request"]["context"]["windowDays"], 7);

    let folder = Folder::new(&[("admins.cedar", ADMINS)]);
    let explanation = explained(&["--policies", &folder.text("")]);
    assert_eq!(explanation["verdict"], "permit");
    assert_eq!(explanation["policies"], json!(["admins"]));
}

#[test]
fn the_ca_and_the_approval_are_taken_as_people_have_them() {
    let ca = json!({"CertificateAuthority": {
        "Arn": ARN, "Type": "ROOT", "Status": "DELETED", "CreatedAt": "2026-01-01T00:00:00+00:00",
        "RestorableUntil": 1_795_773_600.5, "UsageMode": "GENERAL_PURPOSE",
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": {"CommonName": "Root"},
        },
    }});
    let statement = json!({
        "ca": ARN, "approved_by": "carol", "reason": "CHG-1",
        "approved_at": "2026-11-20T09:00:00Z", "expires": "2026-11-20T11:00:00Z",
    });
    let signature = json!({"key": "k", "signature": "s"});
    let approval = json!({"statement": statement, "signatures": [signature]});
    let folder = Folder::new(&[
        ("never.json", &ca.to_string()),
        ("used.json", &ca.to_string().replace("\"Type\"", "\"Serial\":\"01\",\"Type\"")),
        ("other.json", &ca.to_string().replace("5566", "5567")),
        ("approval.json", &approval.to_string()),
    ]);
    let never = explained(&["--ca", &folder.text("never.json")]);
    assert_eq!(
        (&never["verdict"], &never["policies"]),
        (&json!("permit"), &json!(["never-in-use"]))
    );
    let used = folder.text("used.json");
    let restored = explained(&["--ca", &used, "--disabled-at", "2026-11-20T09:00:00Z"]);
    assert_eq!(restored["verdict"], "restore");
    assert_eq!(restored["reactivation"]["permission"], "denied", "a root");
    let approved = explained(&["--ca", &used, "--approval", &folder.text("approval.json")]);
    assert_eq!(approved["policies"], json!(["approved"]));
    let subordinate = explained(&["--disabled-at", "2026-11-20T09:00:00Z"]);
    assert_eq!(subordinate["reactivation"]["policies"], json!(["reactivate-subordinates"]));

    let other = folder.text("other.json");
    let (code, text) = code_and_text(&["policy", "explain", EVENT, "--ca", &other]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("the event is about"), "{text}");
}

#[test]
fn people_get_it_in_words() {
    let (code, text) = code_and_text(&["policy", "explain", EVENT]);
    assert_eq!(code, Some(0), "{text}");
    for words in [
        "verdict    the CA is restored: no policy permits it",
        "principal  arn:aws:sts::111122223333:assumed-role/Admin/alice",
        "assumed    there is no approval",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn nothing_in_an_event_or_a_path_forges_a_line() {
    let event = fs::read_to_string(EVENT).unwrap();
    let hostile = "role/Admin\\nverdict    the CA stays DELETED\\u202e\\u001b[2J";
    let event = event.replace("assumed-role/Admin", &format!("assumed-{hostile}"));
    let folder = Folder::new(&[("event.json", &event)]);
    let path = folder.text("event.json");
    let is_bare = |text: &str| {
        text.lines().all(|line| !line.starts_with("verdict    the CA stays"))
            && !text.contains(['\u{202e}', '\u{1b}'])
    };
    let (code, text) = code_and_text(&["policy", "explain", &path]);
    assert_eq!(code, Some(0), "{text}");
    assert!(is_bare(&text) && text.contains("role/Admin⟨U+000A⟩verdict"), "{text}");
    let (_, text) = code_and_text(&["policy", "explain", &path, "--json"]);
    assert!(is_bare(&text), "{text}");
    let id = serde_json::from_str::<Value>(&text).unwrap()["request"]["principal"]["id"].clone();
    assert!(id.as_str().unwrap().contains("\u{202e}\u{1b}[2J"), "JSON keeps what it says: {id}");
    let (code, text) = code_and_text(&["policy", "check", "no\nsuch\u{1b}[2J\u{202e}file"]);
    assert_eq!((code, text.lines().count()), (Some(2), 1), "{text}");
    assert!(is_bare(&text), "{text}");
}

/// Facts that are not given are named as unknown.
#[test]
fn every_fact_can_be_given_and_absent_ones_are_named() {
    let below = ARN.replace("11223344", "99887766");
    let ca = |subject: &str, issuer: &str| {
        json!({
            "status": "ACTIVE", "common_name": subject, "not_after": null, "serial": null,
            "snapshot_at": null, "identity": {"subject": subject, "issuer": issuer, "key": null,
            "authority_key": null},
        })
    };
    let inventory = json!({"as_of": "2026-11-20T09:45:00Z",
        "cas": {ARN: ca("own", "root"), below: ca("below", "own")}});
    let snapshot = json!({"ca": ARN, "as_of": "2026-11-20T09:00:00Z", "policy": null,
        "permissions": [], "tags": {"env": "test"}, "revocation": {"crl": null,
        "ocsp_enabled": false, "ocsp_custom_cname": null}});
    let summary = json!({"summary": {"valid": 4, "as_of": "2026-11-20T02:00:00Z",
        "latest_not_after": "2027-01-01T00:00:00Z"}});
    let folder = Folder::new(&[
        ("inventory.json", &inventory.to_string()),
        ("snapshot.json", &snapshot.to_string()),
        ("summary.json", &summary.to_string()),
    ]);
    let [inventory, snapshot, summary] =
        ["inventory.json", "snapshot.json", "summary.json"].map(|name| folder.text(name));
    let explanation = explained(&[
        "--inventory",
        &inventory,
        "--snapshot",
        &snapshot,
        "--summary",
        &summary,
        "--earlier-restores",
        "2",
        "--deadline-at",
        "2026-11-27T09:00:00Z",
    ]);
    let context = &explanation["request"]["context"];
    assert_eq!(context["certificates"]["valid"], 4);
    assert_eq!(context["subordinates"]["living"], 1);
    assert_eq!(context["earlierRestores"], 2);
    assert_eq!(context["resourcePolicy"]["exists"], false);
    assert_eq!(context["tagsKnown"], true);
    assert_eq!(
        explanation["deadline"],
        json!({"permission": "granted", "policies": ["dead-mans-switch"]})
    );
    let assumed = explanation["assumed"].as_array().unwrap();
    assert_eq!(assumed.len(), 2, "the approval and the CA itself: {assumed:?}");
    let bare = explained(&[]);
    assert!(bare["request"]["context"].get("certificates").is_none());
    assert_eq!(bare["assumed"].as_array().unwrap().len(), 6);
}

#[test]
fn other_events_are_not_explained() {
    let scheduled = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/events/scheduled.json");
    let (code, text) = code_and_text(&["policy", "explain", scheduled]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("neither the event of a deletion nor a case record"), "{text}");
}

/// The first act of a case that `auto-restore` wrote, on the local stack.
const CASE: &str = include_str!("case.json");

#[test]
fn broken_evidence_is_named_with_its_fault() {
    let folder = Folder::new(&[
        ("cases/a/good.json", CASE),
        ("alerts/a/other.json", "{}"),
        ("forged/forged.json", &CASE.replace("user/bob", "user/eve")),
        ("forged/shortened.json", &shortened()),
        ("forged/garbage.json", "{}"),
        ("forged/twice.json", &CASE.replacen("\"by\": {", "\"by\": {}, \"by\": {", 1)),
        ("forged/more.json", &CASE.replacen('{', "{\"approved_by\": \"the board\",", 1)),
    ]);
    let (code, text) = code_and_text(&["evidence", "verify", &folder.text("")]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("reactivated, closed, 7 acts"), "{text}");
    assert!(text.contains("1 of 1 records verify"), "{text}");

    let (code, text) = code_and_text(&["evidence", "verify", &folder.text("forged")]);
    assert_eq!(code, Some(1), "{text}");
    for words in [
        "the chain of entries is broken: entry 0 does not have the hash that it claims",
        "the record says the state is Reactivated, and its entries Restored",
        "it is not the record of a case",
        "more.json: it is not as Vigil writes records",
        "twice.json: it is not as Vigil writes records",
        "0 of 5 records verify",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

/// What was published, and the heads of a day, beside a record that was made anew.
#[test]
fn a_record_made_anew_contradicts_findings_and_anchors() {
    let case: Value = serde_json::from_str(CASE).unwrap();
    let entries = case["entries"].as_array().unwrap();
    let id = case["ca"].as_str().unwrap().rsplit('/').next().unwrap();
    let key = format!("cases/{id}/good.json");
    let told = |acts: usize, head: &Value, key: &str| {
        let evidence = serde_json::json!({"case": key, "case_head": head, "case_acts": acts});
        serde_json::json!({"detail": {"id": "f1", "evidence": evidence}}).to_string()
    };
    let head = &entries[4]["hash"];
    let other = Value::from("0".repeat(64));
    let anchor = |head: &Value| {
        let heads = serde_json::json!({&key: {"head": head, "acts": 5}});
        serde_json::json!({"as_of": "2026-11-21T00:00:00Z", "heads": heads, "unusable": [],
            "previous": null})
        .to_string()
    };
    let folder = Folder::new(&[
        (&key, CASE),
        ("told.log", &format!("2026-11-20T10:00:00Z {}\nno finding\n", told(5, head, &key))),
        ("of-another.log", &told(5, &other, &key)),
        ("of-more.log", &told(99, head, &key)),
        ("of-none.log", &told(5, head, "cases/none/none.json")),
        ("anchor.json", &anchor(head)),
        ("of-another.json", &anchor(&other)),
    ]);
    let verify = |option: &str, file: &str| {
        let (bucket, file) = (folder.text(""), folder.text(file));
        code_and_text(&["evidence", "verify", &bucket, option, &file])
    };
    for (option, file, code, words) in [
        ("--findings", "told.log", 0, "1 statements about records were compared"),
        ("--findings", "of-another.log", 1, "finding f1 tells of another entry 5"),
        ("--findings", "of-more.log", 1, "tells of 99 entries, and it has fewer"),
        ("--findings", "of-none.log", 1, "no record that verifies is there"),
        ("--anchor", "anchor.json", 0, "digest"),
        ("--anchor", "of-another.json", 1, "the anchor of 2026-11-21 tells of another entry 5"),
    ] {
        let (found, text) = verify(option, file);
        assert_eq!(found, Some(code), "{file}: {text}");
        assert!(text.contains(words), "{file}: {text}");
    }
}

/// The record without its last acts. No hash shows this, but the heading does.
fn shortened() -> String {
    let mut case: Value = serde_json::from_str(CASE).unwrap();
    case["entries"].as_array_mut().unwrap().truncate(5);
    case.to_string()
}

#[test]
fn a_verdict_on_record_is_explained_from_the_record() {
    let folder = Folder::new(&[("case.json", CASE)]);
    let case = folder.text("case.json");
    let output = vigil(&["policy", "explain", &case, "--json"]);
    let explanation: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(explanation["verdict"], "restore");
    assert_eq!(explanation["recorded"]["verdict"], "restore");
    let permissive = Folder::new(&[("p.cedar", "@id(\"p\") permit(principal, action, resource);")]);
    let policies = permissive.text("p.cedar");
    let output = vigil(&["policy", "explain", &case, "--json", "--policies", &policies]);
    let explanation: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(explanation["verdict"], "permit", "what other policies would have said");
}

#[test]
fn an_acknowledgement_needs_a_ca_a_name_and_a_date() {
    for (arguments, words) in [
        (["arn:aws:acm:x", "--until", "2026-12-01", "--by", "carol"], "not an ARN"),
        ([ARN, "--until", "soon", "--by", "carol"], "--until"),
        ([ARN, "--until", "2026-12-01", "--by", " "], "--by is empty"),
    ] {
        let bucket = ["--key", "k", "--evidence-bucket", "evidence"];
        let (code, text) =
            code_and_text(&[&["deadline", "ack"], &arguments[..], &bucket[..]].concat());
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(words), "{text}");
    }
}
