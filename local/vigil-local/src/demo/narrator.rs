//! Prints the demo: one line a step, in colour on a terminal, plain in a pipe.

use std::io::{self, IsTerminal as _, Write};

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// ANSI attributes; a pipe gets none of them.
#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Cyan,
    Dim,
    Green,
    Magenta,
    Red,
    Yellow,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Cyan => "36",
            Self::Dim => "2",
            Self::Green => "32",
            Self::Magenta => "35",
            Self::Red => "1;31",
            Self::Yellow => "33",
        }
    }
}

/// Writes the lines. Progress is shown on a terminal only, and the next line replaces it.
pub(super) struct Narrator<W: Write> {
    out: W,
    colour: bool,
    live: bool,
}

impl Narrator<io::Stdout> {
    pub(super) fn on_stdout() -> Self {
        let live = io::stdout().is_terminal();
        // https://no-color.org: set and not empty means no colour.
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { out: io::stdout(), colour: live && !no_colour, live }
    }
}

impl<W: Write> Narrator<W> {
    pub(super) fn chapter(&mut self, title: &str) -> io::Result<()> {
        self.clear()?;
        let title = self.paint(Paint::Bold, title);
        writeln!(self.out, "\n{title}")
    }

    /// An action of one of the persons.
    pub(super) fn act(&mut self, who: &str, what: &str) -> io::Result<()> {
        self.clear()?;
        let who = self.paint(Paint::Cyan, &format!("{who:>8}"));
        writeln!(self.out, "  {who}  {what}")
    }

    /// An expectation that holds.
    pub(super) fn confirm(&mut self, what: &str) -> io::Result<()> {
        self.clear()?;
        let mark = self.paint(Paint::Green, "      ok");
        writeln!(self.out, "  {mark}  {what}")
    }

    /// An expectation that does not hold.
    pub(super) fn fail(&mut self, what: &str) -> io::Result<()> {
        self.clear()?;
        let mark = self.paint(Paint::Red, "  FAILED");
        writeln!(self.out, "  {mark}  {what}")
    }

    /// A finding of Vigil, as it was published on the event bus.
    pub(super) fn finding(&mut self, finding: &Value) -> io::Result<()> {
        self.clear()?;
        let text = |name: &str| finding[name].as_str().unwrap_or("?");
        let (severity, status) = (text("severity"), text("status"));
        let paint = match (status, severity) {
            ("RESOLVED", _) => Paint::Green,
            (_, "CRITICAL" | "HIGH") => Paint::Red,
            (_, "MEDIUM") => Paint::Yellow,
            _ => Paint::Dim,
        };
        let vigil = self.paint(Paint::Magenta, "   vigil");
        let label = if status == "RESOLVED" { status } else { severity };
        let label = self.paint(paint, &format!("{label:<13}"));
        let when = self.paint(Paint::Dim, &moment(text("as_of")));
        writeln!(self.out, "  {vigil}  {when}  {label}  {}", text("title"))
    }

    /// The simulated time while the clock runs. The next line replaces it; a pipe does not get it.
    pub(super) fn progress(&mut self, what: &str) -> io::Result<()> {
        if !self.live {
            return Ok(());
        }
        let what = self.paint(Paint::Dim, what);
        write!(self.out, "\r\x1b[K  {what}")?;
        self.out.flush()
    }

    /// The simulated time.
    pub(super) fn time(&mut self, now: &str) -> io::Result<()> {
        self.clear()?;
        let mark = self.paint(Paint::Dim, "   clock");
        let now = self.paint(Paint::Dim, now);
        writeln!(self.out, "  {mark}  {now}")
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.clear()?;
        writeln!(self.out, "{text}")
    }

    fn clear(&mut self) -> io::Result<()> {
        if self.live { write!(self.out, "\r\x1b[K") } else { Ok(()) }
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        if self.colour { format!("\x1b[{}m{text}\x1b[0m", paint.code()) } else { text.to_owned() }
    }
}

/// `2026-01-05T09:00:00Z` as `2026-01-05 09:00`.
fn moment(rfc3339: &str) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]");
    OffsetDateTime::parse(rfc3339, &Rfc3339)
        .ok()
        .and_then(|at| at.format(format).ok())
        .unwrap_or_else(|| rfc3339.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(colour: bool, print: impl Fn(&mut Narrator<&mut Vec<u8>>)) -> String {
        let mut out = Vec::new();
        print(&mut Narrator { out: &mut out, colour, live: colour });
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_pipe_gets_plain_lines_and_no_progress() {
        let text = printed(false, |narrator| {
            narrator.progress("waiting").unwrap();
            narrator.act("alice", "creates a CA").unwrap();
            let finding = json!({
                "severity": "HIGH", "status": "NEW", "title": "gone", "as_of": "2026-01-05T09:00:00Z"
            });
            narrator.finding(&finding).unwrap();
        });
        assert_eq!(
            text,
            "     alice  creates a CA\n     vigil  2026-01-05 09:00  HIGH           gone\n"
        );
    }

    #[test]
    fn a_terminal_gets_colour_and_transient_progress() {
        let text = printed(true, |narrator| {
            narrator.progress("waiting").unwrap();
            narrator.confirm("done").unwrap();
        });
        assert!(text.starts_with("\r\x1b[K  \x1b[2mwaiting\x1b[0m\r\x1b[K"), "{text:?}");
        assert!(text.contains("\x1b[32m      ok\x1b[0m"), "{text:?}");
    }
}
