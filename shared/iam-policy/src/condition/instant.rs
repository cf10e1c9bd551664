//! Dates in conditions: the forms of ISO 8601 that the W3C note names, and seconds since 1970 (IAM User
//! Guide, "Date condition operators").

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// `None` for a text of another form.
pub(super) fn instant(text: &str) -> Option<OffsetDateTime> {
    if !text.contains(['-', 'T']) && text.len() != 4 {
        return OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok();
    }
    // What is left out is the beginning: of the year, the month, the day, the minute.
    let full = match (text.len(), text.split_once('T')) {
        (4, None) => format!("{text}-01-01T00:00:00Z"),
        (7, None) => format!("{text}-01T00:00:00Z"),
        (10, None) => format!("{text}T00:00:00Z"),
        (_, Some((date, time))) => match time.as_bytes() {
            [_, _, b':', _, _, b'Z' | b'+' | b'-', ..] => {
                format!("{date}T{}:00{}", &time[..5], &time[5..])
            }
            _ => text.to_owned(),
        },
        _ => return None,
    };
    OffsetDateTime::parse(&full, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_of_a_date_is_read() {
        for (text, seconds) in [
            ("2020", 1_577_836_800),
            ("2020-01", 1_577_836_800),
            ("2020-01-01", 1_577_836_800),
            ("2020-01-01T00:00Z", 1_577_836_800),
            ("2020-01-01T00:00:00Z", 1_577_836_800),
            ("2020-01-01T01:00+01:00", 1_577_836_800),
            ("2020-01-01T00:00:00.000Z", 1_577_836_800),
            ("1577836800", 1_577_836_800),
            ("0", 0),
        ] {
            let read = instant(text).map(OffsetDateTime::unix_timestamp);
            assert_eq!(read, Some(seconds), "{text}");
        }
        for text in ["", "soon", "2020-13", "2020-02-30", "2020-01-01T", "01/01/2020", "20é0", "T"]
        {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
