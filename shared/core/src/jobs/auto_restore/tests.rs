use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    ca::{Ca, CaStatus, CaType},
    failure::Failure,
    fakes::{self, FakeAuthorities, FakeBus, FakeLedger},
    finding::Severity,
    policy::Verdict,
    ports::PortError,
};

mod asking;
mod bad_input;
mod mending;
mod patience;
mod proof;
mod regions;
mod vanished;

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const EVENT: &str = include_str!("../../../../../infra/events/deletion.json");
const KEY: &str = "cases/11223344-1234-1122-2233-112233445566/20261127T100000Z.json";
const DISABLED: &str = "state/disabled/11223344-1234-1122-2233-112233445566.json";
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
        fakes::run(run(event, &self.authorities, &self.ledger, &self.bus, &SETTINGS))
    }

    fn sweep(&self, after: Duration) -> Result<Outcome, AutoRestoreError> {
        self.authorities.set_now(AT + after);
        self.deliver_event(&json!({"task": "sweep"}))
    }

    /// What the sweep did for the one deleted CA.
    fn sighting(&self, after: Duration) -> Sighting {
        let Outcome::Swept { mut deleted, .. } = self.sweep(after).unwrap() else { panic!() };
        deleted.remove(0).sighting
    }

    /// The event of the CA's disabling.
    fn disabled(&self, at: &str) -> Result<Outcome, AutoRestoreError> {
        self.deliver_event(&disabling(at))
    }

    fn case(&self) -> Case {
        Case::read(&self.ledger.body(KEY)).unwrap()
    }

    fn finding_ids(&self) -> BTreeSet<String> {
        self.bus.published.lock().unwrap().iter().map(|finding| finding.id.clone()).collect()
    }

    fn delete_again(&self, at: OffsetDateTime) {
        self.authorities.set_now(at);
        *self.authorities.cas.lock().unwrap() = vec![fakes::deleted_ca(at)];
    }

    fn approve(&self, expires: &str) {
        let approval = json!({
            "ca": fakes::ARN, "approved_by": "bob", "reason": "retired", "expires": expires,
        });
        self.ledger.put(APPROVAL, &approval.to_string());
    }
}

const SETTINGS: Settings = Settings {
    account: None,
    last_call: Duration::HOUR,
    reactivate_within: Duration::DAY,
    restores_per_day: 3,
    settle: Duration::minutes(15),
};

fn disabling(at: &str) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["eventName"] = json!("UpdateCertificateAuthority");
    event["detail"]["eventTime"] = json!(at);
    event["detail"]["eventID"] = json!(format!("disabled-{}", at.replace(':', "-")));
    event["detail"]["requestParameters"] =
        json!({"certificateAuthorityArn": fakes::ARN, "status": "DISABLED"});
    event
}

/// The sample event as that of another deletion.
fn deletion_at(at: &str) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["eventTime"] = json!(at);
    event["detail"]["eventID"] = json!(format!("deleted-{}", at.replace(':', "-")));
    event
}

fn state(outcome: &Outcome) -> Option<State> {
    match outcome {
        Outcome::Case(case) => Some(case.state),
        _ => None,
    }
}

fn is_restored(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Case(CaseOutcome { state: State::Restored, status, .. })
        if status.as_deref() == Some("DISABLED"))
}

#[test]
fn a_deletion_that_nothing_permits_is_undone_once() {
    let world = World::new();
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));

    assert_eq!(world.authorities.calls.count("restore"), 1);
    assert_eq!(world.bus.rules(), ["auto-restore.restored"]);
    let record = world.ledger.json(KEY);
    assert_eq!(record["state"], "restored");
    let acts: Vec<_> =
        record["entries"].as_array().unwrap().iter().map(|entry| entry["act"].clone()).collect();
    assert_eq!(acts, ["seen", "judged", "restoring", "restored", "told"]);
    let case = world.case();
    assert!(case.is_closed());
    assert!(matches!(case.judgement().unwrap().verdict, Verdict::Restore { .. }));
    assert!(
        matches!(&case.entries()[3].act, Act::Restored { request_id: Some(id), by: Restorer::Vigil, .. } if id == "r-1")
    );
    assert!(
        matches!(&case.entries()[4].act, Act::Told { findings, .. } if *findings == [world.bus.last().id])
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
    assert!(finding.remediation.contains("--status ACTIVE"), "{}", finding.remediation);
    assert!(finding.remediation.contains(APPROVAL), "{}", finding.remediation);
}

#[test]
fn an_approved_deletion_stands() {
    let world = World::new();
    world.approve("2026-11-20T10:00:01Z");
    let Outcome::Case(CaseOutcome { state: State::Stood, policies, .. }) = world.deliver().unwrap()
    else {
        panic!()
    };
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
    let unknown = world.case().judgement().unwrap().unknown.clone();
    assert!(unknown[0].contains(APPROVAL), "{unknown:?}");
}

#[test]
fn the_buckets_policies_take_the_built_in_ones_place() {
    let world = World::new();
    world.ledger.put("policies/ours.cedar", "@id(\"ours\") permit(principal, action, resource);");
    world.ledger.put("policies/README.md", "not a policy");
    let Outcome::Case(CaseOutcome { policies, .. }) = world.deliver().unwrap() else { panic!() };
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
    world.ledger.fail_list("policies/");
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
        ("finding the case", "EvidenceFailed", 1, |world| {
            world.ledger.calls.fail_next("list", fakes::broken("list"));
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
        assert!(world.case().is_closed(), "{name}");
    }
}

#[test]
fn a_crash_after_the_restoration_is_completed_without_restoring_again() {
    let world = World::new();
    world.bus.fail_next();
    world.deliver().unwrap_err();
    assert_eq!(world.case().state(), State::Restoring);
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
    world.authorities.calls.fail_next("restore", fakes::denied("RestoreCertificateAuthority"));
    world.deliver().unwrap_err();
    assert_eq!(world.bus.rules(), ["auto-restore.refused"], "told once");
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.remediation.contains("restore-certificate-authority"));
    // Allowed again, the repetition succeeds.
    assert!(is_restored(&world.deliver().unwrap()));
}

#[test]
fn a_ca_that_is_gone_is_told_once_as_critical() {
    let world = World::with(Vec::new());
    assert_eq!(state(&world.deliver().unwrap()), Some(State::Lost));
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
    assert_eq!(state(&world.deliver().unwrap()), Some(State::Lost));
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
    assert_eq!(state(&world.deliver().unwrap()), Some(State::Restored), "by somebody");
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    assert!(world.bus.rules().is_empty(), "the later deletion tells for itself");
}

#[test]
fn a_case_that_is_garbage_is_judged_anew_and_written_over() {
    let world = World::new();
    world.ledger.put(KEY, "not a case");
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.case().entries()[0].act, Act::Seen { over_unreadable: true, .. }));
}

/// Who writes into the bucket what was not so must not keep a CA from being restored.
#[test]
fn a_record_that_was_tampered_with_is_no_record() {
    let world = World::new();
    world.approve("2027-01-01T00:00:00Z");
    world.deliver().unwrap();
    let forged = world.ledger.json(KEY).to_string().replace("alice", "mallory");
    let world = World::new();
    world.ledger.put(KEY, &forged);
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.case().entries()[0].act, Act::Seen { over_unreadable: true, .. }));
}

#[test]
fn a_deletion_that_failed_is_no_deletion() {
    let failed = include_str!("../../../../../infra/events/deletion-failed.json");
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

#[test]
fn a_deletion_whose_event_was_lost_is_found_by_the_sweep_and_judged_with_what_is_known() {
    let world = World::new();
    let settle = SETTINGS.settle;
    assert_eq!(world.sighting(settle - Duration::SECOND), Sighting::EventAwaited);
    assert!(world.ledger.keys().iter().all(|key| !key.starts_with("cases/")));
    let Sighting::Pursued { outcome } = world.sighting(settle) else { panic!() };
    assert!(is_restored(&outcome));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    let case = world.case();
    assert!(matches!(case.entries()[0].act, Act::Seen { source: Source::Sweep, .. }));
    assert_eq!(case.deletion().by.name(), "Unknown");
    assert!(world.bus.last().title.contains("CloudTrail did not deliver"));
}

#[test]
fn a_late_event_joins_the_case_that_the_sweep_has_opened() {
    let world = World::new();
    world.sweep(SETTINGS.settle).unwrap();
    let told = world.bus.rules().len();
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.ledger.keys().iter().filter(|key| key.starts_with("cases/")).count(), 1);
    assert_eq!(world.case().deletion().by.name().rsplit('/').next(), Some("alice"));
    assert_eq!((world.bus.rules().len(), world.authorities.changed("restore")), (told, 1));
}

/// What was let stand without knowing who did it is judged again once that is known.
#[test]
fn a_late_event_can_overturn_what_was_let_stand_without_it() {
    let world = World::new();
    let policies = r#"@id("any") permit(principal, action, resource);
        @id("not-admins") forbid(principal in Vigil::Principal::"arn:aws:iam::111122223333:role/Admin",
            action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    world.ledger.put("policies/ours.cedar", policies);
    world.sweep(SETTINGS.settle).unwrap();
    assert_eq!(world.case().state(), State::Stood);
    let Outcome::Case(outcome) = world.deliver().unwrap() else { panic!() };
    assert_eq!((outcome.state, outcome.policies), (State::Restored, vec!["not-admins".to_owned()]));
    assert_eq!(world.bus.rules(), ["auto-restore.stood", "auto-restore.restored"]);
}

#[test]
fn the_sweep_leaves_alone_what_is_closed_or_in_somebodys_hands() {
    let world = World::new();
    world.approve("2027-01-01T00:00:00Z");
    world.deliver().unwrap();
    assert_eq!(world.sighting(Duration::HOUR), Sighting::Closed { state: State::Stood });

    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    world.deliver().unwrap_err();
    let in_hand = Sighting::InHand { state: State::Restoring };
    assert_eq!(world.sighting(Duration::minutes(10)), in_hand);
    assert!(matches!(world.sighting(Duration::minutes(16)), Sighting::Pursued { .. }));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

/// Lambda gives up after three attempts; the sweep does not.
#[test]
fn the_sweep_closes_a_case_that_was_cut_short_after_the_restoration() {
    let world = World::new();
    world.bus.fail_next();
    world.deliver().unwrap_err();
    assert!(!world.case().is_closed());
    world.sweep(Duration::HOUR).unwrap();
    assert!(world.case().is_closed());
    assert_eq!(world.bus.rules(), ["auto-restore.restored"]);
    world.sweep(Duration::hours(2)).unwrap();
    assert_eq!(world.bus.rules().len(), 1);
}

#[test]
fn a_sweep_gives_everyone_a_turn_and_fails_afterwards() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other";
    let first = Ca { arn: other.parse().unwrap(), ..fakes::deleted_ca(AT - Duration::HOUR) };
    let world = World::with(vec![fakes::deleted_ca(AT), first]);
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    let error = world.sweep(Duration::HOUR).unwrap_err();
    assert_eq!(error.error_type(), "SweepIncomplete");
    assert!(error.to_string().contains(other), "{error}");
    assert!(world.case().is_closed(), "the other one had its turn");
}

#[test]
fn only_the_templates_own_input_is_a_sweep() {
    for event in [json!({}), json!({"task": "Sweep"}), json!({"task": "sweep", "x": 1}), json!([])]
    {
        let error = World::new().deliver_event(&event).unwrap_err();
        assert_eq!(error.error_type(), "MalformedEvent", "{event}");
    }
}

#[test]
fn a_subordinate_that_was_disabled_to_be_deleted_goes_back_into_service() {
    let world = World::new();
    assert!(matches!(
        world.disabled("2026-11-20T09:59:00Z").unwrap(),
        Outcome::Noted { noted: true, .. }
    ));
    let Outcome::Case(outcome) = world.deliver().unwrap() else { panic!() };
    assert_eq!((outcome.state, outcome.status.as_deref()), (State::Reactivated, Some("ACTIVE")));
    assert_eq!(world.authorities.status(), CaStatus::Active);
    let finding = world.bus.last();
    assert!(finding.title.ends_with("put back into service"), "{}", finding.title);
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.bus.rules(), ["auto-restore.restored"]);
    let Act::Reactivating { policies, disabled_by, .. } = &world.case().entries()[4].act.clone()
    else {
        panic!()
    };
    assert_eq!(policies, &["back-into-service"]);
    assert!(disabled_by.as_ref().unwrap().name().ends_with("alice"));
}

#[test]
fn a_root_is_restored_and_stays_disabled() {
    let root = Ca { ca_type: CaType::Root, ..fakes::deleted_ca(AT) };
    let world = World::with(vec![root]);
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.changed("update_status"), 0);
    let remediation = world.bus.last().remediation;
    assert!(remediation.contains("because no policy permits"), "{remediation}");
}

#[test]
fn a_ca_that_was_disabled_long_before_stays_so() {
    let world = World::new();
    world.disabled("2026-11-19T09:59:59Z").unwrap();
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(world.bus.last().remediation.contains("so long before"));
}

/// Events come in any order: the deletion's can overtake the disabling's.
#[test]
fn a_disabling_that_comes_after_the_restoration_still_brings_the_ca_back_into_service() {
    let world = World::new();
    assert!(is_restored(&world.deliver().unwrap()));
    let outcome = world.disabled("2026-11-20T09:59:00Z").unwrap();
    assert_eq!(state(&outcome), Some(State::Reactivated));
    assert_eq!(world.authorities.status(), CaStatus::Active);
    assert_eq!(world.finding_ids().len(), 1, "the same finding, told again");
    assert!(matches!(
        world.disabled("2026-11-20T09:59:00Z").unwrap(),
        Outcome::Noted { noted: false, .. }
    ));
}

#[test]
fn a_ca_that_is_disabled_after_its_restoration_is_left_alone() {
    let world = World::new();
    world.deliver().unwrap();
    world.authorities.set_now(AT + Duration::HOUR);
    let outcome = world.disabled("2026-11-20T11:00:00Z").unwrap();
    assert!(matches!(outcome, Outcome::Noted { .. }), "{outcome:?}");
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

/// Terraform disables before it deletes, whatever the CA's status.
#[test]
fn a_ca_that_the_sweep_has_seen_disabled_is_not_reactivated_for_a_call_that_changed_nothing() {
    let long = AT - Duration::days(40);
    let disabled = Ca {
        status: CaStatus::Disabled,
        last_state_change_at: Some(long),
        restorable_until: None,
        ..fakes::deleted_ca(AT)
    };
    let world = World::with(vec![disabled]);
    world.sweep(-Duration::DAY).unwrap();
    assert_eq!(world.ledger.json(DISABLED)["was_active"], false);
    world.delete_again(AT);
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

#[test]
fn not_being_allowed_to_reactivate_is_told_with_the_restoration() {
    let world = World::new();
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    let denied = fakes::denied("UpdateCertificateAuthority");
    world.authorities.calls.fail_next("update_status", denied);
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(world.bus.last().remediation.contains("Vigil may not reactivate it"));
}

#[test]
fn a_reactivation_that_fails_is_repeated() {
    let world = World::new();
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    world.authorities.calls.fail_next("update_status", fakes::broken("update"));
    assert_eq!(world.deliver().unwrap_err().error_type(), "ReactivateFailed");
    assert_eq!(state(&world.deliver().unwrap()), Some(State::Reactivated));
    assert_eq!(world.authorities.changed("restore"), 1);
}

#[test]
fn pending_and_expired_cas_get_the_advice_that_helps() {
    for (status, words) in
        [(CaStatus::PendingCertificate, "has never issued"), (CaStatus::Expired, "has run out")]
    {
        let mut world = World::new();
        world.authorities.restored_to = status;
        world.disabled("2026-11-20T09:59:00Z").unwrap();
        world.deliver().unwrap();
        let remediation = world.bus.last().remediation;
        assert!(remediation.contains(words), "{remediation}");
        assert!(remediation.contains("get-certificate-authority-csr"), "{remediation}");
        assert_eq!(world.authorities.calls.count("update_status"), 0);
    }
}

#[test]
fn who_insists_on_deleting_gets_people_in_the_end() {
    let world = World::new();
    for (turn, at) in
        ["2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z", "2026-11-20T14:00:00Z"].iter().enumerate()
    {
        world.delete_again(AT + Duration::hours(2 * turn as i64));
        assert!(is_restored(&world.deliver_event(&deletion_at(at)).unwrap()), "{at}");
    }
    world.delete_again(AT + Duration::hours(6));
    let fourth = deletion_at("2026-11-20T16:00:00Z");
    let outcome = world.deliver_event(&fourth).unwrap();
    assert_eq!(state(&outcome), Some(State::Escalated));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    let finding = world.bus.last();
    assert_eq!(
        (finding.rule.as_ref(), finding.severity),
        ("auto-restore.escalated", Severity::Critical)
    );
    assert!(finding.title.contains("after 3 restorations"), "{}", finding.title);
    assert!(matches!(world.deliver_event(&fourth).unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.sighting(Duration::hours(7)), Sighting::Closed { state: State::Escalated });
    world.delete_again(AT + Duration::DAY);
    let next_day = deletion_at("2026-11-21T10:00:00Z");
    assert!(is_restored(&world.deliver_event(&next_day).unwrap()), "the first is a day old");
}

/// A script can delete faster than seconds pass; both windows then end at the same one.
#[test]
fn two_deletions_within_one_second_are_two_deletions() {
    let world = World::new();
    world.deliver().unwrap();
    world.delete_again(AT);
    let mut second = deletion_at("2026-11-20T10:00:00Z");
    second["detail"]["eventID"] = json!("another");
    assert!(is_restored(&world.deliver_event(&second).unwrap()));
    assert!(matches!(world.deliver_event(&second).unwrap(), Outcome::Duplicate { .. }));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.authorities.changed("restore"), 2);
    world.delete_again(AT);
    assert!(
        matches!(world.sighting(Duration::HOUR), Sighting::Pursued { .. }),
        "its event is lost"
    );
    assert_eq!(world.authorities.changed("restore"), 3);
    world.delete_again(AT);
    let Sighting::Pursued { outcome } = world.sighting(Duration::hours(2)) else { panic!() };
    assert_eq!(state(&outcome), Some(State::Escalated), "each counts");
}
