//! Which restored CAs become ACTIVE again.

use serde_json::json;
use time::Duration;

use super::{
    super::{Act, CaseState, Outcome},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus, CaType},
    failure::Failure,
    fakes,
};

#[test]
fn a_subordinate_disabled_for_its_deletion_is_reactivated() {
    let world = World::new();
    assert!(matches!(
        world.disabled("2026-11-20T09:59:00Z").unwrap(),
        Outcome::DisablingRecorded { recorded: true, .. }
    ));
    let Outcome::Case(outcome) = world.deliver().unwrap() else { panic!() };
    assert_eq!(
        (outcome.state, outcome.status.as_deref()),
        (CaseState::Reactivated, Some("ACTIVE"))
    );
    assert_eq!(world.authorities.status(), CaStatus::Active);
    let finding = world.bus.last();
    assert!(finding.title.starts_with("Restored, now ACTIVE: "), "{}", finding.title);
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.bus.rules(), ["auto-restore.restored"]);
    let Act::Reactivating { policies, disabled_by, .. } = &world.case().entries()[4].act.clone()
    else {
        panic!()
    };
    assert_eq!(policies, &["reactivate-subordinates"]);
    assert!(disabled_by.as_ref().unwrap().name().ends_with("alice"));
}

/// An event can be invented by who may invoke the function.
#[test]
fn an_event_against_the_inventory_reactivates_nothing() {
    let seen = |since: &str| {
        json!({"as_of": "2026-11-20T09:45:00Z", "cas": {fakes::ARN: {
            "status": "DISABLED", "common_name": null, "not_after": null, "serial": null,
            "identity": null, "snapshot_at": null, "disabled_since": since,
        }}})
    };
    for (inventory, is_reactivated) in [
        (seen("2026-11-17T10:00:00Z").to_string(), false),
        (seen("2026-11-20T09:58:30Z").to_string(), true),
        ("overwritten".to_owned(), false),
    ] {
        let world = World::new();
        world.evidence.put("state/inventory/us-east-1.json", &inventory);
        world.disabled("2026-11-20T09:59:00Z").unwrap();
        world.deliver().unwrap();
        let is_active = world.authorities.status() == CaStatus::Active;
        assert_eq!(is_active, is_reactivated, "{inventory}");
    }
}

#[test]
fn a_root_is_restored_and_stays_disabled() {
    let root = Ca { ca_type: CaType::Root, ..fakes::deleted_ca(AT) };
    let world = World::with(vec![root]);
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.changed("update_status"), 0);
    let what_happened = world.bus.last().what_happened;
    assert!(what_happened.contains("because no policy permits"), "{what_happened}");
}

#[test]
fn a_ca_that_was_disabled_long_before_stays_so() {
    let world = World::new();
    world.disabled("2026-11-19T09:59:59Z").unwrap();
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(world.bus.last().what_happened.contains("longer than ReactivateWithin"));
}

/// Events come in any order: the deletion's can overtake the disabling's.
#[test]
fn a_disabling_event_after_the_restoration_still_reactivates() {
    let world = World::new();
    assert!(is_restored(&world.deliver().unwrap()));
    let outcome = world.disabled("2026-11-20T09:59:00Z").unwrap();
    assert_eq!(state(&outcome), Some(CaseState::Reactivated));
    assert_eq!(world.authorities.status(), CaStatus::Active);
    assert_eq!(world.finding_ids().len(), 1, "the same finding, told again");
    assert!(matches!(
        world.disabled("2026-11-20T09:59:00Z").unwrap(),
        Outcome::DisablingRecorded { recorded: false, .. }
    ));
}

#[test]
fn a_ca_that_is_disabled_after_its_restoration_is_left_alone() {
    let world = World::new();
    world.deliver().unwrap();
    world.authorities.set_now(AT + Duration::HOUR);
    let outcome = world.disabled("2026-11-20T11:00:00Z").unwrap();
    assert!(matches!(outcome, Outcome::DisablingRecorded { .. }), "{outcome:?}");
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

/// Terraform disables before it deletes, whatever the CA's status.
#[test]
fn a_call_that_changed_nothing_reactivates_no_disabled_ca() {
    let long = AT - Duration::days(40);
    let disabled = Ca {
        status: CaStatus::Disabled,
        last_state_change_at: Some(long),
        restorable_until: None,
        ..fakes::deleted_ca(AT)
    };
    let world = World::with(vec![disabled]);
    world.sweep(-Duration::DAY).unwrap();
    assert_eq!(world.evidence.json(DISABLED)["was_active"], false);
    world.delete_again(AT);
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

#[test]
fn a_denied_reactivation_is_reported_with_the_restoration() {
    let world = World::new();
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    let denied = fakes::denied("UpdateCertificateAuthority");
    world.authorities.calls.fail_next("update_status", denied);
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(world.bus.last().what_happened.contains("Vigil may not reactivate it"));
}

#[test]
fn a_reactivation_that_fails_is_repeated() {
    let world = World::new();
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    world.authorities.calls.fail_next("update_status", fakes::broken("update"));
    assert_eq!(world.deliver().unwrap_err().error_type(), "ReactivateFailed");
    assert_eq!(state(&world.deliver().unwrap()), Some(CaseState::Reactivated));
    assert_eq!(world.authorities.changed("restore"), 1);
}

#[test]
fn pending_and_expired_cas_get_the_advice_that_helps() {
    for (status, words) in
        [(CaStatus::PendingCertificate, "has never issued"), (CaStatus::Expired, "has expired")]
    {
        let mut world = World::new();
        world.authorities.restored_to = status;
        world.disabled("2026-11-20T09:59:00Z").unwrap();
        world.deliver().unwrap();
        let finding = world.bus.last();
        assert!(finding.to_string().contains(words), "{finding}");
        assert!(finding.what_to_do.contains("get-certificate-authority-csr"), "{finding}");
        assert_eq!(world.authorities.calls.count("update_status"), 0);
    }
}
