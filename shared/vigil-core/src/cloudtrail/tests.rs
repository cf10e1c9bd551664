use serde_json::{Value, json};
use time::{Duration, macros::datetime};

use super::*;
use crate::{ca::Ca, failure::Failure, fakes};

const EVENT: &str = include_str!("../../../../infra/events/deletion.json");
const FAILED: &str = include_str!("../../../../infra/events/deletion-failed.json");

fn event() -> Value {
    serde_json::from_str(EVENT).unwrap()
}

/// The sample with the value at `pointer` set, or removed.
fn spoilt(pointer: &str, value: Option<Value>) -> Value {
    let mut event = event();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    event
}

#[test]
fn the_sample_event_is_read_in_full() {
    let deletion = deletion(&event()).unwrap();
    assert_eq!(deletion.ca.id(), "11223344-1234-1122-2233-112233445566");
    assert_eq!(deletion.at, datetime!(2026-11-20 10:00 UTC));
    assert_eq!(deletion.effective_window_days(), 7);
    assert_eq!(deletion.by.kind, "AssumedRole");
    assert_eq!(deletion.by.name(), "arn:aws:sts::111122223333:assumed-role/Admin/alice");
    assert_eq!(deletion.by.session_issuer.as_deref(), Some("arn:aws:iam::111122223333:role/Admin"));
    assert_eq!(deletion.by.mfa, Some(false));
    assert_eq!(deletion.source_ip.as_deref(), Some("192.0.2.44"));
    assert_eq!(deletion.event_id.as_deref(), Some("5a1e8f0c-52fd-4a0b-8c41-0f5d6b7c1d11"));
    assert_eq!(deletion.expected_until(), datetime!(2026-11-27 10:00 UTC));
}

#[test]
fn a_window_that_was_not_sent_is_the_services_default() {
    let event = spoilt("/detail/requestParameters/permanentDeletionTimeInDays", None);
    let deletion = deletion(&event).unwrap();
    assert_eq!((deletion.window_days, deletion.effective_window_days()), (None, 30));
}

#[test]
fn a_caller_of_whom_little_is_known_is_still_a_caller() {
    let event = spoilt("/detail/userIdentity", Some(json!({"principalId": "X", "new": {}})));
    let by = deletion(&event).unwrap().by;
    assert_eq!((by.kind.as_str(), by.name(), by.mfa), ("Unknown", "X", None));
}

/// Otherwise an odd user agent would be a way to delete a CA unjudged.
#[test]
fn no_circumstance_keeps_a_deletion_from_being_judged() {
    for pointer in [
        "/detail/userIdentity",
        "/detail/userIdentity/arn",
        "/detail/userIdentity/sessionContext",
        "/detail/sourceIPAddress",
        "/detail/userAgent",
        "/detail/requestParameters/permanentDeletionTimeInDays",
    ] {
        for odd in [None, Some(json!(null)), Some(json!({"x": []})), Some(json!("ä".repeat(9_999)))]
        {
            let deletion = deletion(&spoilt(pointer, odd)).unwrap();
            assert!(deletion.user_agent.unwrap_or_default().chars().count() <= 1024);
        }
    }
}

#[test]
fn a_refused_call_deleted_nothing() {
    let refusal = deletion(&serde_json::from_str(FAILED).unwrap()).unwrap_err();
    assert_eq!(refusal.error_type(), "FailedCall");
    assert!(refusal.to_string().contains("InvalidStateException"));
}

#[test]
fn every_refusal_has_a_name_and_says_where() {
    let arn = "/detail/requestParameters/certificateAuthorityArn";
    for (event, error_type, words) in [
        (json!(null), "MalformedEvent", "not a JSON object"),
        (json!([]), "MalformedEvent", "not a JSON object"),
        (json!({}), "MalformedEvent", "detail-type is missing"),
        (
            spoilt("/detail-type", Some(json!("Scheduled Event"))),
            "NotACloudTrailEvent",
            "Scheduled",
        ),
        (spoilt("/source", Some(json!("vigil"))), "NotACloudTrailEvent", "vigil"),
        (spoilt("/detail", None), "MalformedEvent", "detail.eventSource is missing"),
        (spoilt("/detail", Some(json!("x"))), "MalformedEvent", "detail.eventSource is missing"),
        (
            spoilt("/detail/eventName", Some(json!("RestoreCertificateAuthority"))),
            "NotADeletion",
            "Restore",
        ),
        (spoilt("/detail/eventSource", Some(json!("s3.amazonaws.com"))), "NotADeletion", "s3"),
        (
            spoilt("/detail/requestParameters", Some(json!(null))),
            "MalformedEvent",
            "certificateAuthorityArn is missing",
        ),
        (spoilt(arn, Some(json!(7))), "MalformedEvent", "certificateAuthorityArn is not usable: 7"),
        (
            spoilt(arn, Some(json!("arn:aws:acm:us-east-1:111122223333:certificate/x"))),
            "ArnOfAnotherService",
            "does not name a CA",
        ),
        (spoilt(arn, Some(json!("x"))), "NotACertificateAuthority", "does not name a CA"),
        (spoilt("/detail/awsRegion", Some(json!("eu-west-1"))), "EventFromElsewhere", "eu-west-1"),
        (
            spoilt("/detail/recipientAccountId", Some(json!("444455556666"))),
            "EventFromElsewhere",
            "444455556666",
        ),
        (
            spoilt("/detail/eventTime", Some(json!("yesterday"))),
            "MalformedEvent",
            "detail.eventTime",
        ),
        (spoilt("/detail/eventID", Some(json!("../x"))), "MalformedEvent", "detail.eventID"),
        (spoilt("/detail/eventID", Some(json!(""))), "MalformedEvent", "detail.eventID"),
    ] {
        let refusal = deletion(&event).unwrap_err();
        assert_eq!(refusal.error_type(), error_type, "{refusal}");
        assert!(refusal.to_string().contains(words), "{refusal:?} does not say {words:?}");
    }
}

#[test]
fn a_disabling_is_read_and_an_enabling_is_not_one() {
    let event = |status: Value| {
        let mut event = spoilt("/detail/eventName", Some(json!("UpdateCertificateAuthority")));
        event["detail"]["requestParameters"] =
            json!({"certificateAuthorityArn": fakes::ARN, "status": status});
        event
    };
    let disabled = event(json!("DISABLED"));
    assert!(is_update(&disabled) && !is_update(&self::event()));
    let disabling = disabling(&disabled).unwrap();
    assert_eq!(disabling.at, datetime!(2026-11-20 10:00 UTC));
    assert!(disabling.by.name().ends_with("alice"));
    for (event, error_type) in [
        (event(json!("ACTIVE")), "NotDisabled"),
        (event(json!(null)), "MalformedEvent"),
        (self::event(), "NotADeletion"),
    ] {
        assert_eq!(super::disabling(&event).unwrap_err().error_type(), error_type);
    }
}

/// To the nearest day: the two times are not of the same moment.
#[test]
fn a_deleted_ca_gives_time_and_window_but_not_the_caller() {
    let at = datetime!(2026-11-20 10:00 UTC);
    for skew in [Duration::minutes(-5), Duration::ZERO, Duration::hours(1)] {
        let ca =
            Ca { restorable_until: Some(at + Duration::days(7) + skew), ..fakes::deleted_ca(at) };
        let deletion = Deletion::without_event(&ca, at + Duration::HOUR);
        assert_eq!((deletion.at, deletion.window_days), (at, Some(7)));
        assert_eq!((deletion.by.name(), deletion.event_id), ("Unknown", None));
    }
}
