//! Exit codes of the commands, for scripts.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use vigil_core::failure::chain;

use crate::output::plain;

/// How an offline command ends. The error says why nothing could be checked.
pub(crate) type Answer = Result<Exit, Box<dyn Error + Send + Sync>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Clean,
    Findings,
    /// Also clap's code for a command line that it cannot read.
    NotChecked,
}

impl Exit {
    /// Writes the error to standard error. If that fails, the exit code is the only answer.
    pub(crate) fn not_checked(error: &dyn Error) -> Self {
        let _ = writeln!(io::stderr(), "vigil: {}", plain(&chain(error)));
        Self::NotChecked
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => Self::SUCCESS,
            Exit::Findings => Self::from(1),
            Exit::NotChecked => Self::from(2),
        }
    }
}
