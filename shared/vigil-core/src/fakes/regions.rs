//! One Region, or several, each with CAs of its own.

use super::authorities::FakeAuthorities;
use crate::ports::Regions;

impl Regions for FakeAuthorities {
    type Service = Self;

    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<&Self> {
        (region == self.names[0]).then_some(self)
    }
}

/// Several Regions, each with CAs of its own.
pub struct FakeRegions {
    names: Vec<String>,
    pub services: Vec<FakeAuthorities>,
}

impl FakeRegions {
    pub fn new(services: Vec<FakeAuthorities>) -> Self {
        let names = services.iter().map(|service| service.names[0].clone()).collect();
        Self { names, services }
    }
}

impl Regions for FakeRegions {
    type Service = FakeAuthorities;

    fn names(&self) -> &[String] {
        &self.names
    }

    fn of(&self, region: &str) -> Option<&FakeAuthorities> {
        self.services.iter().find(|service| service.names[0] == region)
    }
}
