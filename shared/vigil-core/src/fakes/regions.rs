//! One Region, or several, each with CAs of its own.

use super::authorities::FakeAuthorities;
use crate::ports::{RegionPorts, Regions};

impl Regions for FakeAuthorities {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<RegionPorts<'_>> {
        let ports = RegionPorts { authorities: self, attachments: self, history: self };
        (region == self.names[0]).then_some(ports)
    }
}

/// Several Regions, each with CAs of its own.
pub struct FakeRegions {
    names: Vec<String>,
    /// The service of each Region.
    pub services: Vec<FakeAuthorities>,
}

impl FakeRegions {
    /// Each service in its own Region.
    pub fn new(services: Vec<FakeAuthorities>) -> Self {
        let names = services.iter().map(|service| service.names[0].clone()).collect();
        Self { names, services }
    }
}

impl Regions for FakeRegions {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<RegionPorts<'_>> {
        self.services.iter().find_map(|service| service.of(region))
    }
}
