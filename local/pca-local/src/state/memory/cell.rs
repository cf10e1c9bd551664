//! One CA with its own lock, so that signing for one does not hold up another.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use time::OffsetDateTime;

use crate::{
    model::{authority::Authority, change::Journal, shown::Shown},
    state::data_dir::DataDir,
};

/// A handle; clones share the CA.
#[derive(Clone)]
pub(crate) struct AuthorityCell(Arc<Inner>);

struct Inner {
    kept: Mutex<Kept>,
    data_dir: DataDir,
    /// Of the data_dir, when the CA was put here: see [`DataDir::write`].
    generation: u64,
}

struct Kept {
    authority: Authority,
    /// How it was shown last; `None` if it may have changed since. Lists show every CA again and again,
    /// and hardly any has changed.
    shown: Option<Arc<Shown>>,
}

impl AuthorityCell {
    pub(super) fn new(mut authority: Authority, data_dir: &DataDir) -> Self {
        authority.journal = Journal::new(data_dir.is_lasting());
        Self(Arc::new(Inner {
            kept: Mutex::new(Kept { authority, shown: None }),
            generation: data_dir.generation(),
            data_dir: data_dir.clone(),
        }))
    }

    /// In which the CA was put here. What is seen in it is on disk, or is to be, only as long as no other
    /// has begun.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation
    }

    pub(crate) fn lock(&self) -> Guard<'_> {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Guard { kept, cell: &self.0, is_touched: false }
    }
}

/// The CA while it is locked. Its changes are queued for the disk when the lock is given back, all
/// together and in the order in which the lock was held.
///
/// Every change through this is written down: callers need not think of the disk.
/// Changes that happen often, and say themselves what is to be written, go through
/// [`noted`](Self::noted).
pub(crate) struct Guard<'a> {
    kept: MutexGuard<'a, Kept>,
    cell: &'a Inner,
    is_touched: bool,
}

impl Guard<'_> {
    pub(crate) fn noted(&mut self) -> &mut Authority {
        self.kept.shown = None;
        &mut self.kept.authority
    }

    /// The CA as Describe shows it at that moment: time changes nothing but the status.
    pub(crate) fn shown(&mut self, now: OffsetDateTime) -> Arc<Shown> {
        let Kept { authority, shown } = &mut *self.kept;
        let status = authority.status(now);
        let current = shown.take().filter(|shown| shown.shape.status() == Some(&status));
        let current = current.unwrap_or_else(|| Arc::new(Shown::new(authority.describe(now))));
        Arc::clone(shown.insert(current))
    }
}

impl Deref for Guard<'_> {
    type Target = Authority;

    fn deref(&self) -> &Authority {
        &self.kept.authority
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Authority {
        self.is_touched = true;
        self.noted()
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.is_touched {
            self.kept.authority.note_all();
        }
        let changes = self.kept.authority.journal.take();
        if !changes.is_empty() {
            self.cell.data_dir.write(self.cell.generation, changes);
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_acmpca::types::{CertificateAuthorityStatus, CertificateAuthorityType};
    use testkit::pca::{active_root, client_over};
    use time::Duration;

    use super::*;
    use crate::{PcaLocal, Timings, model::lifecycle::CaState};

    #[tokio::test]
    async fn a_ca_is_shown_anew_after_every_change_and_not_before() {
        let service = PcaLocal::builder().timings(Timings::IMMEDIATE).build();
        active_root(&client_over(service.http_client(), "alice")).await;
        let cell = service.service().store.all().remove(0);
        let now = service.service().now();
        let shown = cell.lock().shown(now);
        assert!(Arc::ptr_eq(&shown, &cell.lock().shown(now)), "nothing has changed");

        cell.lock().change_state(CaState::Disabled, now);
        let status = |now| cell.lock().shown(now).shape.status().cloned();
        assert_eq!(status(now), Some(CertificateAuthorityStatus::Disabled));
        cell.lock().noted().kind = CertificateAuthorityType::Subordinate;
        let kind = cell.lock().shown(now).shape.r#type().cloned();
        assert_eq!(kind, Some(CertificateAuthorityType::Subordinate));

        let end = cell.lock().not_after().unwrap();
        assert_eq!(status(end), Some(CertificateAuthorityStatus::Disabled));
        assert_eq!(status(end + Duration::SECOND), Some(CertificateAuthorityStatus::Expired));
        assert_eq!(status(end), Some(CertificateAuthorityStatus::Disabled), "turned back");
        assert_eq!(shown.shape.status(), Some(&CertificateAuthorityStatus::Active));
    }
}
