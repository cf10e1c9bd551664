//! How far a long check is. Only a terminal shows it, and it leaves nothing there.

use std::io::{self, IsTerminal as _, Write as _};

use crate::output::plain;

pub(super) struct Progress {
    total: usize,
    is_shown: bool,
}

impl Progress {
    /// Of so many CRLs. One alone takes long only beside a report.
    pub(super) fn of(total: usize, has_report: bool) -> Self {
        let is_long = total > 1 || has_report;
        Self { total, is_shown: is_long && io::stderr().is_terminal() }
    }

    pub(super) fn show(&self, nth: usize, name: &str) {
        if self.is_shown {
            // Nothing depends on it.
            let _ = write!(io::stderr(), "\r\u{1b}[K{nth} of {}: {}", self.total, plain(name));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}
