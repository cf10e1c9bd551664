//! One certificate as a report lists it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::Error};
use time::{
    Date, Month, OffsetDateTime, Time,
    format_description::{FormatItem, well_known::Rfc3339},
    macros::format_description,
};

/// The fields by their names in the report; what is newer than this is not looked at. Texts are
/// borrowed from the report where it has them as they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record<'r> {
    /// Whoever asked for the certificate.
    #[serde(borrow)]
    pub aws_account_id: Cow<'r, str>,
    /// Set when a service asked, as ACM does.
    #[serde(default, borrow)]
    pub requested_by_service_principal: Option<Cow<'r, str>>,
    #[serde(borrow)]
    pub certificate_arn: Cow<'r, str>,
    #[serde(borrow)]
    pub serial: Cow<'r, str>,
    /// Reports before 2020 spelt it `Subject`.
    #[serde(alias = "Subject", borrow)]
    pub subject: Cow<'r, str>,
    #[serde(deserialize_with = "time")]
    pub not_before: OffsetDateTime,
    #[serde(deserialize_with = "time")]
    pub not_after: OffsetDateTime,
    #[serde(deserialize_with = "time")]
    pub issued_at: OffsetDateTime,
    #[serde(default, deserialize_with = "optional_time")]
    pub revoked_at: Option<OffsetDateTime>,
    #[serde(default, borrow)]
    pub revocation_reason: Option<Cow<'r, str>>,
    #[serde(default, borrow)]
    pub template_arn: Option<Cow<'r, str>>,
}

impl Record<'_> {
    /// The documentation has a sample with a reason and no time: revoked is what has either.
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some() || self.revocation_reason.is_some()
    }
}

/// `2020-02-26T19:39:58+0000`
const FORM: &[FormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second][offset_hour sign:mandatory][offset_minute]"
);

pub(super) fn parse_time(text: &str) -> Option<OffsetDateTime> {
    if let Some(at) = in_utc(text) {
        return Some(at);
    }
    OffsetDateTime::parse(text, FORM).or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).ok()
}

/// The one form that the service writes, in a tenth of the time: a large report has five million.
fn in_utc(text: &str) -> Option<OffsetDateTime> {
    let text: &[u8; 24] = text.as_bytes().try_into().ok()?;
    let marks = [text[4], text[7], text[10], text[13], text[16]];
    if marks != *b"--T::" || text[19..] != *b"+0000" {
        return None;
    }
    let number = |at: usize| {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)
    };
    let year = i32::from(number(0)?) * 100 + i32::from(number(2)?);
    let month = Month::try_from(number(5)?).ok()?;
    let date = Date::from_calendar_date(year, month, number(8)?).ok()?;
    let time = Time::from_hms(number(11)?, number(14)?, number(17)?).ok()?;
    Some(date.with_time(time).assume_utc())
}

/// A text that is borrowed if it can be, also inside of an Option.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    parse_time(&text).ok_or_else(|| D::Error::custom(not_a_time(&text)))
}

fn optional_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    let text = Option::<Text<'_>>::deserialize(deserializer)?.map(|Text(text)| text);
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            parse_time(&text).map(Some).ok_or_else(|| D::Error::custom(not_a_time(&text)))
        }
    }
}

pub(super) fn not_a_time(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("{shown:?} is not a time like 2020-02-26T19:39:58+0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_way_to_a_time_gives_what_the_slow_one_gives() {
        for text in [
            "2020-02-26T19:39:58+0000",
            "2020-02-29T00:00:00+0000",
            "2021-02-29T00:00:00+0000",
            "9999-12-31T23:59:59+0000",
            "2020-02-26T24:00:00+0000",
            "2020-02-26 19:39:58+0000",
            "2020-02-2/T19:39:58+0000",
        ] {
            assert_eq!(in_utc(text), OffsetDateTime::parse(text, FORM).ok(), "{text}");
        }
        assert_eq!(in_utc("2020-02-26T19:39:58+0100"), None);
        assert!(parse_time("2020-02-26T19:39:58+0100").is_some());
    }
}
