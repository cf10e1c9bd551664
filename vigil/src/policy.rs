//! `vigil policy`: checks and explains deletion policies, offline.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use vigil_core::policy::{Policies, PolicyError};

use crate::{
    exit::Answer,
    input::{self, InputError},
};

mod check;
mod describe;
mod explain;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Validate policies against the schema.
    ///
    /// Exit codes: 0 they load, 1 they do not load, 2 not readable.
    Check {
        /// Files, or folders with *.cedar files. All of them form one policy set.
        #[arg(required = true, value_name = "DIR|FILE")]
        paths: Vec<PathBuf>,
    },
    /// Explain the decision on a deletion: request, verdict and determining policies.
    Explain(explain::Options),
}

pub(crate) fn run(command: Command) -> Answer {
    match command {
        Command::Check { paths } => check::run(&paths),
        Command::Explain(options) => explain::run(&options),
    }
}

/// Files with their names, as [`Policies::parse`] takes them.
fn sources(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, InputError> {
    let named = |path: &PathBuf| Ok((path.display().to_string(), input::bytes(path)?));
    input::files(paths, "cedar")?.iter().map(named).collect()
}

/// The set in a folder or file; without one, the built-in policies.
fn load(path: Option<&Path>) -> Result<Result<Policies, PolicyError>, InputError> {
    let Some(path) = path else { return Ok(Ok(Policies::built_in())) };
    Ok(Policies::parse(&sources(&[path.to_owned()])?))
}
