//! `vigil crl`: CRLs in files, with no AWS.

mod check;
mod input;
mod output;
mod report;
mod walk;

use std::{
    io::{self, Write},
    panic,
    thread::ScopedJoinHandle,
};

use clap::Subcommand;
use vigil_core::rules;

use crate::exit::Exit;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a CRL against every rule.
    ///
    /// Exit codes: 0 no findings, 1 findings, 2 not checked.
    Check(check::Options),
    /// Print the catalogue of rules, in Markdown.
    Rules,
}

pub(crate) fn run(command: &Command) -> Exit {
    match command {
        Command::Check(options) => {
            check::run(options).unwrap_or_else(|error| Exit::not_checked(&error))
        }
        Command::Rules => match io::stdout().write_all(rules::markdown().as_bytes()) {
            Ok(()) => Exit::Clean,
            Err(error) => Exit::not_checked(&error),
        },
    }
}

/// The thread's result; its panic is passed on.
fn joined<T>(handle: ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}
