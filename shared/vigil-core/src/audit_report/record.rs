//! One certificate as a report lists it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::Error};
use time::{
    OffsetDateTime,
    format_description::{FormatItem, well_known::Rfc3339},
    macros::format_description,
};

use super::{Fields, Form};
use crate::instant::{number_pairs, unix_seconds};

/// The fields by their names in the report. Fields that AWS adds are ignored. In JSON, an optional field
/// that is empty is one that is not there, as in CSV. Texts are borrowed from the report where they need
/// no unescaping.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record<'r> {
    /// The account that requested the certificate.
    #[serde(borrow)]
    pub aws_account_id: Cow<'r, str>,
    /// Set when a service asked, as ACM does.
    #[serde(default, borrow, deserialize_with = "optional_text")]
    pub requested_by_service_principal: Option<Cow<'r, str>>,
    /// The ARN of the certificate.
    #[serde(borrow)]
    pub certificate_arn: Cow<'r, str>,
    /// The serial number, as `00:11:…`.
    #[serde(borrow)]
    pub serial: Cow<'r, str>,
    /// Reports before 2020 spelt it `Subject`.
    #[serde(alias = "Subject", borrow)]
    pub subject: Cow<'r, str>,
    /// The beginning of validity.
    #[serde(deserialize_with = "time")]
    pub not_before: OffsetDateTime,
    /// The end of validity, inclusive.
    #[serde(deserialize_with = "time")]
    pub not_after: OffsetDateTime,
    /// When ACM PCA issued the certificate.
    #[serde(deserialize_with = "time")]
    pub issued_at: OffsetDateTime,
    /// When it was revoked, if it was.
    #[serde(default, deserialize_with = "optional_time")]
    pub revoked_at: Option<OffsetDateTime>,
    /// The reason of RFC 5280 §5.3.1, by name.
    #[serde(default, borrow, deserialize_with = "optional_text")]
    pub revocation_reason: Option<Cow<'r, str>>,
    /// The template that it was issued by.
    #[serde(default, borrow, deserialize_with = "optional_text")]
    pub template_arn: Option<Cow<'r, str>>,
}

impl Record<'_> {
    /// Whether the certificate is revoked: it has a time or a reason. AWS documents a record with a
    /// reason and no time.
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some() || self.revocation_reason.is_some()
    }
}

impl<'r> Form<'r> for Record<'r> {
    fn of_fields(fields: &Fields<'_, 'r>) -> Result<Self, String> {
        let Fields { columns, .. } = *fields;
        let text = |at: usize| fields.text(at).map(Cow::Borrowed);
        let optional = |at: usize| -> Result<Option<Cow<'r, str>>, String> {
            Ok(Some(text(at)?).filter(|text| !text.is_empty()))
        };
        let time = |at: usize| {
            let text = fields.text(at)?;
            parse_time(text).ok_or_else(|| not_a_time(text))
        };
        let revoked_at = optional(columns.revoked_at)?.map(|_| time(columns.revoked_at));
        Ok(Self {
            aws_account_id: text(columns.aws_account_id)?,
            requested_by_service_principal: optional(columns.requested_by_service_principal)?,
            certificate_arn: text(columns.certificate_arn)?,
            serial: text(columns.serial)?,
            subject: text(columns.subject)?,
            not_before: time(columns.not_before)?,
            not_after: time(columns.not_after)?,
            issued_at: time(columns.issued_at)?,
            revoked_at: revoked_at.transpose()?,
            revocation_reason: optional(columns.revocation_reason)?,
            template_arn: columns.template_arn.map_or(Ok(None), optional)?,
        })
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
    let at = OffsetDateTime::parse(text, FORM).or_else(|_| OffsetDateTime::parse(text, &Rfc3339));
    // In UTC and to the second, as the service writes it. Years beyond 9999 cannot be written.
    let at = OffsetDateTime::from_unix_timestamp(at.ok()?.unix_timestamp()).ok()?;
    (at.year() >= 0).then_some(at)
}

/// The one form that the service writes, in a tenth of the time: a large report has five million.
fn in_utc(text: &str) -> Option<OffsetDateTime> {
    let seconds = seconds_in_utc(text.as_bytes().try_into().ok()?)?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// The same in seconds since 1970.
#[inline]
pub(super) fn seconds_in_utc(text: &[u8; 24]) -> Option<i64> {
    let [y, y2, y3, y4, b'-', m, m2, b'-', d, d2, b'T', h, h2, b':', i, i2, b':', s, s2, rest @ ..] =
        *text
    else {
        return None;
    };
    if rest != *b"+0000" {
        return None;
    }
    let [century, year, month, day] = number_pairs([y, y2, y3, y4, m, m2, d, d2])?;
    let [hour, minute, second, _] = number_pairs([h, h2, i, i2, s, s2, b'0', b'0'])?;
    unix_seconds(u16::from(century) * 100 + u16::from(year), [month, day, hour, minute, second])
}

/// A text that is borrowed if it can be, also inside of an Option.
#[derive(Deserialize)]
pub(super) struct Text<'t>(#[serde(borrow)] pub(super) Cow<'t, str>);

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    parse_time(&text).ok_or_else(|| D::Error::custom(not_a_time(&text)))
}

/// An empty text is none, as it is in CSV.
pub(super) fn optional_text<'de: 't, 't, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'t, str>>, D::Error> {
    let text = Option::<Text<'t>>::deserialize(deserializer)?.map(|Text(text)| text);
    Ok(text.filter(|text| !text.is_empty()))
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
