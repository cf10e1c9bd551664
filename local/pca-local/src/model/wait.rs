//! How long pending work still waits.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What is left of a timing for one piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Wait {
    /// One poll, or until this moment if no client asks before.
    Once(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    Polls(u32),
    Until(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
}

impl Wait {
    /// A client asks: whether the wait is over. Being asked shortens a wait for polls.
    pub(crate) fn poll(&mut self, now: OffsetDateTime) -> bool {
        match self {
            Self::Once(due) if now < *due => {
                *self = Self::Until(now);
                false
            }
            Self::Polls(0) => true,
            Self::Polls(left) => {
                *left -= 1;
                false
            }
            Self::Once(due) | Self::Until(due) => now >= *due,
        }
    }

    pub(crate) fn due(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Polls(_) => None,
            Self::Once(due) | Self::Until(due) => Some(*due),
        }
    }

    /// When the work counts as done, if it is found to be at `now`.
    pub(crate) fn end(&self, now: OffsetDateTime) -> OffsetDateTime {
        self.due().map_or(now, |due| due.min(now))
    }
}
