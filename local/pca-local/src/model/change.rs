//! Changes to the data directory: records, and what ends them.

use time::OffsetDateTime;

use crate::model::record::StateRecord;

#[derive(Debug)]
pub(crate) enum Change {
    /// Everything that is there goes.
    Cleared,
    /// Idempotency tokens that were used at that moment or before: those of IssueCertificate for
    /// one CA, or all.
    ForgetTokens {
        ca: Option<u64>,
        before: OffsetDateTime,
    },
    /// A certificate is not waited for any more.
    Issued {
        ca: u64,
        serial: [u8; 16],
    },
    Put(StateRecord),
    /// A CA with all that belongs to it.
    Removed {
        ca: u64,
    },
    /// Revoked certificates that have left their CRL.
    Unlisted {
        ca: u64,
        places: Vec<u32>,
    },
}

/// The changes of a CA since its lock was taken. Without a data directory nothing is noted.
#[derive(Default)]
pub(crate) struct Journal(Option<Vec<Change>>);

impl Journal {
    pub(crate) fn new(is_kept: bool) -> Self {
        Self(is_kept.then(Vec::new))
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn note(&mut self, change: impl FnOnce() -> Change) {
        if let Some(changes) = &mut self.0 {
            changes.push(change());
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Change> {
        self.0.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
