//! `vigil-local`: the AWS services that Vigil needs, on one machine.

mod demo;
mod up;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Vigil on one machine: its functions, and the AWS services that they need, on one port: ACM PCA, S3,
/// EventBridge, KMS, SNS, SQS, STS, Lambda, CloudTrail, CloudWatch Logs and Security Hub.
/// docs/vigil-local.md lists the calls.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
    /// Log filter, such as `info` or `vigil_local=debug` (which includes the functions' logs).
    /// Default: `info`; `error` for the demo.
    #[arg(long, env = "VIGIL_LOCAL_LOG", value_name = "FILTER", global = true)]
    log: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Show what Vigil does, in simulated time: restored CAs, alerts, CRL checks. Takes about a minute.
    Demo(demo::Options),
    /// Start the services, print the variables to export, and run until Ctrl-C.
    ///
    /// Export the printed lines, and AWS clients use this stack. Every access key has the secret `local`.
    /// An access key of twelve digits is an account of its own.
    ///
    /// SNS topics, SQS queues and log groups are files: each message is a line in
    /// DATA-DIR/targets/<LogicalId>.jsonl. The functions' logs are in DATA-DIR/logs. S3 objects and these
    /// files are kept between runs; CAs and certificates, in DATA-DIR/pca, too. Lifecycle rules are stored
    /// but never run. KMS stores keys and their policies but encrypts nothing. Clients of S3 Control,
    /// which put the account before the host, need the endpoint as their HTTP_PROXY.
    ///
    /// Open /_pca-local/ in a browser for CAs, events and the clock. /_vigil-local/ has events, health
    /// and invocations as JSON.
    Up(up::Options),
}

impl Command {
    fn default_log(&self) -> &'static str {
        match self {
            Self::Demo(_) => "error,s3s=off,s3s_fs=off",
            Self::Up(_) => "info,s3s=off,s3s_fs=off",
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let filter = options.log.unwrap_or_else(|| options.command.default_log().to_owned());
    // As in pca-local, the log does not have to be read.
    let (lines, until_the_end) = tracing_appender::non_blocking(std::io::stderr());
    let done = match EnvFilter::try_new(&filter) {
        Ok(filter) => {
            tracing_subscriber::fmt()
                .with_ansi(std::io::stderr().is_terminal())
                .with_env_filter(filter)
                .with_writer(lines)
                .init();
            match options.command {
                Command::Demo(options) => demo::play(options).await.map_err(|error| chain(&error)),
                Command::Up(options) => up::run(options).await.map_err(|error| chain(&error)),
            }
        }
        Err(error) => Err(format!("--log {filter:?} is not a filter: {error}")),
    };
    drop(until_the_end);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vigil-local: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The error and everything that led to it, once each.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
