//! How a command ends, for scripts.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use vigil_core::failure::chain;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Clean,
    Findings,
    /// Also clap's, for what it cannot read.
    NotChecked,
}

impl Exit {
    /// Says why on standard error. If even that cannot be written, the code says it alone.
    pub(crate) fn not_checked(error: &dyn Error) -> Self {
        let _ = writeln!(io::stderr(), "vigil: {}", chain(error));
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
