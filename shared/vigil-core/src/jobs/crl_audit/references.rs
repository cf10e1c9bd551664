//! Whether a valid certificate refers to a partition: one that is gone is missed only if one may.

use time::{Duration, OffsetDateTime};

use super::audit_state::AuditState;
use crate::{
    instant::rfc3339,
    rules::crl::{CrlHistory, References},
};

/// `state` is the CA's, `history` the partition's.
pub(super) fn of(
    state: &AuditState,
    key: &str,
    history: &CrlHistory,
    now: OffsetDateTime,
) -> References {
    let time = |second| OffsetDateTime::from_unix_timestamp(second).unwrap_or(now);
    // Its key is its own: under whichever host a certificate names it, it is this one.
    let of_key = |url: &str| url.strip_suffix(key).is_some_and(|base| base.ends_with('/'));
    let named = state.points.iter().filter(|(url, _)| of_key(url)).map(|(_, until)| time(*until));
    if let Some(until) = named.max().filter(|until| *until >= now) {
        return References::Named(format!(
            "a certificate names it that is valid until {}",
            rfc3339(until)
        ));
    }
    let complete = match &state.certificate_scan {
        None => Err("no certificate was read yet"),
        Some(progress) => progress.complete_until(now),
    };
    let before = match complete {
        Ok(before) => time(before),
        Err(why) => return References::Unknown(why.to_owned()),
    };
    // What was issued after that may have been bound to it for as long as it was there.
    if last_seen(history).is_none_or(|seen| seen >= before) {
        return References::Unknown(
            "no audit report is newer than when it was last seen".to_owned(),
        );
    }
    References::NotNamed(format!("no valid certificate issued before {} names it", rfc3339(before)))
}

/// At the latest: what is seen every hour is noted once a day.
fn last_seen(history: &CrlHistory) -> Option<OffsetDateTime> {
    history.written_at.max(history.seen_at.map(|at| at.saturating_add(Duration::DAY)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-10 12:00 UTC);
    const KEY: &str = "crl/ca/a.crl";

    /// All was read, and nothing of it names the partition, which was last seen days ago.
    fn state() -> serde_json::Value {
        let until = json!({"issued_at": (NOW - Duration::DAY).unix_timestamp()});
        json!({"resource": "", "open": {}, "points": {"http://old.example/crl/ca/b.crl": i64::MAX},
               "certificate_scan": {"from": null, "until": until, "unreadable": 0}})
    }

    fn references(state: serde_json::Value, seen_days_ago: i64) -> References {
        let seen_at = Some(NOW - Duration::days(seen_days_ago));
        let history = CrlHistory { seen_at, ..CrlHistory::default() };
        of(&serde_json::from_value(state).unwrap(), KEY, &history, NOW)
    }

    #[test]
    fn unreferenced_once_all_are_read_and_none_names_it() {
        let nobody = "no valid certificate issued before 2026-03-09T12:00:00Z names it";
        assert_eq!(references(state(), 3), References::NotNamed(nobody.to_owned()));
        let unknown_until = |state, days| match references(state, days) {
            References::Unknown(why) => why,
            other => panic!("{other:?}"),
        };
        let newer = "no audit report is newer than when it was last seen";
        assert_eq!(unknown_until(state(), 2), newer, "it may have been there a day later");
        for (path, value, want) in [
            ("/certificate_scan", json!(null), "no certificate was read yet"),
            (
                "/certificate_scan/from",
                json!({"issued_at": 5}),
                "not every valid certificate was read yet",
            ),
            (
                "/certificate_scan/unreadable",
                json!(1),
                "some certificates, or records of the audit report, could not be read",
            ),
        ] {
            let mut state = state();
            *state.pointer_mut(path).unwrap() = value;
            assert_eq!(unknown_until(state, 3), want, "{path}");
        }
        let now = NOW.unix_timestamp();
        for (until, is_known) in [(now - 1, true), (now, false)] {
            let mut state = state();
            state["certificate_scan"]["unknown_until"] = json!(until);
            assert_eq!(
                matches!(references(state, 3), References::NotNamed(_)),
                is_known,
                "{until}"
            );
        }
    }

    #[test]
    fn it_is_referenced_by_any_host_while_a_certificate_is_valid() {
        let now = NOW.unix_timestamp();
        for (url, until, is_named) in [
            ("http://old.example/crl/ca/a.crl", now, true),
            ("http://old.example/crl/ca/a.crl", now - 1, false),
            ("http://old.example/xcrl/ca/a.crl", now, false),
        ] {
            let mut state = state();
            state["points"] = json!({url: until});
            assert_eq!(
                matches!(references(state, 3), References::Named(_)),
                is_named,
                "{url} {until}"
            );
        }
    }
}
