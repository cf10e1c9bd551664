//! How the offline commands answer: an exit code, and lines on standard output.

use std::{
    error::Error,
    io::{self, Write},
};

use crate::exit::Exit;

/// The error says why nothing could be checked.
pub(crate) type Answer = Result<Exit, Box<dyn Error + Send + Sync>>;

/// Ignores a closed output: `vigil … | head` is no error. Replaces control characters, because a
/// terminal obeys them and the author of an event may have chosen them.
pub(crate) fn line(text: &str) {
    let plain = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    let text: String = text.chars().map(plain).collect();
    let _ = writeln!(io::stdout().lock(), "{text}");
}
