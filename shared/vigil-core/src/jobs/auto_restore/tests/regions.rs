//! Several Regions in one invocation.

use serde_json::json;
use time::Duration;

use super::{
    super::{AutoRestoreError, Outcome, Ports, run},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore, FakeRegions},
};

fn in_region(region: &str) -> FakeAuthorities {
    let arn = match region {
        "us-east-1" => fakes::ARN.to_owned(),
        _ => fakes::ARN.replace("us-east-1", region).replace("11223344", "99887766"),
    };
    let ca = Ca { arn: arn.parse().unwrap(), ..fakes::deleted_ca(AT) };
    FakeAuthorities::new(AT + Duration::HOUR, vec![ca]).in_region(region)
}

fn sweep(regions: &FakeRegions) -> Result<Outcome, AutoRestoreError> {
    let (evidence, bus) = (FakeEvidenceStore::default(), FakeBus::default());
    let ports = Ports { regions, evidence: &evidence, bus: &bus, signatures: &*fakes::KMS };
    fakes::run(run(&json!({"task": "sweep"}), &ports, &SETTINGS))
}

#[test]
fn one_sweep_looks_after_all_regions() {
    let regions = FakeRegions::new(vec![in_region("us-east-1"), in_region("eu-west-1")]);
    let Outcome::Swept { regions: names, seen, deleted, .. } = sweep(&regions).unwrap() else {
        panic!()
    };
    assert_eq!((names.join(" ").as_str(), seen, deleted.len()), ("us-east-1 eu-west-1", 2, 2));
    assert!(regions.services.iter().all(|service| service.status() == CaStatus::Disabled));
}

#[test]
fn a_region_that_is_down_hides_no_other_and_is_named() {
    let regions = FakeRegions::new(vec![in_region("us-east-1"), in_region("eu-west-1")]);
    regions.services[0].calls.fail_next("list", fakes::broken("list"));
    let error = sweep(&regions).unwrap_err();
    assert!(error.to_string().contains("us-east-1: could not list the CAs"), "{error}");
    assert_eq!(regions.services[0].status(), CaStatus::Deleted);
    assert_eq!(regions.services[1].status(), CaStatus::Disabled);
}

#[test]
fn an_event_goes_to_the_region_of_its_ca() {
    let regions = FakeRegions::new(vec![in_region("eu-west-1"), in_region("us-east-1")]);
    let (evidence, bus) = (FakeEvidenceStore::default(), FakeBus::default());
    let event = serde_json::from_str(EVENT).unwrap();
    let ports =
        Ports { regions: &regions, evidence: &evidence, bus: &bus, signatures: &*fakes::KMS };
    fakes::run(run(&event, &ports, &SETTINGS)).unwrap();
    assert_eq!(regions.services[0].status(), CaStatus::Deleted);
    assert_eq!(regions.services[1].status(), CaStatus::Disabled);
}
