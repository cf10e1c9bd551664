//! The code of one function, replaced by `cargo lambda deploy` and by the AWS CLI.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::process::Command;

use e2e::{binary, root, tool, world::World};

/// Runs cargo-lambda as an operator does, with the stack in the place of AWS.
fn deploy(world: &World, function: &str, code: &str) -> (bool, String) {
    let mut command = Command::new(tool("cargo-lambda"));
    command
        .args(["lambda", "deploy", function, "--binary-path"])
        .arg(binary(code))
        .current_dir(root())
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_ENDPOINT_URL", world.stack.endpoint())
        .env("AWS_ACCESS_KEY_ID", "alice")
        .env("AWS_SECRET_ACCESS_KEY", vigil_local::SECRET)
        .env("AWS_REGION", "us-east-1");
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn aws(world: &World, arguments: &[&str]) -> Result<String, String> {
    tokio::task::block_in_place(|| e2e::cli::aws(world.stack.endpoint(), arguments))
}

/// What a call of the function answers, and whether that is an error.
fn invoke(world: &World, function: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("answer");
    let name = format!("--function-name={function}");
    let said = aws(world, &["lambda", "invoke", &name, &answer.display().to_string()]).unwrap();
    (said.contains("FunctionError"), std::fs::read_to_string(&answer).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_lambda_replaces_the_code_of_one_function() {
    let world = World::start().await;
    let (is_error, answer) = invoke(&world, "vigil-last-resort");
    assert!(!is_error && answer.contains("restored"), "{answer}");
    // Another function's code, which needs what this one is not given.
    let (is_done, text) = deploy(&world, "vigil-last-resort", "notify");
    assert!(is_done, "{text}");
    let (is_error, answer) = invoke(&world, "vigil-last-resort");
    assert!(is_error, "{answer}");
    let (is_done, text) = deploy(&world, "vigil-last-resort", "last-resort");
    assert!(is_done, "{text}");
    let (is_error, answer) = invoke(&world, "vigil-last-resort");
    assert!(!is_error && answer.contains("restored"), "{answer}");
    // The rule FunctionsChanged tells of both.
    world.stack.settled().await;
    let told = world.lines("targets", "Alerts");
    let is_told =
        |line: &&serde_json::Value| line.to_string().contains("UpdateFunctionCode20150331v2");
    assert_eq!(told.iter().filter(is_told).count(), 2, "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_without_a_bootstrap_is_refused() {
    let world = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("code.zip");
    let update = |function: &str| {
        let name = format!("--function-name={function}");
        let zip = format!("--zip-file=fileb://{}", file.display());
        aws(&world, &["lambda", "update-function-code", &name, &zip]).unwrap_err()
    };
    // The end of a zip of no files. What is no zip, the AWS CLI does not send.
    std::fs::write(&file, [b"PK\x05\x06".as_slice(), &[0; 18]].concat()).unwrap();
    let refused = update("vigil-last-resort");
    assert!(refused.contains("(InvalidParameterValueException)"), "{refused}");
    assert!(refused.contains("a file of the name bootstrap"), "{refused}");
    assert!(update("other").contains("(ResourceNotFoundException)"));
    let (is_error, answer) = invoke(&world, "vigil-last-resort");
    assert!(!is_error, "{answer}");
}
