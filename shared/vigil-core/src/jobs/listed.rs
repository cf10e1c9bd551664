//! Which keys there are below a prefix, as far as that can be known.
//!
//! A principal that can write to the bucket can put more there than a function can list. Then nothing is known
//! of what is there, and each key that matters is asked for.

use std::collections::BTreeSet;

use crate::ports::{EvidenceStore, PortError};

/// What a list says.
pub(in crate::jobs) enum Listed {
    Keys(BTreeSet<String>),
    /// There are too many, or it takes too long.
    Unknown(PortError),
}

impl Listed {
    /// The keys below a prefix. An error means that the next attempt may succeed, or that listing is denied.
    pub(in crate::jobs) async fn below(
        evidence: &dyn EvidenceStore,
        prefix: &str,
    ) -> Result<Self, PortError> {
        match evidence.list(prefix).await {
            Ok(keys) => Ok(Self::Keys(keys.into_iter().collect())),
            Err(cause @ PortError::InvalidState { .. }) => Ok(Self::Unknown(cause)),
            Err(cause) => Err(cause),
        }
    }

    /// Whether it is worth reading the key.
    pub(in crate::jobs) fn may_have(&self, key: &str) -> bool {
        match self {
            Self::Keys(keys) => keys.contains(key),
            Self::Unknown(_) => true,
        }
    }

    /// Why nothing is known.
    pub(in crate::jobs) fn problem(self) -> Option<PortError> {
        match self {
            Self::Keys(_) => None,
            Self::Unknown(cause) => Some(cause),
        }
    }
}
