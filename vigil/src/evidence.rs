//! `vigil evidence`: verifies the hash chain of case records, offline.

mod stated;

use std::path::PathBuf;

use clap::Subcommand;
use vigil_core::{failure::chain, instant::rfc3339, jobs::auto_restore::Case};

use crate::{
    exit::{Answer, Exit},
    input,
    output::line,
};

use stated::Cases;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Verify the hash chain and the sequence of acts of case records.
    ///
    /// Exit codes: 0 all records verify, 1 some do not, 2 not readable.
    /// A file of findings in which none is about a case gives 2: nothing was compared with it.
    Verify {
        /// Case records, or folders with them. Of a copy of the evidence bucket, cases/ is read.
        #[arg(required = true, value_name = "FILE|DIR")]
        paths: Vec<PathBuf>,
        /// Findings that were published, one JSON in a line: the finding, its event, or CloudWatch's log event.
        #[arg(long, value_name = "FILE")]
        findings: Option<PathBuf>,
        /// An anchor of the evidence bucket (`anchors/<date>.json`).
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
}

pub(crate) fn run(command: Command) -> Answer {
    let Command::Verify { paths, findings, anchor } = command;
    let with_cases = |path: &PathBuf| {
        let cases = path.join("cases");
        if cases.is_dir() { cases } else { path.clone() }
    };
    let paths: Vec<PathBuf> = paths.iter().map(with_cases).collect();
    let files = input::files(&paths, "json")?;
    let (mut broken, mut cases) = (0, Cases::default());
    for path in &files {
        let name = path.display();
        match Case::read_as_written(&input::bytes(path)?) {
            Ok(case) => {
                let state = serde_json::to_value(case.state())?;
                let state = state.as_str().unwrap_or_default();
                let end = if case.is_closed() { "closed" } else { "open" };
                let (acts, until) = (case.entries().len(), rfc3339(case.until()));
                line(&format!(
                    "ok      {name}: {state}, {end}, {acts} acts, window to {until}, head {}",
                    case.head()
                ));
                cases.add(path, case);
            }
            Err(error) => {
                broken += 1;
                line(&format!("BROKEN  {name}: {}", chain(&error)));
            }
        }
    }
    line(&format!("{} of {} records verify", files.len() - broken, files.len()));
    let mut said = Vec::new();
    let mut silent = None;
    if let Some(path) = &findings {
        let stated = stated::of_findings(&input::bytes(path)?);
        silent = stated.is_empty().then_some(path);
        said.extend(stated);
    }
    if let Some(path) = &anchor {
        let (read, digest) = stated::of_anchor(path)?;
        line(&format!("anchor  {}: digest {digest}", path.display()));
        said.extend(read);
    }
    let contradicted = said.iter().filter_map(|said| cases.contradiction(said));
    for why in contradicted {
        broken += 1;
        line(&format!("BROKEN  {why}"));
    }
    if !said.is_empty() {
        line(&format!("{} statements about records were compared", said.len()));
    }
    Ok(match silent {
        _ if broken > 0 => Exit::Findings,
        None => Exit::Clean,
        Some(path) => {
            let why = "has no finding about a case, so it was not compared.";
            line(&format!("Exit code 2: {} {why}", path.display()));
            Exit::NotChecked
        }
    })
}
