//! Yes, no, or not known: the logic that statements and conditions are judged by.

/// Whether something matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    No,
    /// With the reason, which names what is not known.
    Unknown(String),
    Yes,
}

impl Match {
    /// No outweighs unknown, and unknown outweighs yes. The first unknown gives the reason.
    pub(crate) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Unknown(why) => match other() {
                Self::No => Self::No,
                Self::Yes | Self::Unknown(_) => Self::Unknown(why),
            },
        }
    }
}

impl From<bool> for Match {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}
