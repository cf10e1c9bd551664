//! Clients of ACM PCA and CloudTrail for each Region that is watched.

use vigil_core::ports::{RegionPorts, Regions};

use crate::{authorities::AcmPca, event_history::CloudTrail};

/// The Regions of each partition in which ACM PCA has an endpoint: botocore 1.44.8, `endpoints.json`.
const ACM_PCA: [&[&str]; 3] = [
    &[
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ],
    &["cn-north-1", "cn-northwest-1"],
    &["us-gov-east-1", "us-gov-west-1"],
];

/// The Regions with ACM PCA in the partition of `region`; in the commercial partition, if the Region
/// is none of these.
pub fn with_acm_pca(region: Option<&str>) -> &'static [&'static str] {
    let of = ACM_PCA.iter().find(|of| region.is_some_and(|region| of.contains(&region)));
    of.copied().unwrap_or(ACM_PCA[0])
}

/// Whether ACM PCA is known to have an endpoint in the Region.
pub fn has_acm_pca(region: &str) -> bool {
    ACM_PCA.iter().any(|of| of.contains(&region))
}

/// The Regions that are watched, as [`Regions`].
#[derive(Clone, Debug)]
pub struct WatchedRegions {
    names: Vec<String>,
    services: Vec<(AcmPca, CloudTrail)>,
}

impl WatchedRegions {
    pub(crate) fn new(services: impl IntoIterator<Item = (String, (AcmPca, CloudTrail))>) -> Self {
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
        let (service, history) = self.services.get(place)?;
        Some(RegionPorts { authorities: service, attachments: service, history })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regions_are_those_of_the_callers_partition() {
        assert_eq!(with_acm_pca(Some("us-gov-west-1")), ["us-gov-east-1", "us-gov-west-1"]);
        assert!(with_acm_pca(Some("eu-west-1")).contains(&"us-east-1"));
        assert!(with_acm_pca(None).contains(&"us-east-1"));
        assert!(has_acm_pca("cn-north-1") && !has_acm_pca("us-iso-b-1"));
    }
}
