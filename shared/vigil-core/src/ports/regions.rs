//! The Regions that one invocation looks after.

use super::{Attachments, Authorities};

pub trait Regions: Send + Sync {
    type Service: Authorities + Attachments;

    /// By name; each once.
    fn names(&self) -> &[String];

    /// ACM PCA in a Region. `None`: it is not one of [`Regions::names`].
    fn of(&self, region: &str) -> Option<&Self::Service>;
}
