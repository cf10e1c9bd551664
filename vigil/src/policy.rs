//! `vigil policy`: checks and explains deletion policies, offline, and publishes them.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use vigil_core::{
    policy::{Policies, PolicyError, Publication},
    signed::Signed,
};

use crate::{
    exit::Answer,
    input::{self, InputError},
};

mod check;
mod describe;
mod explain;
mod publish;

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
    /// Sign a policy set with a KMS key and put it into the evidence bucket.
    ///
    /// Exit codes: 0 published, 1 the policies do not load, 2 not published.
    Publish(publish::Options),
}

pub(crate) fn run(command: Command) -> Answer {
    match command {
        Command::Check { paths } => check::run(&paths),
        Command::Explain(options) => explain::run(&options),
        Command::Publish(options) => publish::run(options),
    }
}

/// Files with their names, as [`Policies::parse`] takes them.
fn sources(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, InputError> {
    let mut sources = Vec::new();
    for path in input::files(paths, "cedar")? {
        let body = input::bytes(&path)?;
        // A published set, as it is in the evidence bucket. Its signature is not verified here.
        match Signed::<Publication>::read(&body) {
            Ok(set) => sources.extend(
                set.statement.files.into_iter().map(|file| (file.name, file.text.into_bytes())),
            ),
            Err(_) => sources.push((path.display().to_string(), body)),
        }
    }
    Ok(sources)
}

/// The set in a folder or file; without one, the built-in policies.
fn load(path: Option<&Path>) -> Result<Result<Policies, PolicyError>, InputError> {
    let Some(path) = path else { return Ok(Ok(Policies::built_in())) };
    Ok(Policies::parse(&sources(&[path.to_owned()])?))
}
