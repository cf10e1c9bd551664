//! Times, spans and names for reading.

use maud::{Markup, html};
use time::{
    Duration, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};

use crate::x509::{
    moment::in_utc,
    name::{Name, rfc2253},
};

/// `2026-01-05 09:00:00 UTC`
pub(super) fn moment(at: OffsetDateTime) -> Markup {
    let at = in_utc(at).truncate_to_second();
    let day = at.format(format_description!("[year]-[month]-[day]")).unwrap_or_default();
    let hour = at.format(format_description!("[hour]:[minute]:[second] UTC")).unwrap_or_default();
    // A narrow column breaks between the two only.
    html! {
        time datetime=(at.format(&Rfc3339).unwrap_or_default()) {
            span { (day) } " " span { (hour) }
        }
    }
}

/// The two largest units, which are enough to plan by.
pub(super) fn span(span: Duration) -> String {
    let (days, hours) = (span.whole_days(), span.whole_hours() % 24);
    let minutes = span.whole_minutes() % 60;
    match (days, hours, minutes) {
        _ if span <= Duration::ZERO => "none".to_owned(),
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// The common name if there is one, and else the whole name.
pub(super) fn short_name(name: &Name) -> String {
    name.common_names().into_iter().next().unwrap_or_else(|| rfc2253(name))
}

/// How a state is coloured. The text says it, too.
pub(super) fn mood(state: &str) -> &'static str {
    match state {
        "ACTIVE" | "valid" | "SUCCESS" | "success" => "good",
        "CREATING" | "DISABLED" | "PENDING_CERTIFICATE" | "waiting" => "wait",
        "DELETED" | "EXPIRED" | "FAILED" | "failed" | "failure" | "refused" | "revoked" => "bad",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_their_two_largest_units() {
        let second = Duration::SECOND;
        for (length, want) in [
            (-second, "none"),
            (Duration::ZERO, "none"),
            (second * 59, "less than a minute"),
            (Duration::MINUTE, "1 min"),
            (Duration::HOUR - second, "59 min"),
            (Duration::HOUR, "1 h 0 min"),
            (Duration::DAY - second, "23 h 59 min"),
            (Duration::DAY, "1 d 0 h"),
            (Duration::WEEK - second, "6 d 23 h"),
        ] {
            assert_eq!(span(length), want, "{length}");
        }
    }
}
