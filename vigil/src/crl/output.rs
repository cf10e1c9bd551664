//! The verdicts, for readers, for programs and for code scanning services.

mod human;
mod json;
mod sarif;

use std::{
    env,
    io::{self, IsTerminal as _, Write},
};

pub(super) use human::human;
pub(super) use json::{json, json_of_failure};
pub(super) use sarif::{sarif, sarif_of_failure};

/// Whether the output is a terminal that shows colours, and the user wants them (no-color.org).
pub(super) fn is_coloured() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

pub(super) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
