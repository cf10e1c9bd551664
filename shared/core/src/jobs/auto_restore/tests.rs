use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    ca::Ca,
    failure::Failure,
    fakes::{self, FakeAuthorities, FakeBus, FakeLedger},
    finding::Severity,
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const EVENT: &str = include_str!("../../../../../infra/events/deletion.json");
const KEY: &str =
    "cases/11223344-1234-1122-2233-112233445566/5a1e8f0c-52fd-4a0b-8c41-0f5d6b7c1d11.json";
const APPROVAL: &str = "approvals/11223344-1234-1122-2233-112233445566.json";

struct World {
    authorities: FakeAuthorities,
    ledger: FakeLedger,
    bus: FakeBus,
}

impl World {
    /// The CA of the sample event, deleted by it half a minute ago.
    fn new() -> Self {
        Self::with(vec![fakes::deleted_ca(AT)])
    }

    fn with(cas: Vec<Ca>) -> Self {
        Self {
            authorities: FakeAuthorities::new(AT + Duration::seconds(30), cas),
            ledger: FakeLedger::default(),
            bus: FakeBus::default(),
        }
    }

    fn deliver(&self) -> Result<Outcome, AutoRestoreError> {
        self.deliver_event(&serde_json::from_str(EVENT).unwrap())
    }

    fn deliver_event(&self, event: &Value) -> Result<Outcome, AutoRestoreError> {
        fakes::run(run(event, &self.authorities, &self.ledger, &self.bus))
    }

    fn approve(&self, expires: &str) {
        let approval = json!({
            "ca": fakes::ARN, "approved_by": "bob", "reason": "retired", "expires": expires,
        });
        self.ledger.put(APPROVAL, &approval.to_string());
    }
}

fn is_restored(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Restored { status, .. } if status == "DISABLED")
}

#[test]
fn a_deletion_that_nothing_permits_is_undone_once() {
    let world = World::new();
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));

    assert_eq!(world.authorities.calls.count("restore"), 1);
    assert_eq!(world.bus.rules(), ["auto-restore.restored"]);
    let case = world.ledger.json(KEY);
    assert_eq!(case["state"], "closed");
    assert_eq!(case["judgement"]["verdict"], "restore");
    assert_eq!(
        case["ending"],
        json!({"kind": "restored", "at": "2026-11-20T10:00:30Z", "status": "DISABLED"})
    );
    assert_eq!(case["findings"], json!([world.bus.last().id]));
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
    assert!(finding.remediation.contains("--status ACTIVE"), "{}", finding.remediation);
    assert!(finding.remediation.contains(APPROVAL), "{}", finding.remediation);
}

#[test]
fn an_approved_deletion_stands() {
    let world = World::new();
    world.approve("2026-11-20T10:00:01Z");
    let Outcome::Stood { policies, .. } = world.deliver().unwrap() else { panic!() };
    assert_eq!(policies, ["approved"]);
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    assert_eq!(world.bus.rules(), ["auto-restore.stood"]);
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
}

#[test]
fn an_approval_that_cannot_be_read_permits_nothing_and_is_mentioned() {
    let world = World::new();
    world.ledger.put(APPROVAL, "{}");
    assert!(is_restored(&world.deliver().unwrap()));
    let unknown = world.ledger.json(KEY)["judgement"]["unknown"].to_string();
    assert!(unknown.contains(APPROVAL), "{unknown}");
}

#[test]
fn the_buckets_policies_take_the_built_in_ones_place() {
    let world = World::new();
    world.ledger.put("policies/ours.cedar", "@id(\"ours\") permit(principal, action, resource);");
    world.ledger.put("policies/README.md", "not a policy");
    let Outcome::Stood { policies, .. } = world.deliver().unwrap() else { panic!() };
    assert_eq!(policies, ["ours"]);
}

#[test]
fn policies_that_do_not_load_decide_nothing_and_are_told_as_critical() {
    let world = World::new();
    world.ledger.put("policies/ours.cedar", "permit(principal, action, resource);");
    world.ledger.put("policies/zz.cedar", "permit(");
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.bus.rules(), ["auto-restore.restored", "auto-restore.policies-unusable"]);
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.evidence["problem"].to_string().contains("policies/zz.cedar"));
}

#[test]
fn policies_that_cannot_be_read_decide_nothing_either() {
    let world = World::new();
    world.ledger.calls.fail_next("list", fakes::denied("list"));
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(world.bus.rules().contains(&"auto-restore.policies-unusable".to_owned()));
}

/// Wherever an attempt is cut short, the next one ends with one restored CA, one closed case and
/// the same finding.
#[test]
fn a_repetition_picks_up_wherever_the_attempt_before_was_cut_short() {
    for (name, error_type, restores, spoil) in [
        (
            "describe",
            "DescribeFailed",
            1,
            (|world: &World| {
                world.authorities.calls.fail_next("describe", fakes::broken("describe"));
            }) as fn(&World),
        ),
        ("read", "EvidenceFailed", 1, |world| {
            world.ledger.calls.fail_next("read", fakes::broken("read"));
        }),
        ("judgement", "EvidenceFailed", 1, |world| {
            world.ledger.calls.fail_next("create", fakes::broken("create"));
        }),
        ("restore", "RestoreFailed", 2, |world| {
            world.authorities.calls.fail_next("restore", fakes::broken("restore"));
        }),
        ("publish", "PublishFailed", 1, |world| world.bus.fail_next()),
        ("closing", "EvidenceFailed", 1, |world| {
            world.ledger.calls.fail_next("replace", fakes::broken("replace"));
        }),
    ] {
        let world = World::new();
        spoil(&world);
        let error = world.deliver().unwrap_err();
        assert_eq!(error.error_type(), error_type, "{name}");
        assert!(is_restored(&world.deliver().unwrap()), "{name}");
        assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }), "{name}");
        assert_eq!(world.authorities.calls.count("restore"), restores, "{name}");
        let published = world.bus.published.lock().unwrap();
        assert!(published.iter().all(|finding| finding.id == published[0].id), "{name}");
        assert_eq!(world.ledger.json(KEY)["state"], "closed", "{name}");
    }
}

#[test]
fn a_crash_after_the_restoration_is_completed_without_restoring_again() {
    let world = World::new();
    world.bus.fail_next();
    world.deliver().unwrap_err();
    assert_eq!(world.ledger.json(KEY)["state"], "judged");
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.calls.count("restore"), 1);
}

#[test]
fn a_judgement_once_written_is_carried_out_even_if_the_facts_change() {
    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    world.deliver().unwrap_err();
    world.approve("2027-01-01T00:00:00Z");
    assert!(is_restored(&world.deliver().unwrap()));
}

#[test]
fn being_refused_is_critical_at_once_and_fails_the_invocation() {
    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::denied("RestoreCertificateAuthority"));
    let error = world.deliver().unwrap_err();
    assert_eq!(error.error_type(), "RestoreRefused");
    assert_eq!(world.bus.rules(), ["auto-restore.refused"]);
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.remediation.contains("restore-certificate-authority"));
    // Allowed again, the repetition succeeds.
    assert!(is_restored(&world.deliver().unwrap()));
}

#[test]
fn a_ca_that_is_gone_is_told_once_as_critical() {
    let world = World::with(Vec::new());
    assert!(matches!(world.deliver().unwrap(), Outcome::Gone { .. }));
    assert_eq!(world.bus.last().severity, Severity::Critical);
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.bus.rules(), ["auto-restore.gone"]);
}

#[test]
fn a_ca_that_goes_while_it_is_being_restored_is_told_as_gone() {
    let world = World::new();
    let (operation, resource) = ("restore", fakes::ARN.to_owned());
    let gone = PortError::NotFound { operation, resource, cause: "gone".into() };
    world.authorities.calls.fail_next("restore", gone);
    assert!(matches!(world.deliver().unwrap(), Outcome::Gone { .. }));
    assert_eq!(world.bus.rules(), ["auto-restore.gone"]);
}

#[test]
fn a_ca_that_somebody_has_restored_is_left_alone() {
    let world = World::with(vec![Ca { status: CaStatus::Disabled, ..fakes::deleted_ca(AT) }]);
    let Outcome::NotDeleted { status, .. } = world.deliver().unwrap() else { panic!() };
    assert_eq!(status, "DISABLED");
    assert!(world.ledger.keys().is_empty() && world.bus.rules().is_empty());
}

/// The second deletion has an event of its own, with facts of its own.
#[test]
fn a_late_event_does_not_judge_a_later_deletion() {
    let world = World::with(vec![fakes::deleted_ca(AT + Duration::hours(1))]);
    let outcome = world.deliver().unwrap();
    assert!(matches!(outcome, Outcome::Superseded { .. }), "{outcome:?}");
    assert_eq!(world.authorities.calls.count("restore"), 0);
}

#[test]
fn a_late_repetition_does_not_act_on_a_later_deletion() {
    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    world.deliver().unwrap_err();
    *world.authorities.cas.lock().unwrap() = vec![fakes::deleted_ca(AT + Duration::hours(1))];
    assert!(matches!(world.deliver().unwrap(), Outcome::Superseded { .. }));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    assert_eq!(world.ledger.json(KEY)["ending"]["kind"], "superseded");
}

#[test]
fn a_case_that_is_garbage_is_judged_anew_and_written_over() {
    let world = World::new();
    world.ledger.put(KEY, "not a case");
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.ledger.json(KEY)["state"], "closed");
}

#[test]
fn a_deletion_that_failed_is_no_deletion() {
    let failed = include_str!("../../../../../infra/events/deletion-failed.json");
    let world = World::new();
    let outcome = world.deliver_event(&serde_json::from_str(failed).unwrap()).unwrap();
    assert!(matches!(outcome, Outcome::NothingDeleted { .. }));
    assert_eq!(world.authorities.calls.count("describe"), 0);
}

#[test]
fn a_malformed_event_is_an_error_by_name_and_touches_nothing() {
    let world = World::new();
    let error = world.deliver_event(&json!({"hello": "world"})).unwrap_err();
    assert_eq!(error.error_type(), "MalformedEvent");
    assert_eq!(world.authorities.calls.count("describe"), 0);
}
