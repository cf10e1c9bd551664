//! `vigil rules`: the catalogue of rules, or one rule of it.

use std::io::{self, Write};

use clap::Args;
use vigil_core::rules;

use crate::exit::{Answer, Exit};

#[derive(Args)]
pub(crate) struct Options {
    /// Print this rule only, for example crl.writer.
    #[arg(value_name = "RULE")]
    id: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum NoSuchRule {
    #[error("the rule {old} is now {new}: run `vigil rules {new}`")]
    Renamed { old: String, new: &'static str },
    #[error("there is no rule {id:?}; {hint}")]
    Unknown { id: String, hint: String },
}

/// Ids of rules before they were renamed, and their present ones.
const RENAMED: &[(&str, &str)] = &[
    ("auto-restore.stood", "auto-restore.deletion-permitted"),
    ("auto-restore.unproven", "auto-restore.restoration-unverified"),
];

pub(crate) fn run(options: &Options) -> Answer {
    let text = match &options.id {
        None => rules::markdown(),
        Some(id) => one(id)?,
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

fn one(id: &str) -> Result<String, NoSuchRule> {
    let all = rules::all();
    if let Some(rule) = all.iter().find(|rule| rule.id == id) {
        return Ok(rules::rule_markdown(rule));
    }
    if let Some(&(old, new)) = RENAMED.iter().find(|(old, _)| *old == id) {
        return Err(NoSuchRule::Renamed { old: old.to_owned(), new });
    }
    let area = id.split('.').next().unwrap_or_default();
    let near: Vec<&str> = all
        .iter()
        .map(|rule| rule.id)
        .filter(|known| known.split('.').next() == Some(area))
        .collect();
    let hint = match near.as_slice() {
        [] => "`vigil rules` lists all rules".to_owned(),
        near => format!("the rules of {area} are {}", near.join(", ")),
    };
    Err(NoSuchRule::Unknown { id: id.to_owned(), hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_rule_exists_under_its_present_id_only() {
        for (old, new) in RENAMED {
            assert!(one(new).is_ok_and(|text| text.starts_with(&format!("### {new}\n"))));
            let error = one(old).unwrap_err().to_string();
            assert!(error.contains(old) && error.contains(new), "{error}");
        }
    }
}
