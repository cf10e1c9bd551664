//! Whether Vigil acts on what it decides.

use std::str::FromStr;

/// The parameter `Mode` of the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Vigil does what it decides.
    #[default]
    Enforce,
    /// Vigil decides and publishes. It restores, activates and puts back nothing.
    Observe,
}

/// A text that is no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither enforce nor observe")]
pub struct NotAMode(String);

impl FromStr for Mode {
    type Err = NotAMode;

    fn from_str(text: &str) -> Result<Self, NotAMode> {
        match text.trim() {
            "enforce" => Ok(Self::Enforce),
            "observe" => Ok(Self::Observe),
            _ => Err(NotAMode(text.chars().take(64).collect())),
        }
    }
}

impl Mode {
    /// Whether decisions are published only.
    #[must_use]
    pub fn observes(self) -> bool {
        self == Self::Observe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_named_exactly() {
        assert_eq!("enforce".parse(), Ok(Mode::Enforce));
        assert_eq!(" observe".parse(), Ok(Mode::Observe));
        for text in ["", "Observe", "dry-run"] {
            assert_eq!(text.parse::<Mode>(), Err(NotAMode(text.to_owned())));
        }
    }
}
