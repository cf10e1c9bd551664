//! The verdicts, for readers, for programs and for code scanning services.

mod human;
mod json;
mod sarif;

use std::io::{self, Write};

pub(super) use human::human;
pub(super) use json::json;
pub(super) use sarif::sarif;

pub(super) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
