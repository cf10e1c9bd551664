//! `vigil`: by hand what the functions do by themselves.
//!
//! Exit codes: 0 clean, 1 findings, 2 could not check.

mod crl;
mod exit;

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
}

fn main() -> ExitCode {
    let exit = match Options::parse().command {
        Command::Crl(command) => crl::run(&command),
    };
    exit.into()
}
