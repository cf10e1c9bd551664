//! The AWS CLI on the local stack: an independent reading of S3, S3 Control and KMS.

use std::process::Command;

use crate::{run, tool};

/// One call, without this machine's configuration. Gives what the CLI prints, or its error.
///
/// # Errors
///
/// The command's standard error, if it fails.
pub fn aws(endpoint: &str, arguments: &[&str]) -> Result<String, String> {
    aws_as("alice", endpoint, arguments)
}

/// The same by the principal of this access key.
///
/// # Errors
///
/// As [`aws`].
pub fn aws_as(access_key: &str, endpoint: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(tool("aws"));
    command
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", access_key)
        .env("AWS_SECRET_ACCESS_KEY", vigil_local::SECRET)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("HOME", "/nonexistent")
        .args(["--output", "json"]);
    if arguments.first() == Some(&"s3control") {
        // The CLI puts the account before the host, which 127.0.0.1 does not resolve: the stack is
        // its proxy.
        command.env("HTTP_PROXY", endpoint);
        command.args(["--endpoint-url", "http://s3-control.us-east-1.amazonaws.com"]);
    } else {
        command.args(["--endpoint-url", endpoint]);
    }
    run(command.args(arguments)).map(|text| text.trim_end().to_owned())
}
