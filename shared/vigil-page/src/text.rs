//! Words, numbers and times, and what strangers wrote as it is shown.

use time::{Date, OffsetDateTime};
use vigil_core::{arn::CaArn, fleet::FleetReport, hidden::code_point};

pub use vigil_core::hidden::hides;
pub(crate) use vigil_core::thousands::grouped as number;

/// No value on the page is longer.
const MAX_VALUE: usize = 2_000;

/// Text in which every character shows: controls, and characters that are invisible or change the
/// direction of reading, become their code points. Line feeds and tabs stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_VALUE));
    for char in text.chars().take(MAX_VALUE) {
        if hides(char) && char != '\n' && char != '\t' {
            shown.push_str(&code_point(char));
        } else {
            shown.push(char);
        }
    }
    if text.chars().nth(MAX_VALUE).is_some() {
        shown.push('…');
    }
    shown
}

/// What no CA has, as far as it is known.
pub(crate) fn none_of(
    report: &FleetReport,
    unknown: usize,
    what: &str,
    none: &str,
    no_other: &str,
) -> String {
    match report.cas.len() - unknown {
        _ if unknown == 0 => format!("{none}."),
        0 => format!("The {what} of {} is not known.", count(unknown, "CA")),
        _ => format!("The {what} of {} is not known. {no_other}.", count(unknown, "CA")),
    }
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(count: usize, noun: &str) -> String {
    counted(count as u64, noun)
}

/// The same of a number in the model.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(count))
}

/// `2026-03-01 12:00 UTC`
pub(crate) fn moment(at: OffsetDateTime) -> String {
    let at = vigil_core::instant::in_utc(at);
    format!("{} {:02}:{:02} UTC", date(at.date()), at.hour(), at.minute())
}

/// `2026-03-01`
pub(crate) fn date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    vigil_core::instant::rfc3339(at)
}

/// What is shown of an ARN: a CA's id, a bucket's name, or the end of another.
pub(crate) fn short(arn: &str) -> &str {
    arn.parse::<CaArn>().map_or_else(
        |_| arn.strip_prefix("arn:aws:s3:::").unwrap_or(arn),
        |_| arn.rsplit('/').next().unwrap_or(arn),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_invisible_is_shown_by_its_code_point() {
        assert_eq!(
            visible("a\u{202e}b\u{200b}\u{1b}[2J\0é\n"),
            "a⟨U+202E⟩b⟨U+200B⟩⟨U+001B⟩[2J⟨U+0000⟩é\n"
        );
        assert_eq!(visible(&"x".repeat(3_000)).chars().count(), MAX_VALUE + 1);
    }

    #[test]
    fn thousands_are_set_apart() {
        for (value, want) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(number(value), want);
        }
    }
}
