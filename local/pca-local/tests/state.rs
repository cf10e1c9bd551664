//! The whole state as one file, out and in again, and fixtures from a seed.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use http::Method;
use pca_local::{PcaLocal, Seed};
use serde_json::{Value, json};
use testkit::pca::*;

const SEED: &str = include_str!("../examples/seed.json");
const ROOT: &str = "11111111-1111-4111-8111-111111111111";
const ISSUING: &str = "22222222-2222-4222-8222-222222222222";
const DELETED: &str = "33333333-3333-4333-8333-333333333333";

async fn exported(service: &PcaLocal) -> String {
    let mut text = Vec::new();
    service.export(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

async fn refused(service: &PcaLocal, text: &str) -> String {
    chain(&service.import(text.as_bytes()).await.unwrap_err())
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

async fn planted() -> PcaLocal {
    let service = service();
    service.plant(&Seed::from_json(SEED.as_bytes()).unwrap()).await.unwrap();
    service
}

fn arn(id: &str) -> String {
    format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{id}")
}

#[tokio::test]
async fn an_export_imports_into_memory_and_a_data_directory() {
    let first = planted().await;
    let issue_slowly = json!({"issuance": "seconds:60"});
    assert_eq!(admin(&first, Method::PUT, "timing", &issue_slowly).await.0, 200);
    let alice = client(&first, "alice");
    let request = csr(&alice, &arn(ISSUING)).await;
    let issued = alice
        .issue_certificate()
        .certificate_authority_arn(arn(ISSUING))
        .csr(request)
        .signing_algorithm("SHA256WITHRSA".into())
        .validity(years(1))
        .idempotency_token("once")
        .send()
        .await
        .unwrap();
    assert!(issued.certificate_arn.is_some());
    let state = exported(&first).await;
    assert!(state.starts_with("{\"pca-local-state\":2}\n"), "{state}");

    let in_memory = service();
    active_root(&client(&in_memory, "alice")).await;
    in_memory.import(state.as_bytes()).await.unwrap();
    assert_eq!(sorted(&exported(&in_memory).await), sorted(&state), "and nothing of before");

    let folder = tempfile::tempdir().unwrap();
    let on_disk = builder().open(folder.path()).unwrap();
    active_root(&client(&on_disk, "alice")).await;
    on_disk.import(state.as_bytes()).await.unwrap();
    assert_eq!(sorted(&exported(&on_disk).await), sorted(&state));
    on_disk.close().unwrap();
    let again = builder().open(folder.path()).unwrap();
    assert_eq!(sorted(&exported(&again).await), sorted(&state));
    assert_eq!(status(&client(&again, "alice"), &arn(DELETED)).await.as_str(), "DELETED");
}

/// Tokens and what waits stand in no order.
fn sorted(state: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = state.lines().collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn the_state_goes_over_the_admin_endpoint_as_well() {
    use axum::body::Body;
    use tower::ServiceExt as _;
    let service = planted().await;
    let send = async |request: http::Request<Body>| {
        let Ok(response) = service.router().oneshot(request).await;
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let path = "/_pca-local/state";
    let (status, state) = send(http::Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!((status, state.lines().count()), (200, exported(&service).await.lines().count()));
    assert_eq!(admin(&service, Method::POST, "reset", &Value::Null).await.0, 204);
    let (status, answer) = send(http::Request::put(path).body(Body::from(state)).unwrap()).await;
    assert_eq!((status, answer.as_str()), (204, ""));
    assert_eq!(status_of(&service, ROOT).await, "DISABLED");
    let (status, answer) = send(http::Request::put(path).body(Body::from("{}")).unwrap()).await;
    assert_eq!(status, 400);
    assert!(answer.contains("the first line of a pca-local state is"), "{answer}");
}

async fn status_of(service: &PcaLocal, id: &str) -> String {
    status(&client(service, "alice"), &arn(id)).await.as_str().to_owned()
}

#[tokio::test]
async fn an_invalid_state_is_refused_by_line_and_changes_nothing() {
    let service = planted().await;
    let state = exported(&service).await;
    let lines: Vec<&str> = state.lines().collect();
    let without = |part: &str| {
        let kept: Vec<&str> = lines.iter().filter(|line| !line.contains(part)).copied().collect();
        kept.join("\n") + "\n"
    };
    let body = without("pca-local-end");
    let first_of_a_ca = lines.iter().find(|line| line.contains("\"authority\"")).unwrap();
    for (text, want) in [
        (String::new(), "the first line of a pca-local state is"),
        ("[]".to_owned(), "the first line of a pca-local state is"),
        (state.replacen(":2}", ":3}", 1), "written by a newer pca-local (version 3"),
        (state.replacen(":2}", ":1}", 1), "written by an older pca-local (version 1)"),
        (format!("{body}{{\"record\":\"song\"}}\n"), "unknown variant `song`"),
        (format!("{state}{first_of_a_ca}\n"), "comes after the last record"),
        (state.replacen("\"ca\":0", "\"ca\": 0", 1), "its lines are not those that were written"),
        (state.replacen("\"ca\":0", "\"ca\":7", 1), "CA 0 is spoken of before it is there"),
        (state.replacen("\"ca\":0", "\"ca\":4294967296", 1), "is not a number for a CA"),
        (format!("{body}{first_of_a_ca}\n"), "CA 0 is there twice"),
        (without("\"record\":\"key\""), "0 records of kind key are there, not 4"),
        (sealed(&without("\"record\":\"key\"")), "CA 0 is said to have no key"),
        (without("\"record\":\"authority\""), "CA 0 is spoken of before it is there"),
        (state.replacen("\"place\":0", "\"place\":1", 1), "does not follow the one before"),
        (
            state.replacen("0000000000000000000000000000000a", &"f".repeat(32), 1),
            "has the serial number",
        ),
        (state.replacen("\"ROOT\"", "\"BRANCH\"", 1), "'BRANCH' is not one of ROOT"),
    ] {
        let error = refused(&service, &text).await;
        assert!(error.contains(want), "{error}: not '{want}'");
    }
    assert_eq!(exported(&service).await, state);
}

/// With a last record of its own.
fn sealed(state: &str) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    let mut records: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    let mut body = String::new();
    for line in state.lines().filter(|line| !line.contains("pca-local-end")) {
        body.push_str(line);
        body.push('\n');
        let record: Value = serde_json::from_str(line).unwrap();
        if let Some(kind) = record["record"].as_str() {
            *records.entry(kind.to_owned()).or_default() += 1;
        }
    }
    let sha256 = hex::encode(digest(&SHA256, body.as_bytes()));
    format!("{body}{}\n", json!({"pca-local-end": {"records": records, "sha256": sha256}}))
}

/// Every length that a file can have been cut to, of lines and within lines.
#[tokio::test]
async fn a_cut_export_is_refused_with_what_it_has() {
    let service = planted().await;
    let state = exported(&service).await;
    assert_eq!(sealed(&state), state, "the last record is of the lines before it");
    let mut lines = 0;
    for (at, _) in state.match_indices('\n') {
        lines += 1;
        if at + 1 == state.len() {
            break;
        }
        let error = refused(&service, &state[..=at]).await;
        assert!(error.contains(&format!("after line {lines} its last record")), "{error}");
        let within = &state[..(at + 20).min(state.len() - 2)];
        let error = refused(&service, within).await;
        assert!(error.contains(&format!("cut in line {}", lines + 1)), "{within}: {error}");
    }
    let error = refused(&service, "{\"pca-local-state\":2}\n").await;
    assert!(error.contains("(so far: no records)"), "{error}");
    assert_eq!(exported(&service).await, state, "nothing has changed");
}

/// The exit code, standard output and standard error.
fn run(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut command = Command::new(env!("CARGO_BIN_EXE_pca-local"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that is not read is no error of this test's.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn the_commands_export_import_and_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let service = builder().open(at("first").as_ref()).unwrap();
    service.plant(&Seed::from_json(SEED.as_bytes()).unwrap()).await.unwrap();
    let (code, _, error) = run(&["export", "--data-dir", &at("first")], "");
    assert_eq!(code, Some(1));
    assert!(error.contains("is in use by another pca-local"), "{error}");
    service.close().unwrap();

    let (code, state, error) = run(&["export", "--data-dir", &at("first")], "");
    assert_eq!((code, error.as_str()), (Some(0), ""));
    let (code, _, error) = run(&["import", "--data-dir", &at("second")], &state);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    let (_, again, _) = run(&["export", "--data-dir", &at("second")], "");
    assert_eq!(sorted(&again), sorted(&state));

    let (code, _, error) = run(&["import", "--data-dir", &at("second")], "nonsense");
    assert_eq!((code, error.contains("the first line of a pca-local state")), (Some(1), true));
    let (code, _, error) = run(&["export", "--data-dir", &at("third")], "");
    assert_eq!((code, error.contains("there is no state in")), (Some(1), true), "{error}");
    let bad = SEED.replace(ROOT, "root");
    std::fs::write(at("bad.json"), bad).unwrap();
    let (code, _, error) = run(&["--listen", "127.0.0.1:0", "--seed", &at("bad.json")], "");
    assert_eq!(code, Some(1));
    assert!(error.contains("bad.json: authorities[0].id: is not a UUID"), "{error}");
}

/// Of tokio's work, a task is given 128 things before others have their turn.
#[tokio::test]
async fn an_export_of_many_cas_and_certificates_ends() {
    const CAS: usize = 150;
    let folder = tempfile::tempdir().unwrap();
    let seed: Value = serde_json::from_str(SEED).unwrap();
    let mut many: Vec<Value> = seed["authorities"].as_array().unwrap().clone();
    let one = json!({
        "create": {
            "CertificateAuthorityType": "ROOT",
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1",
                "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": "One of many"},
            },
        },
        "certificate": {"serial": "00000000000000000000000000000001", "days": 3652},
        "issued": [{"serial": "00000000000000000000000000000002", "subject": {"CommonName": "www.example.com"}}],
    });
    many.extend((many.len()..CAS).map(|number| {
        let mut one = one.clone();
        one["id"] = json!(format!("44444444-4444-4444-8444-{number:012}"));
        one
    }));
    let seed = json!({"authorities": many}).to_string();
    let service = builder().open(folder.path()).unwrap();
    service.plant(&Seed::from_json(seed.as_bytes()).unwrap()).await.unwrap();
    let served = exported(&service).await;
    service.close().unwrap();

    let arguments = ["export", "--data-dir", folder.path().to_str().unwrap()];
    let (code, state, error) = run(&arguments, "");
    assert_eq!((code, error.as_str()), (Some(0), ""));
    // But the clock's line, and the sum over all of them.
    let of_lasting = |state: &str| -> Vec<String> {
        let lasts = |line: &&str| !line.contains("\"clock\"");
        sorted(state).into_iter().filter(lasts).map(str::to_owned).collect()
    };
    assert!(of_lasting(&state) == of_lasting(&served), "other records than from the one that ran");
    let of_cas = state.lines().filter(|line| line.contains("One of many"));
    assert!(of_cas.count() >= 140, "of each");
}

#[tokio::test]
async fn a_truncated_or_garbled_state_is_an_error_and_never_a_panic() {
    let service = planted().await;
    let state = exported(&service).await;
    for number in 0..60 {
        let at = state.len() * number / 60;
        let mut garbled = state.clone().into_bytes();
        if number % 2 == 0 {
            garbled.truncate(at.max(1));
        } else {
            garbled[at] ^= 0x15;
        }
        // What is garbled in a name or a tag may well be another name or tag.
        let _ = service.import(garbled.as_slice()).await;
        let _ = exported(&service).await;
    }
}

#[tokio::test]
async fn a_seed_makes_fixed_arns_and_serials_and_can_be_repeated() {
    let service = planted().await;
    for (id, want) in [(ROOT, "DISABLED"), (ISSUING, "ACTIVE"), (DELETED, "DELETED")] {
        assert_eq!(status_of(&service, id).await, want);
    }
    let certificate = format!("{}/certificate/0000000000000000000000000000000b", arn(ISSUING));
    let alice = client(&service, "alice");
    let (own, chain) = testkit::pca::certificate(&alice, &arn(ISSUING), &certificate).await;
    assert!(own.contains("BEGIN CERTIFICATE"));
    assert_eq!(chain.unwrap().matches("BEGIN CERTIFICATE").count(), 2, "a real chain");
    let revoke = json!({
        "CertificateAuthorityArn": arn(ISSUING), "RevocationReason": "SUPERSEDED",
        "CertificateSerial": "0000000000000000000000000000000b",
    });
    let (_, answer) = call(&service, "RevokeCertificate", &revoke).await;
    assert_eq!(answer["__type"], "RequestAlreadyProcessedException");

    let before = exported(&service).await;
    service.plant(&Seed::from_json(SEED.as_bytes()).unwrap()).await.unwrap();
    assert_eq!(exported(&service).await, before, "what is there stays as it is");
    set_status(&alice, &arn(ROOT), "ACTIVE".into()).await;
    service.plant(&Seed::from_json(SEED.as_bytes()).unwrap()).await.unwrap();
    assert_eq!(status_of(&service, ROOT).await, "ACTIVE", "also what has changed since");
}

#[tokio::test]
async fn a_seed_that_cannot_be_planted_names_the_place() {
    let seed = |change: &dyn Fn(&mut Value)| {
        let mut seed: Value = serde_json::from_str(SEED).unwrap();
        change(&mut seed["authorities"]);
        seed
    };
    for (seed, want) in [
        (json!([]), "the seed is not JSON of the form"),
        (seed(&|cas| cas[0]["colour"] = "red".into()), "unknown field `colour`"),
        (seed(&|cas| cas[1]["id"] = "2".into()), "authorities[1].id: is not a UUID"),
        (seed(&|cas| cas[1]["id"] = ROOT.into()), "authorities[1].id: is that of another CA"),
        (
            seed(&|cas| cas[1]["certificate"]["issuer"] = DELETED.into()),
            "authorities[1].certificate.issuer: is not the id of a CA that stands before",
        ),
        (
            seed(&|cas| cas[1]["issued"][1]["serial"] = "xyz".into()),
            "authorities[1].issued[1].serial: is not 32 hexadecimal digits",
        ),
        (
            seed(&|cas| cas[1]["issued"][0]["csr"] = "".into()),
            "authorities[1].issued[0].subject: or csr has to be given",
        ),
        (
            seed(&|cas| cas[0]["create"]["CertificateAuthorityType"] = "BRANCH".into()),
            "authorities[0].create was refused: ValidationException",
        ),
        (
            seed(&|cas| cas[0]["key"] = "-----BEGIN".into()),
            "authorities[0].key was refused: InvalidArgsException",
        ),
        (
            seed(&|cas| cas[1]["certificate"]["days"] = 9999.into()),
            "authorities[1].certificate was refused: ValidationException",
        ),
        (
            seed(&|cas| cas[1]["issued"][0]["days"] = 9999.into()),
            "authorities[1].issued[0] was refused: ValidationException",
        ),
    ] {
        let service = service();
        let (status, answer) = admin(&service, Method::POST, "seed", &seed).await;
        assert_eq!(status, 400, "{want}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(want), "{error}: not '{want}'");
        assert!(!error.contains("BEGIN"), "{error}");
    }
}
