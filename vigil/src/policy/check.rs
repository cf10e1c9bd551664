//! `vigil policy check`: says whether auto-restore can use these policies.

use std::path::PathBuf;

use vigil_core::{failure::chain, policy::Policies};

use crate::{
    exit::{Answer, Exit},
    output::line,
};

pub(super) fn run(paths: &[PathBuf]) -> Answer {
    let sources = super::sources(paths)?;
    // Each by itself first, so that one run names everything that is wrong.
    let mut found = Exit::Clean;
    for source in &sources {
        if let Err(error) = Policies::parse(std::slice::from_ref(source)) {
            found = Exit::Findings;
            line(&format!("error: {}", chain(&error)));
        }
    }
    if found == Exit::Findings {
        line("auto-restore would use the built-in policies instead, and report it");
        return Ok(found);
    }
    match Policies::parse(&sources) {
        Ok(policies) => {
            let names = policies.names();
            line(&format!(
                "{} in {}: valid",
                count(names.len(), "policy", "policies"),
                count(sources.len(), "file", "files")
            ));
            for name in names {
                line(&format!("  {name}"));
            }
            if !policies.has_switch() {
                line(
                    "warning: no policy names RestoreAtDeadline, so there is no dead man's switch:",
                );
                line("  these policies replace the built-in ones, which have it");
            }
            Ok(Exit::Clean)
        }
        Err(error) => {
            line(&format!("error: {}", chain(&error)));
            Ok(Exit::Findings)
        }
    }
}

fn count(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
