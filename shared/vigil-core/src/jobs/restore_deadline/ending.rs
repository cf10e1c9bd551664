//! How a deletion has ended, and what people are told of it.

use serde_json::Value;
use time::OffsetDateTime;

use super::tracked_window::{Ending, TrackedWindow};
use crate::{
    finding::{Finding, Severity},
    instant::{in_key, rfc3339},
    span::in_words,
};

pub(super) const RULE: &str = "restore-deadline.gone";

/// The post-mortem of a CA that is gone.
pub(super) fn finding(window: &TrackedWindow, ending: Ending, now: OffsetDateTime) -> Finding {
    let until = window.restorable_until;
    let id = window.ca.id();
    let name = match &window.common_name {
        Some(common_name) => format!("CA '{common_name}' ({id})"),
        None => format!("CA {id}"),
    };
    let title = if now < until {
        format!("Deleted {name} is gone {} before its window's end", in_words(until - now))
    } else if ending == Ending::Gone {
        format!("Deleted {name} is gone for good: its window has ended, as announced")
    } else {
        format!("Deleted {name} is gone for good, and the last alert was never sent")
    };
    let severity = if ending == Ending::Unannounced && window.had_certificate {
        Severity::Critical
    } else {
        Severity::Informational
    };
    let remediation = if severity == Severity::Critical {
        "Nothing brings it back. Find out whether anything below the CA is still in use, and \
         replace it; and why restore-deadline did not alert in time: its log, its dead letters, \
         its schedule."
    } else {
        "Nothing, if this was meant."
    };
    let time_of = |at: Option<OffsetDateTime>| at.map_or(Value::Null, |at| rfc3339(at).into());
    Finding::new(RULE, severity, window.ca.as_str(), &in_key(until), title, now)
        .with_evidence("restorable_until", rfc3339(until))
        .with_evidence("deleted_at", time_of(window.deleted_at))
        .with_evidence("ca_not_after", time_of(window.ca_not_after))
        .with_evidence("announced", ending == Ending::Gone)
        .with_remediation(remediation)
}
