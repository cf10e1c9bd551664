//! One deletion, its event, and what becomes of the CA.

use serde_json::json;
use time::Duration;

use super::{
    super::{Act, CaseState, Outcome, Restorer},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    failure::Failure,
    fakes,
    finding::Severity,
    policy::Verdict,
    ports::PortError,
};

#[test]
fn a_deletion_that_nothing_permits_is_undone_once() {
    let world = World::new();
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));

    assert_eq!(world.authorities.calls.count("restore"), 1);
    assert_eq!(world.bus.rules(), ["auto-restore.restored"]);
    let record = world.evidence.json(KEY);
    assert_eq!(record["state"], "restored");
    let acts: Vec<_> =
        record["entries"].as_array().unwrap().iter().map(|entry| entry["act"].clone()).collect();
    assert_eq!(acts, ["seen", "judged", "restoring", "restored", "published"]);
    let case = world.case();
    assert!(case.is_closed());
    assert!(matches!(case.judgement().unwrap().verdict, Verdict::Restore { .. }));
    assert!(
        matches!(&case.entries()[3].act, Act::Restored { request_id: Some(id), by: Restorer::Vigil, .. } if id == "r-1")
    );
    assert!(
        matches!(&case.entries()[4].act, Act::Published { findings, .. } if *findings == [world.bus.last().id])
    );
}

#[test]
fn the_finding_tells_who_and_how_to_bring_the_ca_into_service() {
    let world = World::new();
    world.deliver().unwrap();
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(finding.as_of, AT + Duration::seconds(30));
    assert!(
        finding.title.contains("Issuing CA") && finding.title.contains("alice"),
        "{}",
        finding.title
    );
    assert!(finding.what_to_do.contains("--status ACTIVE"), "{}", finding.what_to_do);
    assert!(
        finding.what_to_do.contains("vigil approve arn:aws:acm-pca:"),
        "{}",
        finding.what_to_do
    );
}

#[test]
fn being_refused_is_critical_at_once_and_fails_the_invocation() {
    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::denied("RestoreCertificateAuthority"));
    let error = world.deliver().unwrap_err();
    assert_eq!(error.error_type(), "RestoreRefused");
    assert_eq!(world.bus.rules(), ["auto-restore.refused"]);
    world.authorities.calls.fail_next("restore", fakes::denied("RestoreCertificateAuthority"));
    world.deliver().unwrap_err();
    assert_eq!(world.bus.rules(), ["auto-restore.refused"], "told once");
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.what_to_do.contains("restore-certificate-authority"));
    // Allowed again, the repetition succeeds.
    assert!(is_restored(&world.deliver().unwrap()));
}

#[test]
fn a_ca_that_is_gone_is_published_once_as_critical() {
    let world = World::with(Vec::new());
    assert_eq!(state(&world.deliver().unwrap()), Some(CaseState::Lost));
    assert_eq!(world.bus.last().severity, Severity::Critical);
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.bus.rules(), ["auto-restore.gone"]);
}

#[test]
fn a_ca_that_goes_while_it_is_restored_is_reported_as_gone() {
    let world = World::new();
    let (operation, resource) = ("restore", fakes::ARN.to_owned());
    let gone = PortError::NotFound { operation, resource, cause: "gone".into() };
    world.authorities.calls.fail_next("restore", gone);
    assert_eq!(state(&world.deliver().unwrap()), Some(CaseState::Lost));
    assert_eq!(world.bus.rules(), ["auto-restore.gone"]);
}

#[test]
fn a_ca_that_somebody_has_restored_is_left_alone() {
    let world = World::with(vec![Ca { status: CaStatus::Disabled, ..fakes::deleted_ca(AT) }]);
    let Outcome::NotDeleted { status, .. } = world.deliver().unwrap() else { panic!() };
    assert_eq!(status, "DISABLED");
    assert!(world.evidence.keys().is_empty() && world.bus.rules().is_empty());
}

#[test]
fn a_deletion_that_failed_is_no_deletion() {
    let failed = include_str!("../../../../../../infra/events/deletion-failed.json");
    let world = World::new();
    let outcome = world.deliver_event(&serde_json::from_str(failed).unwrap()).unwrap();
    assert!(matches!(outcome, Outcome::NothingDone { .. }));
    assert_eq!(world.authorities.calls.count("describe"), 0);
}

#[test]
fn a_malformed_event_is_an_error_by_name_and_touches_nothing() {
    let world = World::new();
    let error = world.deliver_event(&json!({"hello": "world"})).unwrap_err();
    assert_eq!(error.error_type(), "MalformedEvent");
    assert_eq!(world.authorities.calls.count("describe"), 0);
}
