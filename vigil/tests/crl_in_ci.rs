//! Runs `vigil crl check` as action.yml, the hook of pre-commit and docs/crl-check.md have it run.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use tempfile::TempDir;

const VIGIL: &str = env!("CARGO_BIN_EXE_vigil");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap()
}

/// A folder with a CA's certificate (`ca.pem`), its good CRL (`ca.crl`), one that has expired
/// (`old.crl`), and a text (`no.crl`). These commands judge by the present time.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let ca = Issuer::new(params, key);
    let crl = |this_update, next_update| {
        let params = CertificateRevocationListParams {
            this_update,
            next_update,
            crl_number: SerialNumber::from(7),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&ca).unwrap().der().to_vec()
    };
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("ca.pem", certificate.pem().as_bytes());
    write("ca.crl", &crl(date_time_ymd(2024, 1, 1), date_time_ymd(2033, 1, 1)));
    write("old.crl", &crl(date_time_ymd(2024, 1, 1), date_time_ymd(2024, 1, 8)));
    write("no.crl", b"no CRL");
    folder
}

/// The script of action.yml's last step, as GitHub runs it: `bash --noprofile --norc -eo pipefail`.
fn action(folder: &TempDir, inputs: &[(&str, &str)]) -> Output {
    let action = text("action.yml");
    let (_, script) = action.split_once("SARIF: ${{ inputs.sarif }}\n      run: |\n").unwrap();
    let script: String = script.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    fs::write(folder.path().join("step.sh"), script).unwrap();
    let defaults = [("ISSUER", ""), ("PROFILE", "auto"), ("FAIL_ON", "informational")];
    Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "step.sh"])
        .current_dir(folder.path())
        .env("VIGIL", VIGIL)
        .env("SARIF", "")
        .envs(defaults)
        .envs(inputs.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn the_action_fails_its_step_where_something_is_found() {
    let folder = folder();
    let issuer = ("ISSUER", "ca.pem");
    for (crls, more, code) in [
        ("ca.crl", issuer, 0),
        ("ca.crl ca.crl", issuer, 0),
        ("c*.crl", issuer, 0),
        ("old.crl", issuer, 1),
        ("ca.crl old.crl", issuer, 1),
        ("no.crl", issuer, 1),
        ("absent.crl", issuer, 2),
        // Without an issuer nothing is verified.
        ("ca.crl", ("ISSUER", ""), 2),
    ] {
        let run = action(&folder, &[("CRLS", crls), more]);
        assert_eq!(run.status.code(), Some(code), "{crls}: {run:?}");
    }
    let sarif = [("CRLS", "old.crl"), issuer, ("SARIF", "found.sarif")];
    assert_eq!(action(&folder, &sarif).status.code(), Some(1));
    let written = fs::read_to_string(folder.path().join("found.sarif")).unwrap();
    let written: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(written["version"], "2.1.0");
    assert!(written["runs"][0]["results"].as_array().is_some_and(|found| !found.is_empty()));
}

/// Inputs are words, whatever a pull request calls a file.
#[test]
fn an_input_of_the_action_is_never_a_command() {
    let folder = folder();
    let run = action(&folder, &[("CRLS", "$(touch${IFS}made) `touch${IFS}made` --help")]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(!folder.path().join("made").exists());
}

/// pre-commit runs the entry with the arguments of the repository that has the hook, and the files.
#[test]
fn the_hook_of_pre_commit_runs_as_it_is_configured() {
    let folder = folder();
    let hooks = text(".pre-commit-hooks.yaml");
    let of = |field: &str| {
        let line = hooks.lines().find_map(|line| line.trim().strip_prefix(field));
        line.unwrap().trim().to_owned()
    };
    assert_eq!((of("language:"), of("files:")), ("system".to_owned(), r"\.crl$".to_owned()));
    let entry = of("entry:");
    let path = Path::new(VIGIL).parent().unwrap();
    for (file, code) in [("ca.crl", 0), ("old.crl", 1)] {
        let path = format!("export PATH=\"{}:$PATH\"", path.display());
        let command = format!("{path}; {entry} --issuer ca.pem {file}");
        let run = Command::new("bash")
            .args(["-c", &command])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(code), "{file}: {run:?}");
    }
}

#[test]
fn the_commands_and_exit_codes_of_docs_crl_check_are_right() {
    let folder = folder();
    let page = text("docs/crl-check.md");
    let commands: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("vigil ")).collect();
    assert!(!commands.is_empty());
    let run = |arguments: &str| {
        let run = Command::new(VIGIL)
            .args(arguments.split(' '))
            .current_dir(folder.path())
            .output()
            .unwrap();
        run.status.code()
    };
    for command in commands {
        assert_eq!(run(command), Some(0), "{command}");
    }
    let options = [
        "--profile rfc5280",
        "--fail-on critical",
        "--ignore crl.next-update:expired=renewed",
        "--format json",
    ];
    for option in options {
        let command = format!("crl check ca.crl --issuer ca.pem {option}");
        assert_eq!(run(&command), Some(0), "{command}");
    }
    for (arguments, code) in [
        ("old.crl --issuer ca.pem", "1"),
        ("old.crl --issuer ca.pem --ignore crl.next-update:expired=known", "0"),
        ("absent.crl --issuer ca.pem", "2"),
        ("ca.crl", "2"),
    ] {
        assert_eq!(
            run(&format!("crl check {arguments}")).unwrap().to_string(),
            code,
            "{arguments}"
        );
        assert!(page.contains(&format!("| {code} | ")), "the page has no exit code {code}");
    }
}
