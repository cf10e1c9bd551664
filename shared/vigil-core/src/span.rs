//! A span of time as it is written in configuration: `14d`, `6h`, `30m`, `90s`.

use std::{fmt, str::FromStr};

use time::Duration;

/// A positive whole number of one unit; it keeps the unit in which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    count: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Days,
    Hours,
    Minutes,
    Seconds,
}

/// The text is not a span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a span of time: write a positive number and a unit, as 14d, 6h, 30m or 90s, and 3660d at most"
)]
pub struct NotASpan(pub String);

/// Ten years: longer than any window or timeout that exists.
const MAX_SPAN: Duration = Duration::days(3660);

impl Span {
    /// The span as a duration.
    pub fn duration(self) -> Duration {
        let seconds = match self.unit {
            Unit::Days => 86_400,
            Unit::Hours => 3_600,
            Unit::Minutes => 60,
            Unit::Seconds => 1,
        };
        Duration::seconds(i64::from(self.count) * seconds)
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let refused = || NotASpan(text.chars().take(40).collect());
        let unit = match text.chars().last() {
            Some('d') => Unit::Days,
            Some('h') => Unit::Hours,
            Some('m') => Unit::Minutes,
            Some('s') => Unit::Seconds,
            _ => return Err(refused()),
        };
        let digits = &text[..text.len() - 1];
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let count = digits.parse().map_err(|_| refused())?;
        let span = Self { count, unit };
        if count == 0 || span.duration() > MAX_SPAN {
            return Err(refused());
        }
        Ok(span)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Days => 'd',
            Unit::Hours => 'h',
            Unit::Minutes => 'm',
            Unit::Seconds => 's',
        };
        write!(f, "{}{unit}", self.count)
    }
}

/// A duration in words, to the two largest units, for titles.
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.whole_seconds().max(0);
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let Some(first) = units.iter().position(|(size, _)| seconds >= *size) else {
        return "0 seconds".to_owned();
    };
    let mut left = seconds;
    let mut words = Vec::new();
    for (size, name) in units.iter().skip(first).take(2) {
        let count = left / size;
        left %= size;
        if count > 0 {
            words.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_back_as_it_was_written() {
        for (text, seconds) in [("14d", 1_209_600), ("6h", 21_600), ("30m", 1_800), ("90s", 90)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.duration(), Duration::seconds(seconds), "{text}");
            assert_eq!(span.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_span_is_named() {
        for text in [
            "",
            "d",
            "14",
            "0d",
            "-1d",
            "+1d",
            "1.5h",
            "14 d",
            "1w",
            "99999d",
            "4294967296s",
            "1ä",
            "ä",
        ] {
            assert_eq!(text.parse::<Span>(), Err(NotASpan(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn the_longest_span_is_named_where_one_is_refused() {
        let longest = format!("{}d", MAX_SPAN.whole_days());
        longest.parse::<Span>().unwrap();
        let error = "3661d".parse::<Span>().unwrap_err().to_string();
        assert!(error.ends_with(&format!("and {longest} at most")), "{error}");
    }

    #[test]
    fn words_stop_after_two_units() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (-5, "0 seconds"),
            (1, "1 second"),
            (3_600, "1 hour"),
            (3_661, "1 hour 1 minute"),
            (7 * 86_400, "7 days"),
            (86_400 + 60, "1 day"),
            (13 * 86_400 + 23 * 3_600 + 59, "13 days 23 hours"),
        ] {
            assert_eq!(in_words(Duration::seconds(seconds)), words);
        }
    }
}
