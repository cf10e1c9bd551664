//! How the offline commands answer: an exit code, and lines on standard output.

use std::{
    error::Error,
    io::{self, Write},
};

use crate::exit::Exit;

/// The error is what kept the command from finding anything.
pub(crate) type Answer = Result<Exit, Box<dyn Error + Send + Sync>>;

/// Whoever reads it may have seen enough: `vigil … | head` is no error. Whoever made an event chose
/// some of these characters, and a terminal obeys the control characters.
pub(crate) fn line(text: &str) {
    let plain = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    let text: String = text.chars().map(plain).collect();
    let _ = writeln!(io::stdout().lock(), "{text}");
}
