//! The kinds of object, and the forms in which an attacker may leave one.

use serde_json::{Value, json};

use super::{super::world::*, HUGE, ID};
use crate::{
    fakes,
    jobs::restore_deadline,
    ports::{Secret, seal},
    signed::{Signed, Statement},
};

const MALLORY: &str = "arn:aws:kms:us-east-1:111122223333:key/mallory";

/// The seal of [`fakes::FakeSealing`] is another.
const OTHER_SECRET: Secret = Secret([8; 32]);

/// How an object counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Sealed,
    Signed,
    /// It permits nothing.
    None,
}

/// A kind of object: its key, how it counts, and the content that would help an attacker most.
pub(super) struct Kind {
    pub(super) key: String,
    pub(super) trust: Trust,
    pub(super) body: String,
}

fn kind(key: impl Into<String>, trust: Trust, body: &Value) -> Kind {
    Kind { key: key.into(), trust, body: body.to_string() }
}

/// With a good signature of `key`.
fn signed<T: Statement>(statement: &Value, key: &str) -> String {
    let statement: T = serde_json::from_value(statement.clone()).unwrap();
    String::from_utf8(fakes::signed(statement, &[key]).to_json().unwrap()).unwrap()
}

pub(super) fn approval() -> Value {
    json!({"ca": fakes::ARN, "approved_by": "carol", "reason": "CHG-1",
        "approved_at": "2026-11-20T09:00:00Z", "expires": "2026-11-21T10:00:00Z"})
}

fn acknowledgement() -> Value {
    json!({"ca": fakes::ARN, "by": "carol", "until": "2026-11-27T09:30:00Z",
        "restorable_until": "2026-11-27T10:00:00Z",
        "acknowledged_at": "2026-11-20T11:00:00Z"})
}

fn policies() -> Value {
    let text = "permit(principal, action, resource);";
    json!({"version": 7, "author": "carol", "published_at": "2026-11-20T09:00:00Z",
        "files": [{"name": "own.cedar", "text": text}]})
}

pub(super) fn case(acts: &[Value], state: &str) -> Value {
    serde_json::from_str(&super::super::hostile::forged(acts, state)).unwrap()
}

pub(super) fn sealed_kinds() -> Vec<Kind> {
    let (seen, closed) = (super::super::hostile::seen(), super::super::hostile::closed());
    let lost = case(&[seen.clone(), json!({"act": "lost"}), closed.clone()], "lost");
    let restored = json!({"act": "restored", "status": "DISABLED", "by": "vigil",
        "request_id": null, "deleted_again_at": null});
    let back = case(&[seen, restored, closed], "restored");
    let one = json!({"case": "cases/x", "at": "2026-11-20T09:59:00Z"});
    let policy = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let snapshot = json!({"ca": fakes::ARN, "as_of": "2026-11-20T09:59:00Z", "policy": policy,
        "permissions": [], "tags": {"owner": "mallory"},
        "revocation": {"crl": null, "ocsp_enabled": true, "ocsp_custom_cname": null}});
    let note = json!({"ca": fakes::ARN, "since": "2026-11-20T09:59:00Z", "was_active": true,
        "by": null, "event_id": null, "active_again": null});
    let window = json!({"ca": fakes::ARN, "restorable_until": "2026-11-27T10:00:00Z"});
    let alert = json!({"state": "sent", "at": "2026-11-27T09:00:00Z", "finding": {}});
    let inventory = json!({"region": "us-east-1", "as_of": "2026-11-20T09:59:00Z", "cas": []});
    let seen_set = json!({"version": 9000, "digest": "00"});
    let sealed = |key: &str, body: &Value| kind(key, Trust::Sealed, body);
    vec![
        sealed(KEY, &lost),
        sealed(&KEY.replace(".json", "-2.json"), &back),
        sealed(
            &format!("state/restorations/{ID}.json"),
            &json!({"ca": fakes::ARN, "restorations": vec![one; 9]}),
        ),
        sealed(&format!("state/snapshots/{ID}.json"), &snapshot),
        sealed(DISABLED, &note),
        sealed(&format!("state/deadline/{ID}.json"), &window),
        sealed("state/inventory/us-east-1.json", &inventory),
        sealed("state/permits/policies.json", &seen_set),
        sealed("state/permits/us-east-1.json", &json!({})),
        sealed(&format!("alerts/{ID}/20261127T100000Z/1h.json"), &alert),
        sealed("anchors/20261120.json", &json!({"heads": []})),
    ]
}

pub(super) fn other_kinds() -> Vec<Kind> {
    let signed = |key: &str, statement: &Value| kind(key, Trust::Signed, statement);
    let plain = |key: &str, body: Value| kind(key, Trust::None, &body);
    vec![
        signed(APPROVAL, &approval()),
        signed(&format!("acks/{ID}.json"), &acknowledgement()),
        signed("policies/set.json", &policies()),
        plain("policies/own.cedar", json!("permit(principal, action, resource);")),
        plain(&format!("holds/{ID}.json"), json!({"incident": "INC-7"})),
        plain(
            &format!("state/audit-report/{ID}.json"),
            json!({"report": "r", "bucket": "b",
            "key": "k", "created_at": "2026-11-20T09:00:00Z"}),
        ),
        plain(
            &format!("summaries/{ID}/r.json"),
            json!({"ca": fakes::ARN, "report": "r", "summary": {"valid": 3,
                "latest_not_after": "2026-12-20T09:00:00Z", "as_of": "2026-11-20T09:00:00Z"}}),
        ),
        plain(&format!("state/crl-audit/cas/{ID}.json"), json!({"ca": fakes::ARN})),
        plain("settings/audit-report.json", json!({})),
        plain("rejected-events/a.json", json!({})),
        plain("acks/findings/a.json", acknowledgement()),
    ]
}

/// The hostile forms, by name.
pub(super) type Form = fn(&Kind, &World);

pub(super) const FORMS: &[(&str, Form)] = &[
    ("oversized", |kind, world| world.evidence.put(&kind.key, &" ".repeat(HUGE))),
    ("empty", |kind, world| world.evidence.put(&kind.key, "")),
    ("deep", |kind, world| world.evidence.put(&kind.key, &"[".repeat(100_000))),
    ("deep members", |kind, world| {
        world.evidence.put(&kind.key, &r#"{"a":"#.repeat(100_000));
    }),
    ("null", |kind, world| world.evidence.put(&kind.key, "null")),
    ("a list", |kind, world| world.evidence.put(&kind.key, "[]")),
    ("no members", |kind, world| world.evidence.put(&kind.key, "{}")),
    ("cut short", |kind, world| world.evidence.put(&kind.key, &kind.body[..kind.body.len() / 2])),
    ("members twice", |kind, world| {
        let inner = kind.body.trim_start_matches('{').trim_end_matches('}');
        world.evidence.put(&kind.key, &format!("{{{inner},{inner}}}"));
    }),
    ("as it is", |kind, world| world.evidence.put(&kind.key, &kind.body)),
    ("by a wrong key", |kind, world| world.evidence.put(&kind.key, &by_a_wrong_key(kind))),
    ("of another key", |kind, world| world.evidence.put(&kind.key, &of_another_key(kind))),
    ("changed afterwards", |kind, world| {
        world.evidence.put(&kind.key, &authentic(kind).replace("carol", "mallory"));
    }),
    ("of the future", |kind, world| {
        world.evidence.put(&kind.key, &authentic_as(kind, &kind.body.replace("2026-", "9999-")));
    }),
    ("of the past", |kind, world| {
        world.evidence.put(&kind.key, &authentic_as(kind, &kind.body.replace("2026-", "0001-")));
    }),
    ("before the first moment", |kind, world| {
        world.evidence.put(&kind.key, &with_moments(kind, "0000-01-01T00:00:00+23:59"));
    }),
    ("after the last moment", |kind, world| {
        world.evidence.put(&kind.key, &with_moments(kind, "9999-12-31T23:59:59-23:59"));
    }),
    ("foreign", |kind, world| {
        let body =
            kind.body.replace("111122223333", "999999999999").replace("11223344-", "99999999-");
        world.evidence.put(&kind.key, &authentic_as(kind, &body));
    }),
    ("denied", |kind, world| {
        world.evidence.put(&kind.key, &kind.body);
        world.evidence.refuse_reading(&kind.key);
    }),
    ("archived", |kind, world| {
        world.evidence.put(&kind.key, &kind.body);
        world.evidence.archive(&kind.key);
    }),
    ("failing", |kind, world| {
        world.evidence.put(&kind.key, &kind.body);
        world.evidence.fail_reading(&kind.key);
    }),
    ("not writable", |kind, world| world.evidence.refuse_writing(&kind.key)),
    ("removed", |kind, world| world.evidence.remove(&kind.key)),
];

/// What a principal that may sign could have signed: of a sealed object, nothing.
fn authentic_as(kind: &Kind, body: &str) -> String {
    let statement = serde_json::from_str(body).unwrap();
    match (kind.trust, kind.key.split('/').next().unwrap()) {
        (Trust::Signed, "approvals") => {
            signed::<crate::policy::Approval>(&statement, fakes::APPROVERS)
        }
        (Trust::Signed, "acks") => signed::<restore_deadline::Ack>(&statement, fakes::APPROVERS),
        (Trust::Signed, _) => signed::<crate::policy::Publication>(&statement, MALLORY),
        (Trust::Sealed | Trust::None, _) => body.to_owned(),
    }
}

pub(super) fn authentic(kind: &Kind) -> String {
    authentic_as(kind, &kind.body)
}

/// Every moment in it is another; a signature is not for that.
fn with_moments(kind: &Kind, moment: &str) -> String {
    let body = authentic(kind);
    let mut parts = body.split("\"2026-");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once('"').unwrap();
        text.push_str(&format!("\"{moment}\"{rest}"));
    }
    text
}

fn by_a_wrong_key(kind: &Kind) -> String {
    let body = kind.body.clone().into_bytes();
    match kind.trust {
        Trust::Sealed => String::from_utf8(seal(&OTHER_SECRET, &kind.key, body)).unwrap(),
        Trust::Signed => authentic(kind).replace(fakes::APPROVERS, MALLORY),
        Trust::None => kind.body.clone(),
    }
}

/// With a seal that the functions made, for something else.
fn of_another_key(kind: &Kind) -> String {
    let body = kind.body.clone().into_bytes();
    match kind.trust {
        Trust::Sealed => {
            String::from_utf8(seal(&fakes::SECRET, "anchors/20261119.json", body)).unwrap()
        }
        // The signature of one statement under another.
        Trust::Signed => {
            let other: Signed<Value> = serde_json::from_str(&authentic_as(
                &Kind {
                    key: APPROVAL.to_owned(),
                    trust: Trust::Signed,
                    body: approval().to_string(),
                },
                &approval().to_string().replace("CHG-1", "CHG-2"),
            ))
            .unwrap();
            let statement: Value = serde_json::from_str(&kind.body).unwrap();
            json!({"statement": statement, "signatures": other.signatures}).to_string()
        }
        Trust::None => kind.body.clone(),
    }
}
