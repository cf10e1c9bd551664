//! `vigil`: by hand what the functions do by themselves.
//!
//! Exit codes: 0 clean, 1 findings, 2 could not check.

mod crl;
mod deadline;
mod evidence;
mod exit;
mod input;
mod output;
mod policy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// By hand what Vigil's functions do by themselves.
///
/// Exit codes: 0 clean, 1 findings, 2 could not check.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Certificate revocation lists.
    #[command(subcommand)]
    Crl(crl::Command),
    /// Deleted CAs whose restoration window is running out.
    #[command(subcommand)]
    Deadline(deadline::Command),
    /// Whether records of cases hold together, offline.
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// What deletion policies say, offline.
    #[command(subcommand)]
    Policy(policy::Command),
}

fn main() -> ExitCode {
    let answer = match Options::parse().command {
        Command::Crl(command) => return crl::run(&command).into(),
        Command::Deadline(command) => deadline::run(command),
        Command::Evidence(command) => evidence::run(command),
        Command::Policy(command) => policy::run(command),
    };
    answer.unwrap_or_else(|error| exit::Exit::not_checked(error.as_ref())).into()
}
