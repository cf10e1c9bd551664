//! Runs `vigil crl check` as a process and checks output and exit code.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use tempfile::TempDir;

#[path = "crl/commands.rs"]
mod commands;
#[path = "crl/exit_code_2.rs"]
mod exit_code_2;
#[path = "crl/for_programs.rs"]
mod for_programs;
#[path = "crl/inputs.rs"]
mod inputs;

/// A CA with a key of its own, and a folder to work in.
struct World {
    folder: TempDir,
    ca: Issuer<'static, KeyPair>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { folder, ca: Issuer::new(params, key) }
    }

    /// A CRL of 1 March 2026 that lists these serials.
    fn crl(&self, name: &str, number: u64, serials: &[u8]) {
        self.crl_since(2026, name, number, serials);
    }

    /// The same, with revocations of February of this year.
    fn crl_since(&self, year: i32, name: &str, number: u64, serials: &[u8]) {
        let revoked = |serial: &u8| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&[*serial]),
            revocation_time: date_time_ymd(year, 2, 1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 3, 1),
            next_update: date_time_ymd(2026, 3, 8),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let crl = params.signed_by(&self.ca).unwrap();
        fs::write(self.path(name), crl.der()).unwrap();
    }

    /// Makes PEM of a CRL, after these lines.
    fn pem(&self, of: &str, name: &str, before: &str) {
        let crl = BASE64_STANDARD.encode(fs::read(self.path(of)).unwrap());
        let pem = format!("{before}-----BEGIN X509 CRL-----\n{crl}\n-----END X509 CRL-----\n");
        fs::write(self.path(name), pem).unwrap();
    }

    /// An audit report, in which each serial is revoked or not and all end in 2027.
    fn report(&self, records: &[(u8, bool)]) {
        let mut csv = String::from(
            "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,\
             notAfter,issuedAt,revokedAt,revocationReason,templateArn\n",
        );
        for (serial, revoked) in records {
            let (at, why) =
                if *revoked { ("2026-02-01T00:00:00+0000", "SUPERSEDED") } else { ("", "") };
            csv.push_str(&format!(
                "111122223333,,arn,{serial:02x},\"CN=a,O=b\",2026-01-01T00:00:00+0000,\
                 2027-01-01T00:00:00+0000,2026-03-01T00:00:00+0000,{at},{why},t\n"
            ));
        }
        fs::write(self.path("audit.csv"), csv).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn check(&self, crl: &str, more: &[&str]) -> Output {
        check(self.folder.path(), &[&[crl, "--issuer", "ca.pem"], more].concat())
    }
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vigil"))
        .args(["crl", "check", "--as-of", "2026-03-02T00:00:00Z"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `(rule, kind)` of what was found.
fn found(output: &Output) -> Vec<(String, String)> {
    let report = json(output);
    let mut found = Vec::new();
    for judgement in report["judgements"].as_array().unwrap() {
        for finding in judgement["findings"].as_array().into_iter().flatten() {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            found.push((text(&finding["rule"]), text(&finding["evidence"]["kind"])));
        }
    }
    found
}

fn one(rule: &str, kind: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), kind.to_owned())]
}

#[test]
fn a_good_crl_exits_with_0_and_is_summarised() {
    let world = World::new();
    world.crl("good.crl", 7, &[3, 1, 2]);
    let good = world.check("good.crl", &[]);
    assert_eq!(code(&good), 0, "{}", text(&good));
    assert!(text(&good).contains("3 entries"), "{}", text(&good));
    assert!(text(&good).contains("no audit report was given"), "{}", text(&good));
}

#[test]
fn a_bad_crl_exits_with_1_and_names_the_rule() {
    let (world, mallory) = (World::new(), World::new());
    mallory.crl("forged.crl", 7, &[1]);
    fs::copy(mallory.path("forged.crl"), world.path("forged.crl")).unwrap();
    let forged = world.check("forged.crl", &["--format", "json"]);
    assert_eq!((code(&forged), found(&forged)), (1, one("crl.signature", "another-key")));
    // A CA of AWS Private CA has one key for ever.
    let forged = world.check("forged.crl", &["--profile", "acm-pca", "--format", "json"]);
    assert_eq!(code(&forged), 1);
    assert!(found(&forged).contains(&one("crl.signature", "not-the-cas")[0]), "{}", text(&forged));

    world.crl("twice.crl", 7, &[5, 9, 4, 5]);
    let twice = world.check("twice.crl", &["--format", "json"]);
    assert_eq!((code(&twice), found(&twice)), (1, one("crl.serials", "duplicate")));

    fs::write(world.path("pem.crl"), "-----BEGIN X509 CRL-----").unwrap();
    let pem = world.check("pem.crl", &["--format", "json"]);
    assert_eq!((code(&pem), found(&pem)), (1, one("crl.parses", "another-format")));
}

#[test]
fn the_previous_version_shows_removals_and_rollbacks() {
    let world = World::new();
    world.crl("old.crl", 7, &[1, 2]);
    world.crl("new.crl", 8, &[2]);
    let with = |more: &[&str]| world.check("new.crl", &[&["--format", "json"], more].concat());
    let alone = with(&["--previous", "old.crl"]);
    assert_eq!(found(&alone), one("crl.early-removal", "unexplained"));
    world.report(&[(1, true), (2, true)]);
    let report = &["--previous", "old.crl", "--report", "audit.csv"];
    let found_with_report = found(&with(report));
    assert_eq!(
        found_with_report,
        [one("crl.completeness", "missing"), one("crl.early-removal", "early")].concat()
    );
    let back = world.check("old.crl", &["--format", "json", "--previous", "new.crl"]);
    let rolled_back = [one("crl.crl-number", "rolled-back"), one("crl.rewritten", "readded")];
    assert_eq!(found(&back), rolled_back.concat());
}

#[test]
fn an_audit_report_shows_missing_and_never_issued_serials() {
    let world = World::new();
    world.crl("a.crl", 7, &[1, 2]);
    world.report(&[(1, true), (2, true), (4, false)]);
    fs::copy(world.path("audit.csv"), world.path("AUDIT.CSV")).unwrap();
    for report in ["audit.csv", "AUDIT.CSV"] {
        let complete = world.check("a.crl", &["--report", report]);
        assert_eq!(code(&complete), 0, "{}", text(&complete));
    }
    world.report(&[(1, true), (3, true)]);
    let wrong = world.check("a.crl", &["--report", "audit.csv", "--format", "json"]);
    let want = [one("crl.completeness", "missing"), one("crl.never-issued", "never-issued")];
    assert_eq!(found(&wrong), want.concat());
}

#[test]
fn sarif_names_rules_levels_and_the_file() {
    let world = World::new();
    world.crl("a b.crl", 7, &[5, 5]);
    let log = json(&world.check("a b.crl", &["--format", "sarif"]));
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"crl.serials".into(), &"warning".into()));
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "crl.serials");
    let location = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(location, "a%20b.crl");
}

#[test]
fn a_file_that_cannot_be_read_keeps_no_other_from_its_verdict() {
    let world = World::new();
    world.crl("good.crl", 7, &[1]);
    let some = world.check("good.crl", &["missing.crl", "--format", "json"]);
    let report = json(&some);
    assert_eq!(code(&some), 2, "{}", text(&some));
    assert_eq!(report["crls"][0]["result"], "clean", "{report:#}");
    assert_eq!(report["crls"][1]["result"], "incomplete", "{report:#}");
    let why = report["crls"][1]["not_checked"][0]["reason"].as_str().unwrap();
    assert!(why.contains("cannot read missing.crl"), "{why}");
    let shown = text(&world.check("missing.crl", &["good.crl"]));
    assert!(shown.contains("not checked: cannot read missing.crl: "), "{shown}");
    assert!(shown.contains("rules hold"), "{shown}");
}

#[test]
fn what_cannot_be_fetched_is_named_with_its_remedy() {
    let world = World::new();
    for (source, says) in [
        ("https://127.0.0.1/1.crl", "which is not an address of the public Internet"),
        ("http://127.0.0.1:9/1.crl", "not an address of the public Internet"),
        ("HTTP://127.0.0.1:9/1.crl", "not an address of the public Internet"),
        ("s3://crls", "s3://BUCKET/KEY"),
    ] {
        let output = world.check(source, &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 2, "{error}");
        assert!(error.contains(source) && error.contains(says), "{error}");
    }
}

#[test]
fn unreadable_input_exits_with_2_and_says_why() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    fs::write(world.path("noise.pem"), "noise").unwrap();
    fs::create_dir(world.path("empty")).unwrap();
    fs::write(world.path("noise.csv"), "a,b\n").unwrap();
    for (name, arguments, why) in [
        ("no file", &["none.crl", "--issuer", "ca.pem"][..], "none.crl"),
        ("an empty folder", &["empty", "--issuer", "ca.pem"], "no file that is called"),
        ("no reason", &["a.crl", "--ignore", "crl.delta="], "say why"),
        ("no rule", &["a.crl", "--ignore", "crl.x=y"], "there is no rule crl.x"),
        ("no certificate", &["a.crl", "--issuer", "noise.pem"], "BEGIN CERTIFICATE"),
        ("no report", &["a.crl", "--issuer", "ca.pem", "--report", "noise.csv"], "no column"),
        ("no format", &["a.crl", "--issuer", "ca.pem", "--report", "ca.pem"], ".json or .csv"),
    ] {
        let output = check(world.folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), 2, "{name}: {said}");
        assert!(said.contains(why), "{name}: {said}");
        assert!(output.stdout.is_empty(), "{name}");
    }
}

#[test]
fn without_an_issuer_the_answer_is_incomplete() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    let alone = check(world.folder.path(), &["a.crl", "--format", "json"]);
    assert_eq!((code(&alone), &json(&alone)["result"]), (2, &"incomplete".into()));
    let log = json(&check(world.folder.path(), &["a.crl", "--format", "sarif"]));
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    world.crl("twice.crl", 7, &[5, 5]);
    assert_eq!(code(&check(world.folder.path(), &["twice.crl"])), 1, "the rest is judged");
}

#[test]
fn several_crls_are_judged_by_the_certificates_that_fit() {
    let (world, other) = (World::new(), World::new());
    world.crl("a.crl", 7, &[1]);
    other.crl("b.crl", 7, &[1]);
    let both = [fs::read(other.path("ca.pem")).unwrap(), fs::read(world.path("ca.pem")).unwrap()];
    fs::write(world.path("bundle"), both.concat()).unwrap();
    fs::remove_file(world.path("ca.pem")).unwrap();
    fs::copy(other.path("b.crl"), world.path("b.crl")).unwrap();
    let all = check(world.folder.path(), &[".", "--issuer", "bundle", "--format", "json"]);
    assert_eq!(code(&all), 0, "{}", text(&all));
    assert_eq!(json(&all)["crls"].as_array().unwrap().len(), 2);
}

#[test]
fn findings_are_ignored_with_a_reason_or_below_a_severity() {
    let world = World::new();
    world.crl("twice.crl", 7, &[5, 5]);
    let ignore = |what| world.check("twice.crl", &["--ignore", what, "--format", "json"]);
    let ignored = ignore("crl.serials:duplicate=known since May");
    assert_eq!((code(&ignored), found(&ignored).len()), (0, 0));
    assert_eq!(json(&ignored)["ignored"][0]["reason"], "known since May");
    assert_eq!(code(&ignore("crl.serials:zero=another kind")), 1);
    assert_eq!(code(&world.check("twice.crl", &["--fail-on", "high"])), 0);
    assert_eq!(code(&world.check("twice.crl", &["--fail-on", "medium"])), 1);
}

/// A CRL that OpenSSL signs with an Ed448 key, whose signatures are not verified here.
fn ed448(folder: &Path) {
    let settings = "[ca]\ndefault_ca=a\n[a]\ndatabase=index\ncrlnumber=number\n\
                    default_md=default\ndefault_crl_days=7\n";
    for (name, text) in [("openssl.cnf", settings), ("index", ""), ("number", "01\n")] {
        fs::write(folder.join(name), text).unwrap();
    }
    for command in [
        "genpkey -algorithm ED448 -out key.pem",
        "req -x509 -key key.pem -subj /CN=Ed448 -days 30 -out ed448.pem",
        "ca -gencrl -config openssl.cnf -keyfile key.pem -cert ed448.pem -out ed448.crl",
    ] {
        let arguments = command.split(' ');
        let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
    }
}

#[test]
fn an_ignored_unverified_signature_is_not_clean() {
    let world = World::new();
    ed448(world.folder.path());
    let check = |more: &[&str]| {
        let arguments = ["ed448.crl", "--issuer", "ed448.pem", "--fail-on", "critical"];
        check(world.folder.path(), &[&arguments, more].concat())
    };
    assert_eq!(code(&check(&[])), 2, "no severity hides it");
    let ignored = check(&["--ignore", "crl.signature=known", "--format", "json"]);
    assert_eq!((code(&ignored), &json(&ignored)["result"]), (2, &"incomplete".into()));
}

/// Neither a threshold nor `--ignore` verifies a signature.
#[test]
fn a_crl_that_was_not_verified_is_never_clean() {
    let (world, mallory) = (World::new(), World::new());
    mallory.crl("forged.crl", 7, &[1]);
    fs::copy(mallory.path("forged.crl"), world.path("forged.crl")).unwrap();
    fs::write(world.path("unread.crl"), [0x30, 0x03, 0x02, 0x01, 0x01]).unwrap();
    for arguments in [
        ["forged.crl", "--fail-on", "critical"],
        ["forged.crl", "--ignore", "crl.signature=x"],
        ["unread.crl", "--ignore", "crl.parses=x"],
    ] {
        let checked = world.check(arguments[0], &[&arguments[1..], &["--format", "json"]].concat());
        assert_eq!(json(&checked)["result"], "incomplete", "{arguments:?}");
        assert_eq!(code(&checked), 2, "{arguments:?}");
    }
}

#[test]
fn old_entries_are_explained_by_an_older_certificate() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    params.not_before = date_time_ymd(2010, 1, 1);
    let old = params.self_signed(&key).unwrap().pem();
    params.not_before = date_time_ymd(2026, 1, 1);
    let renewed = params.self_signed(&key).unwrap().pem();
    let world = World { folder: tempfile::tempdir().unwrap(), ca: Issuer::new(params, key) };
    fs::write(world.path("ca.pem"), &renewed).unwrap();
    world.crl_since(2020, "a.crl", 7, &[1]);
    let early = one("crl.entry-dates", "before-certificate");
    assert_eq!(found(&world.check("a.crl", &["--format", "json"])), early);
    fs::write(world.path("ca.pem"), [renewed, old].concat()).unwrap();
    assert_eq!(found(&world.check("a.crl", &["--format", "json"])), []);
}

#[test]
fn docs_rules_md_is_what_vigil_rules_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_vigil")).arg("rules").output().unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules.md");
    assert_eq!(text(&output), fs::read_to_string(docs).unwrap());
}
