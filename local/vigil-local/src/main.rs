//! `vigil-local`: the one-machine AWS that Vigil runs on.

mod demo;
mod up;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// AWS for Vigil, on one machine: S3, ACM PCA, EventBridge, Lambda and STS on one port.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
    /// What to log, as in `info` or `vigil_local=debug` (which shows the functions' own logs).
    /// By default `info`; for the demo, which tells its own story, `error`.
    #[arg(long, env = "VIGIL_LOCAL_LOG", value_name = "FILTER", global = true)]
    log: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Play a story in simulated time: deletions, alerts, a stale CRL, and what Vigil makes of it.
    Demo(demo::Options),
    /// Start everything, print the lines to export, and run until Ctrl-C.
    ///
    /// Clients need nothing but the printed lines: every service is on the one port, and every
    /// access key goes with the secret `local`. A key of twelve digits is an account of its own.
    ///
    /// SNS topics, SQS queues and log groups are not services here: what reaches one is a line in
    /// DATA-DIR/targets/<LogicalId>.jsonl, and what functions log is in DATA-DIR/logs. S3 and these
    /// files are kept between runs; CAs and certificates are in memory only. Lifecycle rules are kept
    /// and not carried out; KMS keeps keys and their policies, and no object is really encrypted. A
    /// client of S3 Control, which puts the account before the host, needs the port as its HTTP_PROXY.
    /// What is not part of any AWS API is under /_pca-local/
    /// (in a browser: CAs, events and the clock) and /_vigil-local/ (events, health, invocations).
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
    let done = match EnvFilter::try_new(&filter) {
        Ok(filter) => {
            tracing_subscriber::fmt()
                .with_ansi(std::io::stderr().is_terminal())
                .with_env_filter(filter)
                .with_writer(std::io::stderr)
                .init();
            match options.command {
                Command::Demo(options) => demo::play(options).await.map_err(|error| chain(&error)),
                Command::Up(options) => up::run(options).await.map_err(|error| chain(&error)),
            }
        }
        Err(error) => Err(format!("--log {filter:?} is not a filter: {error}")),
    };
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
