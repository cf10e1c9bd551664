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

/// The first of the names; how many more there are.
pub(crate) fn first_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_names_are_written_out_and_the_others_counted() {
        let names = |count: u8| (1..=count).map(|at| at.to_string()).collect::<Vec<_>>();
        for (count, want) in [(0, ""), (1, "1"), (3, "1, 2, 3"), (5, "1, 2, 3 and 2 more")] {
            assert_eq!(first_of(&names(count)), want);
        }
    }
}
