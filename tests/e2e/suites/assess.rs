//! `vigil assess` on the local stack, as an operator runs it: with nothing of Vigil deployed.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output},
};

use aws_sdk_acmpca::types::{AuditReportResponseFormat, CertificateAuthorityType as Kind};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use e2e::{
    binary,
    world::{START, World},
};
use pca_local::Clock;
use serde_json::{Value, json};
use testkit::{pca, s3};
use time::Duration;
use vigil_local::{SECRET, Stack};

const BUCKET: &str = "pki-bucket";
const ALL: &[&str] = &["--region", "us-east-1,eu-west-1,eu-central-1"];

/// A stack with one role, `assess`, which has this policy and belongs to no function that runs.
async fn world(policy: &str) -> World {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.yaml");
    let policy: Value = serde_json::from_str(policy).unwrap();
    // JSON is YAML.
    let text = json!({"Resources": {"Assess": {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "FunctionName": "assess",
            "CodeUri": "../target/lambda/crl-audit/bootstrap.zip",
            "Policies": [policy],
        },
    }}});
    std::fs::write(&template, text.to_string()).unwrap();
    let functions = binary("crl-audit").parent().unwrap().to_owned();
    let stack = Stack::builder()
        .template(&template)
        .functions_dir(functions)
        .clock(Clock::frozen_at(START))
        .start()
        .await
        .unwrap();
    let pca = pca::client_at(stack.endpoint(), "bob", SECRET, "us-east-1");
    let s3 = s3::client_at(stack.endpoint(), "bob", SECRET, "us-east-1");
    World { stack, pca, s3 }
}

fn vigil(endpoint: &str, key: Option<&str>, folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary("vigil"));
    command
        .env_clear()
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nonexistent")
        .current_dir(folder)
        .args(arguments);
    if let Some(key) = key {
        command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", SECRET);
    }
    command.output().unwrap()
}

async fn assess(world: &World, key: Option<&str>, folder: &Path, options: &[&str]) -> Output {
    let endpoint = world.stack.endpoint().to_owned();
    let key = key.map(str::to_owned);
    let folder = folder.to_owned();
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    let run = move || {
        let mut arguments = vec!["assess", "--quiet"];
        arguments.extend(options.iter().map(String::as_str));
        vigil(&endpoint, key.as_deref(), &folder, &arguments)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn policy(options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&["assess", "--print-policy"], options].concat();
    let output = vigil("http://127.0.0.1:9", None, folder.path(), &arguments);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn csr(name: &str) -> String {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.serialize_request(&key).unwrap().pem().unwrap()
}

fn report(folder: &Path) -> Value {
    let text = std::fs::read(folder.join("vigil-report/fleet-report.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// A root with an encrypted CRL bucket that keeps versions, one revoked certificate of two, and an
/// audit report that lies in the bucket.
async fn fleet(world: &World) -> String {
    world.crl_bucket(BUCKET).await;
    let key = world.key_for(BUCKET);
    world.encrypt_with(BUCKET, &key).await;
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let put = world.s3.put_bucket_versioning().bucket(BUCKET);
    put.versioning_configuration(versioning.build()).send().await.unwrap();
    let ca = world.active_root(Some(BUCKET)).await;
    let csr = csr("www.example.com");
    for _ in 0..2 {
        let template = "EndEntityCertificate";
        world.issue(&ca, csr.as_bytes(), template, 30).await;
    }
    world.advance(Duration::hours(2)).await;
    let create = world.pca.create_certificate_authority_audit_report();
    create
        .certificate_authority_arn(&ca)
        .s3_bucket_name(BUCKET)
        .audit_report_response_format(AuditReportResponseFormat::Json)
        .send()
        .await
        .unwrap();
    world.advance(Duration::hours(23)).await;
    ca
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_policy_is_enough_and_each_action_needed() {
    let world = world(&policy(&["--region", "us-east-1"])).await;
    let ca = fleet(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let output =
        assess(&world, Some("lambda-assess"), folder.path(), &["--region", "us-east-1"]).await;
    let text = said(&output);
    assert!(output.status.code().is_some_and(|code| code < 2), "{text}");
    assert!(!text.contains("not checked"), "{text}");
    let report = report(folder.path());
    assert_eq!(report["unchecked"], json!([]), "{text}");
    let of_ca = report["cas"].as_array().unwrap().iter().find(|of| of["arn"] == ca.as_str());
    assert_eq!(
        of_ca.unwrap()["certificates"]["issued"],
        3,
        "the report that lay there was read: {text}"
    );

    let calls = world.stack.calls();
    let unused: BTreeSet<String> = world
        .stack
        .granted()
        // The function that carries the policy here has these of SAM.
        .filter(|grant| !grant.action.starts_with("logs:"))
        .filter(|grant| !calls.iter().any(|call| grant.covers(call)))
        .map(|grant| format!("{} on {}", grant.action, grant.resource))
        .collect();
    assert_eq!(unused, BTreeSet::new(), "granted and never used");
    let changes = ["Create", "Delete", "Put", "Restore", "Update", "Issue", "Revoke", "Tag"];
    let changing = calls.iter().find(|call| {
        let name = call.action.split(':').nth(1).unwrap_or_default();
        changes.iter().any(|change| name.starts_with(change))
    });
    assert_eq!(changing, None, "it reads only");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_rights_are_named_and_hide_nothing_else() {
    let list = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "acm-pca:ListCertificateAuthorities", "Resource": "*",
    }]});
    let world = world(&list.to_string()).await;
    fleet(&world).await;
    let lost = world.active_root(None).await;
    world.disable(&lost).await;
    world.delete_disabled(&lost, 7).await;
    let folder = tempfile::tempdir().unwrap();
    let output =
        assess(&world, Some("lambda-assess"), folder.path(), &["--region", "us-east-1"]).await;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for words in ["can be restored for", "GetBucketPolicy was refused", "Incomplete"] {
        let page = std::fs::read_to_string(folder.path().join("vigil-report/report.html")).unwrap();
        assert!(text.contains(words) || page.contains(words), "{words}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_regions_are_assessed_and_what_is_new_is_remembered() {
    let mut world = world(&policy(&[])).await;
    let first = world.active_root(None).await;
    world.move_to("eu-west-1");
    let second = world.active_root(None).await;
    world.disable(&second).await;
    world.delete_disabled(&second, 7).await;
    world.move_to("eu-central-1");
    let lost = pca::create(&world.pca, Kind::Root, "NEVER SIGNED").await;
    let folder = tempfile::tempdir().unwrap();
    let options = [ALL, &["--state", "remembered"]].concat();
    let output = assess(&world, Some("lambda-assess"), folder.path(), &options).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let before = report(folder.path());
    let arns: Vec<&str> =
        before["cas"].as_array().unwrap().iter().map(|ca| ca["arn"].as_str().unwrap()).collect();
    assert!([&first, &second, &lost].iter().all(|arn| arns.contains(&arn.as_str())), "{arns:?}");
    let new = |report: &Value| {
        let findings = report["findings"].as_array().unwrap();
        let new = findings.iter().filter(|of| of["is_new"] == true);
        (new.count(), findings.len())
    };
    let (new_before, all_before) = new(&before);
    assert!(new_before == all_before && all_before > 0, "{before}");
    for file in ["report.html", "findings.json", "findings.csv", "findings.ocsf.jsonl"] {
        assert!(folder.path().join("vigil-report").join(file).is_file(), "{file}");
    }

    world.advance(Duration::minutes(1)).await;
    assess(&world, Some("lambda-assess"), folder.path(), &options).await;
    assert_eq!(new(&report(folder.path())), (0, all_before), "all is known");

    world.move_to("eu-west-1");
    let restore = world.pca.restore_certificate_authority().certificate_authority_arn(&second);
    restore.send().await.unwrap();
    world.advance(Duration::minutes(1)).await;
    assess(&world, Some("lambda-assess"), folder.path(), &options).await;
    let after = report(folder.path());
    let resolved: Vec<&str> = after["resolved"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["rule"].as_str().unwrap())
        .collect();
    assert!(resolved.contains(&"assess.restoration-window"), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_it_says_so_at_once() {
    let world = world(&policy(&[])).await;
    let folder = tempfile::tempdir().unwrap();
    let output = assess(&world, None, folder.path(), ALL).await;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("no AWS credentials were found"), "{text}");
    assert!(!folder.path().join("vigil-report").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_requested_only_on_demand_with_their_rights() {
    let options = ["--region", "us-east-1", "--request-reports", BUCKET];
    let world = world(&policy(&options)).await;
    world.crl_bucket(BUCKET).await;
    let ca = world.active_root(None).await;
    world.issue(&ca, csr("a.example").as_bytes(), "EndEntityCertificate", 9).await;
    let folder = tempfile::tempdir().unwrap();
    let output = assess(&world, Some("lambda-assess"), folder.path(), &options).await;
    let text = said(&output);
    let report = report(folder.path());
    // The CA's own certificate is in its report.
    assert_eq!(report["cas"][0]["certificates"]["issued"], 2, "{text}");
}
