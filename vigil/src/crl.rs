//! `vigil crl`: checks CRLs: files, URLs and objects in S3.

mod certificate_form;
mod check;
mod compare;
mod folder;
mod input;
mod issuers;
mod judged;
mod output;
mod pattern;
mod pem;
mod progress;
mod remote;
mod report;
mod verdict;
mod walk;

use std::{panic, thread::ScopedJoinHandle};

use clap::Subcommand;

use crate::exit::Exit;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a CRL against every rule.
    ///
    /// Exit codes: 0 no findings, 1 findings, 2 not checked. Of several CRLs, one that cannot be read
    /// gives 2, and the others are judged all the same.
    Check(check::Options),
    /// The former name of `vigil rules`.
    #[command(hide = true)]
    Rules,
}

#[derive(Debug, thiserror::Error)]
#[error("`vigil crl rules` is now `vigil rules`")]
struct Renamed;

pub(crate) fn run(command: &Command) -> Exit {
    match command {
        Command::Check(options) => {
            check::run(options).unwrap_or_else(|error| Exit::not_checked(&error))
        }
        Command::Rules => Exit::not_checked(&Renamed),
    }
}

/// The thread's result; its panic is passed on.
fn joined<T>(handle: ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}
