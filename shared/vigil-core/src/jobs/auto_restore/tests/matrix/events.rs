//! The calls that set auto-restore off, and what may be wrong with an event of one.

use serde_json::{Value, json};

use super::{super::world::EVENT, HUGE};
use crate::fakes;

pub(super) fn event(change: impl Fn(&mut Value)) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["eventID"] = json!("invented");
    change(&mut event);
    event
}

/// The calls that set auto-restore off, with the parameters of each.
pub(super) fn calls() -> [(&'static str, Value); 7] {
    let ca = fakes::ARN;
    [
        (
            "DeleteCertificateAuthority",
            json!({"certificateAuthorityArn": ca, "permanentDeletionTimeInDays": 7}),
        ),
        (
            "UpdateCertificateAuthority",
            json!({"certificateAuthorityArn": ca, "status": "DISABLED"}),
        ),
        ("UpdateCertificateAuthority", json!({"certificateAuthorityArn": ca, "status": "ACTIVE"})),
        ("PutPolicy", json!({"resourceArn": ca, "policy": "{}"})),
        (
            "CreatePermission",
            json!({"certificateAuthorityArn": ca, "principal": "acm.amazonaws.com"}),
        ),
        ("UntagCertificateAuthority", json!({"certificateAuthorityArn": ca, "tags": []})),
        ("RestoreCertificateAuthority", json!({"certificateAuthorityArn": ca})),
    ]
}

/// What is wrong with an event.
pub(super) type Fault = fn(&mut Value);

fn rename(event: &mut Value, from: &str, to: &str) {
    *event = serde_json::from_str(&event.to_string().replace(from, to)).unwrap();
}

pub(super) const FAULTS: &[(&str, Fault)] = &[
    ("invented", |_| {}),
    ("before the deletion", |event| event["detail"]["eventTime"] = json!("2026-11-20T09:59:30Z")),
    ("an hour later", |event| event["detail"]["eventTime"] = json!("2026-11-20T11:00:00Z")),
    ("of the future", |event| event["detail"]["eventTime"] = json!("9999-12-31T23:59:59Z")),
    ("of the past", |event| event["detail"]["eventTime"] = json!("0001-01-01T00:00:00Z")),
    ("no time", |event| event["detail"]["eventTime"] = json!("soon")),
    ("of the pipeline", |event| {
        event["detail"]["userIdentity"]["arn"] = json!("arn:aws:iam::111122223333:role/Pipeline");
    }),
    ("no caller", |event| event["detail"]["userIdentity"] = Value::Null),
    ("a caller of a wrong type", |event| event["detail"]["userIdentity"] = json!([1])),
    ("oversized", |event| event["detail"]["userAgent"] = json!(" ".repeat(HUGE))),
    ("a long id", |event| event["detail"]["eventID"] = json!("a/../".repeat(20_000))),
    ("no id", |event| event["detail"]["eventID"] = json!("")),
    ("empty", |event| *event = json!({})),
    ("a list", |event| *event = json!([event])),
    ("deep", |event| {
        for _ in 0..100 {
            event["detail"]["additionalEventData"] =
                json!([event["detail"]["additionalEventData"]]);
        }
    }),
    ("no parameters", |event| event["detail"]["requestParameters"] = Value::Null),
    ("parameters of a wrong type", |event| {
        event["detail"]["requestParameters"]["certificateAuthorityArn"] = json!({"a": 1});
        event["detail"]["requestParameters"]["resourceArn"] = json!(7);
    }),
    ("a window of years", |event| {
        event["detail"]["requestParameters"]["permanentDeletionTimeInDays"] = json!(i64::MAX);
    }),
    ("a window before", |event| {
        event["detail"]["requestParameters"]["permanentDeletionTimeInDays"] = json!(-1);
    }),
    ("failed", |event| event["detail"]["errorCode"] = json!("AccessDeniedException")),
    ("of another account", |event| rename(event, "111122223333", "999999999999")),
    ("of another Region", |event| rename(event, "us-east-1", "eu-west-3")),
    ("of another CA", |event| rename(event, "11223344-", "99999999-")),
    ("in full-width digits", |event| {
        rename(event, ":111122223333:cert", ":１１１１２２２２３３３３:cert")
    }),
    ("with a Cyrillic letter", |event| {
        rename(event, "certificate-authority/", "certificate-\u{430}uthority/")
    }),
    ("with a path", |event| rename(event, "certificate-authority/1", "certificate-authority/../1")),
    ("with a zero-width space", |event| rename(event, "112233445566\"", "112233445566\u{200b}\"")),
    ("by another service", |event| event["source"] = json!("aws.s3")),
];
