//! Regions that do not answer.

use super::{super::*, world::*};

#[test]
fn a_region_that_fails_is_named_and_hides_no_other() {
    let fails = |cause: &str| {
        let mut report = FleetReport::new("test");
        report = unanswered("eu-west-1", &other(cause), report).report;
        Assessed { report, inventory: None }
    };
    let answers = || {
        let report = World::new(vec![deleted()]).assess();
        Assessed { report, inventory: None }
    };
    let fleet = merged("test", vec![fails("connection refused"), answers()]);
    assert_eq!(fleet.findings.len(), 1);
    let states: Vec<_> = fleet.regions.iter().map(|of| of.state).collect();
    assert_eq!(states, [RegionState::Failed, RegionState::Answered]);
    assert_eq!(fleet.unchecked.len(), 1);
    // With credentials that are good elsewhere, the Region is not enabled; with none that are, they are bad.
    let unknown = || fails("UnrecognizedClientException: the token is invalid");
    let fleet = merged("test", vec![unknown(), answers()]);
    assert_eq!((fleet.regions[0].state, fleet.unchecked.len()), (RegionState::NotEnabled, 0));
    let fleet = merged("test", vec![unknown(), unknown()]);
    assert_eq!((fleet.regions[0].state, fleet.unchecked.len()), (RegionState::Failed, 1));
}

fn other(cause: &str) -> PortError {
    PortError::Other {
        operation: "ListCertificateAuthorities",
        resource: "this account's CAs".to_owned(),
        cause: cause.into(),
    }
}
