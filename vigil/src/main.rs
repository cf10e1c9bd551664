//! `vigil`: runs Vigil's checks from the command line.
//!
//! Exit codes: 0 no findings, 1 findings, 2 not checked.

mod approve;
mod assess;
mod certificates;
mod crl;
mod deadline;
mod doctor;
mod evidence;
mod exit;
mod fail_on;
mod fleet_files;
mod input;
mod moment;
mod newest_report;
mod output;
mod policy;
mod replay;
mod report;
mod rules;
mod signing;
mod state_folder;
mod unchecked;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Run Vigil's checks from the command line.
///
/// Exit codes: 0 no findings, 1 findings, 2 not checked.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Approve the deletion of a CA, signed with a KMS key.
    Approve(approve::Options),
    /// Assess the CAs, CRLs and buckets of your AWS account, read-only, with nothing deployed.
    ///
    /// Exit codes: 0 no findings, 1 findings, 2 not checked.
    Assess(Box<assess::Options>),
    /// Find certificates in audit reports.
    Certificates(Box<certificates::Options>),
    /// Check CRLs: files, URLs and objects in S3.
    #[command(subcommand)]
    Crl(crl::Command),
    /// Acknowledge the deletion of a CA.
    #[command(subcommand)]
    Deadline(deadline::Command),
    /// Check a deployment: trail, functions, rules, subscriptions, queues; publishes one test finding.
    ///
    /// Reads with your AWS credentials. Each answer that is bad names the command that mends it. Exit codes: 0
    /// all good, 1 something is bad, 2 something could not be checked.
    Doctor(doctor::Options),
    /// Verify the hash chain of case records (offline).
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// Check and explain deletion policies (offline), and publish them.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Make the page, the findings in other formats and summaries from files, offline. `ack` acknowledges a
    /// finding.
    ///
    /// Audit reports are counted, and no rule is judged by them: `vigil assess` does that. Of several reports of
    /// one CA, the newest counts, and the others are named on standard error. Its summary is written as
    /// audit-report writes it: the same report as of the same time (--as-of) gives the same octets.
    ///
    /// Exit codes: 0 no findings, 1 findings, 2 something could not be read.
    Report(report::Options),
    /// Hand dead letters back to their functions, each once.
    ///
    /// Exit codes: 0 all went back, 1 some stay in the queue, 2 the queue could not be read.
    Replay(replay::Options),
    /// Print the rules with their findings, impacts and first commands, in Markdown.
    Rules(rules::Options),
}

fn main() -> ExitCode {
    let answer = match Options::parse().command {
        Command::Approve(options) => approve::run(options),
        Command::Crl(command) => return crl::run(&command).into(),
        Command::Assess(options) => assess::run(&options),
        Command::Certificates(options) => certificates::run(&options),
        Command::Deadline(command) => deadline::run(command),
        Command::Doctor(options) => doctor::run(options),
        Command::Evidence(command) => evidence::run(command),
        Command::Policy(command) => policy::run(command),
        Command::Report(options) => report::run(options),
        Command::Replay(options) => replay::run(&options),
        Command::Rules(options) => rules::run(&options),
    };
    answer.unwrap_or_else(|error| exit::Exit::not_checked(error.as_ref())).into()
}
