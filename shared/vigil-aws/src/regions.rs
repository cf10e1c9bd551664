//! One client of ACM PCA for each Region that is watched.

use vigil_core::ports::Regions;

use crate::authorities::AcmPca;

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
    type Service = AcmPca;

    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<&AcmPca> {
        let place = self.names.iter().position(|name| name == region)?;
        self.services.get(place)
    }
}
