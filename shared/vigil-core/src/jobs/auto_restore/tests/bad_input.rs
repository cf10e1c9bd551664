//! Events that are wrong, late or about another account: each has a name, is on record, and loses
//! nothing.

use serde_json::{Value, json};
use time::Duration;

use super::{
    super::{Settings, SweepResult, run},
    world::*,
};
use crate::{ca::CaStatus, failure::Failure, fakes};

/// What is wrong, what it is called, and whether a record of it is kept.
#[test]
fn an_event_that_cannot_be_acted_on_has_a_name_and_is_kept() {
    let arn = "/detail/requestParameters/certificateAuthorityArn";
    let cases: &[(&str, &str, Value, &str)] = &[
        ("no ARN", arn, Value::Null, "MalformedEvent"),
        ("an ARN of another type", arn, json!(7), "MalformedEvent"),
        ("not an ARN", arn, json!("hello"), "NotACertificateAuthority"),
        (
            "another service's",
            arn,
            json!("arn:aws:acm:us-east-1:111122223333:certificate/x"),
            "ArnOfAnotherService",
        ),
        (
            "a certificate's",
            arn,
            json!(format!("{}/certificate/00ff", fakes::ARN)),
            "NotACertificateAuthority",
        ),
        (
            "another account's than the record's",
            arn,
            json!(fakes::ARN.replace("1111", "4444")),
            "EventFromElsewhere",
        ),
        (
            "another Region's than the record's",
            arn,
            json!(fakes::ARN.replace("us-east-1", "eu-west-1")),
            "EventFromElsewhere",
        ),
        ("no time", "/detail/eventTime", Value::Null, "MalformedEvent"),
        ("a time that is none", "/detail/eventTime", json!("yesterday"), "MalformedEvent"),
        ("the last year", "/detail/eventTime", json!("9999-12-31T23:59:59Z"), "MalformedEvent"),
        ("the first year", "/detail/eventTime", json!("0001-01-01T00:00:00Z"), "MalformedEvent"),
        ("no id", "/detail/eventID", Value::Null, "MalformedEvent"),
        ("an id that is a path", "/detail/eventID", json!("../../x"), "MalformedEvent"),
        ("no account", "/detail/recipientAccountId", Value::Null, "MalformedEvent"),
        ("another call", "/detail/eventName", json!("CreateCertificateAuthority"), "NotADeletion"),
        ("another source", "/source", json!("my.app"), "NotACloudTrailEvent"),
        ("no detail", "/detail", json!([]), "MalformedEvent"),
    ];
    for (name, pointer, value, error_type) in cases {
        let world = World::new();
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        *event.pointer_mut(pointer).unwrap() = value.clone();
        for _ in 0..2 {
            assert_eq!(
                &world.deliver_event(&event).unwrap_err().error_type(),
                error_type,
                "{name}"
            );
        }
        let keys = world.evidence.keys();
        assert_eq!(keys.len(), 1, "{name}: {keys:?}");
        let kept = world.evidence.json(&keys[0]);
        assert!(
            keys[0].starts_with("rejected-events/") && kept["error"] == *error_type,
            "{name}: {kept}"
        );
        assert_eq!(kept["event"], event, "{name}");
        // Nothing is lost: the CA is DELETED, and the sweep finds it.
        let SweepResult::Run { outcome } = world.result(Duration::HOUR) else { panic!("{name}") };
        assert!(is_restored(&outcome), "{name}");
    }
}

fn elsewhere(from: &str, to: &str) -> Value {
    serde_json::from_str(&EVENT.replace(from, to)).unwrap()
}

#[test]
fn a_ca_that_is_not_watched_is_not_taken_for_one_that_is_gone() {
    let world = World::new();
    let error = world.deliver_event(&elsewhere("us-east-1", "eu-west-1")).unwrap_err();
    assert_eq!(error.error_type(), "RegionNotWatched");
    let settings = Settings { account: Some("111122223333".to_owned()), ..SETTINGS.clone() };
    let event = elsewhere("111122223333", "444455556666");
    let (authorities, evidence, bus) = (&world.authorities, &world.evidence, &world.bus);
    let error = fakes::run(run(&event, &world.ports(), &settings)).unwrap_err();
    assert_eq!(error.error_type(), "AccountNotWatched");
    assert!(bus.rules().is_empty() && authorities.calls.count("describe") == 0);
    assert_eq!(evidence.keys().len(), 2, "{:?}", evidence.keys());
}

/// A CA that is shared with us can be listed and described; only its owner may restore it.
#[test]
fn a_ca_of_another_account_is_refused_and_reported() {
    let world = World::new();
    world.authorities.calls.fail_next("describe", fakes::denied("DescribeCertificateAuthority"));
    assert_eq!(world.deliver().unwrap_err().error_type(), "DescribeFailed");
    assert!(world.bus.rules().is_empty(), "it is not called gone");
}

/// The event's clock may differ from the service's by anything; the CA says how it stands.
#[test]
fn a_skewed_clock_loses_nothing() {
    for at in [
        "2026-11-20T09:59:00Z",
        "2026-11-20T10:01:00Z",
        "2026-11-20T13:00:00Z",
        "2026-11-19T22:00:00Z",
        "2036-01-01T00:00:00Z",
    ] {
        let world = World::new();
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        event["detail"]["eventTime"] = json!(at);
        let _ = world.deliver_event(&event);
        for hours in 1..4 {
            let _ = world.sweep(Duration::hours(hours));
        }
        assert_eq!(world.authorities.status(), CaStatus::Disabled, "{at}");
        assert_eq!(world.authorities.changed("restore"), 1, "{at}");
    }
}

#[test]
fn being_refused_is_tried_again_until_the_window_ends() {
    let world = World::new();
    for day in 0..6 {
        for _ in 0..2 {
            world
                .authorities
                .calls
                .fail_next("restore", fakes::denied("RestoreCertificateAuthority"));
        }
        if day == 0 {
            world.deliver().unwrap_err();
        }
        let error = world.sweep(Duration::days(day) + Duration::HOUR).unwrap_err();
        assert!(error.to_string().contains("we may not"), "{error}");
    }
    assert_eq!(world.bus.rules(), ["auto-restore.refused"], "told at once, and once");
    while world.sweep(Duration::days(6) + Duration::hours(2)).is_err() {}
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

#[test]
fn policies_of_garbage_lose_nothing() {
    for garbage in [
        "",
        "\u{0}",
        "permit(",
        "{\"json\": true}",
        "permit(principal, action, resource) when { context.nope };",
    ] {
        let world = World::new();
        fakes::put_policies(&world.evidence, &[("ours.cedar", garbage)]);
        assert!(is_restored(&world.deliver().unwrap()), "{garbage:?}");
        assert!(
            world.bus.rules().contains(&"auto-restore.policies-unusable".to_owned()),
            "{garbage:?}"
        );
    }
}
