//! Fetching a CRL as a relying party does.

use std::{future::Future, ops::ControlFlow};

use crate::distribution::Download;

pub trait Distribution: Send + Sync {
    /// GETs `url` by plain HTTP, following redirects, and hands the body on in order. Bounded in
    /// redirects, bytes and time; what happens on the way is in the answer, so this never fails.
    fn fetch(
        &self,
        url: &str,
        limit: u64,
        sink: &mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send),
    ) -> impl Future<Output = Download> + Send;
}
