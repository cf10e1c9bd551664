//! How a deletion has ended, and the finding about it.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::tracked_window::{Ending, TrackedWindow};
use crate::{
    evidence::keys,
    finding::{Finding, Names, Observation},
    instant::{in_key, rfc3339},
    rules::restore_deadline::{
        AS_ANNOUNCED, BEFORE_WINDOW_END, GONE, NEVER_CERTIFIED, UNANNOUNCED, UNPERMITTED,
    },
    span::in_words,
};

/// The post-mortem of a CA that is gone.
pub(super) fn finding(
    window: &TrackedWindow,
    ending: Ending,
    is_permitted: bool,
    now: OffsetDateTime,
) -> Finding {
    let until = window.restorable_until;
    let kind = match ending {
        // It issued nothing, so that nothing is lost however it ended.
        Ending::Gone | Ending::Unannounced if !window.had_certificate => NEVER_CERTIFIED,
        // Whether alerts were sent does not matter: no policy has permitted it.
        Ending::Gone if !is_permitted => UNPERMITTED,
        Ending::Gone | Ending::Restored => AS_ANNOUNCED,
        Ending::Unannounced if now < until => BEFORE_WINDOW_END,
        Ending::Unannounced => UNANNOUNCED,
    };
    let time_of = |at: Option<OffsetDateTime>| at.map_or(Value::Null, |at| rfc3339(at).into());
    let record = format!("{} in the evidence bucket", keys::window(&window.ca));
    let names = Names::new(record).of_ca(&window.ca, window.common_name.as_deref());
    Observation::new(kind)
        .discriminator(in_key(until))
        .with("restorable_until", rfc3339(until))
        .with("deleted_at", time_of(window.deleted_at))
        .with("ca_not_after", time_of(window.ca_not_after))
        .with("announced", ending == Ending::Gone)
        .name("early", in_words((until - now).max(Duration::ZERO)))
        .finding(&GONE, &names, window.ca.as_str(), now)
}
