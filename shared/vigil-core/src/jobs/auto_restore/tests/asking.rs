//! What policies ask people, and what is known when they do.

use serde_json::{Value, json};
use time::Duration;

use super::{
    super::{Act, CaseState, Outcome, Settings, SweepResult, run},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    fakes,
    inventory::{Identity, Inventory, Known},
    jobs::{
        case::RegionRun,
        dead_mans_switch::{AtDeadline, LastCall},
    },
    policy::Verdict,
};

const ASK: &str =
    r#"@id("ask") permit(principal, action == Vigil::Action::"AwaitDecision", resource);"#;

#[test]
fn a_human_is_asked_while_the_ca_stays_deleted_if_there_is_time() {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["requestParameters"]["permanentDeletionTimeInDays"] = json!(30);
    let until = AT + Duration::days(30);
    let ca = Ca { restorable_until: Some(until), ..fakes::deleted_ca(AT) };
    let world = World::with(vec![ca]);
    fakes::put_policies(&world.evidence, &[("ask.cedar", ASK)]);
    let Outcome::Case(outcome) = world.deliver_event(&event).unwrap() else { panic!() };
    assert_eq!((outcome.state, outcome.policies), (CaseState::Escalated, vec!["ask".to_owned()]));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    let finding = world.bus.last();
    assert_eq!(finding.rule, "auto-restore.escalated");
    assert!(finding.title.starts_with("Decide whether to restore: "), "{}", finding.title);
    assert!(finding.what_to_do.contains("vigil approve"), "{}", finding.what_to_do);
}

#[test]
fn with_a_short_window_the_ca_is_restored_first() {
    let world = World::new();
    fakes::put_policies(&world.evidence, &[("ask.cedar", ASK)]);
    assert!(is_restored(&world.deliver().unwrap()));
    let judgement = world.case().judgement().unwrap().clone();
    assert!(judgement.restore_first && matches!(judgement.verdict, Verdict::Ask { .. }));
    assert!(
        world.bus.last().what_happened.contains("restored first"),
        "{}",
        world.bus.last().what_happened
    );
}

/// The facts of the newest report and of the sweep's inventories are in the record and in Cedar's
/// request, and those that are missing are named.
#[test]
fn what_hangs_on_the_ca_is_on_record() {
    let world = World::new();
    fakes::put_summary(&world.evidence, fakes::ARN, 12, AT + Duration::DAY, AT - Duration::HOUR);
    let identity = |subject: &str, issuer: &str| Identity {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        key: None,
        authority_key: None,
    };
    let known = |status, identity| Known {
        status,
        identity: Some(identity),
        ..Known::seen(&fakes::deleted_ca(AT), None)
    };
    let below = fakes::ARN.replace("11223344", "99999999").parse().unwrap();
    let cas = [
        (fakes::ARN.parse().unwrap(), known(CaStatus::Deleted, identity("own", "root"))),
        (below, known(CaStatus::Active, identity("below", "own"))),
    ];
    let inventory = Inventory { as_of: AT, cas: cas.into_iter().collect() };
    let body = serde_json::to_string(&inventory).unwrap();
    world.evidence.put("state/inventory/eu-west-1.json", &body);
    world.deliver().unwrap();
    let judgement = world.case().judgement().unwrap().clone();
    assert_eq!(judgement.request["context"]["certificates"]["valid"], 12);
    assert_eq!(judgement.request["context"]["subordinates"]["active"], 1);
    assert_eq!(judgement.impact.subordinates.unwrap().names, ["Issuing CA"]);
    assert_eq!(judgement.unknown.len(), 1, "{:?}", judgement.unknown);
    assert!(judgement.unknown[0].contains("no snapshot"), "{:?}", judgement.unknown);
    assert_eq!(world.bus.last().evidence["valid_certificates"], 12);
}

#[test]
fn tags_approve_where_policy_lets_them() {
    let world = World::new();
    let tags = json!({
        "vigil:deletion-approved-by": "carol",
        "vigil:deletion-approved-until": "2026-11-20T10:00:01Z",
    });
    let snapshot = json!({"ca": fakes::ARN, "as_of": "2026-11-20T09:59:00Z", "policy": null,
        "permissions": [], "tags": tags, "revocation": {"crl": null, "ocsp_enabled": false,
        "ocsp_custom_cname": null}});
    let key = format!("state/snapshots/{}.json", fakes::ARN.rsplit('/').next().unwrap());
    world.evidence.put(&key, &snapshot.to_string());
    let policy = r#"@id("tagged") permit(principal, action, resource)
        when { context has tagApproval && context.time < context.tagApproval.expires };"#;
    fakes::put_policies(&world.evidence, &[("ours.cedar", policy)]);
    assert_eq!(state(&world.deliver().unwrap()), Some(CaseState::Permitted));
    let built_in = include_str!("../../../../../../infra/policies/default.cedar");
    fakes::put_policies(&world.evidence, &[("ours.cedar", built_in)]);
    let unless = World::new();
    unless.evidence.put(&key, &snapshot.to_string());
    assert!(is_restored(&unless.deliver().unwrap()), "the built-in policies ask for an object");
}

fn last_call(world: &World, acknowledged: bool) -> Option<Outcome> {
    let ca = world.authorities.cas.lock().unwrap()[0].clone();
    let until = AT + Duration::days(7);
    let now = until - Duration::HOUR;
    world.authorities.set_now(now);
    let call = LastCall { ca: &ca, until, acknowledged, now };
    let region = world.ports().regions.of(ca.arn.region()).unwrap();
    let region = RegionRun::new(region, &world.ports(), &SETTINGS);
    match fakes::run(region.at_deadline(call)).unwrap() {
        AtDeadline::Ended(outcome) => Some(*outcome),
        AtDeadline::NotRequired => None,
        AtDeadline::Withheld { .. } => panic!("nothing is withheld in the mode enforce"),
    }
}

#[test]
fn the_dead_mans_switch_overrules_and_records_an_escalation() {
    let world = World::new();
    fakes::put_policies(&world.evidence, &[("ask.cedar", ASK)]);
    let none_left = Settings { restores_per_day: 0, ..SETTINGS.clone() };
    let event = serde_json::from_str(EVENT).unwrap();
    fakes::run(run(&event, &world.ports(), &none_left)).unwrap();
    assert_eq!(world.case().state(), CaseState::Escalated);
    assert_eq!(last_call(&world, false), None, "the policies of the bucket do not say so");
    let built_in = include_str!("../../../../../../infra/policies/default.cedar");
    fakes::put_policies(&world.evidence, &[("ours.cedar", built_in)]);
    assert_eq!(last_call(&world, true), None, "acknowledged");
    assert!(is_restored(&last_call(&world, false).unwrap()));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    let finding = world.bus.last();
    assert!(finding.title.contains("at the last threshold"), "{}", finding.title);
    let case = world.case();
    let overruled = case.entries().iter().any(|entry| {
        matches!(&entry.act, Act::Overruled { policies, .. } if *policies == ["dead-mans-switch"])
    });
    assert!(overruled && case.is_closed());
    assert!(is_restored(&last_call(&world, false).unwrap()), "whoever asks late is told so");
    assert_eq!(world.authorities.changed("restore"), 1, "once");
}

#[test]
fn the_dead_mans_switch_leaves_alone_what_was_approved() {
    let world = World::new();
    world.approve("2026-11-20T10:00:01Z");
    world.deliver().unwrap();
    assert_eq!(last_call(&world, false), None);
    assert_eq!(world.case().state(), CaseState::Permitted);
}

/// A CA must not be lost to one schedule that is down.
#[test]
fn the_sweep_puts_the_dead_mans_switch_to_the_policies_too() {
    let world = World::new();
    let event = serde_json::from_str(EVENT).unwrap();
    let none_left = Settings { restores_per_day: 0, ..SETTINGS.clone() };
    fakes::run(run(&event, &world.ports(), &none_left)).unwrap();
    let sweep = |after| {
        world.authorities.set_now(AT + after);
        let swept = fakes::run(run(&json!({"task": "sweep"}), &world.ports(), &none_left));
        let Outcome::Swept { mut deleted, .. } = swept.unwrap() else { panic!() };
        deleted.remove(0).result
    };
    let last_call = Duration::days(7) - Duration::HOUR;
    let closed = SweepResult::Closed { state: CaseState::Escalated };
    assert_eq!(sweep(last_call - Duration::SECOND), closed);
    let SweepResult::Run { outcome } = sweep(last_call) else { panic!() };
    assert!(is_restored(&outcome));
}
