//! The Regions that one invocation watches.

use std::fmt;

use super::{Attachments, Authorities, EventHistory};

/// The Regions that one invocation watches, each with its own endpoint of ACM PCA.
pub trait Regions: Send + Sync {
    /// The names of the Regions, each once.
    fn names(&self) -> &[String];

    /// ACM PCA in `region`. `None`: the Region is not one of [`Regions::names`].
    fn of(&self, region: &str) -> Option<RegionPorts<'_>>;
}

/// ACM PCA and CloudTrail in one Region.
#[derive(Clone, Copy)]
pub struct RegionPorts<'a> {
    /// The CAs, and their state.
    pub authorities: &'a dyn Authorities,
    /// The settings of a CA that a deletion may remove.
    pub attachments: &'a dyn Attachments,
    /// Who called what there.
    pub history: &'a dyn EventHistory,
}

impl fmt::Debug for RegionPorts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionPorts").finish_non_exhaustive()
    }
}
