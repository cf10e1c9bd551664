//! One client of ACM PCA for each Region that is watched.

use vigil_core::ports::{RegionPorts, Regions};

use crate::authorities::AcmPca;

/// The Regions that are watched, as [`Regions`].
#[derive(Clone, Debug)]
pub struct WatchedRegions {
    names: Vec<String>,
    services: Vec<AcmPca>,
}

impl WatchedRegions {
    pub(crate) fn new(services: impl IntoIterator<Item = (String, AcmPca)>) -> Self {
        let (names, services) = services.into_iter().unzip();
        Self { names, services }
    }
}

impl Regions for WatchedRegions {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<RegionPorts<'_>> {
        let place = self.names.iter().position(|name| name == region)?;
        let service = self.services.get(place)?;
        Some(RegionPorts { authorities: service, attachments: service })
    }
}
