//! Objects that an attacker has put into the evidence bucket, and a bucket that takes no record:
//! none keeps a CA from being restored.

use proptest::prelude::*;
use serde_json::{Value, json};
use time::Duration;

use super::{
    super::{AutoRestoreError, CaseState, Outcome, Ports, SweepResult, run},
    world::*,
};
use crate::{
    ca::CaStatus,
    evidence,
    failure::Failure,
    fakes::{self, FakeSealing},
    jobs::last_resort,
    ports::Sealed,
};

const ID: &str = "11223344-1234-1122-2233-112233445566";
const HUGE: usize = 2 * 1024 * 1024;

/// Every object that a decision about the CA reads.
fn objects() -> Vec<String> {
    let own = [
        KEY.to_owned(),
        format!("state/restorations/{ID}.json"),
        format!("state/snapshots/{ID}.json"),
        "state/inventory/us-east-1.json".to_owned(),
        DISABLED.to_owned(),
        APPROVAL.to_owned(),
        format!("acks/{ID}.json"),
        "policies/set.json".to_owned(),
        format!("state/audit-report/{ID}.json"),
        format!("state/crl-audit/cas/{ID}.json"),
    ];
    own.into()
}

#[test]
fn no_object_in_any_state_keeps_a_ca_from_being_restored() {
    let deep = "[".repeat(100_000);
    for key in objects() {
        for (name, body) in [
            ("oversized", Some(" ".repeat(HUGE))),
            ("empty", Some(String::new())),
            ("deep", Some(deep.clone())),
            ("null", Some("null".to_owned())),
            ("denied", None),
        ] {
            let world = World::new();
            match &body {
                Some(body) => world.evidence.put(&key, body),
                None => {
                    world.evidence.put(&key, "{}");
                    world.evidence.refuse_reading(&key);
                }
            }
            world.deliver().unwrap_or_else(|error| panic!("{key} {name}: {error:?}"));
            assert_eq!(world.authorities.status(), CaStatus::Disabled, "{key} {name}");
            // And by a sweep alone, for which the event was lost.
            world.delete_again(AT + Duration::HOUR);
            let _ = world.sweep(Duration::hours(2));
            assert_eq!(world.authorities.status(), CaStatus::Disabled, "{key} {name}, swept");
        }
    }
}

#[test]
fn a_blocked_record_goes_to_a_fresh_key_and_is_reported() {
    let world = World::new();
    world.evidence.put(KEY, &" ".repeat(HUGE));
    assert!(is_restored(&world.deliver().unwrap()));
    let fresh = KEY.replace(".json", "-2.json");
    let case = world.evidence.json(&fresh);
    assert!(case["entries"][0]["passed_over"][0].as_str().unwrap().contains(KEY), "{case}");
    let published = world.bus.last();
    assert_eq!(published.rule, "auto-restore.evidence-suspicious");
    assert!(published.evidence["objects"].to_string().contains(KEY));
    assert!(world.deliver().is_ok(), "a repetition finds the record at its key");
    assert_eq!(world.authorities.changed("restore"), 1);
}

#[test]
fn an_unusable_approval_is_named_in_a_finding() {
    let world = World::new();
    world.evidence.put(APPROVAL, &" ".repeat(HUGE));
    assert!(is_restored(&world.deliver().unwrap()));
    let published = world.bus.last();
    assert_eq!(published.rule, "auto-restore.evidence-suspicious");
    assert!(published.evidence["objects"].to_string().contains(APPROVAL));
}

/// A record with a good chain: an attacker who can write can compute SHA-256, too.
pub(super) fn forged(acts: &[Value], state: &str) -> String {
    let mut previous = evidence::GENESIS.to_owned();
    let mut entries = Vec::new();
    for (seq, act) in acts.iter().enumerate() {
        let mut content = act.as_object().unwrap().clone();
        content.insert("seq".to_owned(), seq.into());
        content.entry("at").or_insert("2026-11-20T10:00:01Z".into());
        let linked = evidence::link(content, &previous);
        linked["hash"].as_str().unwrap().clone_into(&mut previous);
        entries.push(Value::Object(linked));
    }
    json!({"version": 1, "ca": fakes::ARN, "restorable_until": "2026-11-27T10:00:00Z",
        "state": state, "entries": entries})
    .to_string()
}

pub(super) fn seen() -> Value {
    let deletion = serde_json::to_value(fakes::deletion(AT)).unwrap();
    json!({"act": "seen", "source": "event", "deletion": deletion,
        "restorable_until": "2026-11-27T10:00:00Z"})
}

pub(super) fn closed() -> Value {
    json!({"act": "published", "findings": [], "service": null})
}

#[test]
fn lost_is_not_believed_while_the_ca_is_deleted() {
    let world = World::new();
    world.evidence.put(KEY, &forged(&[seen(), json!({"act": "lost"}), closed()], "lost"));
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    assert_eq!(world.bus.last().rule, "auto-restore.evidence-suspicious");

    let swept = World::new();
    swept.evidence.put(KEY, &forged(&[seen(), json!({"act": "lost"}), closed()], "lost"));
    assert!(matches!(swept.result(Duration::HOUR), SweepResult::Run { .. }));
    assert_eq!(swept.authorities.status(), CaStatus::Disabled);
}

#[test]
fn a_record_of_the_future_is_passed_over() {
    let world = World::new();
    let lasting = json!({"act": "restored", "status": "DISABLED", "by": "vigil",
        "request_id": null, "deleted_again_at": null, "at": "2099-01-01T00:00:00Z"});
    world.evidence.put(KEY, &forged(&[seen(), lasting], "restored"));
    assert!(matches!(world.result(Duration::HOUR), SweepResult::Run { .. }));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

#[test]
fn the_record_of_another_ca_is_no_record() {
    let world = World::new();
    let other = fakes::ARN.replace("11223344-", "99999999-");
    let record = forged(
        &[
            seen(),
            json!({"act": "restored", "status": "ACTIVE", "by": "vigil",
        "request_id": null, "deleted_again_at": null}),
            closed(),
        ],
        "restored",
    );
    world.evidence.put(KEY, &record.replace(fakes::ARN, &other));
    assert!(is_restored(&world.deliver().unwrap()));
}

/// The repetitions come first, and then a sweep does without.
#[test]
fn a_bucket_that_takes_no_record_costs_no_ca() {
    for prefix in ["cases/", "state/restorations/", ""] {
        let world = World::new();
        world.evidence.refuse_writing(prefix);
        if prefix == "cases/" {
            assert_eq!(world.deliver().unwrap_err().error_type(), "EvidenceFailed");
            assert_eq!(world.authorities.status(), CaStatus::Deleted, "a repetition may succeed");
        }
        let swept = world.sweep(Duration::minutes(16));
        assert_eq!(world.authorities.status(), CaStatus::Disabled, "{prefix:?}");
        if prefix != "state/restorations/" {
            assert_eq!(swept.unwrap_err().error_type(), "SweepIncomplete");
            assert!(world.bus.rules().contains(&"auto-restore.restored".to_owned()));
            assert_eq!(world.bus.last().evidence["kind"], "unwritable");
        }
    }
}

#[test]
fn neither_a_dead_bucket_nor_a_dead_bus_costs_a_ca() {
    let world = World::new();
    world.evidence.refuse_writing("");
    world.evidence.refuse_reading("");
    world.bus.fail_next();
    let error = world.sweep(Duration::minutes(16)).unwrap_err();
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    assert!(error.to_string().contains("could not be put on record"), "{error}");
    assert!(error.to_string().contains("nor could that be published"), "{error}");
}

#[test]
fn made_up_restorations_of_the_future_do_not_count() {
    let world = World::new();
    let one = json!({"case": "cases/x", "at": "2099-01-01T00:00:00Z"});
    let record = json!({"ca": fakes::ARN, "restorations": [one, one, one]});
    world.evidence.put(&format!("state/restorations/{ID}.json"), &record.to_string());
    assert!(is_restored(&world.deliver().unwrap()));
}

#[test]
fn an_invented_event_gives_way_to_the_true_one() {
    let world = World::new();
    let own = r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource)
        when { principal has arn && principal.arn == "arn:aws:iam::111122223333:role/Pipeline" };"#;
    fakes::put_policies(&world.evidence, &[("own.cedar", own)]);
    let mut invented = deletion_at("2026-11-20T10:00:40Z");
    invented["detail"]["userIdentity"]["arn"] = json!("arn:aws:iam::111122223333:role/Pipeline");
    assert_eq!(state(&world.deliver_event(&invented).unwrap()), Some(CaseState::Seen));
    assert!(is_restored(&world.deliver().unwrap()));
    let told = world.bus.last();
    assert_eq!(told.rule, "auto-restore.events-contradictory");
    assert_eq!(told.severity, crate::finding::Severity::Critical);
}

/// What a saboteur writes, wherever.
fn bodies() -> Vec<String> {
    let permit_all = "permit(principal, action, resource);".to_owned();
    let approval = json!({"ca": fakes::ARN, "approved_by": "Board of Directors", "reason": "r",
        "expires": "2026-11-26T00:00:00Z"});
    let ack = json!({"ca": fakes::ARN, "by": "x", "until": "2099-01-01T00:00:00Z",
        "restorable_until": "2026-11-27T10:00:00Z"});
    let one = json!({"case": KEY, "at": "2026-11-20T10:00:00Z"});
    let restorations = json!({"ca": fakes::ARN, "restorations": vec![one; 9]});
    let restored = json!({"act": "restored", "status": "DISABLED", "by": "vigil",
        "request_id": null, "deleted_again_at": null});
    let escalated = json!({"act": "judged", "judgement": null});
    vec![
        " ".repeat(HUGE),
        "[".repeat(100_000),
        String::new(),
        permit_all,
        approval.to_string(),
        ack.to_string(),
        restorations.to_string(),
        forged(&[seen(), json!({"act": "lost"}), closed()], "lost"),
        forged(&[seen(), restored.clone(), closed()], "restored"),
        forged(&[seen(), restored], "restored"),
        forged(&[seen(), escalated], "judged"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any object, at any hour of the window, and as many as the saboteur likes.
    #[test]
    fn whatever_a_saboteur_writes_no_ca_is_lost(
        writes in prop::collection::vec((0..168_i64, 0..10_usize, 0..11_usize), 1..12),
        event_comes in any::<bool>(),
    ) {
        let (keys, bodies) = (objects(), bodies());
        let world = World::new();
        for hour in 0..168 {
            for (_, key, body) in writes.iter().filter(|(at, ..)| *at == hour) {
                world.evidence.put(&keys[*key], &bodies[*body]);
            }
            if hour == 0 && event_comes {
                let _ = world.deliver();
            }
            if hour % 8 == 7 {
                let _ = world.sweep(Duration::hours(hour));
            }
            world.authorities.set_now(AT + Duration::hours(hour) + Duration::minutes(30));
            let World { authorities, bus, evidence } = &world;
            let signatures = &*fakes::KMS;
            let ports = last_resort::Ports { regions: authorities, bus, evidence, signatures };
            let approvers = fakes::signers();
            let settings = last_resort::Settings { approvers, ..Default::default() };
            fakes::run(last_resort::run(&ports, &settings)).unwrap();
        }
        prop_assert_eq!(world.authorities.status(), CaStatus::Disabled);
    }
}

/// One delivery of the event, with a bucket that is sealed.
fn deliver_sealed(world: &World, sealing: &FakeSealing) -> Result<Outcome, AutoRestoreError> {
    let event = serde_json::from_str(EVENT).unwrap();
    let evidence = &Sealed::new(&world.evidence, sealing);
    fakes::run(run(&event, &Ports { evidence, ..world.ports() }, &SETTINGS))
}

#[test]
fn a_state_that_is_not_sealed_counts_as_absent() {
    let sealing = FakeSealing::default();
    let restored = json!({"act": "restored", "status": "DISABLED", "by": "vigil",
        "request_id": null, "deleted_again_at": null});
    let one = json!({"case": "cases/x", "at": "2026-11-20T09:00:00Z"});
    let count = json!({"ca": fakes::ARN, "restorations": [one, one, one]});
    for (key, body) in [
        (KEY.to_owned(), forged(&[seen(), restored, closed()], "restored")),
        (format!("state/restorations/{ID}.json"), count.to_string()),
    ] {
        let world = World::new();
        world.evidence.put(&key, &body);
        assert!(is_restored(&deliver_sealed(&world, &sealing).unwrap()), "{key}");
        let told = world.bus.published.lock().unwrap();
        let is_named = |told: &crate::finding::Finding| {
            told.rule == "auto-restore.evidence-suspicious"
                && told.evidence["objects"].to_string().contains(&key)
        };
        assert!(told.iter().any(is_named), "{key}");
    }
}

#[test]
fn what_is_sealed_is_found_again_and_stays_as_it_is() {
    let (world, sealing) = (World::new(), FakeSealing::default());
    assert!(is_restored(&deliver_sealed(&world, &sealing).unwrap()));
    let again = deliver_sealed(&world, &sealing).unwrap();
    assert!(matches!(again, Outcome::Duplicate { .. }), "{again:?}");
    // A record in which a deleter was replaced, with a chain that holds.
    let body = String::from_utf8(world.evidence.body(KEY)).unwrap();
    world.evidence.put(KEY, &body.replace("alice", "trent"));
    world.delete_again(AT);
    assert!(is_restored(&deliver_sealed(&world, &sealing).unwrap()));
    assert!(world.evidence.keys().contains(&KEY.replace(".json", "-2.json")));
}

/// KMS is down for as long as it takes.
#[test]
fn without_the_secret_a_ca_is_restored_all_the_same() {
    let (world, sealing) = (World::new(), FakeSealing::default());
    world.evidence.put(&format!("state/restorations/{ID}.json"), "{}");
    for _ in 0..40 {
        sealing.calls.fail_next("secret", fakes::broken("GenerateMac"));
    }
    assert!(is_restored(&deliver_sealed(&world, &sealing).unwrap()));
}
